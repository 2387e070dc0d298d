"""Whether what installs is known to end where requirements contradict each other: pip does from 20.3 on, uv always."""

from __future__ import annotations

from wxlint import facts
from wxlint.core.patterns import late
from wxlint.facts.accelerated import upper_bound
from wxlint.images.graph.image import Image
from wxlint.images.installs.model import Install
from wxlint.images.stack.torch.releases import numbers

_FIRST = (20, 3)
"""The pip that resolves all requirements together. Source: its release notes."""
_OLD_SYSTEMS = ("Ubuntu 16.04", "Ubuntu 18.04", "Ubuntu 20.04")
"""Released before pip 20.3, of 2020-11-30: their python3-pip stays below it."""
_NEW_PYTHON = (3, 9, 1)
"""What was first built when pip 20.3 was there."""
_TAG = late(r"3\.(\d+)(?:\.(\d+))?(?:-|$)")
_PATCHES = {7: 10, 8: 7}
"""The first patch releases of older Pythons that came after pip 20.3: images of earlier ones were built with an older
pip, and no more since."""


def refuses_conflicts(image: Image, install: Install) -> bool:
    """Return whether an install is known to fail where two of its requirements contradict each other."""
    if install.tool == "uv":
        return True
    if "legacy-resolver" in image.evaluated.dockerfile.source.text:
        return False
    brought = _own_pip(image, install)
    if brought is not None:
        return brought
    root = image.base.root
    reference = root.reference if root is not None else None
    path, tag = (reference.path, reference.tag or "") if reference is not None else ("", "")
    system = facts.system_pythons(path, tag) if facts.python_of_system(path, tag) else None
    if system is not None:
        return system.system not in _OLD_SYSTEMS
    if reference is not None and reference.upstream == "python":
        return _has_new_pip(tag)
    python = numbers(install.environment.python or "")
    return (*python, 1)[:3] >= _NEW_PYTHON if len(python) > 1 else False


def _own_pip(image: Image, install: Install) -> bool | None:
    """Whether a pip that was installed before is a new one; None where none was."""
    new: bool | None = None
    for earlier in image.state.installs:
        if earlier is install:
            break
        for wanted in earlier.requirements if earlier.must_succeed and not earlier.removes else ():
            if wanted.name == "pip" and (earlier.upgrade or wanted.specifier):
                new = _is_new(wanted.specifier)
    if new is None and "get-pip.py" in image.evaluated.dockerfile.source.text:
        return True
    return new


def _is_new(specifier: str) -> bool:
    """Whether a range of pip's releases leaves no old one only."""
    limit, included = upper_bound(specifier)
    return limit > _FIRST or (limit == _FIRST and included)


def _has_new_pip(tag: str) -> bool:
    """Whether an official image of Python has such a pip: those that move do, from Python 3.7 on."""
    match = _TAG.match(tag)
    if match is None:
        return not tag.startswith("2")
    minor, patch = int(match[1]), int(match[2]) if match[2] else None
    if minor in _PATCHES:
        return patch is None or patch >= _PATCHES[minor]
    return minor > 9 or (minor == 9 and patch != 0)

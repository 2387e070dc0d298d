"""What pip.conf says of indexes: files that a COPY brings, `pip config set`, and texts that a RUN writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.files.copied_files import PIP_CONF

if TYPE_CHECKING:
    from wxlint.images.installs.model import Install
    from wxlint.shell.model import Command

_INDEX_LINE = late(r"(extra[-_])?index[-_]url\s*=\s*([^\s'\"\\]+)")
_NVIDIA = "https://pypi.ngc.nvidia.com"
_SETTINGS = {
    f"{section}.{key}": variable
    for section in ("global", "install")
    for key, variable in (
        ("index-url", "PIP_INDEX_URL"),
        ("extra-index-url", "PIP_EXTRA_INDEX_URL"),
        ("find-links", "PIP_FIND_LINKS"),
        ("no-index", "PIP_NO_INDEX"),
        ("constraint", "PIP_CONSTRAINT"),
        ("pre", "PIP_PRE"),
        ("uploaded-prior-to", "PIP_UPLOADED_PRIOR_TO"),
    )
}
"""Settings of pip that decide where packages come from, and the variables that stand for them."""
_NOT_KNOWN = {"PIP_INDEX_URL": Value(HOLE, ("pip.conf",))}
"""What stands in pip.conf is not known, or pip ends there."""


def from_files(files: Files, stage: int, given: str, root: bool) -> dict[str, Value]:
    """What copied pip.conf files say, as the environment variables that it stands for.

    given: PIP_CONFIG_FILE. root: pip runs as root, who reads root's own. A file that is not in the context is none:
    what a base image brings is not known here.
    """
    found: dict[str, Value] = {}
    if not given and not files.copies[stage].may_hold_pip_conf:
        return found
    for path in (given, *PIP_CONF):
        source = files.find(stage, path) if path and (root or not path.startswith("/root/")) else None
        if source is None:
            continue
        import configparser  # 5 ms: only for a file that is there

        parser = configparser.RawConfigParser(strict=False)
        try:
            parser.read_string(source.text)
        except configparser.Error:
            return _NOT_KNOWN
        if source.unfit_for():
            return _NOT_KNOWN
        for section in ("install", "global"):
            for key in parser.options(section) if parser.has_section(section) else ():
                name, text = key.replace("_", "-"), " ".join(parser.get(section, key).split())
                variable = _SETTINGS.get(f"{section}.{name}")
                if variable and HOLE not in text:
                    reason = Reason("variable", f"{name} = {text}", source.path, name=name)
                    found.setdefault(variable, Value(text, (), (reason,)))
    return found


_OF_POETRY = {
    "virtualenvs.create": "POETRY_VIRTUALENVS_CREATE",
    "virtualenvs.in-project": "POETRY_VIRTUALENVS_IN_PROJECT",
}


def from_text(text: str) -> dict[str, Value]:
    """What pip.conf says behind a RUN that names it: the indexes in the text; nothing when it is removed; else
    nobody knows."""
    found = {}
    for name, url in _INDEX_LINE.findall(text):
        known = "$" not in url and "`" not in url
        found["PIP_EXTRA_INDEX_URL" if name else "PIP_INDEX_URL"] = (
            Value(url, (), (Reason("variable", f"pip.conf: {url}", name="pip.conf"),)) if known else Value(HOLE, (url,))
        )
    if found or re.search(r"\brm\b", text):
        return found
    return _NOT_KNOWN


def from_install(install: Install) -> dict[str, Value]:
    """What an installed distribution writes into pip.conf: nvidia-pyindex adds NVIDIA's own index."""
    own = next((r for r in install.requirements if r.name == "nvidia-pyindex"), None)
    if own is None or install.removes or install.elsewhere:
        return {}
    reason = reason_at("install", f"{own.written} adds {_NVIDIA}", own.span or install.span)
    return {"PIP_EXTRA_INDEX_URL": Value(_NVIDIA, (), (reason,))}


def configured(command: Command) -> tuple[str, Value] | None:
    """The variable that `pip config set global.index-url URL` stands for, or `poetry config virtualenvs.create false`,
    with its value; None for another command.

    A setting that decides about no index comes with an empty name.
    """
    if len(command.words) < 4 or not any(word.value.text == "config" for word in command.words):
        return None
    words = [word for word in command.words if not word.value.text.startswith("-")]
    texts = [word.value.text for word in words]
    if len(texts) == 4 and texts[1] == "config" and texts[0].endswith("poetry"):
        return _OF_POETRY.get(texts[2], ""), words[-1].value
    if len(texts) >= 5 and texts[-4:-2] == ["config", "set"] and "pip" in " ".join(texts[:-4]):
        return _SETTINGS.get(texts[-2], ""), words[-1].value
    return None

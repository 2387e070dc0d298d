"""conda environment files (`environment.yml`): conda's packages, pip's, and the channels."""

from __future__ import annotations

from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source


class CondaFile(NamedTuple):
    """packages, pip: (text, start, end) with source offsets.

    channels: as written. problem: (offset, message) of what is wrong. name: "" where none is given.
    """

    packages: tuple[tuple[str, int, int], ...]
    pip: tuple[tuple[str, int, int], ...]
    channels: tuple[str, ...]
    problem: tuple[int, str] | None = None
    name: str = ""


def read_environment(source: Source) -> CondaFile:
    """Read an environment file. Never raises: one that is not YAML or not an environment comes back with `problem`."""
    from wxlint.documents.yaml import Mapping, Scalar, Sequence, parse

    if problem := source.unfit_for("utf-16"):  # what is not UTF-8 is tried as UTF-16
        return CondaFile((), (), (), (0, problem))
    parsed = parse(source)
    if parsed.problems:
        return CondaFile((), (), (), (parsed.problems[0].start, parsed.problems[0].message))
    top = parsed.documents[0] if parsed.documents else None
    if top is None or isinstance(top, Scalar) and not top.text.strip():
        return CondaFile((), (), ())  # nothing is written yet
    if not isinstance(top, Mapping):
        return CondaFile((), (), (), (0, "it is no mapping of keys"))
    packages: list[tuple[str, int, int]] = []
    pip: list[tuple[str, int, int]] = []
    dependencies = top.get("dependencies")
    for item in dependencies.items if isinstance(dependencies, Sequence) else ():
        if isinstance(item, Scalar):
            packages.append((item.text, item.start, item.end))
        elif isinstance(item, Mapping):
            inner = item.get("pip")
            for line in inner.items if isinstance(inner, Sequence) else ():
                if isinstance(line, Scalar):
                    pip.append((line.text, line.start, line.end))
    named = top.get("channels")
    channels = tuple(c.text for c in named.items if isinstance(c, Scalar)) if isinstance(named, Sequence) else ()
    name = top.get("name")
    return CondaFile(tuple(packages), tuple(pip), channels, name=name.text if isinstance(name, Scalar) else "")

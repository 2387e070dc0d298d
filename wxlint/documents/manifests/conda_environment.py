"""conda environment files (`environment.yml`): conda's packages, pip's, and the channels."""

from __future__ import annotations

from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source


class Environment(NamedTuple):
    """packages, pip: (text, start, end) with source offsets. channels: as written."""

    packages: tuple[tuple[str, int, int], ...]
    pip: tuple[tuple[str, int, int], ...]
    channels: tuple[str, ...]


def read_environment(source: Source) -> Environment | None:
    """Read an environment file; None for one that is not YAML or not an environment. Never raises."""
    from wxlint.documents.yaml import Mapping, Scalar, Sequence, parse

    documents = parse(source).documents
    top = documents[0] if documents else None
    if not isinstance(top, Mapping):
        return None
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
    return Environment(tuple(packages), tuple(pip), channels)

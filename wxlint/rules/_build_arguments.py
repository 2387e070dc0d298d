"""The build arguments that a Dockerfile declares, and those that every build knows."""

from fnmatch import fnmatchcase

from wxlint.documents.dockerfile.reader import Dockerfile
from wxlint.documents.dockerfile.words import pairs

_PREDEFINED = ("*_proxy", "buildkit_*", "source_date_epoch", "target*", "build*platform", "buildos", "buildarch")
"""Arguments that every build knows (docs.docker.com: Dockerfile reference, predefined ARGs), in lower case."""


def is_predefined(name: str) -> bool:
    """Return whether every build knows an argument."""
    return any(fnmatchcase(name.lower(), known) for known in _PREDEFINED)


def declared_arguments(dockerfile: Dockerfile) -> set[str] | None:
    """Return the names of a Dockerfile's arguments; None where a base may declare more by an ONBUILD trigger."""
    names: set[str] = set()
    for instruction in dockerfile.instructions:
        if instruction.keyword == "FROM" and "onbuild" in instruction.text.lower():
            return None
        if instruction.keyword == "ARG":
            found = pairs(instruction.text, instruction.args_at, dockerfile.escape, old_form=False)
            names.update(pair.name.strip("\"'") for pair in found)
    return names

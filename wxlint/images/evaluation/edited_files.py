"""The names of files that the commands of a RUN write, move or edit."""

from __future__ import annotations

from wxlint.core.patterns import late

_NAMED = late(r"\.(?:txt|in|toml|ya?ml|lock|cfg|sh|bash|py|conf)\b")
_BETWEEN = late(r"[;&|\n]")
_WORDS = (
    ">",
    "sed",
    "perl",
    "awk",
    "yq",
    "tee",
    "curl",
    "wget",
    "patch",
    "toml",
    "cp",
    "mv",
    "compile",
    "export",
    "lock",
    "requirements",
)
"""One of these is in every command that changes a file; looking for words comes first, as patterns take ten times as long."""
_NAME = late(r"[\w.-]+")
_LISTS = (".txt", ".in", ".toml", ".yml", ".yaml", ".lock", ".cfg")
_PROGRAMS = (".sh", ".bash", ".py", ".conf")
"""Scripts and settings are copied and named in many commands; fewer change what they say."""
_COPIES = late(r"\b(?:cp|mv)\b")
_WRITES = late(
    r"\b(?:tee|curl|wget|patch|toml)\b|\b(?:poetry|pdm|uv|hatch|pipenv|conda)\s+(?:env\s+)?(?:export|lock|requirements)\b"
)
_COMPILES = late(r"pip-compile|\b(?:pip|piptools)\s+compile\b")
_OUTPUT = late(r"\s(?:-o|--output-file)[\s=]+[\"']?(?:[^\s\"']*/)?([\w.-]+)")
_ARROW = late(r"\d?>")
_FETCHES = late(r"\b(?:tee|curl|wget)\b")
_EDITORS = late(r"\b(?:sed|perl|awk|yq)\b")
_IN_PLACE = late(r"\s-(?:\w*i|-in-place)")


def changed_by(text: str) -> set[str]:
    """The base names of such files of the kinds that are read: lists of requirements, projects, scripts, settings."""
    found: set[str] = set()
    if not _NAMED.search(text):  # most texts name no such file
        return found
    for command in _BETWEEN.split(text):
        if not any(map(command.__contains__, _WORDS)) or not _NAMED.search(command):
            continue
        editor = _EDITORS.search(command)
        edit = _IN_PLACE.search(command, editor.end()) if editor else None
        arrow = command.find(">") + 1
        starts = [match.end() for match in (edit, _WRITES.search(command)) if match] + ([arrow] if arrow else [])
        if starts:
            found.update(_named(command, min(starts), _LISTS))
        starts = [match.end() for match in (edit, _FETCHES.search(command)) if match] + ([arrow] if arrow else [])
        if starts:
            found.update(_named(command, min(starts), _PROGRAMS))
        compiles = _COMPILES.search(command)
        if compiles:
            read = _named(command, compiles.end(), _LISTS)
            made = [name[:-3] + ".txt" for name in read if name.endswith(".in")] or ["requirements.txt"]
            found.update(_OUTPUT.findall(command, compiles.end()) or made)
        copy = _COPIES.search(command)
        if copy:
            words = _ARROW.split(command, maxsplit=1)[0].split()
            found.update(_named(words[-1].strip("\"'").rpartition("/")[2], 0, _LISTS) if words else ())
    return found


def _named(command: str, start: int, endings: tuple[str, ...]) -> list[str]:
    return [name for name in _NAME.findall(command, start) if name.endswith(endings)]

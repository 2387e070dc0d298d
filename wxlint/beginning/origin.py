"""The name of the repository on its forge, which workflows put into the names of images."""

from __future__ import annotations

import os
import re

from wxlint.core.reading import read_head
from wxlint.core.values import HOLE, Value
from wxlint.discovery.git_index import repository

_CONFIG_BYTES = 1 << 16
_SECTION = re.compile(
    r'^[ \t]*\[remote[ \t]+"origin"\][^\n]*\n((?:(?![ \t]*\[)[^\n]*\n?)*)', re.MULTILINE | re.IGNORECASE
)
_URL = re.compile(r"^[ \t]*url[ \t]*=[ \t]*([^\s;#]+)", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(
    r"\A(?:[a-z+]+://[^/]+/|[^/:]+:)(?:.*/)?([a-z0-9][a-z0-9._-]*)/([a-z0-9][a-z0-9._-]*?)(?:\.git)?/?\Z"
)
_WHOLE = ("${{ github.repository }}", "${GITHUB_REPOSITORY}", "${GITHUB_REPOSITORY,,}", "$GITHUB_REPOSITORY")
_OWNER = ("${{ github.repository_owner }}", "${GITHUB_REPOSITORY_OWNER}", "$GITHUB_REPOSITORY_OWNER")
_SECRET = re.compile(r"\$\{\{ ?(?:secrets|vars)\.[\w-]+ ?\}\}\Z")
_OWN = ("${{ github.event.repository.name }}",)


def origin_of(folder: str) -> str:
    """ "owner/name" of the remote that a clone came from, in lower case as images are named; "" where there is none."""
    found = repository(os.path.abspath(folder))
    if found is None:
        return ""
    try:
        config = read_head(os.path.join(found.common_dir, "config"), _CONFIG_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""
    section = _SECTION.search(config)
    url = _URL.search(section[1]) if section is not None else None
    name = _NAME.search(url[1].lower()) if url is not None else None
    return f"{name[1]}/{name[2]}" if name is not None else ""


def filled(value: Value, origin: str) -> Value:
    """A name with what is known of it by the origin."""
    if not origin or not value.holes:
        return value
    owner, _, name = origin.partition("/")
    known = {**dict.fromkeys(_WHOLE, origin), **dict.fromkeys(_OWNER, owner), **dict.fromkeys(_OWN, name)}
    first, *parts = value.text.split(HOLE)
    text, holes = first, []
    for hole, part in zip(value.holes, parts):
        text += known.get(hole, HOLE) + part
        holes += [] if hole in known else [hole]
    return _secrets_filled(value._replace(text=text, holes=tuple(holes)), owner, name)


def _secrets_filled(value: Value, owner: str, name: str) -> Value:
    """A name whose account, or account and name, a workflow keeps as secrets: most likely the repository's own."""
    account, slash, rest = value.text.partition("/")
    if not (account == HOLE and slash and _SECRET.match(value.holes[0])):
        return value
    last, colon, tag = rest.partition(":")
    if last == HOLE and _SECRET.match(value.holes[1]):
        return value._replace(text=f"{owner}/{name}{colon}{tag}", holes=value.holes[2:])
    return value._replace(text=f"{owner}/{rest}", holes=value.holes[1:])


def is_guessed(value: Value) -> bool:
    """Whether `filled` takes a secret for the repository's own name."""
    return value.text.startswith(f"{HOLE}/") and _SECRET.match(value.holes[0]) is not None

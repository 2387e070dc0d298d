"""The remote that a clone came from, read without git."""

from __future__ import annotations

import os
import re

from wxlint.core.reading import read_head
from wxlint.discovery.git_index import repository

_CONFIG_BYTES = 1 << 16
_SECTION = re.compile(
    r'^[ \t]*\[remote[ \t]+"origin"\][^\n]*\n((?:(?![ \t]*\[)[^\n]*\n?)*)', re.MULTILINE | re.IGNORECASE
)
_URL = re.compile(r"^[ \t]*url[ \t]*=[ \t]*([^\s;#]+)", re.MULTILINE | re.IGNORECASE)
_NAME = re.compile(
    r"\A(?:[a-z+]+://[^/]+/|[^/:]+:)(?:.*/)?([a-z0-9][a-z0-9._-]*)/([a-z0-9][a-z0-9._-]*?)(?:\.git)?/?\Z"
)


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

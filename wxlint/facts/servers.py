"""Which public images of servers compute on a GPU. In servers.csv the first matching row of a repository wins."""

from __future__ import annotations

import functools
import re

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.facts.base_images import normalise_repository
from wxlint.facts.tables import Globs, grouped, row_at


class Server(NamedTuple):
    """A server that its maker publishes as an image.

    device: "alone" (CUDA, and it does not start without a GPU), "cuda", "cpu" (nothing in it computes on a GPU) or
    "both" (one image for machines with a GPU and without). instead: of one for the CPU, what is for a GPU, or "".
    """

    device: str
    instead: str


@functools.lru_cache(maxsize=1024)
def server(repository: str, tag: str) -> Server | None:
    """The server in the image `repository:tag`, whose tag is known; None for one that is not in the table."""
    if HOLE in tag or HOLE in repository:
        return None
    head, exact, patterns = _index()
    name = normalise_repository(repository)
    for line in (*exact.get(name, ()), *patterns.of(name)):
        row = row_at(head, line)
        match = re.fullmatch(row["tag"], tag)
        if match is not None and row["confidence"] != "unverified":
            return Server(row["device"], match.expand(row["instead"]))
    return None


@functools.cache
def _index() -> tuple[list[str], dict[str, list[str]], Globs[str]]:
    """The column names, the rows of plain repositories by name, and those of patterns."""
    head, exact = grouped("servers")
    return head, exact, Globs((name, line) for name, lines in exact.items() if "*" in name for line in lines)

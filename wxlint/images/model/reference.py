"""Image references: `[registry[:port]/]path[:tag][@digest]`, with parts that may be unknown.

Grammar: the distribution project's reference package. A part holds HOLE characters where it is not known.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value

_COMPONENT = late(r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*|[\w.-]*\0[\w.\0-]*", re.ASCII)
_DOMAIN = late(r"[A-Za-z0-9\0](?:[A-Za-z0-9.\0-]*[A-Za-z0-9\0])?(?::[0-9\0]+)?|\[[0-9a-fA-F:.]+\](?::[0-9]+)?")
_TAG = late(r"[\w\0][\w.\0-]{0,127}", re.ASCII)
_DIGEST = late(r"[A-Za-z\0][A-Za-z0-9+.\0_-]*:[0-9a-fA-F\0]+")


class Reference(NamedTuple):
    """A reference taken apart.

    registry: "" when the default one is meant. path: without registry, `library/` kept out. tag, digest: None when there is none.
    tag_known: False when an unknown part may hold a tag, or the tag itself is partly unknown.
    """

    registry: str
    path: str
    tag: str | None
    digest: str | None
    tag_known: bool
    value: Value

    @property
    def name(self) -> str:
        """Registry and path, as facts tables name it: no `docker.io/`, no `library/`."""
        return f"{self.registry}/{self.path}" if self.registry else self.path

    @property
    def name_known(self) -> bool:
        return HOLE not in self.path and HOLE not in self.registry

    @property
    def untagged(self) -> bool:
        """Proven to carry neither tag nor digest."""
        return self.tag is None and self.digest is None and self.tag_known

    def shown(self) -> str:
        return self.value.shown()


@lru_cache(maxsize=4096)
def parse_reference(value: Value) -> Reference | None:
    """Take a reference apart. None when it is not one, however its unknown parts are filled."""
    text = value.text
    if not text or text.isspace():
        return None
    rest, at, digest_text = text.partition("@")
    digest: str | None = None
    if at:
        if not (_DIGEST.fullmatch(digest_text) or HOLE in digest_text):
            return None
        digest = digest_text
    head, slash, last = rest.rpartition("/")
    name, colon, tag_text = last.partition(":")
    tag: str | None = None
    if colon:
        if not _TAG.fullmatch(tag_text):
            return None
        tag = tag_text
        tag_known = HOLE not in tag_text
    else:
        tag_known = HOLE not in last
    path = head + slash + name
    registry, slash, remainder = path.partition("/")
    if slash and ("." in registry or ":" in registry or registry == "localhost" or registry != registry.lower()):
        path = remainder
        if HOLE not in registry and not _DOMAIN.fullmatch(registry):
            return None
    else:
        registry = ""
    if registry in ("docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"):
        registry = ""
    if not registry and path.startswith("library/"):
        path = path[8:]
    if not all(_COMPONENT.fullmatch(part) for part in path.split("/")):
        return None
    return Reference(registry, path, tag, digest, tag_known, value)

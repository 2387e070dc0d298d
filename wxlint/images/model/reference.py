"""Image references: `[registry[:port]/]path[:tag][@digest]`, with parts that may be unknown.

Grammar: the distribution project's reference package. A part holds HOLE characters where it is not known.
"""

from __future__ import annotations

import re
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value

_COMPONENT = late(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*|[\w.-]*\0[\w.\0-]*", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_DOMAIN = late(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?")
_TAG = late(r"[\w\0][\w.\0-]{0,127}", re.ASCII)
_DIGEST = late(r"sha256:[a-f0-9]{64}|sha384:[a-f0-9]{96}|sha512:[a-f0-9]{128}")
_IMAGE_ID = late(r"(?:sha256:)?[a-f0-9]{64}|(?=[a-f]*\d)[a-f0-9]{12}")
"""The long form, and the short one that `docker images` shows, which no image is called by."""
_SHORT = 12
_LONGEST_PATH = 255
_HUB = frozenset(("docker.io", "index.docker.io"))
"""The default registry, by the names that docker itself takes for it."""
_HUB_HOSTS = frozenset(("registry-1.docker.io", "registry.hub.docker.com"))
"""Hosts that serve the same images; docker takes them for other registries."""
_OFFICIAL = "library/"

MOVING = frozenset(("latest", "main", "master", "edge", "nightly", "dev"))
"""Tags that are given to the newest build."""


class Reference(NamedTuple):
    """A reference taken apart.

    registry: "" when the default one is meant. path: without registry; of an official image without `library/`. tag,
    digest: None when there is none. tag_known: False when an unknown part may hold a tag, or the tag is partly unknown.
    """

    registry: str
    path: str
    tag: str | None
    digest: str | None
    tag_known: bool
    value: Value

    @property
    def name(self) -> str:
        """Registry and path: no `docker.io/`, no `library/`."""
        return f"{self.registry}/{self.path}" if self.registry else self.path

    @property
    def upstream(self) -> str:
        """The name in facts tables: of an official image what follows `library/`, whichever registry mirrors it."""
        _, official, name = f"/{self.path}".rpartition("/" + _OFFICIAL)
        if official and "/" not in name and HOLE not in name:
            return name
        return self.path if self.registry in _HUB_HOSTS else self.name

    @property
    def name_known(self) -> bool:
        return HOLE not in self.path and HOLE not in self.registry

    @property
    def untagged(self) -> bool:
        """Proven to carry neither tag nor digest."""
        return self.tag is None and self.digest is None and self.tag_known

    def shown(self) -> str:
        return self.value.shown()


def is_image_id(text: str, *, short: bool = False) -> bool:
    """Whether a text is an image's ID and no name. short: in the short form, which a Dockerfile may have, too."""
    return _IMAGE_ID.fullmatch(text) is not None and (not short or len(text) == _SHORT)


@lru_cache(maxsize=4096)
def parse_reference(value: Value) -> Reference | None:
    """Take a reference apart. None when it is not one, however its unknown parts are filled."""
    text = value.text
    if not text or _IMAGE_ID.fullmatch(text):
        return None
    rest, at, digest = text.partition("@")
    if at and HOLE not in digest and not _DIGEST.fullmatch(digest):
        return None
    head, slash, last = rest.rpartition("/")
    name, colon, tag = last.partition(":")
    if colon and not _TAG.fullmatch(tag):
        return None
    parts = _registry_and_path(head + slash + name)
    if parts is None:
        return None
    tag_known = HOLE not in (tag if colon else last)
    return Reference(*parts, tag if colon else None, digest if at else None, tag_known, value)


def _registry_and_path(name: str) -> tuple[str, str] | None:
    """The registry ("" for the default one) and the path of a name; None when it is no name."""
    registry, slash, path = name.partition("/")
    if not slash or not (any(c in registry for c in ".:") or registry == "localhost" or registry != registry.lower()):
        registry, path = "", name
    elif HOLE not in registry and not _DOMAIN.fullmatch(registry):
        registry, path = "", name  # `my_host.local/app`: no host has such a name, but a path may begin so
    if registry in _HUB:
        registry = ""
    if len(path) > _LONGEST_PATH or not all(map(_COMPONENT.fullmatch, path.split("/"))):
        return None
    if not registry and path.startswith(_OFFICIAL) and "/" not in path[len(_OFFICIAL) :]:
        path = path[len(_OFFICIAL) :]
    return registry, path

"""The images that a `dockerfile_inline` of a compose file names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from wxlint.documents.compose_services import Service
from wxlint.documents.dockerfile import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.files import Files
from wxlint.images.model import Build, Use
from wxlint.images.stages import evaluate


def inline_uses(services: Iterator[Service], read: Callable[[str], Source | None]) -> Iterator[Use]:
    """References, with their places in the compose file. A text that stands there otherwise than it is read (folded, with `$$` or
    variables of compose) is left out: its places cannot be told.
    """
    for service in services:
        inline = service.build.dockerfile_inline if service.build is not None else None
        if inline is None or not inline.value.known:
            continue
        source, start, end, _ = inline.place
        raw = source.text[start:end]
        if _lines(raw) != _lines(inline.value.text):
            continue
        # All else blanked out, so that every offset stays what it is; instructions may be indented.
        masked = Source(source.path, re.sub(r"[^\n]", " ", source.text[:start]) + raw)
        folder = service.build.folder if service.build is not None else None
        build = Build(source.path, (folder,) if folder else (), how=f"compose service {service.name}")
        yield from evaluate(read_dockerfile(masked), build, Files(read, build.contexts)).uses


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]

"""The images that a `dockerfile_inline` of a compose file names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.documents.compose.services import Service
from wxlint.documents.dockerfile.reader import Dockerfile, read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.model.records import Build, Use

_WRITTEN = late(r"[^\r\n]")


def inline_uses(services: Iterator[Service], read: Callable[[str], Source | None]) -> Iterator[Use]:
    """References, with their places in the compose file.

    A text that stands there otherwise than it is read (folded, with `$$` or variables of compose) is left out, since
    its places are not known.
    """
    for service in services:
        inline = service.build.dockerfile_inline if service.build is not None else None
        if inline is None or not inline.value.known:
            continue
        source, start, end, _ = inline.place
        raw = source.text[start:end]
        if _lines(raw) != _lines(inline.value.text):
            continue
        place = _Placement(source, start, raw, inline.value.text)
        folder = service.build.folder if service.build is not None else None
        contexts = (folder,) if folder else ()
        build = Build(source.path, contexts, built_by=(Reason("build", f"compose service {service.name}"),))
        dockerfile = read_dockerfile(Source(source.path, inline.value.text))
        for use in evaluate(dockerfile, build, Files(read, build.contexts)).uses:
            yield place.of(use)


def inline_dockerfile(service: Service) -> Dockerfile | None:
    """The Dockerfile that stands in a compose file as it is read; None where there is none.

    Its source is the compose file with nothing else in it, so that each place is that in the file. One with a heredoc,
    whose end may not stand further right, is left out, and so is one of whose text compose changes something.
    """
    inline = service.build.dockerfile_inline if service.build is not None else None
    if inline is None or not inline.value.known or "<<" in inline.value.text:
        return None
    source, start, end, _ = inline.place
    if _lines(source.text[start:end]) != _lines(inline.value.text):
        return None
    return read_dockerfile(Source(source.path, _WRITTEN.sub(" ", source.text[:start]) + source.text[start:end]))


class _Placement:
    """Where a text that was read by itself stands in the compose file: how far down, and each line how far right."""

    def __init__(self, source: Source, start: int, raw: str, value: str) -> None:
        self.path = source.path
        first, column = source.position(start)
        written, lines = raw.split("\n"), value.split("\n")
        skipped = _blank(written) - _blank(lines)
        self.down = first + skipped - 1
        self.right: dict[int, int] = {}
        for number, line in enumerate(lines):
            at = number + skipped
            if at < len(written) and line.strip():
                self.right[number + 1] = _indent(written[at]) - _indent(line) + (column - 1 if at == 0 else 0)

    def of(self, use: Use) -> Use:
        """A use as it stands in the compose file, its reasons too."""
        span = use.span
        placed = span._replace(
            line=span.line + self.down,
            column=span.column + self.right.get(span.line, 0),
            end_line=span.end_line + self.down,
            end_column=span.end_column + self.right.get(span.end_line, 0),
        )
        value = use.value._replace(because=self._reasons(use.value.because))
        return use._replace(span=placed, value=value, because=self._reasons(use.because))

    def _reasons(self, reasons: tuple[Reason, ...]) -> tuple[Reason, ...]:
        return tuple([r._replace(line=r.line + self.down) if r.line and r.path == self.path else r for r in reasons])


def _blank(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.strip()), 0)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]

"""The images that a `dockerfile_inline` of a compose file names."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from wxlint.core.reasons import Reason
from wxlint.documents.compose.services import Service
from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.build_files import Files
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.model.records import Build, Use


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
        text, shifts = _at_its_lines(source, start, raw, inline.value.text)
        folder = service.build.folder if service.build is not None else None
        build = Build(
            source.path, (folder,) if folder else (), built_by=(Reason("build", f"compose service {service.name}"),)
        )
        for use in evaluate(read_dockerfile(Source(source.path, text)), build, Files(read, build.contexts)).uses:
            span = use.span
            columns = span.column + shifts.get(span.line, 0), span.end_column + shifts.get(span.end_line, 0)
            yield use._replace(span=span._replace(column=columns[0], end_column=columns[1]))


def _at_its_lines(source: Source, start: int, raw: str, value: str) -> tuple[str, dict[int, int]]:
    """The text as it is read, on the lines of the compose file, and how far to the right each of them stands there."""
    first, column = source.position(start)
    written, said = raw.split("\n"), value.split("\n")
    skipped = _blank(written) - _blank(said)
    shifts = {}
    for number, line in enumerate(said):
        at = number + skipped
        if at < len(written) and line.strip():
            indent = _indent(written[at]) - _indent(line) + (column - 1 if at == 0 else 0)
            shifts[first + at] = indent
    return "\n" * (first + skipped - 1) + value, shifts


def _blank(lines: list[str]) -> int:
    return next((number for number, line in enumerate(lines) if line.strip()), 0)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.strip().splitlines()]

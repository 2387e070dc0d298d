"""Blocks of literal text in Markdown (fenced) and reStructuredText (`.. code-block::`, `::`), with exact places.

Syntax as in the CommonMark specification (fenced code blocks) and docutils' reference (literal blocks, `code`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_FENCE = late(r"(?P<indent>[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?)(?P<mark>`{3,}|~{3,})[ \t]*(?P<info>[^`\n]*)")
_LANGUAGE = late(r"\{?\.?([\w+-]*)")
_DIRECTIVE = late(r"(?P<indent>[ \t]*)\.\.[ \t]+(?P<name>[\w:-]+)::[ \t]*(?P<info>\S*).*")
_CODE = ("code", "code-block", "sourcecode", "prompt", "tab")
_LITERAL = late(r"(?P<indent>[ \t]*)(?!\.\.[ \t]).*::[ \t]*")
_OPTION = late(r"[ \t]+:[\w-]+:.*")
_INLINE = late(r"(?<!`)(?P<mark>``?)(?P<text>(?:sudo )?docker[ -](?:compose|build|buildx build) [^`\n]+)(?P=mark)(?!`)")
"""A command in a sentence that builds, or names compose files. One that runs an image is often an excerpt."""


class TextBlock(NamedTuple):
    """Literal text. language: in lower case, "" for none. lines: each with its offset, without what indents them."""

    language: str
    lines: tuple[tuple[int, str], ...]


def blocks(source: Source) -> Iterator[TextBlock]:
    """Yield the literal blocks of a document, in their order."""
    lines = [(start, source.line_text(number)) for number, start in enumerate(source.starts, 1)]
    return _literal(lines) if source.path.lower().endswith(".rst") else _fenced(lines)


def sentences(source: Source, literal: Iterable[TextBlock]) -> Iterator[tuple[str, TextBlock]]:
    """Yield the commands in the sentences of a document, each with the line that it stands in.

    literal: the document's blocks, whose lines are left out.
    """
    inside = {source.position(start)[0] for block in literal for start, _ in block.lines}
    for number, start in enumerate(source.starts, 1):
        line = source.line_text(number)
        for match in _INLINE.finditer(line) if "docker" in line and number not in inside else ():
            yield line, TextBlock("", ((start + match.start("text"), match["text"]),))


def _fenced(lines: list[tuple[int, str]]) -> Iterator[TextBlock]:
    opened = None
    hidden = False
    inside: list[tuple[int, str]] = []
    for start, line in lines:
        fence = _FENCE.fullmatch(line)
        if opened is None:
            hidden = (hidden or line.lstrip().startswith("<!--")) and "-->" not in line
            opened, inside = fence if not hidden else None, []
        elif fence is not None and fence["mark"].startswith(opened["mark"]) and not fence["info"].strip():
            yield _block(opened["info"], inside)
            opened = None
        else:
            lead = 0
            while lead < len(opened["indent"]) and line[lead : lead + 1] in (" ", "\t", ">"):
                lead += 1
            inside.append((start + lead, line[lead:]))
    if opened is not None:
        yield _block(opened["info"], inside)


def _literal(lines: list[tuple[int, str]]) -> Iterator[TextBlock]:
    at = 0
    while at < len(lines):
        line = lines[at][1]
        directive = _DIRECTIVE.fullmatch(line)
        head = directive or _LITERAL.fullmatch(line)
        at += 1
        if head is None or (directive is not None and directive["name"] not in _CODE):
            continue
        while at < len(lines) and directive is not None and _OPTION.fullmatch(lines[at][1]):
            at += 1
        inside = []
        while at < len(lines) and (not lines[at][1].strip() or _width(lines[at][1]) > len(head["indent"])):
            inside.append(lines[at])
            at += 1
        lead = min((_width(text) for _, text in inside if text.strip()), default=0)
        yield _block(
            directive["info"] if directive is not None else "", [(start + lead, text[lead:]) for start, text in inside]
        )


def _width(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _block(info: str, lines: list[tuple[int, str]]) -> TextBlock:
    language = _LANGUAGE.match(info)
    return TextBlock(language[1].lower() if language is not None else "", tuple(lines))

"""Text for people: one finding after the other, each with its source line underlined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint.core.escape import CI_COMMAND, escape, escape_character, escape_part
from wxlint.core.findings import Finding, Severity, Span
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source
from wxlint.output import Options, Report, page, summary_line

TAB = "    "
GUTTER = 5
"""Columns for the line number; the same for all findings, so that they line up."""
CUT = "…"

_COLOURS = {Severity.ERROR: "\x1b[1;31m", Severity.WARNING: "\x1b[1;33m", Severity.INFO: "\x1b[1;36m"}
_BOLD, _DIM, _END = "\x1b[1m", "\x1b[2m", "\x1b[0m"


def render(report: Report, options: Options) -> Iterator[str]:
    """Yield the findings, the files that could not be read, the notes and the summary line."""
    between = ""
    for finding in report.findings:
        if options.concise:
            yield _head(finding, options) + "\n"
            continue
        yield between + "".join(line + "\n" for line in _lines(finding, report.sources.get(finding.span.path), options))
        between = "\n"
    summary = report.summary
    rest = [f"{_paint('error:', _COLOURS[Severity.ERROR], options)} {escape(p)}\n" for p in summary.problems]
    if not options.quiet:
        rest += [f"note: {escape(note)}\n" for note in summary.notes]
        rest.append(summary_line(summary) + "\n")
    if options.statistics:
        rest = [*_statistics(report), *rest]
    if rest:
        yield between + "".join(rest)


def location(span: Span) -> str:
    """ "path:line:column"; a path that starts like a workflow command ("::error::") starts with "./"."""
    path = escape_part(span.path)
    return f"{'./' if path.lstrip().startswith(':') else ''}{path}:{span.line}:{span.column}"


def _statistics(report: Report) -> list[str]:
    """How many findings each rule has, the most first."""
    counts: dict[str, int] = {}
    for finding in report.findings:
        counts[finding.rule] = counts.get(finding.rule, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f"{number:5}  {escape(rule)}\n" for rule, number in ordered]


def _head(finding: Finding, options: Options) -> str:
    label = _paint(f"{finding.severity.label}:", _COLOURS[finding.severity], options)
    rule = _paint(f"[{escape(finding.rule)}]", _DIM, options)
    if options.links:
        rule = f"\x1b]8;;{page(finding.rule)}\x1b\\{rule}\x1b]8;;\x1b\\"
    return f"{_paint(location(finding.span) + ':', _BOLD, options)} {label} {escape(finding.message)} {rule}"


def _lines(finding: Finding, source: Source | None, options: Options) -> Iterator[str]:
    colour = _COLOURS[finding.severity]
    yield _head(finding, options)
    number = str(finding.span.line).rjust(GUTTER)
    margin = " " * len(number)
    shown = source and excerpt(source, finding.span, options.width - len(number) - 3)
    if shown:
        marks = _paint("^" + "~" * (shown.marked - 1), colour, options)
        yield _paint(f"{number} |", _DIM, options) + (f" {shown.text}" if shown.text else "")
        yield f"{_paint(f'{margin} |', _DIM, options)} {' ' * shown.before}{marks}"
    for reason in finding.because:
        yield f"{margin} = {_paint('because:', _BOLD, options)} {escape(reason.shown(finding.span.path))}"
    if finding.hint:
        yield f"{margin} = {_paint('help:', _BOLD, options)} {escape(finding.hint)}"


def _paint(text: str, colour: str, options: Options) -> str:
    return f"{colour}{text}{_END}" if options.colour else text


class Excerpt(NamedTuple):
    """A line ready to print; the columns of the terminal before the marked stretch, and in it (at least 1)."""

    text: str
    before: int
    marked: int


def excerpt(source: Source, span: Span, width: int) -> Excerpt | None:
    """The first line of a span, cut to about `width` columns around it; None when there is no such line."""
    if not 1 <= span.line <= len(source.starts):
        return None
    line = source.line_text(span.line).rstrip("\n")
    width = max(width - 2 * len(CUT), 20)
    start = min(span.column - 1, len(line))
    end = len(line) if span.end_line > span.line else min(max(span.end_column - 1, start), len(line))
    # Characters further away cannot be in view (or are marks without end, on one character): a line may have millions.
    low, high = max(0, start - width), min(len(line), start + width)
    cells = _cells(line[low:high])
    first, last, at = 0, len(cells), start - low
    before, after = sum(w for _, w in cells[:at]), sum(w for _, w in cells[at:])
    room_before = max(width // 3, width - after)
    while before > room_before:
        before -= cells[first][1]
        first += 1
    while last > at + 1 and before + after > width:
        last -= 1
        after -= cells[last][1]
    head, tail = CUT * (low + first > 0), CUT * (low + last < len(line))
    marked = sum(w for _, w in cells[at : min(last, end - low)]) + len(tail) * (end - low > last)
    text = head + "".join(shown for shown, _ in cells[first:last]) + tail
    return Excerpt(text.rstrip() if not tail else text, len(head) + before, max(marked, 1))


def _cells(text: str) -> list[tuple[str, int]]:
    """Each character as it is shown, with the number of terminal columns it takes."""
    if text.isascii() and text.isprintable() and "##" not in text:
        return [(character, 1) for character in text]
    commands = {match.start() for match in re.finditer(CI_COMMAND, text)}
    cells: list[tuple[str, int]] = []
    for index, character in enumerate(text):
        if character == "\t":
            shown, width = TAB, len(TAB)
        elif not character.isprintable() or index in commands:
            shown = escape_character(character)
            width = len(shown)
        else:
            shown, width = character, _columns(character, cells[-1][1] if cells else 0)
        cells.append((shown, width))
    return cells


def _columns(character: str, previous: int) -> int:
    """Columns of a printable character after one of `previous` columns."""
    if character < "\u0300":
        return 1
    # Only for a line that has such characters: the module is a megabyte of tables.
    from unicodedata import category, east_asian_width

    if character == "\ufe0f":  # "show the one before as an emoji": a narrow one becomes wide
        return 1 if previous == 1 else 0
    if "\U0001f3fb" <= character <= "\U0001f3ff" and previous == 2:  # skin tone of the emoji before
        return 0
    if category(character) in ("Mn", "Me") or "\u1160" <= character <= "\u11ff":  # marks; Hangul vowels and finals
        return 0
    return 2 if east_asian_width(character) in "WF" else 1

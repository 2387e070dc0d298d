"""Findings as text for people and machines: one module per format, found by its name in this folder.

A format is a module with `render(report, options)`, which yields the pieces of the output in order.
Names and contents of checked files are hostile: a format passes them through `escape`, or writes JSON in ASCII.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Protocol, cast

from wxlint.core.errors import UsageError
from wxlint.core.escape import escape
from wxlint.core.findings import Finding, Severity
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source

if TYPE_CHECKING:  # a class costs start-up time

    class RuleInfo(Protocol):
        """What an output says about a rule; `docs` is Markdown, `hint` may be empty."""

        @property
        def id(self) -> str: ...
        @property
        def summary(self) -> str: ...
        @property
        def severity(self) -> Severity: ...
        @property
        def docs(self) -> str: ...
        @property
        def hint(self) -> str: ...

    class Format(Protocol):
        """What a module of this folder provides."""

        def render(self, report: Report, options: Options) -> Iterator[str]: ...


class Summary(NamedTuple):
    """Counts of one run. good, bad, unknown: image references by what was proven of them.

    notes: what else was read, and why. problems: files that could not be read, as "path: reason".
    """

    files: int = 0
    good: int = 0
    bad: int = 0
    unknown: int = 0
    errors: int = 0
    warnings: int = 0
    infos: int = 0
    notes: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


class Report(NamedTuple):
    """One run: findings in the order to show them, and what a format needs to explain them.

    sources: by path, for the underlined line; a path without one is shown without its line.
    rules: by id, every rule that exists, not only those that found something.
    """

    findings: tuple[Finding, ...] = ()
    summary: Summary = Summary()
    sources: Mapping[str, Source] = {}
    rules: Mapping[str, RuleInfo] = {}


class Options(NamedTuple):
    """colour: write terminal colours. quiet: findings and problems only, no notes and no summary line.

    width: terminal columns for a source line; a longer one is cut around what it underlines. concise: one line for each
    finding. statistics: how many findings each rule has, at the end. links: a terminal that shows hyperlinks.
    """

    colour: bool = False
    quiet: bool = False
    width: int = 120
    concise: bool = False
    statistics: bool = False
    links: bool = False


PAGES = "https://github.com/wxlint/wxlint/blob/main/docs/rules/"


def page(rule: str) -> str:
    """The address of a rule's page."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in rule)
    return f"{PAGES}{name}.md"


def formats() -> tuple[str, ...]:
    """The names of all formats, sorted."""
    names = (name.partition(".") for name in os.listdir(os.path.dirname(__file__)))
    return tuple(sorted(stem for stem, _, suffix in names if suffix == "py" and not stem.startswith("_")))


def render(name: str, report: Report, options: Options) -> Iterator[str]:
    """Yield the report in the format `name`. Raises UsageError for a name that `formats` does not list."""
    known = formats()
    if name not in known:
        raise UsageError(f"unknown format {escape(name)!r}; known are {', '.join(known)}")
    # Only the format that is used is imported: json and hashlib are not needed to print text.
    module = __import__(f"{__name__}.{name}", fromlist=["render"])
    return cast("Format", module).render(report, options)


def count(number: int, noun: str) -> str:
    """ "1 error", "2 errors"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def summary_line(summary: Summary) -> str:
    """ "3 errors, 1 warning in 14 files; 40 of 42 image references resolved, 1 of them bad, 2 unknown"."""
    kinds = ((summary.errors, "error"), (summary.warnings, "warning"), (summary.infos, "info"))
    found = ", ".join(count(number, noun) for number, noun in kinds if number) or "nothing found"
    line = f"{found} in {count(summary.files, 'file')}"
    total = summary.good + summary.bad + summary.unknown
    if total:
        line += f"; {summary.good + summary.bad} of {count(total, 'image reference')} resolved"
        kinds_of = ((summary.bad, "of them bad"), (summary.unknown, "unknown"))
        line += "".join(f", {n} {kind}" for n, kind in kinds_of if n)
    if summary.problems:
        line += f"; {count(len(summary.problems), 'file')} could not be read"
    return line

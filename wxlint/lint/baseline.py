"""Findings that are known: written to a file, and left out of later checks until the lines they stand in change.

An entry is known by its rule, its file, and the text of its lines, whatever their blanks: other lines may come and go
around it. A file that is moved takes its entries along.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

from wxlint.core.errors import InputError
from wxlint.core.escape import escape_json
from wxlint.core.findings import Finding, Severity
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source, read

STALE = "unused-suppression"
"""The rule that entries break which nothing has any more."""
_SCHEMA = "wxlint-baseline/1"
_MOST_LINES = 50
_SHOWN = 80


class BaselineEntry(NamedTuple):
    """What findings have in common. path: from the folder of the baseline on. content: of their lines, as a hash."""

    rule: str
    path: str
    content: str


class KnownFindings(NamedTuple):
    """An entry as it is written. path: as shown to people. findings: how many. place: its offset in the file."""

    rule: str
    path: str
    entry: BaselineEntry
    findings: int
    place: int


class BaselineComparison(NamedTuple):
    """new: findings that the baseline does not have. stale: entries with more findings than there are now."""

    new: list[Finding]
    stale: list[KnownFindings]


class Baseline:
    """A baseline that was read."""

    def __init__(self, source: Source, entries: tuple[KnownFindings, ...]) -> None:
        self.source, self.entries = source, entries

    @property
    def folder(self) -> str:
        return os.path.dirname(self.source.path)

    def finding(self, known: KnownFindings) -> Finding:
        """An entry that nothing has any more, as a finding in the baseline."""
        text = f"nothing in {known.path} breaks {known.rule} as it did: write the baseline anew"
        span = self.source.span(known.place, known.place + len(known.entry.content))
        return Finding(STALE, Severity.WARNING, span, text, "run `wxlint baseline` with the paths of the check")


def load_baseline(path: str) -> Baseline:
    """Read a baseline. Raises InputError, with the place, for a file that is none."""
    source = read(Path(path), path)
    try:
        data = json.loads(source.text)
    except ValueError as error:
        line = getattr(error, "lineno", 1)
        raise InputError(f"{path}:{line}: found what is no JSON; allowed: a file of `wxlint baseline`") from error
    except RecursionError as error:
        raise InputError(f"{path}: nested too deeply; allowed: a file of `wxlint baseline`") from error
    if not isinstance(data, dict) or data.get("schema") != _SCHEMA or not isinstance(data.get("findings"), list):
        raise InputError(f'{path}:1: not a baseline; allowed: a file of `wxlint baseline`, with "schema": "{_SCHEMA}"')
    known: list[KnownFindings] = []
    at = 0
    for number, item in enumerate(data["findings"], 1):
        entry, count = _entry(item)
        if entry is None:
            raise InputError(f"{path}: finding {number} is none: allowed are rule, path, content, count and text")
        place = source.text.find(entry.content, at)
        at = place + len(entry.content) if place >= 0 else at
        shown = os.path.normpath(os.path.join(os.path.dirname(path), entry.path)).replace(os.sep, "/")
        known.append(KnownFindings(entry.rule, shown, entry, count, max(place, 0)))
    return Baseline(source, tuple(known))


def _entry(item: object) -> tuple[BaselineEntry | None, int]:
    if not isinstance(item, dict):
        return None, 0
    texts = [item.get(name) for name in BaselineEntry._fields]
    count = item.get("count", 1)
    right = all(isinstance(text, str) and text for text in texts)
    if not right or not isinstance(count, int) or isinstance(count, bool) or count < 1:
        return None, 0
    return BaselineEntry(*map(str, texts)), count


def compared(
    baseline: Baseline, findings: Iterable[Finding], sources: Mapping[str, Source], locked: Collection[str]
) -> BaselineComparison:
    """Hold findings against a baseline. locked: rules whose findings no baseline may leave out."""
    left = Counter({known.entry: known.findings for known in baseline.entries})
    waiting: list[tuple[Finding, BaselineEntry]] = []
    new: list[Finding] = []
    for finding in findings:
        entry = _entry_of(finding, sources, baseline.folder)
        if finding.rule in locked:
            new.append(finding)
        elif left[entry] > 0:
            left[entry] -= 1
        else:
            waiting.append((finding, entry))
    moved: dict[tuple[str, str], list[KnownFindings]] = {}
    for known in baseline.entries:
        if left[known.entry] > 0 and not os.path.lexists(known.path):
            moved.setdefault((known.rule, known.entry.content), []).append(known)
    for finding, entry in waiting:
        before = next((k for k in moved.get((entry.rule, entry.content), ()) if left[k.entry] > 0), None)
        if before is None:
            new.append(finding)
        else:
            left[before.entry] -= 1
    return BaselineComparison(new, [known for known in baseline.entries if left[known.entry] > 0])


def _entry_of(finding: Finding, sources: Mapping[str, Source], folder: str) -> BaselineEntry:
    path = os.path.relpath(finding.span.path, folder or ".").replace(os.sep, "/")
    text = "\n".join(_lines(finding, sources)) or finding.message
    return BaselineEntry(finding.rule, path, hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16])


def _lines(finding: Finding, sources: Mapping[str, Source]) -> Iterator[str]:
    source = sources.get(finding.span.path)
    if source is not None:
        last = min(finding.span.end_line, finding.span.line + _MOST_LINES)
        for line in range(finding.span.line, last + 1):
            yield " ".join(source.line_text(line).split())


def baseline_text(findings: Iterable[Finding], sources: Mapping[str, Source], path: str) -> Iterator[str]:
    """A baseline of these findings, one entry to a line, sorted: what changes is what a diff shows. path: where it
    will lie."""
    counts: Counter[BaselineEntry] = Counter()
    texts: dict[BaselineEntry, str] = {}
    for finding in findings:
        entry = _entry_of(finding, sources, os.path.dirname(path))
        counts[entry] += 1
        texts.setdefault(entry, next(_lines(finding, sources), "")[:_SHOWN])
    yield f'{{"schema": "{_SCHEMA}", "findings": [\n'
    order = sorted(counts, key=lambda entry: (entry.path, entry.rule, texts[entry], entry.content))
    for number, entry in enumerate(order, 1):
        item = {**entry._asdict(), "count": counts[entry], "text": texts[entry]}
        yield f"  {escape_json(json.dumps(item))}{',' if number < len(order) else ''}\n"
    yield "]}\n"

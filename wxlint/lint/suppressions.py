"""Suppressions in comments: `# wxlint: ignore[rule] reason` and `# wxlint: ignore-file[rule] reason`.

A comment on a line of its own covers what stands next: a whole instruction, a YAML key with all below it, a command
with its continuation lines. Behind code, in formats that allow it, it covers its own line.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING

from wxlint.core.findings import Finding, Span
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.dockerfile.reader import Dockerfile
from wxlint.documents.source import Source

if TYPE_CHECKING:
    from wxlint.documents.yaml import Node

_MARK = late(r"wxlint:\s*(ignore(?:-file)?)\b\s*(?:\[([^\]\n]*)\])?[ \t]*([^\n]*)")
_HASH = late(r"(?m)(?:^|(?<=\s))#[ \t]*(wxlint:[^\n]*)")
_YAML = frozenset(("compose", "policy", "conda", "workflow"))
_BATCH = late(r"(?mi)^[ \t]*(?:@?rem|::)[ \t]+(wxlint:[^\n]*)")
_LAST_LINE = 1 << 30


class Flaw(Enum):
    """What is wrong with a suppression."""

    UNREADABLE = "is not understood; write `wxlint: ignore[rule] reason`"
    NO_RULE = "names no rule; write `wxlint: ignore[rule] reason`"
    NO_REASON = "gives no reason, and so has no effect; write it behind the bracket"
    UNKNOWN_RULE = "there is no rule"
    LOCKED = "is locked by the policy: it cannot be suppressed in the source"
    UNUSED = "nothing here breaks"


class Suppression(NamedTuple):
    """rules: as written. first, last: the lines it covers. span: of the comment. flaw: why it has no effect, if it
    has none.
    """

    rules: tuple[str, ...]
    reason: str
    first: int
    last: int
    span: Span
    flaw: Flaw | None


def find_suppressions(source: Source, kind: str, dockerfile: Dockerfile | None = None) -> list[Suppression]:
    """Find every suppression of a file, also those that are wrong."""
    if "wxlint:" not in source.text:
        return []
    lines = _Lines(source, kind, dockerfile)
    return [_suppression(source, lines, at, text) for at, text in lines.comments()]


def _suppression(source: Source, lines: _Lines, at: int, text: str) -> Suppression:
    """One comment. at: where `text`, which holds the mark, starts."""
    match = _MARK.search(text)
    start = at + (match.start() if match else text.find("wxlint:"))
    span = source.span(start, at + len(text.rstrip()))
    if match is None:
        return Suppression((), "", 0, 0, span, Flaw.UNREADABLE)
    rules = tuple(name.strip() for name in (match[2] or "").split(",") if name.strip())
    reason = match[3].strip()
    flaw = Flaw.NO_RULE if not rules else None if reason else Flaw.NO_REASON
    first, last = lines.covered(span.line) if match[1] == "ignore" else (1, _LAST_LINE)
    return Suppression(rules, reason, first, last, span, flaw)


class _Lines:
    """The comments of a file, and the lines that each covers."""

    def __init__(self, source: Source, kind: str, dockerfile: Dockerfile | None) -> None:
        self.source, self.kind, self.dockerfile = source, kind, dockerfile

    @cached_property
    def _documents(self) -> tuple[Node, ...]:
        from wxlint.documents.yaml import parse

        return parse(self.source).documents

    def comments(self) -> Iterator[tuple[int, str]]:
        """Where the text of each comment that may be a suppression starts, and the text."""
        if self.dockerfile is not None:
            yield from ((at + 1, text) for at, text in self.dockerfile.comments if text.lstrip().startswith("wxlint:"))
            return
        pattern = _BATCH if self.kind == "batch" else _HASH
        places = [(match.start(1), match[1]) for match in pattern.finditer(self.source.text)]
        if places and self.kind in _YAML and self.kind != "workflow":  # its scalars are scripts with comments
            inside = _Stretches(_scalars(self._documents))
            places = [place for place in places if not inside.holds(place[0])]
        elif places and self.kind == "shell":
            from wxlint.shell.bash.parser import shell_comments

            comments = set(shell_comments(self.source.text))
            places = [place for place in places if self.source.text.rfind("#", 0, place[0]) in comments]
        yield from places

    def covered(self, line: int) -> tuple[int, int]:
        """The lines that a comment on `line` is about."""
        if self.dockerfile is not None:
            after = bisect_left(self._instruction_ends, line)
            if after == len(self._instruction_ends):
                return line, line
            instruction = self.dockerfile.instructions[after]
            return instruction.line, instruction.end_line
        own = self.source.line_text(line).lstrip()
        if not own.lower().startswith(("#", "::", "@rem", "rem")):
            return line, line
        first = self._next_code[line]
        if self.kind in _YAML:
            starts = first
            while self.source.line_text(starts).strip() == "-":  # its item starts in a line below
                starts += 1
            return first, max(self._node_ends.get(starts, 0), self._continued(first))
        return first, self._continued(first)

    @cached_property
    def _instruction_ends(self) -> list[int]:
        return [instruction.end_line for instruction in self.dockerfile.instructions] if self.dockerfile else []

    @cached_property
    def _next_code(self) -> list[int]:
        """For each line (from 0), the first line behind it that is neither blank nor a comment."""
        count = len(self.source.starts)
        found = [count + 1] * (count + 1)
        for line in range(count, 0, -1):
            found[line - 1] = found[line] if _blank(self.source.line_text(line), self.kind) else line
        return found

    def _continued(self, first: int) -> int:
        """The last line of a command that starts on `first`."""
        last, count = first, len(self.source.starts)
        mark = "^" if self.kind == "batch" else "\\"
        while last < count and self.source.line_text(last).rstrip().endswith(mark):
            last += 1
        return last

    @cached_property
    def _node_ends(self) -> dict[int, int]:
        """The last line of the outermost YAML key with its value, or list item, by the line it starts on."""
        from wxlint.documents.yaml import Mapping, Sequence

        found: dict[int, int] = {}
        waiting = list(self._documents)
        while waiting:
            node = waiting.pop()
            parts: list[tuple[int, Node]] = []
            if isinstance(node, Mapping):
                parts = [(entry.key.start, entry.value) for entry in node.entries]
            elif isinstance(node, Sequence):
                parts = [(item.start, item) for item in node.items]
            for start, value in parts:
                # An alias or a merged key has the place of its anchor, which may lie elsewhere.
                found.setdefault(self.source.position(start)[0], self.source.position(max(value.end, start))[0])
            waiting.extend(value for _, value in parts)
        return found


def _scalars(documents: Iterable[Node]) -> Iterator[tuple[int, int]]:
    """Where the strings of a YAML file stand: a `#` in a block of text is no comment."""
    from wxlint.documents.yaml import Mapping, Scalar

    waiting = list(documents)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            yield node.start, node.end
        elif isinstance(node, Mapping):
            waiting.extend(entry.value for entry in node.entries)
        else:
            waiting.extend(node.items)


class _Stretches:
    """Stretches of a file, each from its first place up to before its last; those that overlap count as one."""

    def __init__(self, found: Iterable[tuple[int, int]]) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []
        for start, end in sorted(found):
            if self.ends and start <= self.ends[-1]:
                self.ends[-1] = max(self.ends[-1], end)
            else:
                self.starts.append(start)
                self.ends.append(end)

    def holds(self, place: int) -> bool:
        """Tell whether a place lies in one of them."""
        before = bisect_right(self.starts, place)
        return before > 0 and place < self.ends[before - 1]


def _blank(text: str, kind: str) -> bool:
    text = text.strip()
    return not text or (text.startswith("#") if kind != "batch" else text.lower().startswith(("rem ", "::", "@rem ")))


class Flawed(NamedTuple):
    """A suppression without effect. rule: the one of its rules that the flaw is about, "" where it is the whole
    comment.
    """

    suppression: Suppression
    flaw: Flaw
    rule: str = ""


class AfterSuppressions(NamedTuple):
    """findings: those that stay. flawed: suppressions that are wrong or suppress nothing."""

    findings: list[Finding]
    flawed: list[Flawed]


def apply(
    findings: Iterable[Finding],
    suppressions: dict[str, list[Suppression]],
    *,
    known: Collection[str],
    ran: Collection[str],
    locked: Collection[str],
) -> AfterSuppressions:
    """Take out what is suppressed.

    Args:
        known: the names of all rules.
        ran: the names of the rules that looked.
        locked: the names of those that the policy does not let be suppressed.
    """
    findings = list(findings)
    covered = {path: _covered(listed) for path, listed in suppressions.items()}
    kept = []
    lines: dict[tuple[str, str], list[int]] = {}
    for finding in findings:
        path, rule, line = finding.span.path, finding.rule, finding.span.line
        lines.setdefault((path, rule), []).append(line)
        stretches = covered.get(path, {}).get(rule)
        if stretches is None or not stretches.holds(line) or rule in locked:
            kept.append(finding)
    for found in lines.values():
        found.sort()
    flawed: list[Flawed] = []
    for path, listed in suppressions.items():
        for suppression in listed:
            if suppression.flaw is not None:
                flawed.append(Flawed(suppression, suppression.flaw))
                continue
            for rule in suppression.rules:
                if rule not in known:
                    flawed.append(Flawed(suppression, Flaw.UNKNOWN_RULE, rule))
                elif rule in locked:
                    flawed.append(Flawed(suppression, Flaw.LOCKED, rule))
                elif rule in ran and not _hits(suppression, lines.get((path, rule), [])):
                    flawed.append(Flawed(suppression, Flaw.UNUSED, rule))
    return AfterSuppressions(kept, flawed)


def _hits(suppression: Suppression, lines: list[int]) -> bool:
    """Tell whether a suppression covers one of these lines, which are sorted."""
    at = bisect_left(lines, suppression.first)
    return at < len(lines) and lines[at] <= suppression.last


def _covered(suppressions: Iterable[Suppression]) -> dict[str, _Stretches]:
    """The lines of a file that are covered, by rule."""
    found: dict[str, list[tuple[int, int]]] = {}
    for suppression in suppressions:
        if suppression.flaw is None:
            for rule in suppression.rules:
                found.setdefault(rule, []).append((suppression.first, suppression.last + 1))
    return {rule: _Stretches(stretches) for rule, stretches in found.items()}

"""Suppressions in comments: `# wxlint: ignore[rule] reason` and `# wxlint: ignore-file[rule] reason`.

A comment on a line of its own covers what stands next: a whole instruction, a YAML key with all below it, a command with its
continuation lines. Behind code, in formats that allow it, it covers its own line.
"""

from __future__ import annotations

from collections.abc import Iterable
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
_YAML = frozenset(("compose", "policy", "conda"))
_BATCH = late(r"(?mi)^[ \t]*(?:@?rem|::)[ \t]+(wxlint:[^\n]*)")


class Suppression(NamedTuple):
    """rules: as written. first, last: the lines it covers. span: of the comment. problem: why it has no effect, or ""."""

    rules: tuple[str, ...]
    reason: str
    first: int
    last: int
    span: Span
    problem: str


def find_suppressions(source: Source, kind: str, dockerfile: Dockerfile | None = None) -> list[Suppression]:
    """Every suppression of a file, also those that are wrong."""
    if "wxlint:" not in source.text:
        return []
    found = []
    documents: tuple[Node, ...] = ()
    if kind in _YAML:
        from wxlint.documents.yaml import parse

        documents = parse(source).documents
    if dockerfile is not None:
        places = [(at + 1, text) for at, text in dockerfile.comments if text.lstrip().startswith("wxlint:")]
    else:
        pattern = _BATCH if kind == "batch" else _HASH
        places = [(match.start(1), match[1]) for match in pattern.finditer(source.text)]
        if kind in _YAML:
            texts = _scalars(documents)
            places = [place for place in places if not any(start <= place[0] < end for start, end in texts)]
        elif kind == "shell" and places:
            from wxlint.shell.bash.reader import shell_comments

            comments = set(shell_comments(source.text))
            places = [(at, text) for at, text in places if source.text.rfind("#", 0, at) in comments]
    for at, text in places:
        match = _MARK.search(text)
        start = at + (match.start() if match else text.find("wxlint:"))
        span = source.span(start, at + len(text.rstrip()))
        if match is None:
            found.append(Suppression((), "", 0, 0, span, "not understood; write `wxlint: ignore[rule] reason`"))
            continue
        rules = tuple(name.strip() for name in (match[2] or "").split(",") if name.strip())
        reason = match[3].strip()
        problem = ""
        if not rules:
            problem = "names no rule; write `wxlint: ignore[rule] reason`"
        elif not reason:
            problem = "gives no reason, and so has no effect; write it behind the bracket"
        first, last = 1, 1 << 30
        if match[1] == "ignore":
            first, last = _covered(source, kind, dockerfile, documents, span.line)
        found.append(Suppression(rules, reason, first, last, span, problem))
    return found


def _scalars(documents: Iterable[Node]) -> list[tuple[int, int]]:
    """Where the strings of a YAML file stand: a `#` in a block of text is no comment."""
    from wxlint.documents.yaml import Mapping, Scalar

    found = []
    waiting = list(documents)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Scalar):
            found.append((node.start, node.end))
        elif isinstance(node, Mapping):
            waiting.extend(entry.value for entry in node.entries)
        else:
            waiting.extend(node.items)
    return found


def _covered(
    source: Source, kind: str, dockerfile: Dockerfile | None, documents: Iterable[Node], line: int
) -> tuple[int, int]:
    """The lines that a comment on `line` speaks of."""
    if dockerfile is not None:
        for instruction in dockerfile.instructions:
            if instruction.end_line >= line:
                return instruction.line, instruction.end_line
        return line, line
    own = source.line_text(line).lstrip()
    if not own.lower().startswith(("#", "::", "@rem", "rem")):
        return line, line
    count = len(source.starts)
    following = line + 1
    while following <= count and _blank(source.line_text(following), kind):
        following += 1
    if kind in _YAML:
        starts = following
        while source.line_text(starts).strip() == "-":  # its item starts in a line below
            starts += 1
        return following, max(_end_of_node(source, documents, starts), following)
    last = following
    mark = "^" if kind == "batch" else "\\"
    while last < count and source.line_text(last).rstrip().endswith(mark):
        last += 1
    return following, last


def _end_of_node(source: Source, documents: Iterable[Node], line: int) -> int:
    """The last line of the key with its value, or of the list item, that starts a line of YAML; 0 when none does."""
    from wxlint.documents.yaml import Mapping, Sequence

    waiting = list(documents)
    while waiting:
        node = waiting.pop()
        parts: list[tuple[int, Node]] = []
        if isinstance(node, Mapping):
            parts = [(entry.key.start, entry.value) for entry in node.entries]
        elif isinstance(node, Sequence):
            parts = [(item.start, item) for item in node.items]
        for start, value in parts:
            if source.position(start)[0] == line:
                # An alias or a merged key has the place of its anchor, which may lie elsewhere.
                return source.position(max(value.end, start))[0]
        waiting.extend(value for _, value in parts)
    return 0


def _blank(text: str, kind: str) -> bool:
    text = text.strip()
    return not text or (text.startswith("#") if kind != "batch" else text.lower().startswith(("rem ", "::", "@rem ")))


class Outcome(NamedTuple):
    """findings: those that stay. unused: (suppression, message) of those that are wrong or hit nothing."""

    findings: list[Finding]
    unused: list[tuple[Suppression, str]]


def apply(
    findings: Iterable[Finding],
    suppressions: dict[str, list[Suppression]],
    known: Iterable[str],
    ran: set[str],
    locked: set[str],
) -> Outcome:
    """Take out what is suppressed. known: all rule names; ran: those that were asked for; locked: those the policy keeps."""
    kept: list[Finding] = []
    used: set[tuple[Span, str]] = set()
    for finding in findings:
        hit = False
        for suppression in suppressions.get(finding.span.path, ()):
            if suppression.problem or finding.rule not in suppression.rules:
                continue
            if suppression.first <= finding.span.line <= suppression.last:
                used.add((suppression.span, finding.rule))
                hit = hit or finding.rule not in locked
        if not hit:
            kept.append(finding)
    names = set(known)
    unused: list[tuple[Suppression, str]] = []
    for listed in suppressions.values():
        for suppression in listed:
            if suppression.problem:
                unused.append((suppression, f"this suppression {suppression.problem}"))
                continue
            for rule in suppression.rules:
                if rule not in names:
                    unused.append((suppression, _unknown(rule, names)))
                elif rule in locked:
                    unused.append(
                        (suppression, f"{rule} is locked by the policy: it cannot be suppressed in the source")
                    )
                elif rule in ran and (suppression.span, rule) not in used:
                    unused.append((suppression, f"nothing here breaks {rule}: take the suppression out"))
    return Outcome(kept, unused)


def _unknown(rule: str, names: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(rule, names, 1)
    return f"there is no rule {rule!r}{f'; did you mean {near[0]!r}?' if near else ''}"

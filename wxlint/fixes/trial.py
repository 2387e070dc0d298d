"""Trying fixes: they are made in memory, everything is evaluated again, and what does harm is left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from wxlint.core.errors import InputError
from wxlint.core.findings import Finding
from wxlint.core.fix import Edit, Fix
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source, from_bytes
from wxlint.fixes.context import Proposal
from wxlint.fixes.editing import edited, overlap
from wxlint.fixes.losses import losses
from wxlint.fixes.propose import hindered, propose
from wxlint.images.graph.repository import Repository
from wxlint.output import Report

_ROUNDS = 12
"""Times that what fixes bring to light is fixed as well."""
_SINGLE_TRIES = 40
"""Fixes that are tried one by one, when all of them together did harm."""
_REMOVES = "shadowed-build"
"""The rule whose fix takes a requirement out."""

Files = Mapping[str, bytes]
"""The files that are changed so far, by path."""


class Checked(NamedTuple):
    """One run over the files as they would be."""

    repository: Repository
    report: Report


Check = Callable[[Mapping[str, Source]], Checked]


class Refused(NamedTuple):
    """A fix that is not made, and why."""

    finding: Finding
    why: str


class TrialOutcome(NamedTuple):
    """before, after: the runs. files: the new bytes of what is changed. made, refused: findings with their fixes, if
    they have one. unsafe: findings left with a fix that only --unsafe-fixes tries."""

    before: Checked
    after: Checked
    files: dict[str, bytes]
    made: tuple[Finding, ...]
    refused: tuple[Refused, ...]
    unsafe: int


class _Candidate(NamedTuple):
    finding: Finding
    fix: Fix
    proposal: Proposal


class _Trouble(NamedTuple):
    """What a try has against it. path: where; images: whose."""

    text: str
    path: str
    label: str = ""


class Trial:
    """Fixes for one run, round after round until nothing is left to do."""

    def __init__(
        self,
        check: Check,
        read: Callable[[str], bytes],
        *,
        unsafe: bool,
        may_change: Callable[[str], bool] = lambda path: True,
    ) -> None:
        """read: the bytes of a file as it is; raises InputError. may_change: whether a file is one of those given."""
        self._check, self._read, self._unsafe, self._may_change = check, read, unsafe, may_change
        self._original: dict[str, bytes] = {}
        self._refused: dict[tuple[str, str, int, str], Refused] = {}
        self._strict = False

    def run(self) -> TrialOutcome:
        """Make what can be made, in memory."""
        before = self._check({})
        outcome = self._rounds(before)
        if _left_new(outcome):  # what a fix brought to light was not to be fixed after all
            self._strict = True
            outcome = self._rounds(before)
        return outcome

    def _rounds(self, before: Checked) -> TrialOutcome:
        now = before
        files: dict[str, bytes] = {}
        made: list[Finding] = []
        for _ in range(_ROUNDS):
            candidates = self._candidates(now)
            if not candidates:
                break
            chosen, after, changed = self._accepted(now, files, candidates)
            if not chosen:
                continue  # what was refused is not proposed again
            made += [candidate.finding for candidate in chosen]
            now, files = after, changed
        left = {_key(finding) for finding in now.report.findings}
        refused = tuple(one for key, one in self._refused.items() if key[:3] in left or not made)
        changed = {path: data for path, data in files.items() if data != self._bytes(path)}
        why = (Refused(*one) for one in hindered(now.report.findings, now.repository))
        return TrialOutcome(before, now, changed, tuple(made), (*refused, *why), self._left_unsafe(now))

    def _left_unsafe(self, now: Checked) -> int:
        """How many findings have a fix that is not tried because it may not be what is meant."""
        if self._unsafe:
            return 0
        proposed = (finding.fix for finding, _ in propose(now.report.findings, now.repository))
        return sum(fix is not None and not fix.safe for fix in proposed)

    def _candidates(self, now: Checked) -> list[_Candidate]:
        """The fixes of this round, without those that cross another one."""
        found: list[_Candidate] = []
        for finding, proposal in propose(now.report.findings, now.repository):
            assert finding.fix is not None
            if not finding.fix.safe and not self._unsafe or (*_key(finding), finding.fix.text) in self._refused:
                continue
            candidate = _Candidate(finding, finding.fix, proposal)
            other_file = next((e.span.path for e in finding.fix.edits if not self._may_change(e.span.path)), None)
            if other_file is not None:
                self._refuse(candidate, f"it would change {other_file}, which is not among the files given")
            elif not any(overlap(finding.fix, other.fix) for other in found):
                found.append(candidate)
        return found

    def _accepted(
        self, now: Checked, files: Files, candidates: list[_Candidate]
    ) -> tuple[list[_Candidate], Checked, dict[str, bytes]]:
        """The candidates that together do no harm, and how everything is with them."""
        chosen, put_off = list(candidates), list[tuple[_Candidate, _Trouble]]()
        after, changed = now, dict(files)
        while chosen:
            after, changed, troubles = self._tried(now, files, chosen)
            if not troubles:
                break
            suspects = _suspects(chosen, troubles) or chosen
            put_off += [(one, _of(one, troubles)) for one in suspects]
            chosen = [one for one in chosen if one not in suspects]
        if not chosen:
            after, changed = now, dict(files)
        for candidate, trouble in put_off:
            if len(put_off) == len(candidates) == 1 or len(put_off) > _SINGLE_TRIES:
                self._refuse(candidate, trouble.text)
                continue
            with_it, more, troubles = self._tried(now, files, [*chosen, candidate])
            if troubles:
                self._refuse(candidate, _of(candidate, troubles).text)
            else:
                chosen.append(candidate)
                after, changed = with_it, more
        return chosen, after, changed

    def _refuse(self, candidate: _Candidate, why: str) -> None:
        key = (*_key(candidate.finding), candidate.fix.text)
        self._refused[key] = Refused(candidate.finding, why)

    def _tried(
        self, now: Checked, files: Files, chosen: Sequence[_Candidate]
    ) -> tuple[Checked, dict[str, bytes], list[_Trouble]]:
        """Everything with some fixes, and what is wrong with that; what they bring to light is fixed in the next
        round, where it can be."""
        try:
            changed = self._changed(now, files, chosen)
        except InputError as error:
            return now, dict(files), [_Trouble(str(error), _path_of(error, chosen))]
        after = self._check({path: from_bytes(path, data) for path, data in changed.items()})
        lines = {path: _lines(now, after, path) for path in changed}
        removals = sum(candidate.finding.rule == _REMOVES for candidate in chosen)
        lost = losses(now.repository, after.repository, changed, removals=removals)
        troubles = [*(_Trouble(*loss) for loss in lost), *self._new(now, after, lines, chosen)]
        return after, changed, [*troubles, *_other_images(now, after, chosen)]

    def _changed(self, now: Checked, files: Files, chosen: Sequence[_Candidate]) -> dict[str, bytes]:
        edits: dict[str, dict[Edit, None]] = {}
        for candidate in chosen:
            for edit in candidate.fix.edits:
                edits.setdefault(edit.span.path, {})[edit] = None
        changed = dict(files)
        for path, own in edits.items():
            source = now.repository.sources.loaded[path]
            data = files.get(path)
            changed[path] = edited(self._bytes(path) if data is None else data, source, own)
        return changed

    def _bytes(self, path: str) -> bytes:
        if path not in self._original:
            self._original[path] = self._read(path)
        return self._original[path]

    def _new(
        self, now: Checked, after: Checked, lines: Mapping[str, Mapping[int, int]], chosen: Sequence[_Candidate]
    ) -> list[_Trouble]:
        """Findings that were not there, those that are there still, and files that cannot be read any more."""
        old = Counter(_moved(finding, lines) for finding in now.report.findings)
        fixed = Counter(_moved(candidate.finding, lines) for candidate in chosen)
        there: Counter[tuple[str, str, int]] = Counter()
        found: list[_Trouble] = []
        mended: set[tuple[str, str, int]] | None = None
        said = {candidate.finding.message for candidate in chosen}
        for finding in after.report.findings:
            key = _key(finding)
            there[key] += 1
            if there[key] <= old[key] - fixed[key]:
                continue
            if key in fixed and finding.message in said:
                found.append(_Trouble(_left(finding), finding.span.path))
                continue
            if mended is None and self._strict:
                mended = set()
            elif mended is None:
                mended = {
                    _key(one)
                    for one, _ in propose(after.report.findings, after.repository)
                    if one.fix is not None and (one.fix.safe or self._unsafe)
                }
            if key in fixed or key not in mended:
                place = f"{finding.span.path}:{finding.span.line}"
                found.append(_Trouble(f"it makes a new finding: {place}: {finding.rule}: {finding.message}", key[1]))
        problems = set(after.report.summary.problems) - set(now.report.summary.problems)
        return [*found, *(_Trouble(f"a file cannot be read with it: {text}", "") for text in sorted(problems))]


def _left(finding: Finding) -> str:
    """What a fix leaves, and why it is there still."""
    why = finding.because[0].text if finding.because else finding.message
    return (
        f"it does not clear the finding, which is at line {finding.span.line}, column {finding.span.column} then: {why}"
    )


def _left_new(outcome: TrialOutcome) -> bool:
    """Whether findings are left that were not there before."""
    lines = {path: _lines(outcome.before, outcome.after, path) for path in outcome.files}
    old = Counter(_moved(finding, lines) for finding in outcome.before.report.findings)
    new = Counter(_key(finding) for finding in outcome.after.report.findings)
    return bool(new - old)


def _key(finding: Finding) -> tuple[str, str, int]:
    return finding.rule, finding.span.path, finding.span.line


def _moved(finding: Finding, lines: Mapping[str, Mapping[int, int]]) -> tuple[str, str, int]:
    """The key of a finding where its line is after the change."""
    rule, path, line = _key(finding)
    return rule, path, lines.get(path, {}).get(line, line)


def _lines(now: Checked, after: Checked, path: str) -> dict[int, int]:
    """The line that each line of a changed file has become."""
    old, new = (one.repository.sources.loaded[path].text.split("\n") for one in (now, after))
    moved: dict[int, int] = {}
    for _, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        for number in range(a, b):
            moved[number + 1] = min(c + number - a, max(d - 1, c)) + 1
    return moved


def _path_of(error: InputError, chosen: Sequence[_Candidate]) -> str:
    text = str(error)
    paths = {edit.span.path for one in chosen for edit in one.fix.edits}
    return max((path for path in paths if text.startswith(f"{path}:")), key=len, default="")


def _suspects(chosen: Sequence[_Candidate], troubles: Iterable[_Trouble]) -> list[_Candidate]:
    """The fixes that a trouble may come from: those that change its file, or are about its image."""
    troubles = list(troubles)
    return [one for one in chosen if any(_is_near(one, trouble) for trouble in troubles)]


def _is_near(candidate: _Candidate, trouble: _Trouble) -> bool:
    paths = {candidate.finding.span.path, *(edit.span.path for edit in candidate.fix.edits)}
    return trouble.path in paths or bool(trouble.label) and trouble.label in candidate.proposal.images


def _of(candidate: _Candidate, troubles: Sequence[_Trouble]) -> _Trouble:
    """The trouble that is the nearest to a fix."""
    return next((trouble for trouble in troubles if _is_near(candidate, trouble)), troubles[0])


class _Seen(NamedTuple):
    """What is known of an image."""

    label: str
    known: tuple[str | None, ...]
    through: frozenset[str]


def _seen(repository: Repository) -> dict[tuple[str, int, int], _Seen]:
    """Every image by its Dockerfile, its stage, and its number among the builds."""
    found: dict[tuple[str, int, int], _Seen] = {}
    for image in repository.images:
        path, number = image.evaluated.path, 0
        while (path, image.stage.index, number) in found:
            number += 1
        torch, base = image.state.torch, image.base
        channel = None if torch.channel == "unknown" else torch.channel
        through = frozenset(use.span.path for use in base.lineage)
        known = (image.state.accelerator, image.state.cuda, channel, torch.version)
        found[path, image.stage.index, number] = _Seen(image.label, known, through)
    return found


def _other_images(now: Checked, after: Checked, chosen: Sequence[_Candidate]) -> list[_Trouble]:
    """Images that come out otherwise though no fix is about them, nor about what they are built from."""
    meant = {label for one in chosen for label in one.proposal.images}
    paths = {one.finding.span.path for one in chosen}
    old, new = _seen(now.repository), _seen(after.repository)
    meant_paths = paths | {key[0] for key, seen in old.items() if seen.label in meant}
    found = []
    for key, seen in old.items():
        other = new.get(key)
        if other is None or other.label != seen.label or seen.label in meant or key[0] in meant_paths:
            continue
        if any(was is not None and was != now_is for was, now_is in zip(seen.known, other.known, strict=True)):
            if not (seen.through | other.through) & meant_paths:
                found.append(_Trouble(f"it changes another image, {seen.label}", key[0], seen.label))
    return found

"""What all rules say of a repository. A large one is looked at by several processes, each speaking of a share of the Dockerfiles.

Processes, because the work is Python's own; forked ones, because all of them need everything that was read. Each may still evaluate any
Dockerfile: a share says which ones are spoken of. A child that ends in any other way than with an answer is answered for by the parent.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress

from wxlint.core.findings import Span
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.failures import Failure
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.lint.internal_errors import problems_of
from wxlint.rules import Problem, Rule

_LEAST = 75
"""Dockerfiles for each process: with fewer, starting one takes what it spares."""
_MOST = 4


class Looked(NamedTuple):
    """problems: by the rule's id. verdicts: "good" or "unknown", by the place that names an image and what it names.

    read: every file that was looked into. failures: documents that broke the program.
    """

    problems: dict[str, list[Problem]]
    verdicts: dict[tuple[Span, str], str]
    read: list[str]
    failures: list[Failure]


class _Child(NamedTuple):
    """pid: 0 where no process was to be had. pipe: what its answer comes through."""

    pid: int
    pipe: int


def look(repository: Repository, rules: Sequence[Rule], jobs: int = 0) -> Looked:
    """Run the rules. jobs: at most so many processes; 0: one for each core, up to four."""
    count = min(jobs or min(_cores(), _MOST), len(repository.dockerfiles) // _LEAST)
    if count < 2 or repository.policy is not None or not hasattr(os, "fork") or "threading" in sys.modules:
        return _look(repository, rules)
    own, *shares = _divided(repository, count)
    children: list[_Child] = []
    try:
        for share in shares:
            children.append(_start(repository, rules, share))
        found = [_look(repository.restricted_to(own), rules)]
        for share in shares:
            answer = _answer(children[0])
            del children[0]
            if answer is None:
                answer = _look(repository.restricted_to(share), rules)
            found.append(answer)
    finally:
        for child in children:
            _stop(child)
    for path in dict.fromkeys(path for answer in found[1:] for path in answer.read):
        repository.sources.read(path)
    for failure in (failure for answer in found[1:] for failure in answer.failures):
        repository.failures.add(failure)
    return _together(found)


def _look(repository: Repository, rules: Sequence[Rule]) -> Looked:
    problems = {rule.id: problems_of(rule, repository) for rule in rules}
    try:
        uses = repository.uses
    except Exception:  # every rule that looks at them has said so
        uses = ()
    verdicts = {(use.span, use.value.text): _verdict(use) for use in uses}
    return Looked(problems, verdicts, list(repository.sources.loaded), list(repository.failures))


def _verdict(use: Use) -> str:
    """What is proven of a reference that no rule speaks against."""
    reference = use.reference
    if reference is None or not reference.name_known and not reference.path.rpartition("/")[2].strip("\0"):
        return "unknown"
    return "good" if reference.tag_known or reference.digest else "unknown"


def _together(found: Iterable[Looked]) -> Looked:
    """Several answers as one; what does not hang on a Dockerfile is in each of them, and counts once."""
    whole = Looked({}, {}, [], [])
    for answer in found:
        for name, problems in answer.problems.items():
            whole.problems.setdefault(name, []).extend(problems)
        for place, verdict in answer.verdicts.items():
            whole.verdicts.setdefault(place, verdict)
    return whole


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _divided(repository: Repository, count: int) -> list[list[str]]:
    """The Dockerfiles in their order, in parts of about as much text."""
    paths = list(repository.graph.builds)
    sizes = [len(repository.dockerfiles.sources[path].text) * len(repository.graph.builds[path]) for path in paths]
    share, sofar = sum(sizes) / count, 0
    parts: list[list[str]] = [[] for _ in range(count)]
    for path, size in zip(paths, sizes, strict=True):
        parts[min(int(sofar / share) if share else 0, count - 1)].append(path)
        sofar += size
    return parts


def _start(repository: Repository, rules: Sequence[Rule], share: list[str]) -> _Child:
    import pickle
    import signal

    outlet, inlet = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(outlet)
        os.close(inlet)
        return _Child(0, -1)
    if pid:
        os.close(inlet)
        return _Child(pid, outlet)
    code = 1
    try:  # nothing may leave this block: the parent's handlers and streams are not the child's
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.close(outlet)
        with open(inlet, "wb") as pipe:
            pickle.dump(_look(repository.restricted_to(share), rules), pipe, pickle.HIGHEST_PROTOCOL)
        code = 0
    finally:
        os._exit(code)


def _answer(child: _Child) -> Looked | None:
    """What a child found; None when it came to no answer."""
    import pickle

    if not child.pid:
        return None
    with open(child.pipe, "rb", closefd=False) as pipe:
        data = pipe.read()
    os.close(child.pipe)
    _, status = os.waitpid(child.pid, 0)
    if status or not data:
        return None
    answer = pickle.loads(data)
    return answer if isinstance(answer, Looked) else None


def _stop(child: _Child) -> None:
    import signal

    if not child.pid:
        return
    with suppress(OSError):
        os.kill(child.pid, signal.SIGKILL)
    with suppress(OSError):
        os.waitpid(child.pid, 0)
    with suppress(OSError):
        os.close(child.pipe)

"""Running the rules over a repository. A large one is shared between processes, each with some of the Dockerfiles.

Processes, because the work is Python's own; forked ones, because all of them need everything that was read. Each may
still evaluate any Dockerfile: its share says which ones it reports on. The share of a process that is lost falls to the
parent. A process ends when its parent does, in whatever way that ended.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from wxlint.core.disk import Answers, asked_so_far
from wxlint.core.findings import Span
from wxlint.core.tuples import NamedTuple
from wxlint.images.graph.failures import Failure
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.lint.internal_errors import problems_of
from wxlint.rules import Problem, Rule

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

_LEAST = 75
"""Dockerfiles for each process: with fewer, starting one takes the time that it saves."""
_MOST = 4


class Results(NamedTuple):
    """What the rules report.

    problems: by the rule's id. verdicts: "good" or "unknown", by the place that names an image and what it names.
    read: every file that was read. failures: documents that broke the program. asked: what a process asked by itself,
    None where that was not kept.
    """

    problems: dict[str, list[Problem]]
    verdicts: dict[tuple[Span, str], str]
    read: list[str]
    failures: list[Failure]
    asked: Answers | None = ()


class _Worker(NamedTuple):
    process: ForkProcess
    results: Connection


def run_rules(repository: Repository, rules: Sequence[Rule], jobs: int = 0) -> Results:
    """Run the rules.

    Args:
        jobs: at most so many processes; 0: one for each core, up to four.
    """
    count = min(jobs or min(_cores(), _MOST), len(repository.dockerfiles) // _LEAST)
    if count < 2 or repository.policy is not None or not _can_fork():
        return _run(repository, rules)
    own, *shares = _divided(repository, count)
    workers: list[_Worker | None] = []
    try:
        for share in shares:
            with _signals_held():  # one that ended the program here would leave a process that nobody knows of
                workers.append(_start(repository, rules, share))
        found = [_run(repository.restricted_to(own), rules)]
        for worker, share in zip(workers, shares):
            results = _received(worker) if worker else None
            found.append(results if results is not None else _run(repository.restricted_to(share), rules))
    finally:
        for worker in workers:
            if worker:
                worker.process.kill()
                worker.process.join()
    asked = asked_so_far()
    if asked is not None:
        for results in found[1:]:
            asked.adopt(results.asked)
    for path in dict.fromkeys(path for results in found[1:] for path in results.read):
        repository.sources.read(path)
    for failure in (failure for results in found[1:] for failure in results.failures):
        repository.failures.add(failure)
    return _joined(found)


def _can_fork() -> bool:
    """Whether a fork is safe: a thread may hold a lock that nobody in the new process would release."""
    threading = sys.modules.get("threading")
    return hasattr(os, "fork") and (threading is None or threading.active_count() == 1)


def _run(repository: Repository, rules: Sequence[Rule]) -> Results:
    problems = {rule.id: problems_of(rule, repository) for rule in rules}
    try:
        uses = repository.uses
        somewhere = dict.fromkeys(_built_somewhere(repository), "unknown")
    except Exception:  # every rule that looks at them has said so
        uses, somewhere = (), {}
    verdicts = {(use.span, use.value.text): _verdict(use) for use in uses}
    verdicts.update(somewhere)
    return Results(problems, verdicts, list(repository.sources.loaded), list(repository.failures))


def _built_somewhere(repository: Repository) -> Iterator[tuple[Span, str]]:
    """The tags that scripts give to images of which it is not known in which folder they are built."""
    for script in repository.documents.scripts.values():
        placed = {build.span for build in script.builds if build.dockerfile or build.contexts}
        for build in script.builds:
            if build.span not in placed:
                yield from ((use.span, use.value.text) for use in build.tags)


def _verdict(use: Use) -> str:
    """What is proven of a reference that no rule reports."""
    reference = use.reference
    if reference is None or not reference.name_known and not reference.path.rpartition("/")[2].strip("\0"):
        return "unknown"
    return "good" if reference.tag_known or reference.digest else "unknown"


def _joined(found: Iterable[Results]) -> Results:
    """Several results as one; what does not depend on a Dockerfile is in each of them, and counts once."""
    whole = Results({}, {}, [], [])
    for results in found:
        for name, problems in results.problems.items():
            whole.problems.setdefault(name, []).extend(problems)
        for place, verdict in results.verdicts.items():
            whole.verdicts.setdefault(place, verdict)
    return whole


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _divided(repository: Repository, count: int) -> list[list[str]]:
    """The Dockerfiles in their order, in parts of about as much text."""
    paths = list(repository.graph.evaluations.builds)
    sizes = [
        len(repository.dockerfiles.sources[path].text) * len(repository.graph.evaluations.builds[path])
        for path in paths
    ]
    share, so_far = sum(sizes) / count, 0
    parts: list[list[str]] = [[] for _ in range(count)]
    for path, size in zip(paths, sizes, strict=True):
        parts[min(int(so_far / share) if share else 0, count - 1)].append(path)
        so_far += size
    return parts


@contextmanager
def _signals_held() -> Iterator[None]:
    """Signals that end the program wait for the end of the block."""
    import signal

    old = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, old)


def _start(repository: Repository, rules: Sequence[Rule], share: list[str]) -> _Worker | None:
    """Start a process; None where the system has none to give."""
    from multiprocessing import get_context

    context = get_context("fork")
    with suppress(OSError):
        outlet, inlet = context.Pipe(duplex=False)
        with inlet:  # closed here, so that the end of the process is the end of its results
            process = context.Process(target=_work, args=(repository, rules, share, inlet), daemon=True)
            process.start()
        return _Worker(process, outlet)
    return None


def _work(repository: Repository, rules: Sequence[Rule], share: list[str], results: Connection) -> None:
    """The life of a process. It says nothing of what goes wrong: the parent meets with the same."""
    import signal
    import threading

    with suppress(BaseException):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, (signal.SIGINT, signal.SIGTERM, signal.SIGHUP))
        threading.Thread(target=_end_with_parent, daemon=True).start()
        asked = asked_so_far()
        known = len(asked.answers) if asked else 0
        found = _run(repository.restricted_to(share), rules)
        results.send(found._replace(asked=asked.since(known)) if asked else found)
        results.close()
    os._exit(0)


def _end_with_parent() -> None:
    from multiprocessing import parent_process
    from multiprocessing.connection import wait

    parent = parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _received(worker: _Worker) -> Results | None:
    """The results of a process; None when it ended without any."""
    with suppress(EOFError, OSError), worker.results:
        results = worker.results.recv()
        return results if isinstance(results, Results) else None
    return None

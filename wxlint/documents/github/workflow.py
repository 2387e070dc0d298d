"""Workflows and composite actions as records of their YAML: jobs, steps, and what they are given."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, TextProblem, parse


class WorkflowStep(NamedTuple):
    """One step. uses, run: what it does, one of the two. given: `with`."""

    node: Mapping
    id: str
    name: str
    uses: Scalar | None
    run: Scalar | None
    given: Mapping | None
    env: Mapping | None
    shell: str
    directory: Scalar | None
    condition: str


class Job(NamedTuple):
    """One job. uses: the workflow that it calls. matrix: the mapping, or an expression. given: `with`.

    needs: the jobs that end before it starts. outputs: what it hands to those that need it.
    """

    id: Scalar
    name: str
    uses: Scalar | None
    given: Mapping | None
    env: Mapping | None
    container: Node | None
    services: Mapping | None
    matrix: Node | None
    steps: tuple[WorkflowStep, ...]
    condition: str
    runner: str
    shell: str
    directory: Scalar | None
    needs: tuple[str, ...] = ()
    outputs: Mapping | None = None


class Workflow(NamedTuple):
    """A workflow, or a composite action as one job. inputs: names with their defaults. events: what starts it."""

    source: Source
    jobs: tuple[Job, ...]
    env: Mapping | None
    inputs: tuple[tuple[str, Scalar | None], ...]
    events: frozenset[str]


class Read(NamedTuple):
    """workflow: None for what is none. problems: what is wrong with the YAML."""

    workflow: Workflow | None
    problems: tuple[TextProblem, ...]


def read_workflow(source: Source, cache: Cache = NO_CACHE) -> Read:
    """Read a workflow. Never raises."""
    documents, problems, _ = parse(source, cache)
    root = documents[0] if documents else None
    jobs = _mapping(root, "jobs")
    if root is not None and not isinstance(root, Mapping):
        problems = (*problems, TextProblem(root.start, root.end, "a workflow is a mapping with `on` and `jobs`"))
    if not isinstance(root, Mapping) or jobs is None:
        return Read(None, problems)
    defaults = _mapping(_mapping(root, "defaults"), "run")
    shell, directory = _text(defaults, "shell"), _scalar(defaults, "working-directory")
    events, inputs = _events(root.get("on"))
    found = tuple(_job(key, node, shell, directory) for key, node in jobs.entries if isinstance(node, Mapping))
    return Read(Workflow(source, found, _mapping(root, "env"), inputs, events), problems)


def read_action(source: Source, cache: Cache = NO_CACHE) -> Workflow | None:
    """Read a composite action; None for an action of another kind."""
    documents, *_ = parse(source, cache)
    root = documents[0] if documents else None
    runs = _mapping(root, "runs")
    steps = runs.get("steps") if runs is not None else None
    if not isinstance(steps, Sequence) or runs is None:
        return None
    key = Scalar("action", runs.start, runs.start)
    job = Job(key, "", None, None, None, None, None, None, _steps(steps, "", None), "", "", "", None)
    return Workflow(source, (job,), None, _inputs(_mapping(root, "inputs")), frozenset())


def _job(key: Scalar, node: Mapping, shell: str, directory: Scalar | None) -> Job:
    defaults = _mapping(_mapping(node, "defaults"), "run")
    own_shell = _text(defaults, "shell") or shell
    own_directory = _scalar(defaults, "working-directory") or directory
    steps = node.get("steps")
    strategy = _mapping(node, "strategy")
    runner = node.get("runs-on")
    return Job(
        key,
        _text(node, "name"),
        _scalar(node, "uses"),
        _mapping(node, "with"),
        _mapping(node, "env"),
        node.get("container"),
        _mapping(node, "services"),
        strategy.get("matrix") if strategy is not None else None,
        _steps(steps, own_shell, own_directory) if isinstance(steps, Sequence) else (),
        _text(node, "if"),
        runner.text if isinstance(runner, Scalar) else "",
        own_shell,
        own_directory,
        _names(node.get("needs")),
        _mapping(node, "outputs"),
    )


def _steps(steps: Sequence, shell: str, directory: Scalar | None) -> tuple[WorkflowStep, ...]:
    return tuple(
        WorkflowStep(
            node,
            _text(node, "id"),
            _text(node, "name"),
            _scalar(node, "uses"),
            _scalar(node, "run"),
            _mapping(node, "with"),
            _mapping(node, "env"),
            _text(node, "shell") or shell,
            _scalar(node, "working-directory") or directory,
            _text(node, "if"),
        )
        for node in steps.items
        if isinstance(node, Mapping)
    )


def _events(node: Node | None) -> tuple[frozenset[str], tuple[tuple[str, Scalar | None], ...]]:
    """What starts a workflow, and the inputs that callers and people give it."""
    if isinstance(node, Scalar):
        return frozenset((node.text,)), ()
    if isinstance(node, Sequence):
        return frozenset(item.text for item in node.items if isinstance(item, Scalar)), ()
    if not isinstance(node, Mapping):
        return frozenset(), ()
    inputs: dict[str, Scalar | None] = {}
    for event in ("workflow_dispatch", "workflow_call"):
        inputs.update(_inputs(_mapping(_mapping(node, event), "inputs")))
    return frozenset(key.text for key, _ in node.entries), tuple(inputs.items())


def _inputs(node: Mapping | None) -> tuple[tuple[str, Scalar | None], ...]:
    return tuple((key.text, _scalar(value, "default")) for key, value in entries(node))


def _names(node: Node | None) -> tuple[str, ...]:
    """A name, or a list of names."""
    items = node.items if isinstance(node, Sequence) else (node,)
    return tuple(item.text for item in items if isinstance(item, Scalar))


def in_order(jobs: tuple[Job, ...]) -> Iterator[Job]:
    """The jobs in the order of the file, each behind those that it needs."""
    waiting, ended = list(jobs), set[str]()
    names = {job.id.text for job in jobs}
    while waiting:
        ready = [job for job in waiting if ended.issuperset(names.intersection(job.needs))]
        for job in ready or waiting:  # a circle, which GitHub refuses
            ended.add(job.id.text)
            yield job
        waiting = [job for job in waiting if job.id.text not in ended]


def entries(node: Node | None) -> Iterator[tuple[Scalar, Node]]:
    """The entries of a mapping; none of anything else."""
    if isinstance(node, Mapping):
        yield from node.entries


def _mapping(node: Node | None, key: str) -> Mapping | None:
    found = node.get(key) if isinstance(node, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _scalar(node: Node | None, key: str) -> Scalar | None:
    found = node.get(key) if isinstance(node, Mapping) else None
    return found if isinstance(found, Scalar) and found.kind != "null" else None


def _text(node: Node | None, key: str) -> str:
    found = _scalar(node, key)
    return found.text if found is not None else ""

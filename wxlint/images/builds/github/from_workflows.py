"""What GitHub workflows build and use: every job in every round of its matrix, with the actions of the repository."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.paths import normal
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.expressions import condition, expand
from wxlint.documents.github.results import Data, unknown
from wxlint.documents.github.workflow import Job, Workflow, WorkflowStep, entries, in_order, read_action, read_workflow
from wxlint.documents.yaml import Mapping as Node_Mapping
from wxlint.documents.yaml import Node, Scalar
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.github.actions import Find, Inputs, build_push
from wxlint.images.builds.github.contexts import environment_of, inputs_of, left_open
from wxlint.images.builds.github.matrix import ANY, node_data, rounds
from wxlint.images.builds.github.outputs import OUTPUT_FILES, written_by
from wxlint.images.builds.github.placed_text import fill_in, parts_of
from wxlint.images.builds.github.printed_files import with_files
from wxlint.images.builds.github.remote_scripts import SCRIPT_OF, remote_script
from wxlint.images.builds.github.workspace import JobWorkspace
from wxlint.images.builds.model import PROGRAMS, BakeRun, DockerCall, Script
from wxlint.images.model.embedded_shell import EmbeddedText
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.documents.yaml import TextProblem

_DEPTH = 4
"""Workflows that call workflows, and actions that use actions: GitHub allows four levels of workflows."""


class Workflows:
    """The workflows of a repository.

    find: the first of several paths that is a known Dockerfile. read: any file of the repository.
    """

    def __init__(self, find: Find, read: Callable[[str], Source | None], cache: Cache = NO_CACHE) -> None:
        self.find, self.read, self.cache = find, read, cache
        self.workflows: dict[str, Workflow] = {}
        self.problems: dict[str, tuple[TextProblem, ...]] = {}
        self._actions: dict[str, Workflow | None] = {}

    @property
    def files(self) -> Iterator[str]:
        """Every file that was read."""
        yield from self.workflows
        yield from (action.source.path for action in self._actions.values() if action is not None)

    def add(self, source: Source) -> None:
        """Read one of them."""
        workflow, problems = read_workflow(source, self.cache)
        if workflow is not None:
            self.workflows[source.path] = workflow
        if problems:
            self.problems[source.path] = problems

    def script(self, path: str) -> Script:
        """What a workflow does with images. One that others of the repository call does nothing by itself."""
        workflow = self.workflows.get(path)
        if workflow is None or (workflow.events == {"workflow_call"} and path in self._called):
            return Script((), (), ())
        run = _Run(self, root_of(path))
        run.workflow(workflow, {}, 0)
        return run.script()

    @property
    def _called(self) -> set[str]:
        found = set()
        for path, workflow in self.workflows.items():
            for job in workflow.jobs:
                if job.uses is not None and job.uses.text.startswith("./"):
                    found.add(normal(posixpath.join(root_of(path), job.uses.text)))
        return found

    def called(self, path: str) -> Workflow | None:
        """A workflow that another one calls."""
        if path not in self.workflows:
            source = self.read(path)
            if source is not None:
                self.add(source)
        return self.workflows.get(path)

    def action(self, folder: str) -> Workflow | None:
        """The composite action in a folder."""
        if folder not in self._actions:
            sources = (self.read(posixpath.join(folder, name)) for name in ("action.yml", "action.yaml"))
            source = next((source for source in sources if source is not None), None)
            self._actions[folder] = read_action(source, self.cache) if source is not None else None
        return self._actions[folder]


def root_of(path: str) -> str:
    """The folder of the repository that a workflow belongs to."""
    return normal(posixpath.join(posixpath.dirname(path), "..", ".."))


class _Run:
    """What one workflow does."""

    def __init__(self, workflows: Workflows, root: str) -> None:
        self.workflows, self.root = workflows, root
        self.calls: list[DockerCall] = []
        self.builds: list[Build] = []
        self.uses: list[Use] = []
        self.bakes: list[BakeRun] = []
        self.open_pushes = False

    def script(self) -> Script:
        """All that was found."""
        calls, builds, uses = tuple(self.calls), tuple(self.builds), tuple(self.uses)
        return Script(calls, builds, uses, open_pushes=self.open_pushes, bakes=tuple(self.bakes))

    def workflow(self, workflow: Workflow, given: dict[str, Data], depth: int) -> None:
        """All jobs of a workflow."""
        contexts: dict[str, Data] = {
            "inputs": inputs_of(workflow, given),
            "github": {ANY: True, "workspace": Value(".")},
            "env": {ANY: True},
        }
        if workflow.events == {"workflow_dispatch"}:
            contexts["github"]["event"] = {ANY: True, "inputs": contexts["inputs"]}
        if len(workflow.events) == 1 and workflow.events != {"workflow_call"}:
            contexts["github"]["event_name"] = Value(next(iter(workflow.events)))
        contexts["env"] = environment_of(workflow.env, workflow.source, contexts)
        ended: dict[str, Data] = {}
        for job in in_order(workflow.jobs):
            inside = {**contexts, "needs": {ANY: True, **ended}}
            if condition(job.condition or "true", inside) is not False:
                ended[job.id.text] = {ANY: True, "outputs": self.job(workflow, job, inside, depth)}

    def job(self, workflow: Workflow, job: Job, contexts: Mapping[str, Data], depth: int) -> dict[str, Data]:
        """Every round of a job; returns its outputs, which are not known where several rounds write them.

        What a job's own list does not name is empty; those of a workflow that it calls are not followed.
        """
        source = workflow.source
        all_rounds = rounds(job.matrix, source, contexts)
        outputs: dict[str, Data] = {ANY: True} if job.uses is not None else {}
        outputs.update(
            (key.text, unknown(f"needs.{job.id.text}.outputs.{key.text}")) for key, _ in entries(job.outputs)
        )
        for matrix in all_rounds:
            inside = {**contexts, "matrix": matrix, "steps": {ANY: True}}
            if job.uses is not None:
                self._call(job, source, inside, depth)
                continue
            inside["env"] = environment_of(job.env, source, inside)
            if job.container is not None:
                self._image("job container", job.container, source, inside)
            for _, service in entries(job.services):
                self._image("job service", service, source, inside)
            label = f"job {job.id.text}"
            runner = expand(job.runner, inside)
            self.steps(source, job.steps, inside, label, JobWorkspace(self.root, runner), depth)
            if len(all_rounds) == 1:
                outputs.update((key.text, node_data(value, source, inside)) for key, value in entries(job.outputs))
        return outputs

    def _call(self, job: Job, source: Source, contexts: Mapping[str, Data], depth: int) -> None:
        assert job.uses is not None
        own = job.uses.text.startswith("./") and depth < _DEPTH
        called = self.workflows.called(normal(posixpath.join(self.root, job.uses.text))) if own else None
        if called is None:
            self.open_pushes = True
        else:
            given = {
                key.text: node_data(value, source, contexts, f"inputs.{key.text}") for key, value in entries(job.given)
            }
            self.workflow(called, given, depth + 1)

    def _image(self, kind: str, node: Node, source: Source, contexts: Mapping[str, Data]) -> None:
        image = node if isinstance(node, Scalar) else node.get("image") if isinstance(node, Node_Mapping) else None
        if isinstance(image, Scalar) and image.kind == "str":
            for part in parts_of(source, image, contexts, "\n"):
                if part.value.text != HOLE:
                    self.uses.append(_use(kind, part.value, source, part.start, part.end))

    def steps(
        self,
        source: Source,
        steps: Iterable[WorkflowStep],
        contexts: dict[str, Data],
        label: str,
        workspace: JobWorkspace,
        depth: int,
    ) -> None:
        """The steps of a job or a composite action, in order; contexts change with them."""
        for step in steps:
            decided = condition(step.condition or "true", contexts)
            if decided is False:
                continue
            inside = {**contexts, "env": environment_of(step.env, source, contexts)}
            outputs: dict[str, Data] = {ANY: True}
            if step.run is not None:
                for name, value in self._shell(source, step, inside, label, workspace):
                    if name.startswith("env."):
                        contexts["env"] = {**contexts["env"], name[4:]: value if decided else left_open(value, name)}
                    else:
                        outputs[name] = value if decided else left_open(value, name)
            elif step.uses is not None:
                outputs.update(self._action(source, step, inside, label, workspace, depth))
            if step.id:
                contexts["steps"] = {**contexts["steps"], step.id: {ANY: True, "outputs": outputs}}

    def _shell(
        self, source: Source, step: WorkflowStep, contexts: Mapping[str, Data], label: str, workspace: JobWorkspace
    ) -> list[tuple[str, Data]]:
        """What a `run` does; returns the outputs and the variables ("env.NAME") that it sets."""
        shell = step.shell.split(" ")[0] or "bash"
        assert step.run is not None
        runs_engine = any(word in step.run.text for word in PROGRAMS)
        if shell not in ("bash", "sh"):
            self.open_pushes = self.open_pushes or runs_engine
            return []
        if not runs_engine and not any(name in step.run.text for name in OUTPUT_FILES):
            return []
        text = EmbeddedText()
        fill_in(text, source, step.run, contexts)
        variables = {name: value for name, value in contexts["env"].items() if isinstance(value, Value)}
        variables.update({name: Value(path) for name, path in OUTPUT_FILES.items()})
        flavor = "bash" if shell == "bash" else "sh"
        commands = text.commands(source, variables, step.run.end, flavor)
        directory = expand(step.directory.text, contexts) if step.directory is not None else None
        script = read_script(source, commands, self.workflows.find, lambda cwd: workspace.starts(directory, cwd))
        self.calls += [call._replace(hosted=workspace.hosted) for call in script.calls]
        self.uses += script.uses
        reason = reason_at("build", f"{label}: docker build", None)
        for build in script.builds:
            own = reason._replace(path=source.path, line=build.span.line if build.span else 0)
            self.builds.append(build._replace(built_by=(own, *build.built_by[1:])))
        starts = workspace.starts(directory, None)
        return [(name, with_files(value, starts, self.workflows.read)) for name, value in written_by(commands)]

    def _action(
        self,
        source: Source,
        step: WorkflowStep,
        contexts: Mapping[str, Data],
        label: str,
        workspace: JobWorkspace,
        depth: int,
    ) -> dict[str, Data]:
        """What an action does; returns its outputs."""
        assert step.uses is not None
        name = step.uses.text.partition("@")[0].lower()
        inputs = Inputs(step, source, contexts)
        if name == "actions/checkout":
            workspace.checkout(inputs.value("path"), inputs.value("repository"))
        elif name == "docker/build-push-action":
            what = f"{label}: {step.name or name}"
            build = build_push(inputs, what, self.workflows.find, workspace)
            self.builds.append(build)
            self.uses.extend(build.tags)
        elif name == "docker/bake-action":
            from wxlint.images.builds.github.bake_action import bake_builds, bake_run

            asked = bake_run(inputs, workspace)
            self.bakes += [asked] if asked is not None else []
            for build in bake_builds(inputs, label, self.workflows.find, workspace, self.workflows.read):
                self.builds.append(build)
                self.uses.extend(build.tags)
        elif name == "docker/metadata-action":
            from wxlint.images.builds.github.metadata_action import metadata_tags

            return {"tags": metadata_tags(inputs)}
        elif name in SCRIPT_OF:
            script = remote_script(inputs, name)
            self.calls += script.calls
            self.uses += script.uses
        elif name.startswith("docker://"):
            start = step.uses.start + len("docker://")
            value = Value(step.uses.text[len("docker://") :])
            self.uses.append(_use("docker action", value, source, start, start + len(value.text)))
        elif name.startswith("./") and depth < _DEPTH:
            self._composite(source, step, contexts, label, workspace, depth)
        else:
            self._other(name, inputs)
        return {}

    def _other(self, name: str, inputs: Inputs) -> None:
        """An action of somebody else."""
        from wxlint.images.builds.github.other_actions import may_push, scanned

        self.uses += scanned(name, inputs)
        self.open_pushes = self.open_pushes or may_push(name)

    def _composite(
        self,
        source: Source,
        step: WorkflowStep,
        contexts: Mapping[str, Data],
        label: str,
        workspace: JobWorkspace,
        depth: int,
    ) -> None:
        assert step.uses is not None
        folder = workspace.local(step.uses.text)
        action = self.workflows.action(folder) if folder is not None else None
        if action is None:
            self._other(step.uses.text, Inputs(step, source, contexts))
            return
        given = {
            key.text: node_data(value, source, contexts, f"inputs.{key.text}") for key, value in entries(step.given)
        }
        inside = {**contexts, "inputs": inputs_of(action, given), "steps": {ANY: True}}
        self.steps(action.source, action.jobs[0].steps, inside, label, workspace, depth + 1)


def _use(kind: str, value: Value, source: Source, start: int, end: int) -> Use:
    return Use(kind, value, parse_reference(value), source.span(start, end), because=value.because)

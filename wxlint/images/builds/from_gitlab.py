"""What GitLab pipelines build and use: every job, once for each round of its `parallel: matrix`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value, concat
from wxlint.documents.gitlab import GitlabJob, Pipeline, PlacedNode, read_pipeline
from wxlint.documents.scalar_places import scalar_places
from wxlint.documents.yaml import Mapping as Node_Mapping
from wxlint.documents.yaml import Scalar, Sequence
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import PROGRAMS, DockerCall, Script
from wxlint.images.model.embedded_shell import EmbeddedText
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.documents.yaml import TextProblem

_REFERENCE = late(r"\$\$|\$\{(\w+)\}|\$(\w+)|%(\w+)%|(?P<input>\$\[\[[^\]\n]*\]\])")
"""`$$`, a variable, or an input of a configuration that is included, which GitLab fills in first."""
_INPUT = late(r"\$\[\[[^\]\n]*\]\]")
_PROGRAMS = (*PROGRAMS, "kaniko")
_DEPTH = 12
_MOST_ROUNDS = 200
"""GitLab's own limit."""

Find = Callable[[list[str]], "str | None"]
Read = Callable[[str], "Source | None"]
Matching = Callable[[str], list[str]]


class Pipelines:
    """The GitLab pipelines of a repository. find: the first of several paths that is a known Dockerfile."""

    def __init__(self, find: Find, read: Read, cache: Cache = NO_CACHE, matching: Matching = lambda _: []) -> None:
        """matching: the files of a pattern that a configuration includes."""
        self.find, self.read, self.cache, self.matching = find, read, cache, matching
        self.pipelines: dict[str, Pipeline] = {}

    def add(self, source: Source) -> None:
        """Read a configuration."""
        self.pipelines[source.path] = read_pipeline(source, self.read, self.cache, self.matching)

    @property
    def files(self) -> Iterator[str]:
        """Every file that was read."""
        for pipeline in self.pipelines.values():
            yield from pipeline.files

    @property
    def problems(self) -> dict[str, tuple[TextProblem, ...]]:
        """What is wrong with the YAML of each file."""
        return {path: found for each in self.pipelines.values() for path, found in each.problems.items()}

    def script(self, path: str) -> Script:
        """What a pipeline does with images. A file that another one includes does nothing by itself."""
        pipeline = self.pipelines.get(path)
        included = {file for each in self.pipelines.values() for file in list(each.files)[1:]}
        if pipeline is None or path in included:
            return Script((), (), ())
        run = _Run(pipeline, self.find, path)
        for job in pipeline.jobs:
            run.job(job)
        return Script(tuple(run.calls), tuple(run.builds), tuple(run.uses))


class _Variables:
    """The variables of one round of a job. Those that GitLab or the project sets are not known."""

    def __init__(self, given: Mapping[str, Value]) -> None:
        self.given = given

    def expanded(self, text: str, depth: int = 0) -> Value:
        """A text with its variables."""
        parts: list[Value] = []
        at = 0
        for match in _REFERENCE.finditer(text):
            parts.append(Value(text[at : match.start()]))
            parts.append(self._named(match, depth))
            at = match.end()
        parts.append(Value(text[at:]))
        return concat(parts)

    def _named(self, match: re.Match[str], depth: int) -> Value:
        if match["input"] is not None:
            return Value(HOLE, (match[0],))
        name = match[1] or match[2] or match[3]
        if name is None:
            return Value("$")
        found = self.given.get(name)
        if found is None or depth > _DEPTH:
            return Value(HOLE, (f"${name}",))
        if found.holes:
            return found
        value = self.expanded(found.text, depth + 1)
        return value._replace(because=(*value.because, *found.because))

    def environment(self) -> dict[str, Value]:
        """The variables as scripts see them."""
        return {name: self.expanded(f"${{{name}}}") for name in self.given}


class _Run:
    """What one pipeline does."""

    def __init__(self, pipeline: Pipeline, find: Find, path: str) -> None:
        self.pipeline, self.find, self.path = pipeline, find, path
        self.calls: list[DockerCall] = []
        self.builds: list[Build] = []
        self.uses: list[Use] = []

    def job(self, job: GitlabJob) -> None:
        """Every round of a job."""
        given = {name: _variable(placed, name) for name, placed in self.pipeline.variables_of(job).items()}
        if "variables" in job.given:
            own = self.pipeline.referred(job.given["variables"])
            for key, node in own.node.entries if isinstance(own.node, Node_Mapping) else ():
                given[key.text] = _variable(self.pipeline.referred(PlacedNode(node, own.source)), key.text)
        given.update((name, Value(HOLE, (f"${name}",))) for name in _changed_by_rules(job))
        for matrix in _rounds(job):
            variables = _Variables({"CI_PROJECT_DIR": Value("."), **given, **matrix})
            self._images(job, variables)
            self._scripts(job, variables)

    def _images(self, job: GitlabJob, variables: _Variables) -> None:
        if "image" in job.given:
            self._image("job container", self.pipeline.referred(job.given["image"]), variables)
        for service in self.pipeline.items(job.given["services"]) if "services" in job.given else ():
            self._image("job service", service, variables)

    def _image(self, kind: str, placed: PlacedNode, variables: _Variables) -> None:
        node = placed.node.get("name") if isinstance(placed.node, Node_Mapping) else placed.node
        if not isinstance(node, Scalar) or node.kind != "str":
            return
        value = variables.expanded(node.text)
        if value.text.strip(HOLE):
            span = placed.source.span(*node.inner(placed.source.text))
            self.uses.append(Use(kind, value, parse_reference(value), span, because=value.because))

    def _scripts(self, job: GitlabJob, variables: _Variables) -> None:
        """Run the lines in front of the script and the script in one shell, what comes after it in another."""
        main = [job.given[name] for name in ("before_script", "script") if name in job.given]
        for given in (main, [job.given["after_script"]] if "after_script" in job.given else []):
            lines = [line for each in given for line in self.pipeline.lines(each)]
            if lines and any(word in _text(line) for line in lines for word in _PROGRAMS):
                self._shell(job, lines, variables)

    def _shell(self, job: GitlabJob, lines: list[PlacedNode], variables: _Variables) -> None:
        source = lines[-1].source
        text = EmbeddedText()
        end = 0
        for line in lines:
            own = _text(line) + "\n"
            if line.source is source and isinstance(line.node, Scalar):
                places = scalar_places(source.text, line.node)
                end = places[-1]
            else:  # of another file: it counts, and has no place here
                places = [end] * len(own)
            at = 0
            for match in _INPUT.finditer(own):
                text.written(own[at : match.start()], places[at : match.start()])
                text.filled(Value(HOLE, (match[0],)), places[match.start()], places[match.end() - 1] + 1)
                at = match.end()
            text.written(own[at:], places[at:])
        commands = text.commands(source, variables.environment(), end, "bash")
        found = read_script(source, commands, self.find, lambda cwd: folders(self.path, cwd))
        hosted = not _has_gpu(job)
        self.calls += [call._replace(hosted=hosted) for call in found.calls]
        self.uses += found.uses
        for build in found.builds:
            reason = reason_at("build", f"job {job.name}", build.span)
            self.builds.append(build._replace(built_by=(reason, *build.built_by[1:])))


def _text(line: PlacedNode) -> str:
    return line.node.text if isinstance(line.node, Scalar) else ""


def _has_gpu(job: GitlabJob) -> bool:
    """Whether a job chooses runners that may have a GPU."""
    tags = job.given.get("tags")
    items = tags.node.items if tags is not None and isinstance(tags.node, Sequence) else ()
    return any(isinstance(item, Scalar) and re.search("(?i)gpu|cuda|nvidia|[$]", item.text) for item in items)


def _variable(placed: PlacedNode, name: str) -> Value:
    """The value of a variable, before its own variables are filled in."""
    node = placed.node.get("value") if isinstance(placed.node, Node_Mapping) else placed.node
    if not isinstance(node, Scalar):
        return Value(HOLE, (f"${name}",))
    line = placed.source.position(node.start)[0]
    return Value(node.text, (), (Reason("variable", f"{name}={node.text[:80]}", placed.source.path, line, name),))


def _changed_by_rules(job: GitlabJob) -> Iterator[str]:
    """The variables that some rule of a job sets."""
    rules = job.given.get("rules")
    for rule in rules.node.items if rules is not None and isinstance(rules.node, Sequence) else ():
        given = rule.get("variables") if isinstance(rule, Node_Mapping) else None
        for key, _ in given.entries if isinstance(given, Node_Mapping) else ():
            yield key.text


def _rounds(job: GitlabJob) -> list[dict[str, Value]]:
    """The variables of each round of a job; one round without any where it has no matrix."""
    parallel = job.given.get("parallel")
    matrix = parallel.node.get("matrix") if parallel is not None and isinstance(parallel.node, Node_Mapping) else None
    if parallel is None or not isinstance(matrix, Sequence):
        return [{}]
    found: list[dict[str, Value]] = []
    for entry in matrix.items:
        if not isinstance(entry, Node_Mapping):
            continue
        choices = [
            [
                _chosen(item, key.text, parallel.source)
                for item in (node.items if isinstance(node, Sequence) else (node,))
            ]
            for key, node in entry.entries
        ]
        names = [key.text for key, _ in entry.entries]
        found += [dict(zip(names, values)) for values in product(*choices)]
    return found[:_MOST_ROUNDS] or [{}]


def _chosen(node: object, name: str, source: Source) -> Value:
    if not isinstance(node, Scalar):
        return Value(HOLE, (f"${name}",))
    line = source.position(node.start)[0]
    return Value(node.text, (), (Reason("loop", f"{name}={node.text}", source.path, line, name),))

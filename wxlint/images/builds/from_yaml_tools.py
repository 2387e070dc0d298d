"""What Taskfiles and skaffold.yaml build and use.

Keys as in the schemas of these tools. Go templates (`{{.NAME}}`) are filled in where they are a variable that the file
gives a text; pipes and functions are unknown.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.paths import normal
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.scalar_places import scalar_places
from wxlint.documents.source import Source, TextProblem
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, parse
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.github.actions import Find
from wxlint.images.builds.model import PROGRAMS, DockerCall, Script
from wxlint.images.model.embedded_shell import EmbeddedText
from wxlint.images.model.records import Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.core.cache import Cache

_TEMPLATE = late(r"\{\{-?[ \t]*(?:\.(?P<name>\w+))?(?P<rest>[^{}]*?)-?\}\}")


def _entries(node: Node | None) -> Iterator[tuple[Scalar, Node]]:
    if isinstance(node, Mapping):
        yield from node.entries


def _scalar(node: Node | None, key: str) -> Scalar | None:
    found = node.get(key) if isinstance(node, Mapping) else None
    return found if isinstance(found, Scalar) and found.kind == "str" and found.text else None


def _problems(found: Iterable[tuple[int, int, str]]) -> tuple[TextProblem, ...]:
    """What is wrong with the YAML."""
    return tuple(TextProblem(*each) for each in found)


def _filled(text: str, values: dict[str, Value]) -> Value:
    """A text with its templates."""
    shown: list[str] = []
    holes: list[str] = []
    because: list[Reason] = []
    at = 0
    for match in _TEMPLATE.finditer(text):
        value = values.get(match["name"] or "") if not match["rest"].strip() else None
        value = value if value is not None else Value(HOLE, (match[0],))
        shown += [text[at : match.start()], value.text]
        holes += value.holes
        because += value.because
        at = match.end()
    return Value("".join([*shown, text[at:]]), tuple(holes), tuple(dict.fromkeys(because)))


def _variables(node: Node | None, source: Source, above: dict[str, Value]) -> dict[str, Value]:
    found = dict(above)
    for key, value in _entries(node):
        if isinstance(value, Scalar) and value.kind != "null":
            line = source.position(value.start)[0]
            made = _filled(value.text, found)
            reason = Reason("variable", f"{key.text}={made.shown()}", source.path, line, key.text)
            found[key.text] = made._replace(because=(*made.because, reason))
        else:
            found[key.text] = Value(HOLE, (f"{{{{.{key.text}}}}}",))
    return found


# -- Taskfiles


def taskfile_script(source: Source, find: Find, cache: Cache) -> Script:
    """What the tasks of a Taskfile do with images."""
    documents, problems, _ = parse(source, cache)
    root = documents[0] if documents else None
    variables = _variables(root.get("vars") if isinstance(root, Mapping) else None, source, {})
    calls: list[DockerCall] = []
    builds: list[Build] = []
    uses: list[Use] = []
    for name, task in _entries(root.get("tasks") if isinstance(root, Mapping) else None):
        own = _variables(task.get("vars"), source, variables) if isinstance(task, Mapping) else variables
        folder = _scalar(task, "dir")
        for line in _task_lines(task):
            if not any(word in line.text for word in PROGRAMS) and "{{" not in line.text:
                continue
            found = _command(source, line, own, find, folder.text if folder is not None else "")
            calls += found.calls
            uses += found.uses
            reason = reason_at("build", f"task {name.text}", source.span(line.start, line.start), name.text)
            builds += [build._replace(built_by=(reason, *build.built_by[1:])) for build in found.builds]
    return Script(tuple(calls), tuple(builds), tuple(uses), problems=_problems(problems))


def _task_lines(task: Node) -> Iterator[Scalar]:
    """The command lines of a task, in each form that it may have."""
    lines = task.get("cmds") or task.get("cmd") if isinstance(task, Mapping) else task
    for item in lines.items if isinstance(lines, Sequence) else (lines,):
        line = item.get("cmd") if isinstance(item, Mapping) else item
        if isinstance(line, Scalar) and line.kind == "str":
            yield line


def _command(source: Source, line: Scalar, values: dict[str, Value], find: Find, folder: str) -> Script:
    places = scalar_places(source.text, line)
    text = EmbeddedText()
    at = 0
    for match in _TEMPLATE.finditer(line.text):
        text.written(line.text[at : match.start()], places[at : match.start()])
        text.filled(_filled(match[0], values), places[match.start()], places[match.end() - 1] + 1)
        at = match.end()
    text.written(line.text[at:], places[at:-1])
    commands = text.commands(source, {}, places[-1], "bash")

    def starts(cwd: Value | None) -> list[str]:
        if HOLE in folder or "{{" in folder:
            return []
        return [normal(posixpath.join(start, folder)) for start in folders(source.path, cwd)]

    return read_script(source, commands, find, starts)


# -- skaffold


def skaffold_script(source: Source, find: Find, cache: Cache) -> Script:
    """What the artifacts of a skaffold.yaml build, with those of its profiles."""
    documents, problems, _ = parse(source, cache)
    builds: list[Build] = []
    for document in documents:
        profiles = document.get("profiles") if isinstance(document, Mapping) else None
        for part in (document, *(profiles.items if isinstance(profiles, Sequence) else ())):
            build = part.get("build") if isinstance(part, Mapping) else None
            artifacts = build.get("artifacts") if isinstance(build, Mapping) else None
            for artifact in artifacts.items if isinstance(artifacts, Sequence) else ():
                found = _artifact(source, artifact, find)
                if found is not None:
                    builds.append(found)
    uses = tuple(tag for build in builds for tag in build.tags)
    return Script((), tuple(builds), uses, problems=_problems(problems))


def _artifact(source: Source, node: Node, find: Find) -> Build | None:
    image = _scalar(node, "image")
    if image is None or not isinstance(node, Mapping):
        return None
    docker = node.get("docker") or node.get("kaniko")
    if docker is None and any(key.text in ("buildpacks", "jib", "bazel", "ko", "custom") for key, _ in node.entries):
        return None
    context = _scalar(node, "context")
    folder = posixpath.dirname(source.path) or "."
    folder = normal(posixpath.join(folder, context.text if context is not None else "."))
    file, target = _scalar(docker, "dockerfile"), _scalar(docker, "target")
    path = normal(posixpath.join(folder, file.text if file is not None else "Dockerfile"))
    known = "{{" not in path
    value = _filled(image.text, {})
    value = value._replace(text=f"{value.text}:{HOLE}", holes=(*value.holes, "tag"))  # skaffold chooses it
    span = source.span(*image.inner(source.text))
    tag = Use("skaffold image", value, parse_reference(value), span, produces=True)
    dockerfile = find([path]) if known else None
    return Build(
        dockerfile or "",
        (folder,) if known else (),
        target.text if target is not None and "{{" not in target.text else None,
        tuple(_arguments(source, docker.get("buildArgs") if isinstance(docker, Mapping) else None)),
        (tag,),
        (reason_at("build", f"skaffold artifact {image.text}", span),),
        span,
        wanted=() if dockerfile or not known else (path,),
    )


def _arguments(source: Source, node: Node | None) -> Iterator[tuple[str, Value]]:
    for key, value in _entries(node):
        if isinstance(value, Scalar):
            made = _filled(value.text, {})
            line = source.position(key.start)[0]
            reason = Reason("build-arg", f"args {key.text}={made.shown()}", source.path, line, key.text)
            yield key.text, made._replace(because=(reason,))

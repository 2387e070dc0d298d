"""What the targets of a bake file build: inherited attributes, groups, matrices, named contexts."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.expressions import Data, as_value
from wxlint.documents.hcl.model import Block, Expression, Hcl, List, Object
from wxlint.documents.hcl.reader import read_hcl
from wxlint.images.builds.bake_values import evaluate
from wxlint.images.builds.from_scripts import Script, folders_above
from wxlint.images.model.records import DEFAULT_PLATFORM, Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_MOST_ROUNDS = 256
_DEPTH = 20
_IMAGE = "docker-image://"

Find = Callable[[list[str]], "str | None"]


def read_bake(source: Source) -> Hcl:
    """A bake file, in either of its languages."""
    if not source.path.endswith(".json"):
        return read_hcl(source)
    from wxlint.documents.hcl.json_form import read_json  # PyYAML comes with it

    return read_json(source)


def bake_script(source: Source, find: Find) -> Script:
    """What a bake file builds. find: the first of several paths that is a known Dockerfile."""
    hcl = read_bake(source)
    bake = Bake(source, hcl, find)
    builds = tuple(bake.builds())
    uses = (*(tag for build in builds for tag in build.tags), *bake.uses)
    templates = "%{" in source.text  # directives of templates are valid, and not read
    return Script((), builds, uses, problems=() if templates else hcl.problems)


class Bake:
    """The targets of one bake file. given: variables that the environment sets."""

    def __init__(self, source: Source, hcl: Hcl, find: Find, given: Mapping[str, Value] | None = None) -> None:
        self.source, self.find = source, find
        self.uses: list[Use] = []
        blocks = hcl.body.blocks
        self.targets = {block.labels[0]: block for block in blocks if block.kind == "target" and block.labels}
        self.groups = [block for block in blocks if block.kind == "group"]
        self.variables: dict[str, Data] = {}
        for attribute in hcl.body.attributes:
            self.variables[attribute.name] = self._reasoned(attribute.name, attribute.value, "variable")
        for block in blocks:
            default = block.body.get("default") if block.kind == "variable" and block.labels else None
            if block.labels and given and block.kind == "variable" and block.labels[0] in given:
                self.variables[block.labels[0]] = given[block.labels[0]]
            elif default is not None:
                self.variables[block.labels[0]] = self._reasoned(block.labels[0], default, "default")

    def _reasoned(self, name: str, expression: Expression, kind: str) -> Data:
        """A variable's value, with where it comes from; the environment may give another."""
        data = evaluate(expression, self.variables)
        if isinstance(data, Value) and data.text != HOLE:
            line = self.source.position(expression.start)[0]
            reason = Reason(
                "default" if kind == "default" else "variable", f"{name}={data.shown()}", self.source.path, line, name
            )
            return data._replace(because=(*data.because, reason))
        return data

    def builds(self) -> Iterator[Build]:
        """One build for each target that is built by itself, in each round of its matrix."""
        named = {item.text for group in self.groups for item in self._list(group, "targets") if isinstance(item, Value)}
        inherited = {i.text for block in self.targets.values() for i in self._list(block, "inherits")}
        for name, block in self.targets.items():
            if name not in named and (name.startswith("_") or (name in inherited and name != "default")):
                continue
            for variables in self._rounds(block):
                yield self._build(name, block, variables)

    def named_builds(self, names: list[str] | None) -> Iterator[tuple[str, Build]]:
        """The builds of targets, those of groups among them. names: None for every target that is built by itself."""
        if names is None:
            yield from (("*", build) for build in self.builds())
            return
        waiting = dict.fromkeys(self._targets_of(names, 0))
        done: set[str] = set()
        while waiting:
            name = next(iter(waiting))
            del waiting[name]
            block = self.targets.get(name)
            if name in done or block is None:
                continue
            done.add(name)
            for variables in self._rounds(block):
                yield name, self._build(name, block, variables)
            waiting.update(dict.fromkeys(self._needed(name)))

    def _needed(self, name: str) -> Iterator[str]:
        """The targets that a target takes as contexts, which are built with it."""
        for expression in self._attributes(name).get("contexts", []):
            data = evaluate(expression, self.variables)
            for value in data.values() if isinstance(data, dict) else ():
                if isinstance(value, Value) and value.known and value.text.startswith("target:"):
                    yield value.text.removeprefix("target:")

    def _targets_of(self, names: list[str], depth: int) -> Iterator[str]:
        groups = {block.labels[0]: block for block in self.groups if block.labels}
        for name in names:
            group = groups.get(name)
            if group is None:
                yield name
            elif depth < _DEPTH:
                members = [item.text for item in self._list(group, "targets")]
                yield from self._targets_of(members, depth + 1)

    def _list(self, block: Block, name: str) -> list[Value]:
        value = block.body.get(name)
        found = evaluate(value, self.variables) if value is not None else []
        return [item for item in found if isinstance(item, Value)] if isinstance(found, list) else []

    def _rounds(self, block: Block) -> Iterator[Mapping[str, Data]]:
        matrix = block.body.get("matrix")
        data = evaluate(matrix, self.variables) if matrix is not None else {}
        if not isinstance(data, dict):
            return
        choices = [values if isinstance(values, list) else [values] for values in data.values()]
        for number, values in enumerate(product(*choices)):
            if number >= _MOST_ROUNDS:
                return
            line = self.source.position(block.start)[0]
            each = {
                name: value._replace(
                    because=(*value.because, Reason("loop", f"{name}={value.text}", self.source.path, line, name))
                )
                if isinstance(value, Value) and value.known
                else value
                for name, value in zip(data, values)
            }
            yield {**self.variables, **each}

    def _attributes(self, name: str, depth: int = 0) -> dict[str, list[Expression]]:
        """What a target says, with what it inherits: the strongest last. Maps are joined, others replaced."""
        block = self.targets.get(name)
        if block is None or depth > _DEPTH:
            return {}
        found: dict[str, list[Expression]] = {}
        for parent in self._list(block, "inherits"):
            for key, values in self._attributes(parent.text, depth + 1).items():
                found[key] = [*found.get(key, []), *values]
        for attribute in block.body.attributes:
            found.setdefault(attribute.name, []).append(attribute.value)
        return found

    def _build(self, name: str, block: Block, variables: Mapping[str, Data]) -> Build:
        attributes = self._attributes(name)

        def value(key: str) -> Value | None:
            given = attributes.get(key)
            return as_value(evaluate(given[-1], variables), key) if given else None

        context, dockerfile = value("context") or Value("."), value("dockerfile") or Value("Dockerfile")
        contexts = self._folders(context)
        path = None
        if dockerfile.known and "dockerfile-inline" not in attributes:
            path = self.find([posixpath.normpath(posixpath.join(folder, dockerfile.text)) for folder in contexts])
        if path is not None:
            fitting = [
                folder for folder in contexts if posixpath.normpath(posixpath.join(folder, dockerfile.text)) == path
            ]
            contexts = [*fitting, *(folder for folder in contexts if folder not in fitting)]
        target = value("target")
        span = self.source.span(block.start, block.start + len("target"))
        if attributes.get("target"):
            last = attributes["target"][-1]
            span = self.source.span(last.start, last.end)
        label = value("name") if "matrix" in attributes else None
        shown = label.shown() if label is not None else name
        return Build(
            path or "",
            tuple(contexts),
            target.text if target is not None and target.known and target.text else None,
            tuple(self._arguments(attributes.get("args", []), variables)),
            tuple(self._tags(attributes.get("tags", [])[-1:], variables)),
            (reason_at("build", f"bake target {shown}", self.source.span(block.start, block.start)),),
            span,
            self._platform(attributes.get("platforms", [])[-1:], variables),
            None,
            tuple(self._contexts(attributes.get("contexts", []), variables)),
            platforms=tuple(self._platforms(attributes.get("platforms", [])[-1:], variables)),
            more=any(self._may_hold_more(given, variables) for given in attributes.get("args", [])),
        )

    def _may_hold_more(self, arguments: Expression, variables: Mapping[str, Data]) -> bool:
        """Whether a map of arguments has some whose names are not known."""
        if not isinstance(arguments, Object):
            return not isinstance(evaluate(arguments, variables), dict)
        names = (evaluate(key, variables) for key, _ in arguments.entries)
        return any(not isinstance(name, Value) or not name.known for name in names)

    def _folders(self, context: Value) -> list[str]:
        """Where a context may lie: from the folder of the file, or from one above it."""
        if not context.known or "://" in context.text or context.text.startswith(("/", "target:")):
            return []
        above = folders_above(posixpath.dirname(self.source.path))
        return [posixpath.normpath(posixpath.join(folder, context.text)) for folder in above]

    def _tags(self, given: list[Expression], variables: Mapping[str, Data]) -> Iterator[Use]:
        for expression in given:
            items = expression.items if isinstance(expression, List) else (expression,)
            for item in items:
                data = evaluate(item, variables)
                for value in data if isinstance(data, list) else [data]:
                    if isinstance(value, Value) and value.text not in ("", HOLE):
                        start = item.start + (self.source.text[item.start : item.start + 1] == '"')
                        end = item.end - (self.source.text[item.end - 1 : item.end] == '"')
                        span = self.source.span(start, end)
                        yield Use("bake tag", value, parse_reference(value), span, True, because=value.because)

    def _arguments(self, given: list[Expression], variables: Mapping[str, Data]) -> Iterator[tuple[str, Value]]:
        found: dict[str, Value] = {}
        for expression in given:
            if isinstance(expression, Object):
                entries = [
                    (evaluate(key, variables), evaluate(item, variables), key.start) for key, item in expression.entries
                ]
            else:
                data = evaluate(expression, variables)
                given_by = data.items() if isinstance(data, dict) else ()
                entries = [(Value(key), value, expression.start) for key, value in given_by]
            for name, data, start in entries:
                if not isinstance(name, Value) or not name.known or data is None:
                    continue
                value = as_value(data, name.text)
                line = self.source.position(start)[0]
                reason = Reason("build-arg", f"args {name.text}={value.shown()}", self.source.path, line, name.text)
                found[name.text] = value._replace(because=(*value.because, reason))
        yield from found.items()

    def _contexts(self, given: list[Expression], variables: Mapping[str, Data]) -> Iterator[tuple[str, Value]]:
        for expression in given:
            for key, item in expression.entries if isinstance(expression, Object) else ():
                name, data = evaluate(key, variables), evaluate(item, variables)
                if not isinstance(name, Value) or not isinstance(data, Value):
                    continue
                if data.text.startswith("target:"):
                    tag = self._first_tag(data.text.removeprefix("target:"), variables)
                    data = data._replace(text=f"{_IMAGE}{tag}") if tag else data
                elif data.text.startswith(_IMAGE):
                    image = data._replace(text=data.text.removeprefix(_IMAGE))
                    span = self.source.span(item.start, item.end)
                    self.uses.append(Use("bake context", image, parse_reference(image), span, because=image.because))
                yield name.text, data

    def _first_tag(self, target: str, variables: Mapping[str, Data]) -> str:
        tags = self._tags(self._attributes(target).get("tags", [])[-1:], variables)
        return next((tag.value.text for tag in tags if tag.value.known), "")

    def _platforms(self, given: list[Expression], variables: Mapping[str, Data]) -> list[str]:
        """The platforms of a target; none where one of them is not known."""
        data = evaluate(given[0], variables) if given else []
        items = data if isinstance(data, list) else []
        known = [item.text for item in items if isinstance(item, Value) and item.known]
        return known if len(known) == len(items) else []

    def _platform(self, given: list[Expression], variables: Mapping[str, Data]) -> str:
        known = self._platforms(given, variables)
        return known[0] if known and DEFAULT_PLATFORM not in known else DEFAULT_PLATFORM

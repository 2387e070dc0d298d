"""What the targets of a bake file build: inherited attributes, groups, matrices, named contexts."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from wxlint.core.paths import folders_above, normal
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.results import Data, as_value
from wxlint.documents.hcl.model import Block, Expression, Hcl, List, Name, Object
from wxlint.documents.hcl.reader import read_hcl
from wxlint.images.builds.bake_values import evaluate
from wxlint.images.builds.model import Script
from wxlint.images.model.records import DEFAULT_PLATFORM, Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source

_MOST_ROUNDS = 256
_DEPTH = 20
_IMAGE = "docker-image://"
_GIVEN_BY_ACTION = {"docker-metadata-action": ("tags", "args")}
"""What the target of docker/metadata-action's own bake files gives: https://github.com/docker/metadata-action."""
_GIVEN = ("context", "dockerfile", "target", "args", "tags", "platforms")
"""What a target that is not known may give."""

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


class _Target(NamedTuple):
    """A target, or one round of a target's matrix. variables: what its own attributes see, the round's among them."""

    name: str
    block: Block
    variables: Mapping[str, Data]

    @property
    def label(self) -> str:
        return self.block.labels[0]


class _Said(NamedTuple):
    """What a target says of an attribute, with the variables of the target that says it.

    sure: false for what a target that is not known may say.
    """

    expression: Expression
    variables: Mapping[str, Data]
    sure: bool = True

    def value(self) -> Data:
        return evaluate(self.expression, self.variables)


_Attributes = dict[str, list[_Said]]


class Bake:
    """The targets of one bake file. given: variables that the environment sets."""

    def __init__(self, source: Source, hcl: Hcl, find: Find, given: Mapping[str, Value] | None = None) -> None:
        self.source, self.find = source, find
        self.uses: list[Use] = []
        blocks = hcl.body.blocks
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
        labelled = {block.labels[0]: block for block in blocks if block.kind == "target" and block.labels}
        self.targets = [target for block in labelled.values() for target in self._made(block)]
        self._by_name: dict[str, list[_Target]] = {}
        for target in self.targets:
            self._by_name.setdefault(target.name, []).append(target)

    def _made(self, block: Block) -> Iterator[_Target]:
        """The targets that a block stands for: a matrix is expanded before anything names its targets."""
        name = block.body.get("name") if block.body.get("matrix") is not None else None
        for variables in self._rounds(block):
            made = evaluate(name, variables) if name is not None else None
            known = isinstance(made, Value) and made.known
            yield _Target(made.text if isinstance(made, Value) and known else block.labels[0], block, variables)

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
        inherited = {parent.text for target in self.targets for parent in self._parents(target)}
        for target in self.targets:
            label = target.label
            hidden = label.startswith("_") or (label in inherited and label != "default")
            if not hidden or named.intersection((label, target.name)):
                yield self._build(target)

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
            if name in done:
                continue
            done.add(name)
            for target in self._by_name.get(name) or [one for one in self.targets if one.label == name]:
                yield target.name, self._build(target)
                waiting.update(dict.fromkeys(self._needed(target)))

    def _needed(self, target: _Target) -> Iterator[str]:
        """The targets that a target takes as contexts, which are built with it."""
        for said in self._attributes(target).get("contexts", []):
            data = said.value()
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

    def _parents(self, target: _Target) -> list[Value]:
        """The targets that a target inherits; a hole for those that are not known."""
        inherits = target.block.body.get("inherits")
        data = evaluate(inherits, target.variables) if inherits is not None else []
        items = data if isinstance(data, list) else [data]
        return [item if isinstance(item, Value) else Value(HOLE, ("inherits",)) for item in items]

    def _attributes(self, target: _Target, depth: int = 0) -> _Attributes:
        """What a target says, with what it inherits: the strongest last. Maps are joined, others replaced."""
        found: _Attributes = {}
        for parent in self._parents(target) if depth <= _DEPTH else ():
            for key, said in self._inherited(parent, target.block, depth + 1).items():
                found[key] = [*found.get(key, []), *said]
        for attribute in target.block.body.attributes:
            found.setdefault(attribute.name, []).append(_Said(attribute.value, target.variables))
        return found

    def _inherited(self, parent: Value, block: Block, depth: int) -> _Attributes:
        """What a parent gives; nothing known of all that it may give where no target, or not one only, has its name."""
        known = self._by_name.get(parent.text, ()) if parent.known else ()
        if len(known) == 1:
            given = self._attributes(known[0], depth)
            return {key: said for key, said in given.items() if key not in ("name", "matrix")}
        names = _GIVEN_BY_ACTION.get(parent.text, _GIVEN)
        unknown = _Said(Name((parent.shown(),), block.start, block.start + len("target")), {}, sure=False)
        return {key: [unknown] for key in names}

    def _build(self, made: _Target) -> Build:
        block, attributes = made.block, self._attributes(made)

        def value(key: str) -> Value | None:
            given = attributes.get(key)
            return as_value(given[-1].value(), key) if given else None

        context, dockerfile = value("context") or Value("."), value("dockerfile") or Value("Dockerfile")
        contexts = self._folders(context)
        tried: list[str] = []
        sure = all(said.sure for said in attributes.get("target", [])[-1:])
        if dockerfile.known and sure and "dockerfile-inline" not in attributes:
            tried = [normal(posixpath.join(folder, dockerfile.text)) for folder in contexts]
        path = self.find(tried)
        if path is not None:
            fitting = [folder for folder in contexts if normal(posixpath.join(folder, dockerfile.text)) == path]
            contexts = [*fitting, *(folder for folder in contexts if folder not in fitting)]
        target = value("target")
        span = self.source.span(block.start, block.start + len("target"))
        if attributes.get("target"):
            last = attributes["target"][-1].expression
            span = self.source.span(last.start, last.end)
        label = value("name") if "matrix" in attributes else None
        shown = label.shown() if label is not None else made.name
        return Build(
            path or "",
            tuple(contexts),
            target.text if target is not None and target.known and target.text else None,
            tuple(self._arguments(attributes.get("args", []))),
            tuple(self._tags(attributes.get("tags", [])[-1:])),
            (reason_at("build", f"bake target {shown}", self.source.span(block.start, block.start)),),
            span,
            self._platform(attributes.get("platforms", [])[-1:]),
            None,
            tuple(self._contexts(attributes.get("contexts", []))),
            platforms=tuple(self._platforms(attributes.get("platforms", [])[-1:])),
            more=any(self._may_hold_more(given) for given in attributes.get("args", [])),
            wanted=() if path is not None else tuple(tried),
        )

    def _may_hold_more(self, said: _Said) -> bool:
        """Whether a map of arguments has some whose names are not known."""
        if not isinstance(said.expression, Object):
            return not isinstance(said.value(), dict)
        names = (evaluate(key, said.variables) for key, _ in said.expression.entries)
        return any(not isinstance(name, Value) or not name.known for name in names)

    def _folders(self, context: Value) -> list[str]:
        """Where a context may lie: from the folder of the file, or from one above it."""
        if not context.known or "://" in context.text or context.text.startswith(("/", "target:")):
            return []
        above = folders_above(posixpath.dirname(self.source.path))
        return [normal(posixpath.join(folder, context.text)) for folder in above]

    def _tags(self, given: list[_Said]) -> Iterator[Use]:
        for expression, variables, sure in given:
            if not sure:
                continue
            items = expression.items if isinstance(expression, List) else (expression,)
            for item in items:
                data = evaluate(item, variables)
                for value in data if isinstance(data, list) else [data]:
                    if isinstance(value, Value) and value.text not in ("", HOLE):
                        start = item.start + (self.source.text[item.start : item.start + 1] == '"')
                        end = item.end - (self.source.text[item.end - 1 : item.end] == '"')
                        span = self.source.span(start, end)
                        yield Use("bake tag", value, parse_reference(value), span, True, because=value.because)

    def _arguments(self, given: list[_Said]) -> Iterator[tuple[str, Value]]:
        found: dict[str, Value] = {}
        for expression, variables, sure in given:
            if not sure:  # it may give others for what was given before it
                found = {name: Value(HOLE, (name,)) for name in found}
                continue
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

    def _contexts(self, given: list[_Said]) -> Iterator[tuple[str, Value]]:
        for expression, variables, _ in given:
            for key, item in expression.entries if isinstance(expression, Object) else ():
                name, data = evaluate(key, variables), evaluate(item, variables)
                if not isinstance(name, Value) or not isinstance(data, Value):
                    continue
                if data.text.startswith("target:"):
                    tag = self._first_tag(data.text.removeprefix("target:"))
                    data = data._replace(text=f"{_IMAGE}{tag}") if tag else data
                elif data.text.startswith(_IMAGE):
                    image = data._replace(text=data.text.removeprefix(_IMAGE))
                    span = self.source.span(item.start, item.end)
                    self.uses.append(Use("bake context", image, parse_reference(image), span, because=image.because))
                yield name.text, data

    def _first_tag(self, name: str) -> str:
        known = self._by_name.get(name, ())
        if len(known) != 1:
            return ""
        tags = self._tags(self._attributes(known[0]).get("tags", [])[-1:])
        return next((tag.value.text for tag in tags if tag.value.known), "")

    def _platforms(self, given: list[_Said]) -> list[str]:
        """The platforms of a target; none where one of them is not known."""
        data = given[0].value() if given else []
        items = data if isinstance(data, list) else []
        known = [item.text for item in items if isinstance(item, Value) and item.known]
        return known if len(known) == len(items) else []

    def _platform(self, given: list[_Said]) -> str:
        known = self._platforms(given)
        return known[0] if known and DEFAULT_PLATFORM not in known else DEFAULT_PLATFORM

"""The targets that a bake file has: rounds of matrices, members of groups, and what each says and inherits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.hcl.model import Block, Expression, Hcl, Name
from wxlint.images.builds.bake.values import evaluate

if TYPE_CHECKING:
    from wxlint.documents.github.results import Data
    from wxlint.documents.source import Source

_MOST_ROUNDS = 256
_DEPTH = 20
_GIVEN_BY_ACTION = {"docker-metadata-action": ("tags", "args")}
"""What the target of docker/metadata-action's own bake files gives: https://github.com/docker/metadata-action."""
_GIVEN = ("context", "dockerfile", "target", "args", "tags", "platforms")
"""What a target that is not known may give."""


class BakeTarget(NamedTuple):
    """A target, or one round of a target's matrix. variables: what its own attributes see, the round's among them."""

    name: str
    block: Block
    variables: Mapping[str, Data]

    @property
    def label(self) -> str:
        return self.block.labels[0]


class Said(NamedTuple):
    """What a target says of an attribute, with the variables of the target that says it.

    sure: false for what a target that is not known may say.
    """

    expression: Expression
    variables: Mapping[str, Data]
    sure: bool = True

    def value(self) -> Data:
        return evaluate(self.expression, self.variables)


Attributes = dict[str, list[Said]]


class Targets:
    """The targets of one bake file. given: variables that the environment sets."""

    def __init__(self, source: Source, hcl: Hcl, given: Mapping[str, Value] | None = None) -> None:
        self.source = source
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
        self._by_name: dict[str, list[BakeTarget]] = {}
        for target in self.targets:
            self._by_name.setdefault(target.name, []).append(target)

    def by_themselves(self) -> Iterator[BakeTarget]:
        """The targets that are built by themselves, in each round of their matrix."""
        named = {item.text for group in self.groups for item in self._list(group, "targets") if isinstance(item, Value)}
        inherited = {parent.text for target in self.targets for parent in self._parents(target)}
        for target in self.targets:
            label = target.label
            hidden = label.startswith("_") or (label in inherited and label != "default")
            if not hidden or named.intersection((label, target.name)):
                yield target

    def named(self, names: list[str]) -> Iterator[BakeTarget]:
        """Targets by their names or those of their groups, with those that they take as contexts, each once."""
        waiting = dict.fromkeys(self._members(names, 0))
        done: set[str] = set()
        while waiting:
            name = next(iter(waiting))
            del waiting[name]
            if name in done:
                continue
            done.add(name)
            for target in self._by_name.get(name) or [one for one in self.targets if one.label == name]:
                yield target
                waiting.update(dict.fromkeys(self._needed(target)))

    def only(self, name: str) -> BakeTarget | None:
        """The one target of a name; None for none or several."""
        known = self._by_name.get(name, [])
        return known[0] if len(known) == 1 else None

    def _made(self, block: Block) -> Iterator[BakeTarget]:
        """The targets that a block stands for: a matrix is expanded before anything names its targets."""
        name = block.body.get("name") if block.body.get("matrix") is not None else None
        for variables in self._rounds(block):
            made = evaluate(name, variables) if name is not None else None
            known = isinstance(made, Value) and made.known
            yield BakeTarget(made.text if isinstance(made, Value) and known else block.labels[0], block, variables)

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

    def _needed(self, target: BakeTarget) -> Iterator[str]:
        """The targets that a target takes as contexts, which are built with it."""
        for said in self.attributes(target).get("contexts", []):
            data = said.value()
            for value in data.values() if isinstance(data, dict) else ():
                if isinstance(value, Value) and value.known and value.text.startswith("target:"):
                    yield value.text.removeprefix("target:")

    def _members(self, names: list[str], depth: int) -> Iterator[str]:
        groups = {block.labels[0]: block for block in self.groups if block.labels}
        for name in names:
            group = groups.get(name)
            if group is None:
                yield name
            elif depth < _DEPTH:
                members = [item.text for item in self._list(group, "targets")]
                yield from self._members(members, depth + 1)

    def members_of(self, group: Block) -> tuple[str, ...] | None:
        """The names that a group has in its list; None where they are not known."""
        value = group.body.get("targets")
        found = evaluate(value, self.variables) if value is not None else []
        if not isinstance(found, list) or not all(isinstance(item, Value) and item.known for item in found):
            return None
        return tuple(item.text for item in found)

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

    def _parents(self, target: BakeTarget) -> list[Value]:
        """The targets that a target inherits; a hole for those that are not known."""
        inherits = target.block.body.get("inherits")
        data = evaluate(inherits, target.variables) if inherits is not None else []
        items = data if isinstance(data, list) else [data]
        return [item if isinstance(item, Value) else Value(HOLE, ("inherits",)) for item in items]

    def attributes(self, target: BakeTarget, depth: int = 0) -> Attributes:
        """What a target says, with what it inherits: the strongest last. Maps are joined, others replaced."""
        found: Attributes = {}
        for parent in self._parents(target) if depth <= _DEPTH else ():
            for key, said in self._inherited(parent, target.block, depth + 1).items():
                found[key] = [*found.get(key, []), *said]
        for attribute in target.block.body.attributes:
            found.setdefault(attribute.name, []).append(Said(attribute.value, target.variables))
        return found

    def _inherited(self, parent: Value, block: Block, depth: int) -> Attributes:
        """What a parent gives; nothing known of all that it may give where no target, or not one only, has its name."""
        known = self.only(parent.text) if parent.known else None
        if known is not None:
            given = self.attributes(known, depth)
            return {key: said for key, said in given.items() if key not in ("name", "matrix")}
        names = _GIVEN_BY_ACTION.get(parent.text, _GIVEN)
        unknown = Said(Name((parent.shown(),), block.start, block.start + len("target")), {}, sure=False)
        return {key: [unknown] for key in names}

"""What the targets of a bake file build: Dockerfile, context, arguments, tags, platforms, named contexts."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint.core.paths import folders_above, normal
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.github.results import as_value
from wxlint.documents.hcl.model import Hcl, List, Object
from wxlint.documents.hcl.reader import read_hcl
from wxlint.images.builds.bake.targets import BakeTarget, Said, Targets
from wxlint.images.builds.bake.values import evaluate
from wxlint.images.builds.model import Script
from wxlint.images.model.records import DEFAULT_PLATFORM, Build, Use
from wxlint.images.model.reference import parse_reference

if TYPE_CHECKING:
    from wxlint.documents.source import Source

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
    return Script((), builds, uses, problems=hcl.problems)


class Bake:
    """What one bake file builds. given: variables that the environment sets."""

    def __init__(self, source: Source, hcl: Hcl, find: Find, given: Mapping[str, Value] | None = None) -> None:
        self.source, self.find = source, find
        self.uses: list[Use] = []
        self.targets = Targets(source, hcl, given)

    def builds(self) -> Iterator[Build]:
        """One build for each target that is built by itself, in each round of its matrix."""
        return map(self._build, self.targets.by_themselves())

    def named_builds(self, names: list[str] | None) -> Iterator[tuple[str, Build]]:
        """The builds of targets, those of groups among them. names: None for every target that is built by itself."""
        if names is None:
            yield from (("*", build) for build in self.builds())
        else:
            yield from ((target.name, self._build(target)) for target in self.targets.named(names))

    def _build(self, made: BakeTarget) -> Build:
        block, attributes = made.block, self.targets.attributes(made)

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
            called=(self.source.path, made.name),
            open_tags=any(map(_is_open, attributes.get("tags", [])[-1:])),
        )

    def _may_hold_more(self, said: Said) -> bool:
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

    def _tags(self, given: list[Said]) -> Iterator[Use]:
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

    def _arguments(self, given: list[Said]) -> Iterator[tuple[str, Value]]:
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

    def _contexts(self, given: list[Said]) -> Iterator[tuple[str, Value]]:
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
        known = self.targets.only(name)
        if known is None:
            return ""
        tags = self._tags(self.targets.attributes(known).get("tags", [])[-1:])
        return next((tag.value.text for tag in tags if tag.value.known), "")

    def _platforms(self, given: list[Said]) -> list[str]:
        """The platforms of a target; none where one of them is not known."""
        data = given[0].value() if given else []
        items = data if isinstance(data, list) else []
        known = [item.text for item in items if isinstance(item, Value) and item.known]
        return known if len(known) == len(items) else []

    def _platform(self, given: list[Said]) -> str:
        known = self._platforms(given)
        return known[0] if known and DEFAULT_PLATFORM not in known else DEFAULT_PLATFORM


def _is_open(said: Said) -> bool:
    """Whether there may be tags of which nothing is known."""
    data = said.value()
    items = data if isinstance(data, list) else [data]
    return not said.sure or any(not isinstance(item, Value) or item.text == HOLE for item in items)

"""Calls of make, in the recipes of Makefiles, for targets that no rule makes.

What counts as a target: GNU make's manual, "Using Implicit Rules" and "Phony Targets".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.paths import normal
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value, could_equal
from wxlint.images.installs.screening import MAKES
from wxlint.images.make.targets import OF_ANOTHER, MakeTargets, commands_of_recipe, make_call, recipes_of

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.images.graph.documents import Documents
    from wxlint.images.graph.sources import SourceStore

_ROOTS = ("GNUmakefile", "makefile", "Makefile")
"""The names under which make finds a Makefile by itself."""
_MADE_UP = ("$(eval", "${eval", ".DEFAULT:", ".DEFAULT ")
"""What makes rules of names that stand nowhere."""
_CALLS = ("$(MAKE)", "${MAKE}", "make ")


class MissingMakeTarget(NamedTuple):
    """A target that a recipe calls. root: the Makefile that make reads. names: the targets that it has."""

    name: str
    span: Span
    root: str
    names: tuple[str, ...]


def missing_make_targets(documents: Documents, store: SourceStore) -> Iterator[MissingMakeTarget]:
    """The targets that Makefiles about images call, and that no Makefile which is read together with them has."""
    found: dict[tuple[Span, str], list[MissingMakeTarget | None]] = {}
    for item in documents.given:
        source = store.read(item.path) if item.kind == "make" else None
        if source is None or posixpath.basename(item.path) not in _ROOTS:
            continue
        make = MakeTargets(source, store.read, None, store.matching)
        for name, span in _calls(make):
            if span.path in documents.scripts:
                found.setdefault((span, name), []).append(_missing(make, name, span, item.path, store))
    for missing in found.values():
        if all(missing) and missing[0] is not None:
            yield missing[0]


def _calls(make: MakeTargets) -> Iterator[tuple[str, Span]]:
    """The targets that the recipes of a Makefile call of the very same one."""
    for target in make.targets():
        if not any(word in recipe.text for recipe, _ in target.rule.recipes for word in _CALLS):
            continue
        expander = make.expander(target, {})
        for recipe in recipes_of(target, expander):
            for command in commands_of_recipe(target.source, recipe, expander):
                words = [word.value for word in command.words]
                if words[0].text not in MAKES or command.cwd is not None:
                    continue
                call = make_call(words[1:])
                if call is None or any(value.text.startswith((*OF_ANOTHER, "-j", "-l", "-o", "-W")) for value in words):
                    continue
                yield from ((name, target.source.span(command.start, command.end)) for name in call.targets)


def _missing(make: MakeTargets, name: str, span: Span, root: str, store: SourceStore) -> MissingMakeTarget | None:
    if not make.is_whole or any(word in source.text for _, source in make.rules for word in _MADE_UP):
        return None
    expander = make.expander(next(make.targets()), {})
    names: set[str] = set()
    for rule, _ in make.rules:
        targets, needed = expander.value(rule.targets), expander.value(rule.prerequisites)
        if targets.text.strip() == ".PHONY":
            targets = Value(f"{targets.text} {needed.text}")
        names.update(targets.text.split())
    if any(could_equal(_pattern(each), name) for each in names) or _may_be_a_file(make, name):
        return None
    shown = tuple(sorted(each for each in names if HOLE not in each and "%" not in each and each != ".PHONY"))
    return MissingMakeTarget(name, span, root, shown)


def _pattern(name: str) -> Value:
    text = name.replace("%", HOLE)
    return Value(text, ("",) * text.count(HOLE))


def _may_be_a_file(make: MakeTargets, name: str) -> bool:
    """Whether a name is a file, or one that make has rules of its own for (`prog` of `prog.c`)."""
    if "/" in name or posixpath.splitext(name)[1] or disk.lexists(normal(posixpath.join(make.folder, name))):
        return True
    return any(one.startswith((f"{name}.", f"{name},")) for one in disk.names(make.folder or "."))

"""What a project asks to install, whatever file says so: dependencies in parts, and the indexes that they are
bound to."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any, Literal

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source

DEFAULT_INDEX = "the default index"
"""In the place of its address, where a file names it without one."""
_MOST_TOML = 2 * 1024 * 1024
_MOST_DOTS = 200
"""Dots of a line of TOML outside its strings: a key of more parts takes the square of its length to read."""
_STRING = late(r"\"[^\"\n]*\"|'[^'\n]*'")
_QUOTED = late(r"\"((?:[^\"\\\n]|\\.)*)\"?|'([^'\n]*)'?")
"""A string of a line; the end of its line closes one that is open, so that no text is looked at twice."""


class Part(NamedTuple):
    """A part of a project that is installed or not: the project itself, an extra, or a dependency group.

    name: as PEP 685 normalises it; of a Pipfile, its table is a group.
    """

    kind: Literal["main", "extra", "group"]
    name: str = ""


MAIN = Part("main")


class Binding(NamedTuple):
    """One index that a distribution is bound to. name: the extra or group it holds for, or "". marker: or "".
    declared: its file says where the index is; else url is the index's name."""

    url: str
    name: str
    marker: str
    declared: bool = True


class Dependency(NamedTuple):
    """requirement: PEP 508 text.

    bindings: indexes it is bound to. line: where it stands, from 1, or 0 when not found. folder: of the project in
    this repository that it is, relative to the file's.
    """

    requirement: str
    part: Part
    bindings: tuple[Binding, ...]
    line: int
    folder: str = ""


class Include(NamedTuple):
    """`part` takes in the part `included` where `marker` ("" or PEP 508) holds."""

    part: Part
    included: Part
    marker: str


class Project(NamedTuple):
    """What a file says.

    default_index: a URL that replaces the default index; extra: further indexes in order; links: folders of wheels;
    problem: what is wrong with the file; includes: which parts take in others; parts: those that are there;
    default_groups: the groups that the tool installs by itself; optional_groups: those that poetry leaves out. name:
    normalised, "" where there is none. constraints, overrides: PEP 508, of uv's constraint-dependencies and
    override-dependencies. values: uv's settings that are texts. bound: the indexes of distributions, whether they are
    listed or not. forks: uv's `conflicts` are given. dynamic: main's dependencies stand elsewhere. files: requirements
    files that parts take in. setuptools: it builds the project. pythons: `requires-python`.
    """

    dependencies: tuple[Dependency, ...]
    default_index: str | None = None
    extra: tuple[str, ...] = ()
    problem: str | None = None
    includes: tuple[Include, ...] = ()
    links: tuple[str, ...] = ()
    no_index: bool = False
    default_groups: tuple[str, ...] = ("dev",)
    optional_groups: frozenset[str] = frozenset()
    name: str = ""
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    bound: tuple[tuple[str, tuple[Binding, ...]], ...] = ()
    forks: bool = False
    dynamic: bool = False
    files: tuple[tuple[Part, str], ...] = ()
    setuptools: bool = True
    pythons: str = ""

    @property
    def parts(self) -> frozenset[Part]:
        """The parts that have dependencies, or take in others."""
        return frozenset((*(d.part for d in self.dependencies), *(i.part for i in self.includes)))

    def with_included(self, chosen: Iterable[Part], applies: Callable[[str], bool]) -> frozenset[Part]:
        """These parts and those that come with them. applies: whether a marker holds."""
        leads: dict[Part, list[Include]] = {}
        for include in self.includes:
            leads.setdefault(include.part, []).append(include)
        waiting = list(chosen)
        found = set(waiting)
        while waiting:
            for include in leads.get(waiting.pop(), ()):
                if include.included not in found and applies(include.marker):
                    found.add(include.included)
                    waiting.append(include.included)
        return frozenset(found)


def normal(name: str) -> str:
    """The name of a distribution (PEP 503), an extra (PEP 685) or a group (PEP 735), as they are compared."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def load(source: Source) -> dict[str, Any] | str:
    """The tables of a TOML file, or what is wrong with it."""
    text = source.text
    if problem := source.unfit_for():
        return problem
    if len(text) > _MOST_TOML:
        return f"more than {_MOST_TOML // 2**20} MiB of TOML are not read"
    if any(line.count(".") > _MOST_DOTS and _STRING.sub("", line).count(".") > _MOST_DOTS for line in text.split("\n")):
        return f"a key of more than {_MOST_DOTS} parts"
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        return str(error)


def line_of_key(source: Source, name: str) -> int:
    """Where a key stands, from 1; 0 when it is not found."""
    return _lines_of_keys(source).get(name, 0)


@lru_cache(maxsize=4)
def _lines_of_keys(source: Source) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in re.finditer(r"(?m)^[ \t]*[\"']?([\w.-]+)[\"']?[ \t]*=", source.text):
        found.setdefault(match[1], source.position(match.start(1))[0])
    return found


def offset_of_quoted(source: Source, text: str) -> int | None:
    """Where a text stands first as one quoted string, behind the quote; None where it does not."""
    return _offsets_of_quoted(source).get(text)


@lru_cache(maxsize=4)
def _offsets_of_quoted(source: Source) -> dict[str, int]:
    found: dict[str, int] = {}
    for match in _QUOTED.finditer(source.text):
        text = match[2] if match[1] is None else match[1].replace('\\"', '"')
        found.setdefault(text, match.start() + 1)
    return found


def table(data: dict[str, Any], key: str) -> dict[str, Any]:
    """A table of a table; empty where there is none."""
    value = data.get(key, {})
    return value if isinstance(value, dict) else {}


def listing(data: dict[str, Any], key: str) -> list[Any]:
    """A list of a table; empty where there is none."""
    value = data.get(key, [])
    return value if isinstance(value, list) else []


def texts(data: dict[str, Any], key: str) -> tuple[str, ...]:
    """The texts that a key lists."""
    return tuple(item for item in listing(data, key) if isinstance(item, str))

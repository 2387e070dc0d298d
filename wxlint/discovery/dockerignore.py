"""The patterns of a .dockerignore, matched as the engine's own matcher does (moby's patternmatcher, on Go's regexp).

    ignored = parse(text)
    ignored("src/a.py")        whether the file or folder stays out of the build context

Tests hold it against real builds. A pattern costs its length times that of the path, but for one with up to three
wildcards: that costs a small power of the length of the path.
"""

from __future__ import annotations

import posixpath
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

Matcher = Callable[[str], bool]

_MAX_WILDCARDS = 3
"""Patterns with more are not given to `re`, which would try every way to share a path among them."""
_ESCAPED = frozenset(".+()|{}$")
_DEEP, _REST, _STAR, _ONE = "(.*/)?", ".*", "[^/]*", "[^/]"
_ATOM = late(r"(\(\.\*/\)\?)|((?:\\.|\[\^?(?:\\.|\[:\w+:\]|[^\]\\])(?:\\.|\[:\w+:\]|[^\]\\])*\]|.)\*?)", re.DOTALL)
_POSIX = late(r"\[:(\^?\w+):\]")
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "ascii": r"\x00-\x7f",
    "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": "!-~",
    "lower": "a-z",
    "print": " -~",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t-\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}


class DockerignorePattern(NamedTuple):
    """A line of the file. keeps: it begins with `!`, and what it matches is in the context after all."""

    keeps: bool
    matches: Matcher


class Ignored:
    """Patterns in their order: the last that matches a path, or a folder above it, decides."""

    def __init__(self, patterns: Iterable[DockerignorePattern]) -> None:
        self.patterns = tuple(patterns)
        self._folders: dict[str, tuple[bool, ...]] = {"": ()}
        """Which patterns matched a folder, as found on the way down to it."""

    def __call__(self, path: str) -> bool:
        """Whether a path from the context's root ("a/b") stays out."""
        return self._walk(path.lstrip("/"))[0]

    def _walk(self, path: str) -> tuple[bool, tuple[bool, ...]]:
        above = posixpath.dirname(path)
        if above not in self._folders:
            folders = [above]
            while (folder := posixpath.dirname(folders[-1])) not in self._folders:
                folders.append(folder)
            for folder in reversed(folders):
                self._folders[folder] = self._match(folder, self._folders[posixpath.dirname(folder)])[1]
        return self._match(path, self._folders[above])

    def _match(self, path: str, above: tuple[bool, ...]) -> tuple[bool, tuple[bool, ...]]:
        """Whether a path stays out, and which patterns it matches; a pattern that could change nothing is not tried."""
        ignored = False
        matched = []
        for n, pattern in enumerate(self.patterns):
            matches = above[n] if above else False
            if not matches and pattern.keeps == ignored:
                matches = pattern.matches(path)
            matched.append(matches)
            if matches:
                ignored = not pattern.keeps
        return ignored, tuple(matched)


@lru_cache(maxsize=16)
def parse(text: str) -> Ignored:
    """The patterns of a .dockerignore. One that the engine refuses is left out: no build with it comes to an end."""
    return Ignored(_patterns(text.split("\n")))


def path_matcher(pattern: str) -> Matcher | None:
    """What matches paths by one cleaned pattern ("a/*.py"); None for one that the engine refuses."""
    if not _is_valid(pattern):
        return None
    if not any(c in pattern for c in "*?[]\\"):
        return pattern.__eq__
    if pattern.startswith("**") and not any(c in pattern[2:] for c in "*?[]\\"):
        suffix = pattern[2:]
        return lambda path: path.endswith(suffix) or suffix == f"/{path}"
    if pattern.endswith("**") and not any(c in pattern[:-2] for c in "*?[]\\"):
        return lambda path: path.startswith(pattern[:-2])
    expression = _expression(pattern)
    atoms = _atoms(expression)
    if sum(atom[-1:] in "*?" and atom[:1] != "\\" for atom in atoms) > _MAX_WILDCARDS:
        return _automaton(atoms)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `[[` may mean something else in a later Python
            compiled = re.compile("".join(map(_python, atoms)), re.ASCII)
    except re.error:
        return None
    return lambda path: compiled.fullmatch(path) is not None


def _patterns(lines: Iterable[str]) -> Iterator[DockerignorePattern]:
    for line in lines:
        if line.startswith("#"):
            continue
        line = line.strip()
        mark = "!" if line.startswith("!") else ""
        text = line.removeprefix("!").strip()
        if not text:
            continue
        path = posixpath.normpath(text)
        path = path[1:] if path[:2] == "//" else path  # Go knows no such root
        path = path[1:] if len(path) > 1 and path[0] == "/" else path
        path = posixpath.normpath(f"{mark}{path}".strip())  # again with the mark: `!../../a` is `a`, `./!a` is `!a`
        matches = path_matcher(path.removeprefix("!"))
        if matches is not None:
            yield DockerignorePattern(path.startswith("!"), matches)


def _expression(pattern: str) -> str:
    """The pattern as the regular expression that the engine makes of it, within brackets too."""
    out, at = "", 0
    while at < len(pattern):
        char, at = pattern[at], at + 1
        if pattern.startswith("*", at) and char == "*":
            at += 1
            at += pattern.startswith("/", at)
            piece = _DEEP if at < len(pattern) else _REST
            out += "" if piece == _DEEP and out.endswith(_DEEP) else piece  # twice in a row says no more than once
        elif char == "*":
            out += _STAR
        elif char == "?":
            out += _ONE
        elif char == "\\" and at < len(pattern):
            out, at = out + char + pattern[at], at + 1
        elif char == "\\":  # it escapes the `$` that is put behind the whole: that is a character, and no end
            out += "\\$" + _REST
        else:
            out += "\\" + char if char in _ESCAPED else char
    return out


def _atoms(expression: str) -> list[str]:
    """The parts of an expression that match by themselves; a `*` belongs to the one before it."""
    return [match[0] for match in _ATOM.finditer(expression)]


def _python(atom: str) -> str:
    """An atom of Go's regexp as one of Python's."""
    if atom[0] == "[":
        return _POSIX.sub(lambda match: _CLASSES.get(match[1], match[0]), atom)
    return atom


def _automaton(atoms: list[str]) -> Matcher | None:
    """All ways through the atoms at once, character by character."""
    steps: list[tuple[re.Pattern[str], bool]] = []
    """What one character must match, and whether any number of them may."""
    deep: set[int] = set()
    """Steps that may be left out, and that else end behind a `/`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for atom in atoms:
                if atom == _DEEP:
                    deep.add(len(steps))
                many = atom == _DEEP or len(atom) > 1 and atom[-1] == "*" and atom[0] != "\\"
                one = "." if atom == _DEEP else atom[:-1] if many else atom
                steps.append((re.compile(_python(one), re.ASCII), many))
    except re.error:
        return None

    def reached(state: int, states: set[int]) -> None:
        """Add a state, and those that can be had for nothing."""
        while state not in states:
            states.add(state)
            if state < len(steps) and steps[state][1]:
                state += 1

    def matches(path: str) -> bool:
        states: set[int] = set()
        inside: set[int] = set()
        reached(0, states)
        for char in path:
            following: set[int] = set()
            still: set[int] = set()
            for state in states | inside:
                if state == len(steps) or not steps[state][0].fullmatch(char):
                    continue
                if state in deep:
                    still.add(state)
                    if char == "/":
                        reached(state + 1, following)
                else:
                    reached(state if steps[state][1] else state + 1, following)
            states, inside = following, still
        return len(steps) in states

    return matches


def _is_valid(pattern: str) -> bool:
    """Whether Go's filepath.Match takes the pattern for the path "."; what it refuses ends the build.

    It looks no further than the first part between stars that does not match. Where a newer one refuses more, no build
    comes to an end that this could be wrong about.
    """
    first, rest = _until_star(pattern.lstrip("*"))
    if not _is_well_formed(first):
        return False
    if not rest or not _is_one_dot(first):
        return True
    return _is_well_formed(_until_star(rest.lstrip("*"))[0])


def _until_star(pattern: str) -> tuple[str, str]:
    """A pattern up to its first `*` outside brackets, and the rest."""
    at, inside = 0, False
    while at < len(pattern) and (pattern[at] != "*" or inside):
        inside = pattern[at] != "]" and (inside or pattern[at] == "[")
        at += 2 if pattern[at] == "\\" else 1
    return pattern[:at], pattern[at:]


def _is_one_dot(part: str) -> bool:
    """Whether a part of a pattern matches the text "."."""
    if not part.startswith("["):
        return part in (".", "?", "\\.")
    negated = part.startswith("^", 1)
    at, found = 1 + negated, False
    if _class_end(part, at) != len(part):
        return False
    while at < len(part) - 1:
        at = _class_member(part, at)
        low = high = part[at - 1]
        if part.startswith("-", at):
            at = _class_member(part, at + 1)
            high = part[at - 1]
        found = found or low <= "." <= high
    return found != negated


def _is_well_formed(pattern: str) -> bool:
    at = 0
    while at < len(pattern):
        char, at = pattern[at], at + 1
        if char == "\\":
            if at == len(pattern):
                return False
            at += 1
        elif char == "[":
            end = _class_end(pattern, at + pattern.startswith("^", at))
            if end < 0:
                return False
            at = end
    return True


def _class_end(pattern: str, at: int) -> int:
    """The offset behind the `]` of a class whose first member is at `at`; -1 when it is malformed."""
    first = True
    while at < len(pattern) and (first or pattern[at] != "]"):
        first = False
        at = _class_member(pattern, at)
        if at >= 0 and pattern.startswith("-", at):
            at = _class_member(pattern, at + 1)
        if at < 0:
            return -1
    return at + 1 if at < len(pattern) else -1


def _class_member(pattern: str, at: int) -> int:
    """The offset behind one character of a class; -1 where there is none."""
    if at >= len(pattern) or pattern[at] in "-]":
        return -1
    at += pattern[at] == "\\"
    return at + 1 if at < len(pattern) - 1 else -1

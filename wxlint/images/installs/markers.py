"""Environment markers (`python_version < "3.9" and sys_platform == "linux"`), where some of the environment is not
known.

Source: the dependency specifiers page of the packaging user guide. The answer is True, False, or None where it is not
known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple

_TOKEN = late(
    r"\s*(?:(?P<sign>\(|\)|===|==|~=|!=|<=|>=|<|>|\bnot\s+in\b|\bin\b|\band\b|\bor\b)"
    r"|(?P<text>'[^']*'|\"[^\"]*\")|(?P<name>[A-Za-z_.]+))"
)
_RELEASE = late(r"\d+(?:\.\d+)*")
_MOST_TOKENS = 400
"""A longer marker is not evaluated: nobody writes one."""
_PYTHONS = tuple(f"3.{minor}" for minor in range(8, 16))
"""The Pythons that an image may have where nothing says which."""
_OF_AN_EXPORT = 5
"""Lines of a list that nobody writes such a condition on by hand, one by one."""
_FIXED = {
    "os_name": "posix",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}

_NAMES = frozenset(
    "python_version python_full_version os_name sys_platform platform_release platform_system platform_version"
    " platform_machine platform_python_implementation implementation_name implementation_version extra extras"
    " dependency_groups os.name sys.platform platform.version platform.machine platform.python_implementation"
    " python_implementation".split()
)
"""Variables of markers: those of the page, and the old names that the packaging library still takes."""


class Environment(NamedTuple):
    """What a Python is and where it runs: Linux and CPython always.

    python: "3.11", or "3.11.9" where that is known; None where it is not. machine: "x86_64", "aarch64" or None.
    pythons: those that it may be where it is not known.
    """

    python: str | None = None
    machine: str | None = None
    pythons: tuple[str, ...] = _PYTHONS

    def without_python(self) -> Environment:
        """This environment with another Python, of which nothing is known."""
        return self._replace(python=None, pythons=_PYTHONS)

    def narrowed(self, markers: Sequence[str]) -> Environment:
        """This environment for a list whose lines have these markers: a list that a tool exported has the Pythons of
        its project on every line, and is for none that leaves nothing of it."""
        if self.python is not None or len(markers) < _OF_AN_EXPORT or not all("python" in one for one in markers):
            return self
        left = (one for one in self.pythons if any(applies(m, self._replace(python=one)) is not False for m in markers))
        return self._replace(pythons=tuple(left) or self.pythons)


ANY_LINUX = Environment(None, "x86_64")


def applies(marker: str, environment: Environment = ANY_LINUX, extras: tuple[str, ...] = ()) -> bool | None:
    """Whether a marker holds with these extras; None where that depends on what is not known, or the marker is invalid.

    extras: lower case; one that holds a HOLE may be any.
    """
    if not marker:
        return True
    tree = _parsed(marker)
    if tree is None:
        return None
    if environment.python is not None or "python" not in marker:
        return _holds(tree, environment, extras)
    answers = {_holds(tree, environment._replace(python=python), extras) for python in environment.pythons}
    return answers.pop() if len(answers) == 1 else None


class _Term(NamedTuple):
    left: str
    sign: str
    right: str


class _Both(NamedTuple):
    parts: tuple[_Node, ...]


class _Either(NamedTuple):
    parts: tuple[_Node, ...]


_Node = _Term | _Both | _Either


@lru_cache(maxsize=512)
def _parsed(marker: str) -> _Node | None:
    tokens: list[str] = []
    at, end = 0, len(marker.rstrip())
    while at < end:
        match = _TOKEN.match(marker, at)
        if match is None or len(tokens) > _MOST_TOKENS:
            return None
        tokens.append(" ".join(match[0].split()) if match["sign"] else match[0].strip())
        at = match.end()
    try:
        tree, rest = _alternatives(tokens, 0, 0)
    except (IndexError, RecursionError, ValueError):
        return None
    return tree if rest == len(tokens) else None


def _chain(
    word: str, part: Callable[[list[str], int, int], tuple[_Node, int]], tokens: list[str], at: int, depth: int
) -> tuple[list[_Node], int]:
    found, at = part(tokens, at, depth)
    parts = [found]
    while at < len(tokens) and tokens[at] == word:
        found, at = part(tokens, at + 1, depth)
        parts.append(found)
    return parts, at


def _alternatives(tokens: list[str], at: int, depth: int) -> tuple[_Node, int]:
    parts, at = _chain("or", _conditions, tokens, at, depth)
    return (parts[0] if len(parts) == 1 else _Either(tuple(parts))), at


def _conditions(tokens: list[str], at: int, depth: int) -> tuple[_Node, int]:
    parts, at = _chain("and", _condition, tokens, at, depth)
    return (parts[0] if len(parts) == 1 else _Both(tuple(parts))), at


def _condition(tokens: list[str], at: int, depth: int) -> tuple[_Node, int]:
    if tokens[at] == "(":
        if depth > 50:
            raise ValueError(tokens[at])
        found, at = _alternatives(tokens, at + 1, depth + 1)
        if tokens[at] != ")":
            raise ValueError(tokens[at])
        return found, at + 1
    left, sign, right = tokens[at : at + 3]
    for side in (left, right):
        if side[0] not in "'\"" and side not in _NAMES:
            raise ValueError(side)
    if sign not in ("===", "==", "~=", "!=", "<=", ">=", "<", ">", "in", "not in"):
        raise ValueError(sign)
    return _Term(left, sign, right), at + 3


def _holds(node: _Node, environment: Environment, extras: tuple[str, ...]) -> bool | None:
    if isinstance(node, _Term):
        return _term(node, environment, extras)
    answers = [_holds(part, environment, extras) for part in node.parts]
    decisive = isinstance(node, _Either)
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _term(term: _Term, environment: Environment, extras: tuple[str, ...]) -> bool | None:
    if "extra" in (term.left, term.right):
        return _of_extra(term, extras)
    if "python_full_version" in (term.left, term.right) and (environment.python or "").count(".") == 1:
        return _for_every_patch(term, environment)
    python = "python_version" in (term.left, term.right) or "python_full_version" in (term.left, term.right)
    left, right = (_value(side, environment) for side in (term.left, term.right))
    if left is None or right is None:
        return None
    if term.sign in ("in", "not in"):
        return (left in right) == (term.sign == "in")
    if python or _RELEASE.match(right):
        answer = _compared(left, term.sign, right)
        if answer is not None or python:
            return answer
    return _TEXT[term.sign](left, right) if term.sign in _TEXT else None


def _for_every_patch(term: _Term, environment: Environment) -> bool | None:
    """A comparison of `python_full_version` where Python's major and minor numbers are known: what holds of the first
    and of the last patch, and of all between them."""
    other = (term.right if term.left == "python_full_version" else term.left).strip("'\"")
    if term.sign in ("==", "!=") and not other.endswith(".*"):
        if f"{other}.".startswith(f"{environment.python}."):
            return None  # it may be the very one
    elif term.sign not in ("<", "<=", ">", ">=", "~=", "==", "!="):
        return None
    first, last = (_term(term, environment._replace(python=f"{environment.python}.{patch}"), ()) for patch in (0, 99))
    return first if first == last else None


_TEXT: dict[str, Callable[[str, str], bool]] = {
    "==": lambda left, right: left == right,
    "===": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
}
"""What is known of texts: how others compare is not the same in every release of the packaging library."""


def _of_extra(term: _Term, extras: tuple[str, ...]) -> bool | None:
    text = (term.right if term.left == "extra" else term.left).strip("'\"")
    if term.sign not in ("==", "!="):
        return None
    wanted = re.sub(r"[-_.]+", "-", text).lower()
    if wanted not in extras and any("\0" in extra for extra in extras):
        return None
    return (wanted in extras) == (term.sign == "==")


def _value(side: str, environment: Environment) -> str | None:
    """The text of one side of a comparison; None where it is not known."""
    if side[0] in "'\"":
        return side[1:-1]
    if side == "python_version":
        return ".".join((environment.python or "").split(".")[:2]) or None
    if side == "python_full_version":
        return environment.python if environment.python and environment.python.count(".") == 2 else None
    if side == "platform_machine":
        return environment.machine
    return _FIXED.get(side.replace("os.name", "os_name").replace("sys.platform", "sys_platform"))


def _compared(left: str, sign: str, right: str) -> bool | None:
    """Two versions compared; None where that takes more than numbers and they are no versions."""
    if not _RELEASE.fullmatch(left):
        return None
    prefix = right.endswith(".*") and sign in ("==", "!=")
    plain = right[:-2] if prefix else right
    if not _RELEASE.fullmatch(plain):
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # 15 ms, for what is seldom written

        try:
            return SpecifierSet(sign + right).contains(left, prereleases=True)
        except (InvalidSpecifier, ValueError):
            return None
    have, bound = (tuple(map(int, text.split("."))) for text in (left, plain))
    width = max(len(have), len(bound))
    full, full_bound = have + (0,) * (width - len(have)), bound + (0,) * (width - len(bound))
    same = full[: len(bound)] == bound if prefix else full == full_bound
    return {
        "==": same,
        "!=": not same,
        "===": left == right,
        "<": full < full_bound,
        "<=": full <= full_bound,
        ">": full > full_bound,
        ">=": full >= full_bound,
        "~=": len(bound) > 1 and full >= full_bound and full[: len(bound) - 1] == bound[:-1],
    }.get(sign)

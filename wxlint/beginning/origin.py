"""What stands for the parts of names that a repository leaves open: its own name on its forge, and its accounts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.images.graph.names.own_names import NAME, OWNER, WHOLE, variable_of

_VARIABLE = re.compile(r"\$\{?(?P<name>[A-Za-z_]\w*)(?::?[-?][^}]*)?\}?")
_WITH_FALLBACK = re.compile(r"\$\{\{ ?(?:vars|secrets)\.[\w-]+ \|\| '(?P<text>[\w./:-]+)' ?\}\}")
_SECRET = re.compile(r"\$\{\{ ?(?:secrets|vars)\.[\w-]+ ?\}\}\Z")


class Known(NamedTuple):
    """origin: "owner/name" on the forge, or "". heads: registries and accounts by the last part of a name, where the
    repository says them in another place; for "" the commonest. variables: what CI gives the scripts that it runs.
    """

    origin: str = ""
    heads: Mapping[str, str] = MappingProxyType({})
    variables: Mapping[str, str] = MappingProxyType({})


def known_names(origin: str, names: Iterable[str], variables: Mapping[str, str] = MappingProxyType({})) -> Known:
    """names: of the images that a repository builds and runs, without their tags. variables: as in Known."""
    heads: dict[str, Counter[str]] = {}
    for name in names:
        head, _, tail = name.rpartition("/")
        if head:
            heads.setdefault(tail, Counter())[head] += 1
            heads.setdefault("", Counter())[head] += 1
    return Known(origin, {tail: found.most_common(1)[0][0] for tail, found in heads.items()}, variables)


def filled(value: Value, known: Known) -> Value:
    """A name with what is known of its open parts."""
    if not value.holes and not value.text.startswith("/"):
        return value
    owner, _, name = known.origin.partition("/")
    words = {**dict.fromkeys(WHOLE, known.origin), **dict.fromkeys(OWNER, owner), **dict.fromkeys(NAME, name)}
    words = {hole: word for hole, word in words.items() if word}
    first, *parts = value.text.split(HOLE)
    text, holes = first, []
    for hole, part in zip(value.holes, parts):
        word = words.get(variable_of(hole)) or _of_ci(hole, known) or _fallback(hole)
        text += (word or HOLE) + part
        holes += [] if word else [hole]
    return _account_filled(value._replace(text=text, holes=tuple(holes)), known)


def _of_ci(hole: str, known: Known) -> str:
    """What CI gives a variable that a script takes from its environment, also one that it demands; else ""."""
    match = _VARIABLE.fullmatch(hole)
    return known.variables.get(match["name"], "") if match is not None else ""


def _fallback(hole: str) -> str:
    """What an expression gives where a variable of the repository's settings is not set; else ""."""
    match = _WITH_FALLBACK.fullmatch(hole)
    return match["text"] if match is not None else ""


def _account_filled(value: Value, known: Known) -> Value:
    """A name whose account is left open: the one that the same name has elsewhere, else the repository's own.

    A workflow that keeps the name, or its account and the rest, as secrets most likely means the repository's own name.
    """
    host, account, rest = _open_account(value)
    if account is None:
        if not known.origin or not _whole_secret(value):
            return value
        return value._replace(text=f"{known.origin}{value.text[1:]}", holes=value.holes[1:])
    owner, _, name = known.origin.partition("/")
    last, colon, tag = rest.partition(":")
    secrets = [_SECRET.match(hole) is not None for hole in value.holes]
    if name and account == last == HOLE and all(secrets[:2]):
        return value._replace(text=f"{host}{owner}/{name}{colon}{tag}", holes=value.holes[2:])
    head = known.heads.get(last) or (f"{host}{owner}" if owner and account and secrets[0] else "")
    if not head and HOLE not in last and "/" not in last:
        head = ("" if host else known.heads.get("", "")) or (f"{host}{owner}" if owner else "")
    return value._replace(text=f"{head}/{rest}", holes=value.holes[len(account) :]) if head else value


def _whole_secret(value: Value) -> bool:
    """Whether all of a name is a secret."""
    return value.text.partition(":")[0] == HOLE and _SECRET.match(value.holes[0]) is not None


def _open_account(value: Value) -> tuple[str, str | None, str]:
    """A name's host with the slash ("" for none), its account where that is left open, and what follows."""
    host, slash, rest = value.text.partition("/")
    if slash and "." in host and HOLE not in host and rest.startswith(f"{HOLE}/"):
        return f"{host}/", HOLE, rest[2:]
    if slash and host in (HOLE, ""):
        return "", host, rest
    return "", None, ""


def is_guessed(value: Value, known: Known) -> bool:
    """Whether `filled` takes something for a part of a name that the repository does not say in its place."""
    if any(_of_ci(hole, known) or _fallback(hole) for hole in value.holes):
        return True
    _, account, rest = _open_account(value)
    if account is None:
        return _whole_secret(value) and bool(known.origin)
    return rest.partition(":")[0] not in known.heads and filled(value, known).text != value.text

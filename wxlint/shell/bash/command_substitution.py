"""What `$(...)` prints, for the few commands that only compute a text: echo, dirname, basename, pwd, cut, tr, sed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.builtins import inside
from wxlint.shell.bash.tree import AndOr, Node, Pipe, Redirected, Seq, Simple
from wxlint.shell.values import joined, merged, spaced

if TYPE_CHECKING:
    from wxlint.shell.bash.interpreter import Runner

_FIRST = frozenset(("echo", "printf", "dirname", "basename", "pwd", "realpath", "readlink", "cd"))
_FILTERS = frozenset(("tr", "cut", "sed"))
_SED = late(r"s([/|,#:@!])((?:(?!\1)[^\\]|\\.)*)\1((?:(?!\1)[^\\]|\\.)*)\1(g?)\Z", re.S)


def output(runner: Runner, node: Node) -> Value | None:
    """The text without its last line ends, or None when it cannot be said."""
    if isinstance(node, Redirected):
        return None
    if isinstance(node, AndOr) and len(node.rest) == 1 and node.rest[0][0] == "&&" and isinstance(node.first, Simple):
        return _changed(runner, node.first, node.rest[0][1])
    if isinstance(node, Seq) and len(node.items) == 2 and isinstance(node.items[0], Simple):
        return _changed(runner, node.items[0], node.items[1])
    items = node.items if isinstance(node, Pipe) and not node.negated else (node,)
    if not all(isinstance(item, Simple) for item in items):
        return None
    names = [item.words[0].literal if isinstance(item, Simple) and item.words else None for item in items]
    if (
        names[0] not in _FIRST
        or not all(name in _FILTERS for name in names[1:])
        or any(name in runner.functions for name in names)
    ):
        return None
    text: Value | None = None
    for item in items:
        assert isinstance(item, Simple)
        if any(r.operator not in ("2>",) for r in item.redirects) or item.assigns:
            return None
        words = [value for word in item.words for value in runner.fields(word)]
        if runner.inexact and item.words[0].literal != "echo":
            words = words if len(words) == len(item.words) else []
        if not words:
            return None
        text = _first(runner, words) if text is None else _filter(words, text)
        if text is None:
            return None
    return text._replace(text=text.text.rstrip("\n")) if text is not None else None


def _changed(runner: Runner, first: Simple, second: Node) -> Value | None:
    """`cd DIR && pwd`."""
    if not (
        isinstance(second, Simple)
        and second.words
        and second.words[0].literal == "pwd"
        and first.words
        and first.words[0].literal == "cd"
    ):
        return None
    fields = [value for word in first.words[1:] for value in runner.fields(word)]
    fields = [value for value in fields if value.text not in ("-P", "-L", "--")]
    if len(fields) != 1 or fields[0].text in ("-", ""):
        return None
    found = inside(runner.cwd, fields[0])
    return found if not found.holes or found.text != HOLE else None


def _first(runner: Runner, words: list[Value]) -> Value | None:
    name, rest = words[0].text, words[1:]
    if name == "echo":
        while rest and re.fullmatch(r"-[neE]+", rest[0].text):
            if "e" in rest[0].text:
                return None
            rest = rest[1:]
        if any("\\" in value.text for value in rest):
            return None
        return spaced(rest)
    if name == "printf":
        if not rest or rest[0].holes or rest[0].text.startswith("-"):
            return None
        pieces = re.split(r"(%s)", rest[0].text.replace("\\n", "\n"))
        if any("%" in p or "\\" in p for p in pieces if p != "%s") or pieces.count("%s") != len(rest) - 1:
            return None
        values = iter(rest[1:])
        return joined([next(values) if p == "%s" else Value(p) for p in pieces])
    if name == "pwd":
        return runner.cwd
    paths = [value for value in rest if value.text not in ("-f", "-e", "-m", "--", "-s", "-n")]
    if name in ("realpath", "readlink"):
        if len(paths) != 1 or (name == "readlink" and len(rest) == 1):
            return None
        found = inside(runner.cwd, paths[0])
        return found if found.text != HOLE else None
    if name in ("dirname", "basename") and paths and len(paths) <= (2 if name == "basename" else 1):
        return _path(name, paths)
    return None


def _path(name: str, paths: list[Value]) -> Value | None:
    value = paths[0]
    text = value.text.rstrip("/") or value.text
    head, slash, tail = text.rpartition("/")
    if name == "dirname":
        if HOLE in tail:  # an unknown last part may hold slashes
            return None
        if not slash:
            return value._replace(text=".", holes=())
        head = head.rstrip("/") or "/"
        return Value(head, value.holes[: head.count(HOLE)], value.because)
    if HOLE in tail:
        return None
    if len(paths) > 1:
        if paths[1].holes:
            return None
        suffix = paths[1].text
        tail = tail.removesuffix(suffix) if tail != suffix else tail
    return Value(tail, (), merged(value.because, paths[1].because if len(paths) > 1 else ()))


def _filter(words: list[Value], text: Value) -> Value | None:
    if text.holes or any(word.holes for word in words):
        return None
    name, args = words[0].text, [w.text for w in words[1:]]
    found: str | None = None
    if name == "tr":
        found = _tr(args, text.text)
    elif name == "cut":
        found = _cut(args, text.text)
    elif name == "sed":
        found = _sed(args, text.text)
    return None if found is None else text._replace(text=found)


def _set(text: str) -> str | None:
    text = (
        text.replace("[:upper:]", "A-Z")
        .replace("[:lower:]", "a-z")
        .replace("[:space:]", " \t\n")
        .replace("[:digit:]", "0-9")
        .replace("\\n", "\n")
    )
    if "[:" in text or "\\" in text:
        return None
    return re.sub(
        r"(.)-(.)",
        lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))) if ord(m[2]) - ord(m[1]) < 300 else m[0],
        text,
    )


def _tr(args: list[str], text: str) -> str | None:
    if len(args) == 2 and args[0] in ("-d", "--delete"):
        gone = _set(args[1])
        return None if gone is None else "".join(c for c in text if c not in gone)
    if len(args) == 2 and not args[0].startswith("-"):
        old, new = _set(args[0]), _set(args[1])
        if not old or not new:
            return None
        return text.translate({ord(c): new[min(i, len(new) - 1)] for i, c in reversed(list(enumerate(old)))})
    return None


def _cut(args: list[str], text: str) -> str | None:
    joined_args = " ".join(args)
    match = re.fullmatch(r"(?:-d ?(.)|-f ?([\d,-]+)) (?:-d ?(.)|-f ?([\d,-]+))", joined_args)
    if not match or "\n" in text:
        return None
    mark, spec = match[1] or match[3], match[2] or match[4]
    if not mark or not spec:
        return None
    fields = text.split(mark)
    if len(fields) == 1:
        return text
    wanted: set[int] = set()
    for item in spec.split(","):
        span = re.fullmatch(r"(\d{0,3})(-?)(\d{0,3})", item)
        if not span or not (span[1] or span[3]):
            return None
        low = int(span[1] or 1)
        wanted.update(range(low, int(span[3] or len(fields)) + 1) if span[2] else (low,))
    return mark.join(field for number, field in enumerate(fields, 1) if number in wanted)


def _sed(args: list[str], text: str) -> str | None:
    """`sed s/a/b/` of literal text and character classes."""
    args = [a for a in args if a not in ("-e", "-E", "-r")]
    match = _SED.match(args[0]) if len(args) == 1 else None
    if not match:
        return None
    old, new = match[2], match[3]
    if re.search(r"[*+?(){}|^$\\\[]", old.replace("\\.", "").replace("\\/", "")) or "&" in new or "\\" in new:
        return None
    regex = "".join("." if p == "." else re.escape(p.replace("\\", "")) for p in re.split(r"(\\.|\.)", old))
    return re.sub(regex, lambda _: new, text, count=0 if match[4] else 1) if old else None

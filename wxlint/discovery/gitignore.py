"""The patterns of gitignore(5), matched as git's own matcher does, on bytes; tests hold them against git itself.

A library for this costs 28 ms to import, a third of a whole check.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from wxlint.core import disk
from wxlint.core.tuples import NamedTuple

Item = frozenset[int] | None
"""One byte of a set, or None for `*`."""
Segment = bytes | tuple[Item, ...] | None
"""Between slashes: text, a glob, or None for `**`."""

_SLASH, _BACKSLASH, _STAR, _QUESTION, _OPEN, _CLOSE = b"/\\*?[]"
_SPECIAL = frozenset(b"*?[\\")
_ANY = frozenset(range(256))
_PRINTABLE = frozenset(range(0x21, 0x7F))
_DIGIT = frozenset(b"0123456789")
_LOWER = frozenset(range(0x61, 0x7B))
_UPPER = frozenset(range(0x41, 0x5B))
_ALPHA = _LOWER | _UPPER
_CLASSES = {
    b"alnum": _ALPHA | _DIGIT,
    b"alpha": _ALPHA,
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset((*range(32), 127)),
    b"digit": _DIGIT,
    b"graph": _PRINTABLE,
    b"lower": _LOWER,
    b"print": _PRINTABLE | {32},
    b"punct": _PRINTABLE - _ALPHA - _DIGIT,
    b"space": frozenset(b" \t\n\v\f\r"),
    b"upper": _UPPER,
    b"xdigit": _DIGIT | frozenset(b"abcdefABCDEF"),
}


class Pattern(NamedTuple):
    """A line of an ignore file. whole: it is matched against the path below the file's folder, not the base name.

    prefix: the text before the first wildcard; segments: what follows it, empty when there is nothing.
    """

    ignores: bool
    only_folders: bool
    whole: bool
    prefix: bytes
    segments: tuple[Segment, ...]


class Rules(NamedTuple):
    """The patterns of one ignore file, over those of the folders above. base: its folder, "a/b/" or ""."""

    base: bytes
    patterns: tuple[Pattern, ...]
    above: Rules | None
    seen: dict[tuple[bytes, bool], int]
    """Base name and whether a folder -> the last base-name pattern that matches, or -1."""


def parse(data: bytes) -> tuple[Pattern, ...]:
    """The patterns of an ignore file, last first, since the last that matches decides."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    found = []
    for line in lines:
        if line and not line.startswith(b"#"):
            pattern = _pattern(_without_trailing_spaces(line.removesuffix(b"\r")))
            if pattern is not None:
                found.append(pattern)
    return tuple(reversed(found))


def is_ignored(path: bytes, folder: bool, rules: Rules | None) -> bool:
    """Whether a path below the repository root ("a/b") is ignored by a pattern of its own; not: by a folder above."""
    name = path[path.rfind(b"/") + 1 :]
    while rules is not None:
        patterns = rules.patterns
        by_name = rules.seen.get((name, folder))
        if by_name is None:
            fits = (n for n, p in enumerate(patterns) if not p.whole and _fits(p, name, folder))
            by_name = rules.seen[(name, folder)] = next(fits, -1)
        below = path[len(rules.base) :]
        for n, pattern in enumerate(patterns):
            if n == by_name or (pattern.whole and _fits(pattern, below, folder)):
                return pattern.ignores
        rules = rules.above
    return False


def fits_below(glob: str, path: str) -> bool:
    """Whether a glob, read as in .gitignore, names the file or a folder above it."""
    parts = os.fsencode(path).split(b"/")
    patterns = parse(os.fsencode(glob))
    rules = Rules(b"", patterns, None, {})
    return any(is_ignored(b"/".join(parts[:n]), n < len(parts), rules) for n in range(1, len(parts) + 1))


def files_named(glob: str, root: Path) -> list[str]:
    """The files that a path or a glob from `root` names, relative to it. Links to folders are not followed."""
    if not any(c in glob for c in "*?["):
        return [glob] if disk.is_file(os.path.join(root, glob)) else []
    rules = Rules(b"", parse(os.fsencode(f"/{glob}")), None, {})
    literal = re.split(r"[*?\[]", glob, maxsplit=1)[0].rpartition("/")[0]
    found = []
    for folder, names in _walked(os.path.join(root, literal)):
        below = os.path.relpath(folder, root).replace(os.sep, "/")
        paths = names if below == "." else [f"{below}/{name}" for name in names]
        found += [path for path in paths if is_ignored(os.fsencode(path), False, rules)]
    return found


def _walked(top: str) -> Iterator[tuple[str, list[str]]]:
    """The folders from one down, those that cannot be listed left out, each with what in it is no folder."""
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        with suppress(OSError):
            inside = disk.entries(folder)
            yield folder, [name for name, entry in inside.items() if not _is_folder(entry)]
            skipped = (".git", "node_modules")
            waiting += [e.path for name, e in reversed(inside.items()) if e.is_folder and name not in skipped]


def _is_folder(entry: disk.FolderEntry) -> bool:
    return entry.is_folder or entry.is_link and disk.is_folder(entry.path)


def _without_trailing_spaces(line: bytes) -> bytes:
    bare = line.rstrip(b" ")
    slashes = len(bare) - len(bare.rstrip(b"\\"))
    return bare + b" " if slashes % 2 and len(bare) < len(line) else bare


def _pattern(line: bytes) -> Pattern | None:
    """None for a line that matches nothing: an unclosed bracket, a backslash at the end."""
    ignores = not line.startswith(b"!")
    text = line if ignores else line[1:]
    only_folders = text.endswith(b"/")
    text = text[:-1] if only_folders else text
    whole = b"/" in text
    text = text.removeprefix(b"/") if whole else text
    if not text:
        return None
    at = next((n for n, byte in enumerate(text) if byte in _SPECIAL), len(text))
    segments = _segments(text[at:])
    return None if segments is None else Pattern(ignores, only_folders, whole, text[:at], segments)


def _segments(text: bytes) -> tuple[Segment, ...] | None:
    if not text:
        return ()
    segments: list[Segment] = []
    items: list[Item] = []
    stars, at = 0, 0
    while at <= len(text):
        byte = text[at] if at < len(text) else _SLASH
        if byte == _BACKSLASH:
            at += 1
            if at == len(text):
                return None
            byte = text[at]
        elif byte == _STAR:
            stars += 1
            if not items or items[-1] is not None:
                items.append(None)
            at += 1
            continue
        elif byte == _OPEN:
            found = _bracket(text, at + 1)
            if found is None:
                return None
            bytes_, at = found
            items.append(bytes_)
            continue
        elif byte == _QUESTION:
            items.append(_ANY)
            at += 1
            continue
        at += 1
        if byte != _SLASH:
            items.append(frozenset((byte,)))
            continue
        deep = stars > 1 and items == [None]
        segments.append(None if deep else _shortest(items))
        if deep and text[at - 2 : at] == b"\\/":  # git lets only an unescaped slash match nothing
            segments.append((None,))
        items, stars = [], 0
    return tuple(segments)


def _shortest(items: list[Item]) -> Segment:
    """Text where the items allow only one, since that is compared fast."""
    if all(item is not None and len(item) == 1 for item in items):
        return bytes(next(iter(item)) for item in items if item is not None)
    return tuple(items)


def _bracket(text: bytes, at: int) -> tuple[frozenset[int], int] | None:
    """The set that starts behind `[`, and the offset behind its `]`; None when it is not closed or names no class."""
    negated = text[at : at + 1] in (b"!", b"^") and bool(text[at : at + 1])
    at += negated
    found: set[int] = set()
    before, first = 0, True
    while at < len(text):
        byte = text[at]
        if byte == _CLOSE and not first:
            return _ANY - found if negated else frozenset(found), at + 1
        first = False
        if byte == ord("-") and before and text[at + 1 : at + 2] not in (b"", b"]"):
            at += 2 if text[at + 1] == _BACKSLASH else 1
            if at == len(text):
                return None
            found.update(range(before, text[at] + 1))
            before = 0
        elif byte == _OPEN and text[at + 1 : at + 2] == b":":
            end = text.find(b"]", at + 2)
            if end < 0:
                return None
            if end > at + 2 and text[end - 1] == ord(":"):
                named = _CLASSES.get(text[at + 2 : end - 1])
                if named is None:
                    return None
                found |= named
                before, at = 0, end
            else:
                found.add(byte)
                before = byte
        else:
            if byte == _BACKSLASH:
                at += 1
                if at == len(text):
                    return None
                byte = text[at]
            found.add(byte)
            before = byte
        at += 1
    return None


def _fits(pattern: Pattern, path: bytes, folder: bool) -> bool:
    if (pattern.only_folders and not folder) or not path.startswith(pattern.prefix):
        return False
    rest = path[len(pattern.prefix) :]
    if not pattern.segments:
        return not rest
    return _match(pattern.segments, rest.split(b"/"))


def _match(segments: tuple[Segment, ...], parts: list[bytes]) -> bool:
    """The usual glob walk over whole segments: back only to the last `**`, so the cost is bounded by n times m."""
    s = p = 0
    star, kept = -1, 0
    while p < len(parts):
        if s < len(segments) and (segment := segments[s]) is None:
            star, kept, s = s, p, s + 1
        elif s < len(segments) and (segment == parts[p] if isinstance(segment, bytes) else _glob(segment, parts[p])):
            s, p = s + 1, p + 1
        elif star >= 0:
            kept += 1
            s, p = star + 1, kept
        else:
            return False
    return s == len(segments)


def _glob(items: tuple[Item, ...] | None, name: bytes) -> bool:
    """The same walk over the bytes of one name."""
    assert items is not None
    if (last := items[-1]) is not None and (not name or name[-1] not in last):  # `*.pyc`, mostly
        return False
    i = n = 0
    star, kept = -1, 0
    while n < len(name):
        if i < len(items) and (item := items[i]) is None:
            star, kept, i = i, n, i + 1
        elif i < len(items) and item is not None and name[n] in item:
            i, n = i + 1, n + 1
        elif star >= 0:
            kept += 1
            i, n = star + 1, kept
        else:
            return False
    return all(item is None for item in items[i:])

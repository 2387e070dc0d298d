"""What earlier runs read, by content: a script's commands, a file's tree. A run without it says the same, only later.

One file holds what the runs of one working folder read, since one read is cheaper than one for each document. The key
of an entry is the whole text with what else its reading depends on: nothing has to be hashed, and no two texts collide.
What is trusted is a regular file of this user, in a folder of this user, that nobody else may write, with the stamp of
this very program and a checksum. Anything else is left alone, and every failure to write is silent.
"""

from __future__ import annotations

import marshal
import os
import stat
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain, count, islice
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from typing import Protocol

    class Codec(Protocol):
        """How values become plain data, as marshal takes it, and come back."""

        def encode(self, value: Any) -> Any: ...

        def decode(self, data: Any) -> Any: ...


T = TypeVar("T")
Key = tuple[str, ...]
Level = list[tuple[int, list[int], list[tuple[bool, Sequence[Any]]]]]
Groups = dict[type, dict[int, Any]]

MAX_FILE = 16 * 1024 * 1024
"""Bytes of one working folder's entries; those not used for longest go first."""
MAX_FOLDER = 64 * 1024 * 1024
"""Bytes of all files; the oldest go first."""
_SUFFIX = ".wxlint-cache"
_TAG = """Signature: 8a477f597d28d172789f06886806bc55
# This file marks a cache of wxlint, which backups may leave out: https://bford.info/cachedir/
"""


class Records:
    """How trees of records become plain data and come back, column by column, since loops in Python would take longer.

    classes: the named tuples in the trees; beside them there may be tuple, str, int, bool and None. Data is the levels
    of the tree. A level has its parts by class, each class as columns: the values themselves, or numbers of parts in
    the level below. What is one object within a level comes back as one.
    """

    def __init__(self, *classes: type) -> None:
        self._makers: list[Callable[[Any], Any]] = [cls._make for cls in classes]  # type: ignore[attr-defined]
        self._kinds: dict[type, int] = {cls: kind for kind, cls in enumerate(classes)}
        self._kinds |= {tuple: _TUPLE, **dict.fromkeys(_PLAIN, _VALUE)}

    def encode(self, value: object) -> list[Level]:
        """Return the tree as plain data. Raises TypeError for a class that is not among the records."""
        levels: list[Level] = []
        groups: Groups = {value.__class__: {id(value): value}}
        while groups:
            level: Level = []
            below: Groups = {}
            for cls, members in groups.items():
                kind = self._kinds.get(cls)
                if kind is None:
                    raise TypeError(f"{cls.__name__} is not among the records")
                sizes: list[int] = []
                columns: Any = (list(members.values()),)
                if kind == _TUPLE:
                    sizes, columns = list(map(len, columns[0])), (list(chain.from_iterable(columns[0])),)
                elif kind != _VALUE:
                    columns = zip(*columns[0])
                level.append((kind, sizes, [_column(column, below) for column in columns]))
            places = dict(zip(chain.from_iterable(below.values()), count()))
            for _, _, coded in level:
                coded[:] = [(refers, list(map(places.get, column)) if refers else column) for refers, column in coded]
            levels.append(level)
            groups = below
        return levels

    def decode(self, data: list[Level]) -> Any:
        """Return the tree. Data that `encode` did not make raises LookupError, TypeError or ValueError."""
        done: list[Any] = []
        for level in reversed(data):
            above: list[Any] = []
            get = done.__getitem__
            for kind, sizes, coded in level:
                columns = [map(get, column) if refers else column for refers, column in coded]
                if kind == _VALUE:
                    above.extend(columns[0])
                elif kind == _TUPLE:
                    items = iter(columns[0])
                    above.extend([tuple(islice(items, size)) for size in sizes])
                else:
                    above.extend(map(self._makers[kind], zip(*columns)))
            done = above
        return done[0]


_PLAIN: frozenset[type] = frozenset((str, int, bool, type(None)))
"""Classes that marshal knows by itself."""
_TUPLE, _VALUE = -1, -2


def _column(column: Sequence[Any], below: Groups) -> tuple[bool, Sequence[Any]]:
    """Return whether the column refers to parts `below`, to which they are added, and the values or their ids."""
    classes = set(map(type, column))
    if classes <= _PLAIN:
        return False, column
    ids = list(map(id, column))
    if len(classes) == 1:
        below.setdefault(classes.pop(), {}).update(zip(ids, column))
    else:
        for one in column:
            below.setdefault(one.__class__, {})[id(one)] = one
    return True, ids


class Cache:
    """The entries of one working folder. Without a path: an empty one that keeps nothing."""

    def __init__(self, path: str = "", stamp: str = "") -> None:
        self.path, self._stamp = path, stamp
        self._head = f"wxlint {stamp} {sys.hexversion:x}\n".encode()
        self._loaded: dict[Key, bytes] | None = None if path else {}
        self._used: dict[Key, bytes] = {}
        self._grown = False

    @property
    def _entries(self) -> dict[Key, bytes]:
        if self._loaded is None:
            self._loaded = _load(self.path, self._head)
        return self._loaded

    def beside(self, name: str) -> Cache:
        """The cache of this name in the same folder; one that keeps nothing beside one that does not."""
        return Cache(os.path.join(os.path.dirname(self.path), name + _SUFFIX), self._stamp) if self.path else self

    def recall(self, key: Key, records: Codec, read: Callable[[], T]) -> T:
        """Return what `read` gives, from an earlier run where there is an entry of that key."""
        if not self.path:
            return read()
        data = self._entries.get(key)
        if data is not None:
            with suppress(LookupError, TypeError, ValueError, EOFError):
                found: T = records.decode(marshal.loads(data))
                self._used[key] = data
                return found
        value = read()
        with suppress(TypeError, ValueError, RecursionError):
            self._used[key] = marshal.dumps(records.encode(value))
            self._grown = True
        return value

    def save(self) -> None:
        """Write the entries where this run added some: those it used first, then others while there is room."""
        if not self._grown:
            return
        kept: dict[Key, bytes] = {}
        room = MAX_FILE - len(self._head) - 100
        for key, data in (*self._used.items(), *self._entries.items()):
            size = len(data) + 4 * sum(map(len, key)) + 100
            if key not in kept and size <= room:
                kept[key] = data
                room -= size
        with suppress(OSError):
            _write(self.path, self._head + _sealed(marshal.dumps(kept)))
            _evict(os.path.dirname(self.path))


NO_CACHE = Cache()


def open_cache(folder: str, program: str, kind: str = "documents", name: str = "") -> Cache:
    """Return the cache of the working folder; one that keeps nothing where the folder is not to be trusted.

    folder: when empty, `WXLINT_CACHE_DIR`, or `wxlint/KIND` in the user's cache folder. program: the folder of the
    code that makes the entries: when a file in it changes, they are stale. name: what the entries are of instead of the
    working folder, without a slash.
    """
    folder = folder or os.environ.get("WXLINT_CACHE_DIR", "") or _default_folder(kind)
    try:
        if not folder or not _prepare(folder):
            return NO_CACHE
        name = name or f"{_checksum(os.fsencode(os.getcwd())):08x}"
    except OSError:
        return NO_CACHE
    return Cache(os.path.join(folder, name + _SUFFIX), _stamp(program))


def _default_folder(kind: str = "documents") -> str:
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):  # the standard says that others do not count
        home = os.path.expanduser("~")
        if not os.path.isabs(home):
            return ""
        base = os.path.join(home, ".cache")
    return os.path.join(base, "wxlint", kind)


def _prepare(folder: str) -> bool:
    """Make the folder where there is none; whether it is to be trusted."""
    try:
        return _trusted(os.lstat(folder), stat.S_ISDIR)
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(folder) or ".", exist_ok=True)
    os.mkdir(folder, 0o700)
    for name, text in (("CACHEDIR.TAG", _TAG), (".gitignore", "*\n")):
        with open(os.path.join(folder, name), "x", encoding="ascii") as file:
            file.write(text)
    return _trusted(os.lstat(folder), stat.S_ISDIR)


def _trusted(status: os.stat_result, is_kind: Callable[[int], bool]) -> bool:
    """Whether this is what it should be, this user's, and written by nobody else."""
    return is_kind(status.st_mode) and status.st_uid == os.geteuid() and not status.st_mode & 0o022


def _stamp(program: str) -> str:
    """Return a text that changes when the code, or what it reads beside it, does."""
    found: list[str] = []
    folders = [program]
    while folders:
        with suppress(OSError), os.scandir(folders.pop()) as entries:
            for entry in entries:
                if "." in entry.name:
                    status = entry.stat()
                    found.append(f"{entry.name} {status.st_size} {status.st_mtime_ns}")
                elif not entry.name.startswith("_"):
                    folders.append(entry.path)
    return f"{_checksum(' '.join(sorted(found)).encode('utf-8', 'replace')):08x}"


def _checksum(data: bytes) -> int:
    from binascii import crc32

    return crc32(data)


def _sealed(data: bytes) -> bytes:
    return b"%08x" % _checksum(data) + data


def _load(path: str, head: bytes) -> dict[Key, bytes]:
    """Return the entries of a file; none where it is missing, not to be trusted, stale or broken."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return {}
    try:
        status = os.fstat(handle)
        if not _trusted(status, stat.S_ISREG) or status.st_size > MAX_FILE:
            return {}
        data = os.read(handle, status.st_size)
    except OSError:
        return {}
    finally:
        os.close(handle)
    body = data[len(head) + 8 :]
    if not data.startswith(head) or data[len(head) : len(head) + 8] != b"%08x" % _checksum(body):
        return {}
    try:
        entries = marshal.loads(body)
    except (ValueError, TypeError, EOFError):
        return {}
    if not isinstance(entries, dict):
        return {}
    return {key: entry for key, entry in entries.items() if _is_key(key) and isinstance(entry, bytes)}


def _is_key(key: object) -> bool:
    return isinstance(key, tuple) and all(isinstance(part, str) for part in key)


def _write(path: str, data: bytes) -> None:
    """Replace the file in one step."""
    temporary = f"{path}.{os.getpid()}"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):  # Ctrl-C may come when it has its name already
            os.unlink(temporary)
        raise


def _evict(folder: str) -> None:
    """Remove the oldest files of a cache that has grown too large, half-written ones of broken runs among them."""
    with os.scandir(folder) as entries:
        found = [(e.stat(follow_symlinks=False), e.path) for e in entries if _SUFFIX in e.name]
    total = sum(status.st_size for status, _ in found)
    for status, path in sorted(found, key=lambda one: one[0].st_mtime):
        if total <= MAX_FOLDER:
            return
        with suppress(OSError):
            os.unlink(path)
        total -= status.st_size

"""Tar members from their headers: ustar, GNU and pax, as the Go reader inside container engines takes them.

Python's tarfile is slower per member, reads ahead, and accepts what an engine refuses (negative sizes, global pax
headers that rename members); it is the oracle in the tests. Nothing is ever written.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple
from zlib import adler32

from wxlint.core.errors import ImageError
from wxlint.inspection.streams import ByteSource

FILE, SPARSE, HARDLINK, SYMLINK, DIRECTORY, OTHER = "file", "sparse", "hardlink", "symlink", "directory", "other"
"""What a member is. OTHER: devices, pipes, and types that only one tar program knows."""

BLOCK = 512
ZERO = b"\0" * BLOCK
SPECIAL_LIMIT = 1 << 20
"""Bytes of a long name or of a pax header; the limit that Go's reader has."""
_KINDS = {
    b"0": FILE, b"\0": FILE, b"7": FILE, b"S": SPARSE, b"1": HARDLINK, b"2": SYMLINK, b"5": DIRECTORY,
    b"3": OTHER, b"4": OTHER, b"6": OTHER,
}  # fmt: skip
_NO_DATA = frozenset(b"123456")


class TarMember(NamedTuple):
    """name, target: as written, undecodable bytes as surrogates, not cleaned. size: bytes of data in the archive."""

    name: str
    kind: str
    size: int
    target: str


class Tar:
    """Iterate once for the members; `body` and `data` read the member that was given last.

    Raises ImageError for anything that is not a whole tar.
    """

    def __init__(self, source: ByteSource, what: str) -> None:
        self.what = what
        self._source = source
        self._left = 0  # data of the present member not read yet
        self._pad = 0
        self._kind = OTHER
        self._block = ZERO
        self._fields: dict[str, bytes] = {}

    def __iter__(self) -> Iterator[TarMember]:
        source = self._source
        fields: dict[str, bytes] = {}
        specials = 0
        while True:
            if self._left or self._pad:
                source.skip(self._left + self._pad)
                self._left = self._pad = 0
            block = source.read(BLOCK)
            if len(block) < BLOCK or block == ZERO:
                self._finish(block, specials)
                return
            self._check_sum(block)
            flag = block[156:157]
            size = _number(block[124:136], self.what)
            if flag in b"xXLKg":
                specials += 1
                if specials > 32 or size > SPECIAL_LIMIT:
                    raise ImageError(f"{self.what}: a tar header of {size} bytes, or too many for one member")
                body = self._special(size)
                if flag in b"xX":
                    fields.update(_pax(body, self.what))
                elif flag == b"L":
                    fields["path"] = body.rstrip(b"\0")
                elif flag == b"K":
                    fields["linkpath"] = body.rstrip(b"\0")
                continue  # a global header changes nothing: engines do not apply it
            if fields:
                yield self._member(block, flag, size, fields)
                fields = {}
            else:
                yield self._member(block, flag, size, {})
            specials = 0

    def body(self, limit: int) -> bytes | None:
        """The data of the present member; None when it is longer than `limit` bytes or stored sparse."""
        if self._left > limit or self._kind != FILE:
            return None
        data = self._source.read(self._left)
        if len(data) < self._left:
            raise ImageError(f"{self.what} is truncated")
        self._left = 0
        return data

    def rights(self) -> tuple[int, int, int]:
        """Permissions, user and group of the present member."""
        block, fields = self._block, self._fields
        uid = _decimal(fields["uid"], self.what) if "uid" in fields else _number(block[108:116], self.what)
        gid = _decimal(fields["gid"], self.what) if "gid" in fields else _number(block[116:124], self.what)
        return _number(block[100:108], self.what) & 0o7777, uid, gid

    def data(self) -> ByteSource:
        """The data of the present member as a source of its own; finish with it before the next member."""
        return _Data(self)

    def _member(self, block: bytes, flag: bytes, size: int, fields: dict[str, bytes]) -> TarMember:
        kind = _KINDS.get(flag, OTHER)
        self._block, self._fields = block, fields
        if "path" in fields:
            raw = fields["path"]
        else:
            raw = block[:100].split(b"\0", 1)[0]
            if block[257:263] == b"ustar\0" and block[345]:
                raw = block[345:500].split(b"\0", 1)[0] + b"/" + raw
        target = ""
        if kind is HARDLINK or kind is SYMLINK:
            link = fields["linkpath"] if "linkpath" in fields else block[157:257].split(b"\0", 1)[0]
            target = link.decode("utf-8", "surrogateescape")
        if fields:
            if "size" in fields:
                size = _decimal(fields["size"], self.what)
            if any(key.startswith("GNU.sparse.") for key in fields) and kind is FILE:
                kind = SPARSE
                raw = fields.get("GNU.sparse.name", raw)
        if flag == b"\0" and raw.endswith(b"/"):
            kind = DIRECTORY
        if block[156] in _NO_DATA:
            size = 0
        elif flag == b"S":
            self._skip_sparse_map(block)
        self._kind = kind
        self._left = size
        self._pad = -size % BLOCK
        return TarMember(raw.decode("utf-8", "surrogateescape"), kind, size, target)

    def _skip_sparse_map(self, block: bytes) -> None:
        more = block[482]
        while more:
            extension = self._source.read(BLOCK)
            if len(extension) < BLOCK:
                raise ImageError(f"{self.what} is truncated")
            more = extension[504]

    def _special(self, size: int) -> bytes:
        body = self._source.read(size)
        if len(body) < size:
            raise ImageError(f"{self.what} is truncated")
        self._source.skip(-size % BLOCK)
        return body

    def _check_sum(self, block: bytes) -> None:
        # adler32 holds the plain sum of up to 256 bytes in its low half: far cheaper than summing in Python.
        total = (adler32(block[:256]) & 0xFFFF) + (adler32(block[256:]) & 0xFFFF) - 2
        field = block[148:156]
        total += 256 - sum(field)
        if _number(field, self.what) != total:
            signed = total - 256 * sum(1 for byte in block[:148] + block[156:] if byte > 127)
            if _number(field, self.what) != signed:  # some old programs summed signed bytes
                raise ImageError(f"{self.what} is not a tar archive, or damaged: a header's checksum does not match")

    def _finish(self, block: bytes, specials: int) -> None:
        if specials or (block and len(block) < BLOCK):
            raise ImageError(f"{self.what} is truncated")
        if block:
            second = self._source.read(BLOCK)
            if second and second != ZERO[: len(second)]:
                raise ImageError(f"{self.what}: data after a lone zero block; engines refuse such a tar")


class _Data:
    """The data of one member."""

    def __init__(self, tar: Tar) -> None:
        self._tar = tar

    def peek(self, size: int) -> bytes:
        return self._tar._source.peek(min(size, self._tar._left))

    def read(self, size: int) -> bytes:
        tar = self._tar
        size = min(size, tar._left)
        data = tar._source.read(size)
        if len(data) < size:
            raise ImageError(f"{tar.what} is truncated")
        tar._left -= size
        return data

    def skip(self, size: int) -> None:
        if size > self._tar._left:
            raise ImageError(f"{self._tar.what} is truncated")
        self._tar._source.skip(size)
        self._tar._left -= size


def _number(field: bytes, what: str) -> int:
    """An octal or base-256 header field."""
    if field[0] & 0x80:
        if field[0] & 0x40:
            raise ImageError(f"{what}: a tar header with a negative number")
        value = int.from_bytes(bytes((field[0] & 0x7F,)) + field[1:], "big")
    else:
        digits = field.split(b"\0", 1)[0].strip()
        if not digits:
            return 0
        if not digits.isdigit() or b"8" in digits or b"9" in digits:
            raise ImageError(f"{what} is not a tar archive, or damaged: {digits!r} is not an octal number")
        value = int(digits, 8)
    if value >= 1 << 63:
        raise ImageError(f"{what}: a tar header with a size of 2^63 bytes or more")
    return value


def _decimal(text: bytes, what: str) -> int:
    if not text.isdigit() or len(text) > 18:
        raise ImageError(f"{what}: a pax header with the size {text[:40]!r}")
    return int(text)


def _pax(body: bytes, what: str) -> dict[str, bytes]:
    """The records `LENGTH KEY=VALUE\\n` that matter here."""
    fields: dict[str, bytes] = {}
    at = 0
    while at < len(body) and body[at]:
        space = body.find(b" ", at, at + 9)
        length = body[at:space] if space > 0 else b""
        end = at + int(length) if length.isdigit() else 0
        key, equals, value = body[space + 1 : end - 1].partition(b"=")
        if space < 0 or end <= space or end > len(body) or body[end - 1] != 10 or not equals:
            raise ImageError(f"{what}: a damaged pax header")
        if key in (b"path", b"linkpath", b"size", b"uid", b"gid") or key.startswith(b"GNU.sparse."):
            if b"\0" in value and key != b"size":
                raise ImageError(f"{what}: a pax header with a NUL in a name")
            fields[key.decode("ascii", "replace")] = value
        at = end
    return fields


def clean(name: str, what: str) -> str:
    """A member's name as a path from the root of the file system: no `.`, `..`, `//` or slash at either end.

    Raises ImageError when it points out of the root, is longer than Linux allows, or is nested deeper than 256 folders.
    """
    if len(name) > 256 and (len(name) > 4096 or name.count("/") > 256):
        raise ImageError(f"{what}: a path of {len(name)} characters in {name.count('/')} folders")
    if "\0" in name:
        raise ImageError(f"{what}: a path with a NUL in it")
    if name[:2] == "./":
        name = name[2:]
    if "/." not in name and "//" not in name and name[:1] not in ("/", "."):
        return name[:-1] if name[-1:] == "/" else name
    parts: list[str] = []
    for part in name.split("/"):
        if part == "..":
            if not parts:
                raise ImageError(f"{what}: the path {name!r} points out of the archive")
            parts.pop()
        elif part and part != ".":
            parts.append(part)
    return "/".join(parts)

"""The tar reader against Python's own, and against archives that no engine would take."""

from __future__ import annotations

import gzip
import io
import tarfile
import tempfile

import make_image as make
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.core.errors import ImageError
from wxlint.inspection import streams
from wxlint.inspection.stores import scan_source
from wxlint.inspection.streams import ByteSource, Region, Stream, plain
from wxlint.inspection.tar import SPARSE, Tar, TarMember, clean

KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.LNKTYPE: "hardlink",
    tarfile.SYMTYPE: "symlink",
    tarfile.DIRTYPE: "directory",
    tarfile.CHRTYPE: "other",
    tarfile.BLKTYPE: "other",
    tarfile.FIFOTYPE: "other",
    tarfile.CONTTYPE: "file",
}


def region(data: bytes) -> ByteSource:
    return Region(io.BytesIO(data), 0, len(data), "the tar")


def stream(data: bytes, step: int = 700) -> ByteSource:
    return Stream(iter([data[at : at + step] for at in range(0, len(data), step)]), "the tar")


def members(source: ByteSource) -> list[TarMember]:
    return list(Tar(source, "the tar"))


def bodies(source: ByteSource) -> list[bytes | None]:
    tar = Tar(source, "the tar")
    return [tar.body(10_000) for _ in tar]


parts = st.text(st.characters(blacklist_characters="/\0", blacklist_categories=()), min_size=1, max_size=60).filter(
    lambda text: not any(0xD800 <= ord(char) <= 0xDFFF and not 0xDC80 <= ord(char) <= 0xDCFF for char in text)
)
names = st.lists(parts, min_size=1, max_size=6).map("/".join).filter(lambda name: name.isascii() or _round_trips(name))
entries = st.lists(
    st.tuples(names, st.sampled_from(sorted(KINDS)), st.binary(max_size=1500), names, st.integers(0, 10**7)), max_size=6
)


def _round_trips(name: str) -> bool:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape") == name


@settings(max_examples=300, deadline=None)
@given(entries, st.sampled_from([tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT]), st.integers(1, 1500))
def test_members_are_those_of_tarfile(wanted: list[tuple[str, bytes, bytes, str, int]], form: int, step: int) -> None:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w", format=form, encoding="utf-8", errors="surrogateescape") as archive:
        for name, kind, data, target, owner in wanted:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.uid = kind, target, owner
            regular = kind in (tarfile.REGTYPE, tarfile.CONTTYPE)
            info.size = len(data) if regular else 0
            try:
                archive.addfile(info, io.BytesIO(data) if regular else None)
            except ValueError:
                continue  # too long for ustar
    data = file.getvalue()
    with tarfile.open(fileobj=io.BytesIO(data), encoding="utf-8", errors="surrogateescape") as archive:
        oracle = [(one.name, KINDS[one.type], one.size, one.linkname) for one in archive]
    for source in (region(data), stream(data, step)):
        ours = [(one.name.rstrip("/") if one.kind == "directory" else one.name, *one[1:]) for one in members(source)]
        assert ours == [
            (
                name.rstrip("/") if kind == "directory" else name,
                kind,
                size,
                target if kind in ("hardlink", "symlink") else "",
            )
            for name, kind, size, target in oracle
        ]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        contents = [archive.extractfile(one).read() for one in archive if one.type in (b"0", b"7")]  # type: ignore[union-attr]
    assert [
        body for one, body in zip(members(region(data)), bodies(stream(data, step))) if one.kind == "file"
    ] == contents


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_damaged_tar_gives_its_members_or_an_image_error(data: st.DataObject) -> None:
    whole = bytearray(
        make.tar(
            make.pax({"path": "a" * 200, "size": "3"}),
            make.member("x", b"abc"),
            make.member("n" * 150, b"d" * 600),
            make.link("l", "t"),
            make.folder("d"),
        )
    )
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    found: list[object] = []
    for source in (region(cut), stream(cut)):
        try:
            found.append(members(source))
        except ImageError:
            found.append(None)
    assert found[0] == found[1]


def patched(block: bytes, at: int, new: bytes) -> bytes:
    changed = bytearray(block)
    changed[at : at + len(new)] = new
    return make.with_checksum(changed)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (make.header("x", size_field=b"\xff" * 12) + make.END, "negative"),
        (make.header("x", size_field=b"-0000000001\0") + make.END, "not an octal"),
        (make.header("x", size_field=b"0000000008 \0") + make.END, "not an octal"),
        (make.header("x", size_field=b"\x80" + b"\xff" * 11) + make.END, "2\\^63"),
        (make.header("x", 10**9) + make.END, "truncated"),
        (make.header("x", size_field=b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff") + make.END, "truncated"),
        (make.member("x", b"y" * 600)[:700], "truncated"),
        (make.member("x")[:300], "truncated"),
        (make.header("big", 1 << 21, b"x") + b"\0" * 100, "2097152 bytes"),
        (make.header("big", 1 << 30, b"L") + b"\0" * 100, "1073741824 bytes"),
        (b"".join(make.pax({"path": "x"}) for _ in range(40)) + make.END, "too many for one member"),
        (make.tar(make.pax({"path": "x"})), "truncated"),
        (make.tar(make.header("pax", 8, b"x") + make.padded(b"99 path="), make.member("x")), "damaged pax"),
        (make.tar(make.header("pax", 8, b"x") + make.padded(b"8 nokey\n"), make.member("x")), "damaged pax"),
        (make.tar(make.header("pax", 8, b"x") + make.padded(b"-5 a=bc\n"), make.member("x")), "damaged pax"),
        (make.tar(make.pax({"size": "-1"}), make.member("x")), "pax header with the size"),
        (make.tar(make.pax({"size": "9" * 30}), make.member("x")), "pax header with the size"),
        (make.tar(make.pax({"size": "99999999999"}), make.member("x")), "truncated"),
        (make.tar(make.pax({"path": "a\0b"}), make.member("x")), "NUL"),
        (b"\0" * 512 + make.tar(make.member("x")), "lone zero block"),
        (make.member("x", b"d")[:-400] + b"garbage" * 100, "truncated|checksum|octal"),
        (b"x" * 1024, "octal|checksum"),
        (patched(make.header("x", 0, b"S"), 482, b"\x01"), "truncated"),
    ],
)
def test_what_no_engine_takes(data: bytes, message: str) -> None:
    for source in (region(data), stream(data)):
        with pytest.raises(ImageError, match=message):
            members(source)


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_sizes_over_eight_gigabytes(form: int) -> None:
    info = tarfile.TarInfo("big")
    info.size = 10**11
    assert next(iter(Tar(region(info.tobuf(form)), "x"))).size == 10**11


def test_sparse_members_have_their_stored_size() -> None:
    extension = b"\0" * 504 + b"\0" * 8
    old = patched(make.header("old", 512, b"S"), 482, b"\x01") + extension + b"d" * 512
    new = make.pax({"GNU.sparse.major": "1", "GNU.sparse.name": "new", "GNU.sparse.realsize": "99999"}) + make.member(
        "GNUSparse/x", b"1\n0\n" + b"\0" * 508
    )
    data = make.tar(old, new, make.member("after", b"a"))
    assert members(region(data)) == [
        TarMember("old", SPARSE, 512, ""),
        TarMember("new", SPARSE, 512, ""),
        TarMember("after", "file", 1, ""),
    ]
    assert bodies(region(data)) == [None, None, b"a"]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["old", "new", "after"]


def test_a_global_header_renames_nothing() -> None:
    data = make.tar(make.pax({"path": "evil", "size": "512"}, b"g"), make.member("good", b"x"), make.member("next"))
    assert [(one.name, one.size) for one in members(region(data))] == [("good", 1), ("next", 0)]


@pytest.mark.parametrize("flag", [make.SYMLINK, make.HARDLINK, make.DIRECTORY, make.CHAR_DEVICE, make.FIFO])
def test_a_size_means_nothing_where_no_data_can_be(flag: bytes) -> None:
    data = make.tar(make.header("first", 700, flag, "t"), make.member("second", b"x"))
    assert [(one.name, one.size) for one in members(region(data))] == [("first", 0), ("second", 1)]
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == ["first", "second"]


def test_signed_checksums_of_old_programs() -> None:
    block = bytearray(make.header("\xfc"))
    block[148:156] = b" " * 8
    total = sum(byte if byte < 128 else byte - 256 for byte in block)
    block[148:156] = b"%06o\0 " % total
    assert members(region(bytes(block) + make.END))[0].name == "\xfc"


def test_the_end_may_be_missing_at_a_member() -> None:
    assert [one.name for one in members(region(make.member("x", b"y")))] == ["x"]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("./a/b", "a/b"),
        ("/a", "a"),
        ("a//b/", "a/b"),
        ("a/./b", "a/b"),
        ("a/../b", "b"),
        ("./", ""),
        (".", ""),
        ("a/..", ""),
        ("..a/.b", "..a/.b"),
        ("", ""),
    ],
)
def test_names_are_cleaned(name: str, path: str) -> None:
    assert clean(name, "x") == path


@pytest.mark.parametrize("name", ["..", "../a", "a/../../b", "/..", "./../x", "x" * 5000, "a\0b"])
def test_names_that_point_out(name: str) -> None:
    with pytest.raises(ImageError):
        clean(name, "x")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 3000), max_size=20), st.integers(1, 700))
def test_streams_and_regions_read_alike(sizes: list[int], step: int) -> None:
    data = bytes(range(256)) * 40
    one, two = region(data), stream(data, step)
    for number, size in enumerate(sizes):
        if number % 3 == 2:
            results = []
            for source in (one, two):
                try:
                    source.skip(size)
                    results.append("")
                except ImageError:
                    results.append("truncated")
            assert results[0] == results[1]
            if results[0]:
                return
        else:
            assert one.peek(size) == two.peek(size)
            assert one.read(size) == two.read(size)


def everything(source: ByteSource) -> bytes:
    return b"".join(streams.pieces(source.read))


@pytest.mark.parametrize("step", [1, 3, 1000])
def test_gzip_in_several_members_with_padding(step: int) -> None:
    data = gzip.compress(b"one" * 3000) + gzip.compress(b"") + b"\0" * 20 + gzip.compress(b"two") + b"\0" * 5
    assert everything(plain(stream(data, step), "x")) == b"one" * 3000 + b"two"


@pytest.mark.parametrize("step", [1, 1000])
def test_zstd_in_several_frames(step: int) -> None:
    zstandard = pytest.importorskip("zstandard")
    press = zstandard.ZstdCompressor().compress
    skippable = b"\x50\x2a\x4d\x18" + (5).to_bytes(4, "little") + b"notes"
    data = press(b"one" * 9000) + skippable + press(b"two") + skippable
    assert everything(plain(stream(data, step), "x")) == b"one" * 9000 + b"two"
    assert everything(plain(stream(skippable + data, step), "x")) == b"one" * 9000 + b"two"


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_damaged_and_cut_compression(kind: str) -> None:
    if kind == "zstd":
        press = pytest.importorskip("zstandard").ZstdCompressor(write_checksum=True).compress
    else:
        press = gzip.compress
    data = press(bytes(range(256)) * 500)
    for cut in range(5, len(data) - 1, 7):
        with pytest.raises(ImageError, match="truncated"):
            everything(plain(stream(data[:cut]), "x"))
    broken = bytearray(data)
    broken[len(data) // 2] ^= 0xFF
    with pytest.raises(ImageError, match="damaged|truncated"):
        everything(plain(stream(bytes(broken)), "x"))
    with pytest.raises(ImageError, match="damaged"):
        everything(plain(stream(data + b"garbage that is no member"), "x"))


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_a_bomb_is_refused_early(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "BOMB_FLOOR", 1 << 22)
    zeros = b"\0" * (1 << 24)
    data = (
        gzip.compress(zeros, 9) if kind == "gzip" else pytest.importorskip("zstandard").ZstdCompressor().compress(zeros)
    )
    source = plain(stream(data, 1 << 16), "x")
    with pytest.raises(ImageError, match="bomb"):
        source.skip(1 << 24)
    layer = make.header("zeros", 1 << 30)
    data = gzip.compress(layer + zeros, 9) if kind == "gzip" else data
    with pytest.raises(ImageError):
        scan_source(stream(data), "x")


def test_a_zstd_frame_that_wants_gigabytes_is_refused() -> None:
    pytest.importorskip("zstandard")
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([(31 - 10) << 3]) + b"\x01\x00\x00"  # a window of 2 GiB
    with pytest.raises(ImageError, match="damaged"):
        everything(plain(stream(frame), "x"))


def test_a_region_ends_where_it_ends() -> None:
    with tempfile.TemporaryFile(buffering=0) as file:
        file.write(b"0123456789")
        part = Region(file, 2, 5, "x")
        assert part.peek(2) == b"23" and part.read(3) == b"234" and part.read(9) == b"56" and part.read(1) == b""
        with pytest.raises(ImageError):
            part.skip(1)

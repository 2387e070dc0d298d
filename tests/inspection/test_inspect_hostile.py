"""Hostile and damaged images: a clear ImageError, bounded work, and no other exception."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import make_image as make
import pytest
from file_trees import write_tree
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.core.errors import ImageError
from wxlint.inspection import file_system, layers, stores
from wxlint.inspection.inspector import inspect_store, run_inspect
from wxlint.inspection.model import Inspection
from wxlint.inspection.report import check_expect, render_text, to_json
from wxlint.inspection.stores import FileStore, stream_store

SITE = make.SITE
GOOD = make.Layer(
    make.tar(
        make.folder("usr"),
        make.pax({"path": f"{SITE}/torch/version.py"}),
        make.member("x", make.torch_version("2.2.1+cu121", "12.1")),
        make.member(f"{SITE}/nvidia/cublas/lib/libcublas.so.12", b"b" * 700),
        make.link("lib", "usr/lib"),
        make.member("y/libcublas.so.12", flag=make.HARDLINK, target=f"{SITE}/nvidia/cublas/lib/libcublas.so.12"),
        *(make.member(*item) for item in make.distribution("nvidia-cublas-cu12", "12.1", ["a; extra == 'b'"]).items()),
    ),
    "RUN /bin/sh -c pip install torch # buildkit",
)
UPPER = make.Layer(make.tar(make.member(f"{SITE}/nvidia/.wh.cublas"), make.member("opt/.wh..wh..opq")), "RUN rm")
LINES = [("Dockerfile", [("FROM", "FROM x", 1), ("RUN", "RUN pip install torch", 2)])]


def open_both(data: bytes) -> list[Inspection]:
    """From a file and from a pipe; both are used to the end."""
    found = []
    for number in range(2):
        store = (
            FileStore(io.BytesIO(data), len(data), "image") if number == 0 else stream_store(io.BytesIO(data), "image")
        )
        image = inspect_store(store, dockerfiles=LINES)
        json.loads(to_json(image))
        render_text(image).encode("utf-8")
        check_expect(image, "cpu")
        found.append(image)
    return found


def layer_error(*members: bytes) -> str:
    data = make.docker_save([make.Layer(make.tar(*members))])
    with pytest.raises(ImageError) as raised:
        open_both(data)
    return str(raised.value)


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ([make.member("../../etc/libcudart.so", b"x")], "points out of the archive"),
        ([make.member("a/../../b", b"x")], "points out of the archive"),
        ([make.member("x", flag=make.HARDLINK, target="../../etc/passwd")], "points out of the archive"),
        ([make.member("libcublas.so.12", flag=make.HARDLINK, target="../../dev/sda")], "points out of the archive"),
        ([make.member("a/.wh...")], "names no file"),
        ([make.member("a/.wh..")], "names no file"),
        ([make.member("a/.wh.")], "names no file"),
        ([make.header("x", 1 << 30)], "truncated"),
        ([make.member("p/" * 300 + "x")], "in 300 folders"),
        ([make.link("a", "b"), make.link("b", "a"), make.member("a/libcudart.so.12", b"x")], "loop of symbolic links"),
        ([make.link("a", "b/../a"), make.member("a/libcudart.so.12", b"x")], "loop of symbolic links"),
        ([make.link("a", "a/a/a"), make.member("a/libcudart.so.12", b"x")], "loop of symbolic links"),
    ],
)
def test_layers_that_are_refused(members: list[bytes], message: str) -> None:
    assert message in layer_error(*members)


def test_links_out_of_the_image_stay_inside() -> None:
    members = [
        make.link("opt", "../../../../srv"),
        make.link("data", "/srv/x"),
        make.member("opt/x/libcudart.so.12", b"x"),
        make.member("data/libcublas.so.12", b"yy"),
        make.member("dev/sda", flag=make.CHAR_DEVICE),
        make.member("pipe", flag=make.FIFO),
    ]
    for image in open_both(make.docker_save([make.Layer(make.tar(*members))])):
        assert image.cuda.libraries == ("/srv/x/libcublas.so.12", "/srv/x/libcudart.so.12") and image.cuda.bytes == 3


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (make.member("../evil", b"x"), "points out"),
        (make.member("dev", flag=make.CHAR_DEVICE), "special file"),
        (make.member("pipe", flag=make.FIFO), "special file"),
        (make.link("out", "../../etc/passwd"), "points out"),
    ],
)
def test_outer_archives_that_are_refused(extra: bytes, message: str) -> None:
    data = extra + make.docker_save([GOOD])
    for open_store in (
        lambda: FileStore(io.BytesIO(data), len(data), "image"),
        lambda: stream_store(io.BytesIO(data), "image"),
    ):
        with pytest.raises(ImageError, match=message):
            open_store()


def changed(change: Callable[[dict[str, bytes]], object], oci: bool = False) -> bytes:
    found = make.oci_files([GOOD, UPPER]) if oci else make.docker_files([GOOD, UPPER])
    change(found)
    return make.files(found)


def manifest(value: Any) -> Callable[[dict[str, bytes]], object]:
    return lambda found: found.update(
        {"manifest.json": json.dumps(value).encode() if not isinstance(value, bytes) else value}
    )


def index(value: Any) -> Callable[[dict[str, bytes]], object]:
    return lambda found: found.update({"index.json": json.dumps(value).encode()})


def config(raw: bytes) -> Callable[[dict[str, bytes]], object]:
    return lambda found: found.update(make.docker_files([GOOD, UPPER], raw=raw))


def drop(part: str) -> Callable[[dict[str, bytes]], object]:
    return lambda found: [found.pop(name) for name in list(found) if part in name]


def corrupt(part: bytes, new: bytes) -> Callable[[dict[str, bytes]], object]:
    return lambda found: found.update(
        {k: v.replace(part, new) for k, v in found.items() if "sha256" in k or len(k) > 60}
    )


@pytest.mark.parametrize(
    ("change", "oci", "message"),
    [
        (manifest(b"not json"), False, "is not JSON"),
        (manifest(b"[" * 200_000), False, "is not JSON"),
        (manifest(b"\xff\xfe[]"), False, "is not JSON"),
        (manifest(b"[" + b"9" * 10_000 + b"]"), False, "not JSON|not a list|without Config"),
        (manifest({}), False, "not a list"),
        (manifest([]), False, "not a list"),
        (manifest([1]), False, "without Config"),
        (manifest([{"Config": 7}]), False, "without Config"),
        (manifest([{"Config": "../../etc/passwd"}]), False, "points out"),
        (manifest([{"Config": "none.json"}]), False, "is missing"),
        (manifest([{"Config": "none.json", "Layers": 3}] * 2), False, "holds 2 images"),
        (drop("layer.tar"), False, "is missing"),
        (drop("manifest.json"), False, "neither index.json nor manifest.json"),
        (config(b"{}"), False, "no rootfs"),
        (config(b"[]"), False, "not a JSON object"),
        (config(b'{"rootfs": {"diff_ids": []}}'), False, "2 layers, but its configuration speaks of 0"),
        (config(b'{"rootfs": {"diff_ids": [1, 2]}}'), False, "list of strings"),
        (config(make.config([GOOD, UPPER], {"Env": "A=1", "User": 7})), False, "string"),
        (config(make.config([GOOD, UPPER], {"Env": [7]})), False, "list of strings"),
        (config(make.config([GOOD, UPPER], config=[])), False, None),
        (config(make.config([GOOD, UPPER], config="x")), False, "no rootfs"),
        (config(make.config([GOOD, UPPER], os=["linux"])), False, "a string must be"),
        (config(b"{" + b" " * (9 << 20) + b"}"), False, "larger than|not JSON, or larger|not a layer"),
        (corrupt(b'"amd64"', b'"arm64"'), False, "does not have the digest"),
        (index([]), True, "not a JSON object"),
        (index({}), True, "no list of objects"),
        (index({"manifests": []}), True, "no such image; it holds: none"),
        (index({"manifests": [{"digest": "sha256:../../etc/passwd"}]}), True, "is not a digest"),
        (index({"manifests": [{"digest": ["x"]}]}), True, "is not a digest"),
        (index({"manifests": [{"digest": "sha256:" + "0" * 64}]}), True, "it holds: none"),
        (corrupt(b'"schemaVersion": 2, "media', b'"schemaVersion": 3, "media'), True, "does not have that digest"),
        (corrupt(b'"amd64"', b'"arm64"'), True, "does not have that digest"),
        (manifest([{"Config": "oci-layout"}]), True, "name different images"),
    ],
)
def test_archives_that_contradict_themselves(
    change: Callable[[dict[str, bytes]], object], oci: bool, message: str | None
) -> None:
    data = changed(change, oci)
    if message is None:
        assert open_both(data)
        return
    for store in (
        lambda: FileStore(io.BytesIO(data), len(data), "image"),
        lambda: stream_store(io.BytesIO(data), "image"),
    ):
        with pytest.raises(ImageError, match=message):
            inspect_store(store())


def test_indexes_within_themselves_end() -> None:
    found = make.oci_files([GOOD])
    entry = json.loads(found["index.json"])["manifests"][0]
    for _ in range(6):
        entry = make.blob(found, json.dumps({"manifests": [entry] * 500}).encode())
    with pytest.raises(ImageError, match="more than 4 deep"):
        open_both(make.files(make.with_index(found, [entry] * 500)))


@pytest.mark.parametrize("name", ["no-file", "folder", "fifo", "loop", "text", "empty", "export", "zeros"])
def test_paths_that_are_no_image(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name in ("folder", "loop"):
        path.mkdir()
    if name == "loop":
        (path / "index.json").symlink_to("index.json")
    elif name == "fifo":
        os.mkfifo(path)
    elif name == "export":
        path.write_bytes(make.files({"etc/passwd": b"root", "usr/bin/x": b""}))
    elif name not in ("no-file", "folder"):
        path.write_bytes({"text": b"FROM debian\n" * 100, "empty": b"", "zeros": b"\0" * 99999}[name])
    with pytest.raises(ImageError):
        run_inspect(str(path))


def test_layout_folders_do_not_lead_out(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"{}")
    layout = tmp_path / "layout"
    write_tree(layout, make.oci_files([GOOD]))
    assert run_inspect(str(layout)).cuda.present
    blobs = [path for path in (layout / "blobs/sha256").iterdir() if path.read_bytes()[:1] != b"{"]
    blobs[0].unlink()
    blobs[0].symlink_to(secret)
    with pytest.raises(ImageError, match="link out of the folder"):
        run_inspect(str(layout))
    blobs[0].unlink()
    os.mkfifo(blobs[0])
    with pytest.raises(ImageError, match="not a regular file"):
        run_inspect(str(layout))


@pytest.mark.parametrize(
    "members",
    [
        [make.member(f"f{number}") for number in range(900)],
        [make.member(f"libcublas{number}/libcublas.so") for number in range(30)],
        [make.link(f"l{number}", "x") for number in range(30)],
        [make.member(f".wh.{number}") for number in range(110)],
        [make.member(f"libcublas{number}/libcublas.so", flag=b"1", target="x") for number in range(30)],
        [
            make.member(*each)
            for each in make.distribution("cupy-cuda12x", "1", sizes={str(n): n for n in range(80)}).items()
        ],
        [make.member(*each) for each in make.distribution("a", "1", [f"r{number}" for number in range(50)]).items()],
    ],
    ids=["members", "libraries", "links", "whiteouts", "hard-links", "records", "requirements"],
)
def test_too_much_of_everything(members: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "MAX_WEIGHT", 20_000)
    assert "more members, links or whiteouts than an image has" in layer_error(*members)


def test_too_many_steps_through_links(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "MAX_STEPS", 1000)
    there = "/".join(["x"] * 49)
    members = [make.link("a", there), *(make.member(f"a/{number}/libcublas.so.12") for number in range(50))]
    assert "more than 1000 parts of paths" in layer_error(*members)


def test_too_many_folders_over_many_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "MAX_WEIGHT", 20_000)
    many = [make.Layer(make.files({f"{number}/" + "x/" * 30 + "libcublas.so": b""})) for number in range(10)]
    with pytest.raises(ImageError, match="more files and links than an image has"):
        open_both(make.docker_save(many))


def test_too_many_outer_members(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MAX_OUTER", 10)
    with pytest.raises(ImageError, match="more than 10 members"):
        open_both(make.files({str(number): b"x" for number in range(30)}))


def test_a_million_members_in_bounded_memory(tmp_path: Path) -> None:
    """200,000 here, to be quick; memory by the way they are made: a few bytes for each member."""
    path = tmp_path / "many.tar"
    size = 200_000 * 512 + 1024
    raw = make.config([make.Layer(b"")])
    with path.open("wb") as file:
        file.write(make.header("l/layer.tar", size))
        for number in range(2000):
            file.write(make.header(f"opt/{number}.py") * 100)
        file.write(make.END)
        file.write(
            make.files(
                {"c.json": raw, "manifest.json": json.dumps([{"Config": "c.json", "Layers": ["l/layer.tar"]}]).encode()}
            )
        )
    script = (
        "import resource, sys; from wxlint.inspection.inspector import run_inspect; "
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; run_inspect(sys.argv[1]); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    grown = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True).stdout
    assert int(grown) < 20_000  # KiB


BASES = [
    make.docker_save([GOOD, UPPER]),
    make.files(make.oci_files([GOOD, UPPER])),
    make.files(make.oci_files([GOOD, UPPER], compress=bytes)),
    make.squeezed(make.docker_save([GOOD, UPPER])),
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(BASES), st.data())
def test_mutated_archives_give_an_answer_or_an_image_error(base: bytes, data: st.DataObject) -> None:
    whole = bytearray(base)
    for _ in range(data.draw(st.integers(0, 4))):
        at = data.draw(st.integers(0, len(whole) - 1))
        action = data.draw(st.sampled_from(["byte", "insert", "remove", "cut", "copy"]))
        if action == "byte":
            whole[at] = data.draw(st.integers(0, 255))
        elif action == "insert":
            whole[at:at] = data.draw(st.binary(max_size=20))
        elif action == "remove":
            del whole[at : at + data.draw(st.sampled_from([1, 100, 512, 1024]))]
        elif action == "copy":
            start = at - at % 512
            whole[start:start] = whole[start : start + data.draw(st.sampled_from([512, 1024, 4096]))]
        else:
            del whole[at:]
        if not whole:
            break
    try:
        open_both(bytes(whole))
    except ImageError as error:
        assert str(error)


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 1 << 70)
    | st.text(max_size=8)
    | st.sampled_from(["sha256:" + "0" * 64, "../x"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def replaced(value: Any, data: st.DataObject, depth: int = 0) -> Any:
    """The same JSON with one place in it replaced."""
    if depth and (not isinstance(value, (dict, list)) or not value or data.draw(st.integers(0, 3)) == 0):
        return data.draw(values)
    if isinstance(value, dict) and value:
        key = data.draw(st.sampled_from(sorted(value)))
        return value | {key: replaced(value[key], data, depth + 1)}
    if isinstance(value, list) and value:
        at = data.draw(st.integers(0, len(value) - 1))
        return [*value[:at], replaced(value[at], data, depth + 1), *value[at + 1 :]]
    return data.draw(values)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_json_of_any_shape_gives_an_answer_or_an_image_error(data: st.DataObject) -> None:
    settings_ = {"Env": ["PATH=/usr/bin"], "User": "app", "Entrypoint": ["python"]}
    raw = json.dumps(replaced(json.loads(make.config([GOOD, UPPER], settings_)), data)).encode()
    if data.draw(st.booleans()):
        found = make.docker_files([GOOD, UPPER], raw=raw)
        name = "manifest.json"
    else:
        found = make.oci_files([GOOD, UPPER], raw=raw)
        name = "index.json"
    if data.draw(st.booleans()):
        found[name] = json.dumps(replaced(json.loads(found[name]), data)).encode()
    try:
        open_both(make.files(found))
    except ImageError as error:
        assert str(error)


PATHS = [
    "torch/version.py",
    "a.dist-info/METADATA",
    "cupy_cuda12x-1.dist-info/RECORD",
    "pyvenv.cfg",
    "usr/include/python3.11/patchlevel.h",
    "var/lib/dpkg/status",
]
PIECES = (
    "Name: x\n|Requires-Dist: |torch|[|]|;|extra == 'x'|\n\n|Package: python3.11-minimal\n"
    "|Status: install ok\n|Version: 3\n|\"|,1\n|__version__ = '2'\n|cuda = |'|None\n|version = 3.11|#define PY_VERSION "
).split("|")
texts = (
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass"))
    | st.lists(st.sampled_from(PIECES)).map(lambda each: "".join(each).encode())
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(PATHS), texts)
def test_texts_of_any_kind(path: str, text: bytes) -> None:
    open_both(make.docker_save([make.Layer(make.files({path: text}))]))

"""Layers that are kept by their digests: they come back as they were, and only for the very bytes."""

from __future__ import annotations

import gzip
import marshal
from collections.abc import Iterator
from pathlib import Path

import make_image as make
import pytest
from file_trees import write_tree
from hypothesis import given
from hypothesis import strategies as st

from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.kept_scans import _CODEC, recall_scan
from wxlint.inspection.layers import LayerScan
from wxlint.inspection.stores import scan_source
from wxlint.inspection.streams import Stream

SITE = make.SITE
TORCH = {
    f"{SITE}/torch/version.py": make.torch_version("2.2.1+cu121", "12.1"),
    f"{SITE}/torch/lib/libtorch_cuda.so": b"x" * 5000,
    "etc/passwd": b"root:x:0:0::/:/bin/sh",
} | make.distribution("torch", "2.2.1")
CPU = {f"{SITE}/torch/version.py": make.torch_version("2.2.1+cpu")} | make.distribution("torch", "2.2.1")


def scan(data: bytes, wanted: frozenset[str] | None = None) -> LayerScan:
    return scan_source(Stream(iter((data,)), "a layer"), "a layer", wanted)


NAMES = st.sampled_from(
    [
        *TORCH,
        "a",
        "b/.wh.c",
        "b/.wh..wh..opq",
        "usr/lib/libcudart.so.12",
        f"{SITE}/nvidia_nvtx_cu12-12.1.dist-info/RECORD",
        "var/lib/dpkg/status",
        "opt/venv/pyvenv.cfg",
        "caf\u00e9\udc80",
    ]
)
BODIES = st.sampled_from(
    [
        b"",
        TORCH[f"{SITE}/torch/version.py"],
        TORCH[f"{SITE}/torch-2.2.1.dist-info/METADATA"],
        b"nvidia/nvtx/lib/libnvToolsExt.so.1,sha256=x,40136\n",
        b"Package: python3.11\nStatus: install ok installed\nVersion: 3.11.2\n\n",
        b"version = 3.11.2\n",
        b"x" * 3000,
    ]
)


@given(st.lists(st.tuples(NAMES, BODIES), max_size=6), st.sampled_from([None, frozenset(("passwd", "a"))]))
def test_what_comes_back_is_what_was_kept(members: list[tuple[str, bytes]], wanted: frozenset[str] | None) -> None:
    data = make.tar(*(make.member(name.encode("utf-8", "surrogateescape"), body) for name, body in members))
    found = scan(data, wanted)
    assert _CODEC.decode(marshal.loads(marshal.dumps(_CODEC.encode(found)))) == found


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("WXLINT_CACHE_DIR", str(tmp_path / "cache"))
    yield tmp_path / "cache"


def test_what_was_asked_by_path_is_of_its_own(own_cache: Path) -> None:
    data = make.files(TORCH)
    digest = f"sha256:{make.sha(data)}"
    assert recall_scan(digest, "stream", None, lambda: scan(data)).stats is None
    stats = recall_scan(digest, "stream", frozenset(("passwd",)), lambda: scan(data, frozenset(("passwd",)))).stats
    assert stats is not None
    assert stats["etc/passwd"].data == TORCH["etc/passwd"]


def test_a_layer_of_another_process_hides_what_is_below(own_cache: Path) -> None:
    """Paths are known by keys that are the same in every process."""
    import subprocess
    import sys

    code = (
        "import sys; sys.path.insert(0, 'tests/support'); import make_image as make\n"
        "from wxlint.inspection.kept_scans import recall_scan\n"
        "from wxlint.inspection.stores import scan_source; from wxlint.inspection.streams import Stream\n"
        "data = make.tar(make.folder('usr/lib/libcudart.so.12'))\n"
        "recall_scan('sha256:' + make.sha(data), 'stream', None,"
        " lambda: scan_source(Stream(iter((data,)), 'x'), 'x', None))\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    from wxlint.inspection.file_system import FileSystem

    data = make.tar(make.folder("usr/lib/libcudart.so.12"))
    system = FileSystem()
    system.apply(scan(make.files({"usr/lib/libcudart.so.12": b"0" * 9})))
    assert [path for path, _ in system.files()] == ["usr/lib/libcudart.so.12"]

    def unread() -> LayerScan:
        raise AssertionError("the layer is read again")

    system.apply(recall_scan(f"sha256:{make.sha(data)}", "stream", None, unread))
    assert list(system.files()) == []


def layout(folder: Path, content: dict[str, bytes]) -> Path:
    """An OCI layout with one compressed layer. Gives the layer's file."""
    files = make.oci_files([make.Layer(make.files(content))])
    write_tree(folder, files)
    return next(folder / name for name, data in files.items() if data.startswith(b"\x1f\x8b"))


def test_a_blob_of_a_layout_is_kept_and_believed_for_its_bytes_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blob = layout(tmp_path / "layout", TORCH)
    first = run_inspect(str(tmp_path / "layout"))
    with monkeypatch.context() as patch:
        patch.setattr("wxlint.inspection.stores.scan_source", lambda *_: pytest.fail("the layer is read again"))
        assert run_inspect(str(tmp_path / "layout")) == first
    blob.write_bytes(gzip.compress(make.files(CPU), 1))  # other bytes, under the name of the first
    found = run_inspect(str(tmp_path / "layout")).torch
    assert found is not None
    assert found.version == "2.2.1+cpu"

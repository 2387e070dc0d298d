"""The probe by itself: what it says of a host; a crash, a hang or a damaged installation costs one answer only."""

from __future__ import annotations

import ast
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wxlint.conformance import probe
from wxlint.inspection import file_kinds as contents

SOURCE = Path(probe.__file__)
ROOT = SOURCE.parents[2]


def run(*arguments: str, path: Path | None = None, python: tuple[str, ...] = (sys.executable,)) -> dict[str, Any]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *([str(path)] if path else [])])}
    done = subprocess.run([*python, *arguments], capture_output=True, text=True, env=env, timeout=120, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.partition(probe.MARK)[2] or done.stdout)
    return answer


def test_runs_by_itself_on_a_host() -> None:
    told = run("-m", "wxlint.conformance.probe")
    assert told["schema"] == "wxlint-probe/1"
    assert told["python"]["version"] == ".".join(map(str, sys.version_info[:3]))
    assert told["user"]["uid"] == os.getuid()
    assert "pytest" in {one["name"] for one in told["distributions"]}
    assert told["markers"]["sys_platform"] == "linux"
    assert told["device"] is None


def test_is_one_file_of_the_standard_library_for_python_3_8() -> None:
    tree = ast.parse(SOURCE.read_text(), feature_version=(3, 8))
    imported = {
        alias.name.partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    imported |= {(node.module or "").partition(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= set(sys.stdlib_module_names)


def test_answer_is_found_behind_a_banner_that_a_library_prints(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("print('WXLINT-PROBE {}')\nprint('hello')\n")
    env = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-", "--container", "--files", str(tmp_path)],
        input=SOURCE.read_bytes(),
        capture_output=True,
        env=env,
        check=True,
        timeout=120,
    )
    last = done.stdout.decode().rpartition("\n" + probe.MARK)[2]
    assert json.loads(last)["schema"] == "wxlint-probe/1"


def torch(folder: Path, version: str, body: str) -> Path:
    (folder / "torch").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text(body)
    (folder / "torch" / "version.py").write_text(version)
    return folder


@pytest.mark.parametrize(
    ("text", "cuda", "hip"),
    [
        ("__version__ = '2.2.1+cu121'\ncuda = '12.1'\nhip = None\n", "12.1", None),
        (
            'from typing import Optional\n__version__ = "2.9.0+cpu"\n'
            "cuda: Optional[str] = None\nhip: Optional[str] = None\n",
            None,
            None,
        ),
        ("__version__ = '2.3.0+rocm6.0'\ncuda = None\nhip = '6.0.32830'\n", None, "6.0.32830"),
    ],
    ids=["cuda", "cpu-annotated", "rocm"],
)
def test_torch_is_read_and_not_believed_by_its_import(
    tmp_path: Path, text: str, cuda: str | None, hip: str | None
) -> None:
    told = run(
        "-m",
        "wxlint.conformance.probe",
        "--files",
        str(tmp_path),
        path=torch(tmp_path, text, "raise ImportError('libcudnn.so.8: cannot open')"),
    )
    assert (told["torch"]["cuda"], told["torch"]["hip"]) == (cuda, hip)
    assert "libcudnn.so.8" in told["torch_runtime"]["error"]


def test_a_torch_that_kills_its_interpreter_costs_one_answer(tmp_path: Path) -> None:
    broken = torch(tmp_path, "__version__ = '1'\n", "import os\nos.kill(os.getpid(), 11)")
    told = run("-m", "wxlint.conformance.probe", "--files", str(tmp_path), path=broken)
    assert told["torch_runtime"] == {"error": f"crashed with signal {int(signal.SIGSEGV)}"}
    assert told["distributions"]


def hang() -> None:
    signal.pause()


def leave() -> None:
    os._exit(3)


def quit_() -> None:
    sys.exit(1)


@pytest.mark.parametrize(
    ("work", "limit", "said"),
    [(hang, 0.5, "no answer within"), (leave, 30, "ended without an answer"), (quit_, 30, "SystemExit")],
    ids=["hangs", "exits", "raises-SystemExit"],
)
def test_child(work: Callable[[], Any], limit: float, said: str) -> None:
    start = time.monotonic()
    assert said in probe.in_child(work, limit)["error"]
    assert time.monotonic() - start < 30


def test_child_may_answer_more_than_a_pipe_holds() -> None:
    assert len(probe.in_child(lambda: "x" * 3_000_000, 30)) == 3_000_000


def test_files_are_found_by_a_net_wider_than_what_counts(tmp_path: Path) -> None:
    names = [
        "libcudart.so.12",
        "libcublasLt.so.12.1.3.1",
        "libcudnn_ops_infer.so.8",
        "libtorch_cuda.so",
        "libc10_cuda.so",
        "libnccl.so.2",
    ]
    names += ["libnvrtc-builtins.so.12.1"]
    names += [
        "libonnxruntime_providers_cuda.so",
        "libnvJitLink.so.12",
        "libcusparseLt-f80c68d1.so.0",
        "libcufft_static.a",
        "libnpps.so.12",
        "libggml-cuda.so",
    ]
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for name in [*names, "libssl.so.3", "notes.txt"]:
        (tmp_path / "deep" / "er" / name).write_bytes(b"x")
    (tmp_path / "loop").symlink_to(tmp_path)
    told = probe.files([str(tmp_path)], 30)
    found = {Path(path).name for path, _, _ in told["candidates"]}
    assert found == set(names)
    assert told["complete"]
    assert all(contents.classify(f"usr/lib/{name}", name) == contents.LIBRARY for name in names)


@pytest.mark.skipif(os.name != "posix" or os.getuid() == 0, reason="root can read every folder")
def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0)
    assert not probe.files([str(tmp_path)], 30)["complete"]


def test_a_library_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    library = tmp_path / "libcudnn.so.8"
    library.write_bytes(b"not a library")
    (told,) = probe.libraries([str(library)])
    assert told["path"] == str(library)
    assert told["error"]


@pytest.mark.parametrize("name", ["stubs/libcudart.so", "libcudart_static.a", "lib/libcurand.so.10"])
def test_what_is_no_library_to_load(tmp_path: Path, name: str) -> None:
    path = tmp_path / "x" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"")
    assert probe.libraries([str(path)]) == []

"""`wxlint inspect` on real things: CUDA distributions of the package index, and images of a real engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
import zipfile
from collections.abc import Iterator
from pathlib import Path

import make_image as make
import pytest

from wxlint.inspection.docker_save import saved
from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.report import check_expect

CUDA = "/opt/site-packages/nvidia/cublas/lib/libcublas.so.12"


def wheel(folder: Path, requirement: str) -> zipfile.ZipFile:
    """A wheel for Linux and Python 3.11, from whatever index pip is configured for."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--no-deps",
        "--only-binary=:all:",
        "--python-version=3.11",
        "--dest",
        str(folder),
    ]
    platforms = [
        f"--platform={name}_x86_64" for name in ("manylinux1", "manylinux2014", "manylinux_2_17", "manylinux_2_27")
    ]
    done = subprocess.run([*command, *platforms, requirement], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip cannot download {requirement}: {done.stderr.strip().splitlines()[-1]}")
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def installed(content: zipfile.ZipFile) -> make.Layer:
    return make.Layer(
        make.files({f"{make.SITE}/{name}": content.read(name) for name in content.namelist() if name[-1] != "/"})
    )


@pytest.mark.network
@pytest.mark.parametrize(
    ("requirement", "library"),
    [
        ("nvidia-nvtx-cu12==12.1.105", "nvidia/nvtx/lib/libnvToolsExt.so.1"),
        ("nvidia-cuda-runtime-cu12==12.1.105", "nvidia/cuda_runtime/lib/libcudart.so.12"),
        ("nvidia-nvtx==13.0.85", "nvidia/cu13/lib/libnvtx3interop.so.1"),
    ],
)
def test_cuda_distributions(tmp_path: Path, requirement: str, library: str) -> None:
    content = wheel(tmp_path, requirement)
    path = tmp_path / "image.tar"
    path.write_bytes(make.docker_save([installed(content)]))
    image = run_inspect(str(path))
    name, _, version = requirement.partition("==")
    assert f"/{make.SITE}/{library}" in image.cuda.libraries
    (found,) = image.cuda.distributions
    assert (found.name, found.version, found.required_by) == (name, version, ())
    sizes = {one.filename: one.file_size for one in content.infolist()}
    record = sum(size for path, size in sizes.items() if not path.endswith("/RECORD"))
    assert found.bytes == record
    assert image.cuda.bytes == sum(size for path, size in sizes.items() if path.startswith("nvidia/"))
    assert len(check_expect(image, "cpu")) == 2 and f"for a CPU image: leave out {name}" in image.why
    if "runtime" in name:
        assert check_expect(image, "cuda:12.1") == [] and check_expect(image, "cuda:12.4") != []


@pytest.mark.network
@pytest.mark.heavy
def test_ctranslate2_is_capable_of_cuda_without_containing_it(tmp_path: Path) -> None:
    content = wheel(tmp_path, "ctranslate2==4.4.0")
    assert any("libcudnn" in name for name in content.namelist())  # the loader in its wheel: the trap is still there
    path = tmp_path / "image.tar"
    path.write_bytes(make.docker_save([installed(content)]))
    assert check_expect(run_inspect(str(path)), "cpu") == []


@pytest.fixture(scope="module")
def engine() -> str:
    if not shutil.which("docker"):
        pytest.skip("there is no docker program")
    try:
        asked = subprocess.run(
            ["docker", "version", "--format", "{{.Server.Version}}"],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("the docker engine does not answer")
    if asked.returncode:
        pytest.skip(f"there is no docker engine: {asked.stderr.strip()[:200]}")
    return asked.stdout.strip()


@pytest.fixture
def image_name(engine: str) -> Iterator[str]:
    name = f"wxlint-inspect-test:{uuid.uuid4().hex[:12]}"
    yield name
    subprocess.run(["docker", "image", "rm", "--force", name, f"{name}-base"], capture_output=True, check=False)


@pytest.mark.parametrize("buildkit", ["0", "1"], ids=["classic", "buildkit"])
def test_an_image_of_a_real_engine(image_name: str, tmp_path: Path, buildkit: str) -> None:
    (tmp_path / "libcublas.so.12").write_bytes(b"b" * 4321)
    (tmp_path / "notes.txt").write_text("notes")
    lines = [
        "FROM scratch",
        "ENV A=1",
        "COPY notes.txt /notes/",
        f"COPY libcublas.so.12 {os.path.dirname(CUDA)}/",
        "USER 1000",
        'ENTRYPOINT ["/x"]',
    ]
    (tmp_path / "Dockerfile").write_text("\n".join(lines) + "\n")
    built = subprocess.run(
        ["docker", "build", "--quiet", "--tag", image_name, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"DOCKER_BUILDKIT": buildkit},
    )
    if built.returncode and buildkit == "1":
        pytest.skip(f"the engine has no BuildKit: {built.stderr.strip()[-200:]}")
    assert built.returncode == 0, built.stderr
    instructions = [(line.split()[0], line, number) for number, line in enumerate(lines, start=1)]
    image = run_inspect(
        image_name, engine=lambda name: saved("docker", [name]), dockerfiles=[("Dockerfile", instructions)]
    )
    assert image.reference == image_name and (image.user, image.entrypoint, image.env["A"]) == ("1000", ("/x",), "1")
    assert image.cuda.libraries == (CUDA,) and image.cuda.bytes == 4321
    assert [one.dockerfile for one in image.layers] == [("Dockerfile", 3), ("Dockerfile", 4)]
    archive = tmp_path / "saved.tar"
    subprocess.run(["docker", "save", "--output", str(archive), image_name], check=True)
    assert run_inspect(str(archive), dockerfiles=[("Dockerfile", instructions)]) == image
    told = json.loads(
        subprocess.run(["docker", "image", "inspect", image_name], capture_output=True, check=True).stdout
    )[0]
    assert [one.digest for one in image.layers] == told["RootFS"]["Layers"]


def programs(*names: str) -> list[bytes]:
    """Programs of this machine with the libraries they load, as members of a tar."""
    found: dict[str, bytes] = {}
    for name in names:
        path = shutil.which(name)
        if not path:
            pytest.skip(f"this machine has no {name}")
        listed = subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout.split()
        for each in [path, *(word for word in listed if word.startswith("/"))]:
            found[each[1:]] = Path(each).read_bytes()
    executable = []
    for name, data in found.items():
        head = bytearray(make.header(name, len(data)))
        head[100:107] = b"0000755"
        executable.append(make.with_checksum(head) + make.padded(data))
    return executable


def test_whiteouts_of_a_real_engine(image_name: str, tmp_path: Path) -> None:
    """The engine itself writes whiteouts for a file and a folder, and an opaque folder."""
    libraries = {
        "opt/libcudart.so.12": 100,
        "opt/gone/libcufft.so.11": 20,
        "opt/new/libcurand.so.10": 3,
        "opt/libnccl.so.2": 4000,
    }
    rootfs = make.tar(
        *programs("sh", "rm", "mkdir"), *(make.member(name, b"x" * size) for name, size in libraries.items())
    )
    subprocess.run(["docker", "import", "-", f"{image_name}-base"], input=rootfs, capture_output=True, check=True)
    remove = "rm /opt/libcudart.so.12 && rm -r /opt/gone /opt/new && mkdir /opt/new"
    shell = shutil.which("sh")
    (tmp_path / "Dockerfile").write_text(f'FROM {image_name}-base\nRUN ["{shell}", "-c", "{remove}"]\n')
    built = subprocess.run(
        ["docker", "build", "--tag", image_name, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    source = [("FROM", "FROM x", 1), ("RUN", f'RUN ["{shell}", "-c", "{remove}"]', 2)]
    image = run_inspect(image_name, dockerfiles=[("Dockerfile", source)])
    assert image.cuda.libraries == ("/opt/libnccl.so.2",) and (image.cuda.bytes, image.cuda.hidden_bytes) == (4000, 123)
    assert [one.dockerfile for one in image.layers] == [None, ("Dockerfile", 2)]
    assert any("123 B of CUDA in layer 0 is hidden by layer 1 (Dockerfile:2, " in line for line in image.why)

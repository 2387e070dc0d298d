"""Which of the packages in an image its Python imports: those are its stack, the first of a name in sys.path."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import make_image as make
import pytest

from wxlint.inspection.inspector import run_inspect

LOCAL, OF_DEBIAN = "usr/local/lib/python3.11/dist-packages", "usr/lib/python3/dist-packages"
OFFICIAL, CONDA = "usr/local/lib/python3.11/site-packages", "opt/conda/lib/python3.11/site-packages"
VENV, HOME = "opt/venv/lib/python3.11/site-packages", "home/{}/.local/lib/python3.11/site-packages"
WANTED, OTHER = "2.2.1+cu121", "1.13.1+cu118"
CUDA = {WANTED: "12.1", OTHER: "11.8"}
DEBIAN = make.member("usr/bin/python3.11") + make.link("usr/bin/python", "python3.11")
VENV_PATH = ("PATH=/opt/venv/bin:/usr/bin",)


def torch(site: str, version: str) -> bytes:
    """An installed torch."""
    text = make.torch_version(version, cuda=CUDA[version])
    files = {**make.distribution("torch", version, site=site), f"{site}/torch/version.py": text}
    return b"".join(make.member(name, data) for name, data in files.items())


def other(site: str) -> bytes:
    """Another accelerated package."""
    files = make.distribution("cupy-cuda12x", "13.0", site=site)
    return b"".join(make.member(name, data) for name, data in files.items())


def venv(*lines: str) -> bytes:
    """A venv of Debian's Python."""
    text = "\n".join(("home = /usr/bin", "version = 3.11.2", *lines, "")).encode()
    return make.member("opt/venv/pyvenv.cfg", text) + make.link("opt/venv/bin/python", "/usr/bin/python3.11")


class Case(NamedTuple):
    """members: of the image's tar. names: of its stack, whose torch is WANTED. env, user: of its configuration."""

    members: bytes
    names: tuple[str, ...] = ("torch",)
    env: tuple[str, ...] = ()
    user: str = ""


CASES = {
    "a venv, beside Debian's": Case(
        DEBIAN + torch(LOCAL, OTHER) + other(LOCAL) + venv() + torch(VENV, WANTED), env=VENV_PATH
    ),
    "a venv with what Debian's has": Case(
        DEBIAN + other(LOCAL) + torch(LOCAL, OTHER) + venv("include-system-site-packages = true") + torch(VENV, WANTED),
        ("cupy-cuda12x", "torch"),
        VENV_PATH,
    ),
    "a venv that PATH does not have": Case(
        DEBIAN + torch(LOCAL, WANTED) + venv() + torch(VENV, OTHER) + other(VENV), env=("PATH=/usr/bin",)
    ),
    "a venv alone": Case(venv() + DEBIAN + torch(VENV, WANTED), env=("PATH=/usr/bin",)),
    "Debian's own folder last": Case(DEBIAN + torch(OF_DEBIAN, OTHER) + torch(LOCAL, WANTED)),
    "the official image's Python": Case(
        make.member("usr/local/bin/python3.11")
        + make.link("usr/local/bin/python", "python3.11")
        + torch(OF_DEBIAN, OTHER)
        + other(OF_DEBIAN)
        + torch(OFFICIAL, WANTED)
    ),
    "conda": Case(
        make.member("opt/conda/bin/python3.11")
        + make.link("opt/conda/bin/python", "python3.11")
        + DEBIAN
        + torch(LOCAL, OTHER)
        + torch(CONDA, WANTED),
        env=("PATH=/opt/conda/bin:/usr/bin",),
    ),
    "another Python's version": Case(
        DEBIAN + torch(LOCAL.replace("3.11", "3.9"), OTHER) + torch(LOCAL, WANTED) + other(LOCAL.replace("3.11", "3.9"))
    ),
    "PYTHONPATH": Case(
        DEBIAN + torch(LOCAL, OTHER) + torch("extra", WANTED) + other("extra"),
        ("cupy-cuda12x", "torch"),
        ("PYTHONPATH=relative:/extra",),
    ),
    "the user's site": Case(DEBIAN + torch(LOCAL, OTHER) + torch(HOME.format("stage"), WANTED), user="stage"),
    "the site of a user by number": Case(
        DEBIAN + torch(LOCAL, OTHER) + torch(HOME.format("stage"), WANTED), user="1000:1000"
    ),
    "the site of another user": Case(DEBIAN + torch(LOCAL, WANTED) + torch(HOME.format("stage"), OTHER), user="app"),
    "no site of a user": Case(
        DEBIAN + torch(LOCAL, WANTED) + torch(HOME.format("stage"), OTHER), env=("PYTHONNOUSERSITE=1",), user="stage"
    ),
    "wheels in a folder": Case(DEBIAN + torch(LOCAL, WANTED) + torch("srv/wheels", OTHER) + other("srv/wheels")),
    "a linked folder": Case(
        DEBIAN + make.link("usr/local/lib/python3.11", "/opt/site") + torch("opt/site/dist-packages", WANTED)
    ),
    "egg-info": Case(
        DEBIAN
        + torch(LOCAL, WANTED)
        + make.member(f"{LOCAL}/cupy_cuda12x-13.0.egg-info/PKG-INFO", b"Name: cupy-cuda12x\nVersion: 13.0\n")
        + make.member(f"{LOCAL}/onnxruntime_gpu-1.16.egg-info", b"Name: onnxruntime-gpu\nVersion: 1.16\n")
        + make.member("srv/app/jaxlib.egg-info/PKG-INFO", b"Name: jaxlib\nVersion: 0.4\n"),
        ("cupy-cuda12x", "onnxruntime-gpu", "torch"),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_stack_is_what_python_imports(tmp_path: Path, name: str) -> None:
    case = CASES[name]
    layer = make.Layer(make.tar(case.members))
    (tmp_path / "image.tar").write_bytes(make.docker_save([layer], Env=list(case.env), User=case.user))
    found = run_inspect(str(tmp_path / "image.tar"))
    assert tuple(one.name for one in found.stack) == case.names
    assert [(one.version, one.cuda) for one in found.stack if one.name == "torch"] == [(WANTED, CUDA[WANTED])]
    assert found.torch is not None
    assert found.torch.version == WANTED

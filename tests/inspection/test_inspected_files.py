"""What files in the layers of an image prove: links, distributions, extras, Pythons, packages of the system."""

from __future__ import annotations

from pathlib import Path

import make_image as make
import pytest

from tests.support.inspected import SITE, layer, look_layers

DEBIAN_PYTHON = b"Package: python3.11-minimal\nStatus: install ok installed\nVersion: 3.11.2-6+deb12u3\n\nPackage: x\n"


def test_links_are_counted_once(tmp_path: Path) -> None:
    real = make.member("usr/local/cuda-12.1/lib/libcudart.so.12.1.105", b"r" * 100)
    image = look_layers(
        tmp_path,
        make.Layer(
            make.tar(
                make.link("usr/local/cuda", "cuda-12.1"),
                make.link("usr/local/cuda-12.1/lib/libcudart.so", "libcudart.so.12.1.105"),
                real,
                make.member(
                    "opt/libcudart.so.12", flag=make.HARDLINK, target="usr/local/cuda-12.1/lib/libcudart.so.12.1.105"
                ),
            )
        ),
    )
    assert image.cuda.bytes == 100 and image.layers[0].bytes == 100
    assert image.cuda.libraries == ("/opt/libcudart.so.12", "/usr/local/cuda-12.1/lib/libcudart.so.12.1.105")
    # through the link, in a later layer: the same file
    again = look_layers(
        tmp_path,
        make.Layer(make.tar(make.link("usr/local/cuda", "cuda-12.1"), real)),
        make.Layer(make.tar(make.member("usr/local/cuda/lib/libcudart.so.12.1.105", b"n" * 7))),
    )
    assert (again.cuda.bytes, again.cuda.hidden_bytes) == (7, 100)


def test_a_folder_replaces_a_link_and_a_file(tmp_path: Path) -> None:
    lower = make.Layer(
        make.tar(
            make.link("cuda", "real"),
            make.member("real/libnccl.so.2", b"n" * 9),
            make.member("libcufft.so.11", b"f" * 20),
        )
    )
    upper = make.Layer(
        make.tar(make.folder("cuda"), make.member("cuda/libnccl.so.2", b"m"), make.folder("libcufft.so.11"))
    )
    image = look_layers(tmp_path, lower, upper)
    assert image.cuda.libraries == ("/cuda/libnccl.so.2", "/real/libnccl.so.2") and image.cuda[1:3] == (10, 20)


def test_bytes_stay_while_one_hard_link_is_left(tmp_path: Path) -> None:
    lower = make.Layer(
        make.tar(
            make.member("root/.cache/uv/archive-v0/x/nvidia/libcublas.so.12", b"b" * 50),
            make.member(
                f"{SITE}/nvidia/libcublas.so.12",
                flag=make.HARDLINK,
                target="root/.cache/uv/archive-v0/x/nvidia/libcublas.so.12",
            ),
        )
    )
    assert look_layers(tmp_path, lower, layer({"root/.wh..cache": b""})).cuda[1:3] == (50, 0)
    assert look_layers(tmp_path, lower, layer({"root/.wh..cache": b"", f"{SITE}/.wh.nvidia": b""})).cuda[1:3] == (0, 50)


def test_hard_links_to_files_without_a_telling_name(tmp_path: Path) -> None:
    lower = make.Layer(
        make.tar(
            make.member("store/ab12", b"b" * 50),
            make.member("lib/libcublas.so.12", flag=make.HARDLINK, target="store/ab12"),
        )
    )
    assert look_layers(tmp_path, lower).cuda[1:3] == (50, 0)
    before = make.Layer(
        make.tar(
            make.member("a/libnccl.so.2", flag=make.HARDLINK, target="z/libnccl.so.2"),
            make.member("z/libnccl.so.2", b"z" * 9),
        )
    )
    assert look_layers(tmp_path, before).cuda[1:3] == (9, 0)
    across = make.Layer(make.tar(make.member("b/libcublas.so.12", flag=make.HARDLINK, target="lib/libcublas.so.12")))
    assert look_layers(tmp_path, lower, across).cuda[1:3] == (50, 0)


def test_requirements_through_extras(tmp_path: Path) -> None:
    content = (
        make.distribution("torch", "2.11.0", ["cuda-toolkit[cublas,cudart]==13.0.2; platform_system == 'Linux'"])
        | make.distribution(
            "cuda-toolkit", "13.0.2", ['nvidia-cublas==13.1; extra == "cublas"', 'nvidia-npp; extra == "npp"']
        )
        | make.distribution("nvidia-cublas", "13.1.0.3")
        | make.distribution("nvidia-npp", "13.0")
        | {f"{SITE}/torch/version.py": make.torch_version("2.11.0+cu130", "13.0")}
    )
    image = look_layers(tmp_path, layer(content))
    assert {one.name: one.required_by for one in image.cuda.distributions} == {
        "cuda-toolkit": ("torch",),
        "nvidia-cublas": ("cuda-toolkit",),
        "nvidia-npp": (),
    }
    assert [line for line in image.why if "leave out" in line] == ["for a CPU image: leave out nvidia-npp"]


def test_extras_count_only_where_somebody_asks_for_them(tmp_path: Path) -> None:
    content = (
        make.distribution("safetensors", "0.5", ["safetensors[torch]; extra == 'all'", "torch; extra == 'torch'"])
        | make.distribution("app", "1", ["chain[a]"])
        | make.distribution("chain", "1", ["link[b]; extra == 'a'"])
        | make.distribution("link", "1", ["nvidia-nccl-cu12; extra == 'b'"])
        | make.distribution("nvidia-nccl-cu12", "2.20")
        | {f"{SITE}/torch/version.py": make.torch_version("2.3.1+cu121", "12.1")}
    )
    image = look_layers(tmp_path, layer(content))
    assert image.cuda.distributions[0].required_by == ("link",)
    assert not any("torch is required" in line for line in image.why)


def test_distributions_that_are_not_cuda_only(tmp_path: Path) -> None:
    content: dict[str, bytes] = {}
    for name in ("nvidia-ml-py", "triton", "ctranslate2", "torch", "pynvml", "xgboost", "cudatext"):
        content |= make.distribution(name, "1.0")
    assert look_layers(tmp_path, layer(content)).cuda.distributions == ()


@pytest.mark.parametrize(
    ("content", "links", "env", "python"),
    [
        (
            {"usr/bin/python3.11": b"x", "var/lib/dpkg/status": DEBIAN_PYTHON},
            {"usr/bin/python3": "python3.11"},
            [],
            "3.11.2",
        ),
        (
            {
                "usr/local/bin/python3.12": b"x",
                "usr/local/include/python3.12/patchlevel.h": b'#define PY_VERSION   "3.12.4"\n',
                "usr/bin/python3.11": b"x",
            },
            {"usr/local/bin/python": "python3", "usr/local/bin/python3": "python3.12"},
            [],
            "3.12.4",
        ),
        (
            {"usr/local/bin/python3.12": b"x"},
            {"usr/local/bin/python3": "python3.12"},
            ["PYTHON_VERSION=3.12.9"],
            "3.12.9",
        ),
        ({"usr/bin/python3.10": b"x"}, {"usr/bin/python3": "python3.10"}, ["PYTHON_VERSION=3.12.9"], "3.10"),
        (
            {"opt/venv/pyvenv.cfg": b"home = /usr/bin\nversion = 3.11.2\n", "usr/bin/python3.11": b"x"},
            {"opt/venv/bin/python": "/usr/bin/python3", "usr/bin/python3": "python3.11"},
            ["PATH=/opt/venv/bin:/usr/bin"],
            "3.11.2",
        ),
        ({"opt/conda/bin/python3.10": b"x"}, {}, [], "3.10"),
        ({"usr/bin/perl": b"x"}, {"usr/bin/python3": "/usr/bin/python3"}, [], None),
    ],
    ids=["debian", "official", "env", "env-of-another", "venv", "only-minor", "none"],
)
def test_python_version(
    tmp_path: Path, content: dict[str, bytes], links: dict[str, str], env: list[str], python: str | None
) -> None:
    members = [make.member(*item) for item in content.items()] + [make.link(*item) for item in links.items()]
    assert look_layers(tmp_path, make.Layer(make.tar(*members)), Env=env).python == python


def test_system_packages_and_the_base(tmp_path: Path) -> None:
    installed = "Package: {}\nStatus: install ok installed\nVersion: {}\n\n"
    removed = "Package: libcudnn8\nStatus: deinstall ok config-files\nVersion: 8\n"
    status = (
        installed.format("cuda-cudart-12-1", "12.1.105-1") + installed.format("cuda-keyring", "1") + removed
    ).encode()
    image = look_layers(
        tmp_path, layer({"var/lib/dpkg/status": status, "usr/local/cuda-12.1/lib64/libcudart.so.12.1.105": b"x"})
    )
    assert "system packages: cuda-cudart-12-1 12.1.105-1" in image.why
    assert image.why[-1].startswith("for a CPU image: start from a base without CUDA")

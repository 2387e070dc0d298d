"""`wxlint inspect` on saved images in every format: what is found, why, and what the gate says."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import make_image as make
import pytest

from wxlint.core.errors import EngineError, ImageError, UsageError
from wxlint.facts.tables import table
from wxlint.inspection import streams
from wxlint.inspection.docker_save import saved
from wxlint.inspection.file_kinds import cuda_only
from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.model import Inspection
from wxlint.inspection.report import check_expect, render_text, to_json

SITE = make.SITE
BASE = make.Layer(make.files({"etc/os-release": b"ID=debian\n"}), "/bin/sh -c #(nop) ADD file:0123 in / ")
TORCH_CUDA = (
    {
        f"{SITE}/torch/version.py": make.torch_version("2.2.1+cu121", "12.1"),
        f"{SITE}/torch/lib/libtorch_cuda.so": b"t" * 5000,
        f"{SITE}/torch/lib/libc10_cuda.so": b"c" * 700,
        f"{SITE}/torch/lib/libtorch_cpu.so": b"u" * 4000,
        f"{SITE}/torch/cuda/__init__.py": b"# only Python",
        f"{SITE}/nvidia/cublas/lib/libcublas.so.12": b"b" * 3000,
        f"{SITE}/nvidia/cublas/include/cublas.h": b"h" * 200,
    }
    | make.distribution("torch", "2.2.1", ["nvidia-cublas-cu12==12.1.3.1; platform_system == 'Linux'", "sympy"])
    | make.distribution(
        "nvidia-cublas-cu12",
        "12.1.3.1",
        sizes={"nvidia/cublas/lib/libcublas.so.12": 9, "nvidia/cublas/include/cublas.h": 200, "gone.txt": 11},
    )
    | make.distribution("whisperx", "3.3.1", ["torch>=2", "numpy"])
)
CUDA_BYTES = 5000 + 700 + 3000 + 200
RUN = make.Layer(make.files(TORCH_CUDA), "RUN /bin/sh -c pip install whisperx # buildkit")


DEBIAN_PYTHON = b"Package: python3.11-minimal\nStatus: install ok installed\nVersion: 3.11.2-6+deb12u3\n\nPackage: x\n"


def look(tmp_path: Path, data: bytes, *, select: str = "", **options: object) -> Inspection:
    path = tmp_path / "image.tar"
    path.write_bytes(data)
    return run_inspect(f"{path}{select}", **options)  # type: ignore[arg-type]


def look_layers(tmp_path: Path, *layers: make.Layer, **settings: object) -> Inspection:
    return look(tmp_path, make.docker_save(layers, **settings))


def layer(content: dict[str, bytes]) -> make.Layer:
    return make.Layer(make.files(content))


@contextmanager
def engine_of(data: bytes) -> Iterator[io.BytesIO]:
    yield io.BytesIO(data)


@pytest.mark.parametrize(
    "form", ["docker", "docker-gz", "oci-tar", "oci-folder", "oci-zstd", "oci-plain", "both", "pipe", "pipe-oci"]
)
def test_every_format_says_the_same(tmp_path: Path, form: str) -> None:
    layers, settings = [BASE, RUN], {"User": "app", "Entrypoint": ["python"], "Env": ["A=b=c"]}
    if form == "oci-zstd":
        zstandard = pytest.importorskip("zstandard")
        image = look(
            tmp_path, make.files(make.oci_files(layers, compress=zstandard.ZstdCompressor().compress, **settings))
        )
    elif form == "oci-folder":
        for name, data in make.oci_files(layers, **settings).items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(data)
        image = run_inspect(str(tmp_path))
    elif form.startswith("pipe"):
        data = (
            make.files(make.oci_files(layers, **settings))
            if form == "pipe-oci"
            else make.docker_save(layers, **settings)
        )
        image = run_inspect("asr:cpu", engine=lambda name: engine_of(data))
    elif form == "both":  # what newer engines write
        found = make.oci_files(layers, compress=bytes, **settings)
        manifest = json.loads(next(v for v in found.values() if b'"schemaVersion": 2, "mediaType"' in v))
        where = "blobs/" + manifest["config"]["digest"].replace(":", "/")
        names = ["blobs/" + each["digest"].replace(":", "/") for each in manifest["layers"]]
        found["manifest.json"] = json.dumps([{"Config": where, "RepoTags": ["asr:cpu"], "Layers": names}]).encode()
        image = look(tmp_path, make.files(found))
    elif form.startswith("oci"):
        image = look(
            tmp_path,
            make.files(make.oci_files(layers, compress=bytes if form == "oci-plain" else make.squeezed, **settings)),
        )
    else:
        data = make.docker_save(layers, **settings)
        image = look(tmp_path, make.squeezed(data) if form == "docker-gz" else data)
    assert image.reference == "asr:cpu"
    assert image.digest.startswith("sha256:")
    assert (image.os, image.architecture, image.user, image.entrypoint, image.env) == (
        "linux",
        "amd64",
        "app",
        ("python",),
        {"A": "b=c"},
    )
    assert image.torch and image.torch[:3] == ("2.2.1+cu121", "12.1", None)
    assert image.cuda.bytes == CUDA_BYTES and image.cuda.hidden_bytes == 0
    assert image.cuda.libraries == tuple(
        f"/{SITE}/{name}"
        for name in ("nvidia/cublas/lib/libcublas.so.12", "torch/lib/libc10_cuda.so", "torch/lib/libtorch_cuda.so")
    )
    assert [one.digest for one in image.layers] == [f"sha256:{make.sha(one.content)}" for one in layers]
    assert [one.cuda_bytes for one in image.layers] == [0, CUDA_BYTES]
    assert image.layers[1].bytes == sum(map(len, TORCH_CUDA.values()))


def test_json_has_the_keys_of_the_schema(tmp_path: Path) -> None:
    answer = json.loads(to_json(look_layers(tmp_path, BASE, RUN)))
    assert list(answer) == [
        "schema",
        "reference",
        "digest",
        "os",
        "architecture",
        "user",
        "entrypoint",
        "env",
        "python",
        "torch",
        "cuda",
        "stack",
        "mismatches",
        "layers",
        "why",
    ]
    assert answer["schema"] == "wxlint-inspect/1"
    assert list(answer["torch"]) == ["version", "cuda", "hip", "path"]
    assert list(answer["cuda"]) == ["present", "bytes", "hidden_bytes", "libraries", "distributions"]
    assert answer["cuda"]["distributions"] == [
        {"name": "nvidia-cublas-cu12", "version": "12.1.3.1", "bytes": 3000 + 200 + 11, "required_by": ["torch"]}
    ]
    assert list(answer["layers"][0]) == ["index", "digest", "created_by", "bytes", "cuda_bytes", "dockerfile"]
    assert answer["layers"][1]["index"] == 1 and answer["layers"][1]["dockerfile"] is None


def test_why_names_layer_line_distribution_and_the_way_out(tmp_path: Path) -> None:
    dockerfile = [("FROM", "FROM debian", 1), ("RUN", "RUN pip install whisperx", 7)]
    image = look(tmp_path, make.docker_save([BASE, RUN]), dockerfiles=[("docker/asr/Dockerfile", dockerfile)])
    assert image.layers[1].dockerfile == ("docker/asr/Dockerfile", 7) and image.layers[0].dockerfile is None
    text = "\n".join(image.why)
    assert "torch 2.2.1+cu121 is built with CUDA 12.1" in text
    assert "torch is required by whisperx" in text
    assert "layer 1 brought 8.9 kB of CUDA" in text and "docker/asr/Dockerfile:7, pip install whisperx" in text
    assert "nvidia-cublas-cu12 12.1.3.1: 3.2 kB, required by torch" in text
    assert "--index-url https://download.pytorch.org/whl/cpu before what requires it" in text
    assert "leave out" not in text  # torch alone brought the distribution


@pytest.mark.parametrize(
    ("upper", "visible", "hidden"),
    [
        ([make.member(f"{SITE}/nvidia/cublas/lib/.wh.libcublas.so.12")], CUDA_BYTES - 3000, 3000),
        ([make.member(f"{SITE}/nvidia/.wh.cublas")], CUDA_BYTES - 3200, 3200),
        ([make.member(f"{SITE}/nvidia/cublas/.wh..wh..opq")], CUDA_BYTES - 3200, 3200),
        ([make.member("usr/.wh.lib")], 0, CUDA_BYTES),
        ([make.member(".wh..wh..opq")], 0, CUDA_BYTES),
        ([make.member(f"{SITE}/nvidia/cublas/lib/libcublas.so.12", b"new")], CUDA_BYTES - 3000 + 3, 3000),
        ([make.member(f"{SITE}/nvidia", b"a file in place of a folder")], CUDA_BYTES - 3200, 3200),
        ([make.member(f"{SITE}/nvidia", flag=make.CHAR_DEVICE)], CUDA_BYTES - 3200, 3200),
        ([make.link(f"{SITE}/nvidia", "/elsewhere")], CUDA_BYTES - 3200, 3200),
        ([make.folder(f"{SITE}/nvidia"), make.folder(f"{SITE}/nvidia/cublas")], CUDA_BYTES, 0),
        ([make.member("no/such/.wh.thing"), make.member(f"{SITE}/.wh.nvidi")], CUDA_BYTES, 0),
        ([make.member(f"{SITE}/nvidia/.wh..wh.plnk"), make.member(".wh..wh.aufs")], CUDA_BYTES, 0),
        (  # a whiteout hides lower layers only, also when it comes after a file of its own layer
            [
                make.member(f"{SITE}/nvidia/cublas/lib/libcublas.so.12", b"new"),
                make.member(f"{SITE}/nvidia/.wh.cublas"),
            ],
            CUDA_BYTES - 3200 + 3,
            3200,
        ),
    ],
    ids=[
        "file",
        "folder",
        "opaque",
        "far-above",
        "root",
        "overwrite",
        "file-over-folder",
        "device-over-folder",
        "link-over-folder",
        "folder-over-folder",
        "nothing",
        "aufs-notes",
        "own-layer",
    ],
)
def test_layers_on_top(tmp_path: Path, upper: list[bytes], visible: int, hidden: int) -> None:
    image = look_layers(tmp_path, RUN, make.Layer(make.tar(*upper), "RUN rm"))
    assert (image.cuda.bytes, image.cuda.hidden_bytes) == (visible, hidden)
    assert sum(one.cuda_bytes for one in image.layers) == visible + hidden
    assert any("is hidden by layer 1 (RUN rm)" in line for line in image.why) == bool(hidden)


def test_deleted_cuda_is_no_cuda_but_still_in_the_size(tmp_path: Path) -> None:
    image = look_layers(
        tmp_path,
        RUN,
        make.Layer(
            make.files(
                {
                    f"{SITE}/.wh.torch": b"",
                    f"{SITE}/.wh.nvidia": b"",
                    f"{SITE}/.wh.nvidia_cublas_cu12-12.1.3.1.dist-info": b"",
                }
            )
        ),
    )
    assert image.torch is None and not image.cuda.present and image.cuda.distributions == ()
    assert image.cuda.hidden_bytes == CUDA_BYTES
    assert check_expect(image, "cpu") == []


@pytest.mark.parametrize(
    "path",
    [
        "usr/local/cuda-12.1/targets/x86_64-linux/lib/stubs/libcuda.so",
        "usr/local/cuda-12.1/lib64/stubs/libcublas.so",
        "usr/local/cuda-12.1/compat/libcuda.so.530.30.02",
        "usr/lib/x86_64-linux-gnu/libcuda.so.1",
        f"{SITE}/triton/backends/nvidia/bin/ptxas",
        f"{SITE}/triton/backends/nvidia/lib/cupti/libcupti.so.12",
        f"{SITE}/torch/cuda/__init__.py",
        f"{SITE}/torch/lib/libtorch_cpu.so",
        f"{SITE}/ctranslate2.libs/libcudnn-463fd6d5.so.8.9.7",
        f"{SITE}/ctranslate2.libs/libctranslate2-d3638643.so.4.4.0",
        "opt/rocm/lib/librocblas.so.4",
        f"{SITE}/torch/lib/libtorch_hip.so",
        "usr/include/cuda.h",
    ],
)
def test_what_does_not_prove_cuda(tmp_path: Path, path: str) -> None:
    image = look_layers(tmp_path, layer({path: b"x" * 10}), Env=["NVIDIA_VISIBLE_DEVICES=all", "CUDA_VERSION=12.1.1"])
    assert not image.cuda.present and image.cuda.bytes == 0 and image.cuda.libraries == ()
    assert check_expect(image, "cpu") == []
    assert check_expect(image, "cuda") == ["nothing in the image proves CUDA"]


@pytest.mark.parametrize(
    "path",
    [
        f"{SITE}/nvidia/cu13/lib/libcudart.so.13",
        f"{SITE}/nvidia/nvtx/lib/libnvtx3interop.so.1",
        "opt/venv/lib/python3.12/site-packages/nvidia/cudnn/lib/libcudnn_ops.so.9",
        "usr/local/cuda-12.1/targets/x86_64-linux/lib/libcudart.so.12.1.105",
        "usr/local/cuda-12.1/bin/nvcc",
        "usr/lib/x86_64-linux-gnu/libcudnn.so.8.9.0",
        "opt/conda/lib/libcublasLt.so.12",
        "opt/app/libcudart-d0da41ae.so.11.0",
        f"{SITE}/torch/lib/libtorch_cuda_linalg.so",
        f"{SITE}/onnxruntime/capi/libonnxruntime_providers_cuda.so",
        "usr/local/cuda/lib64/libcudart_static.a",
    ],
)
def test_what_proves_cuda(tmp_path: Path, path: str) -> None:
    image = look_layers(tmp_path, layer({path: b"x" * 10}))
    assert image.cuda.present and image.cuda.bytes == 10 and image.cuda.libraries == ("/" + path,)
    assert check_expect(image, "cuda") == []
    assert check_expect(image, "cpu") == [f"1 CUDA libraries, /{path} for one"]


def test_rocm_and_cpu_builds_of_torch(tmp_path: Path) -> None:
    rocm = look_layers(
        tmp_path, layer({f"{SITE}/torch/version.py": make.torch_version("2.3.0+rocm6.0", None, "6.0.32830")})
    )
    assert rocm.torch and rocm.torch.hip == "6.0.32830" and rocm.torch.cuda is None and not rocm.cuda.present
    assert check_expect(rocm, "cuda") == ["nothing in the image proves CUDA", "torch 2.3.0+rocm6.0 is a ROCm build"]
    cpu = look_layers(tmp_path, layer({f"{SITE}/torch/version.py": make.torch_version("2.3.0+cpu")}))
    assert check_expect(cpu, "cpu") == [] and check_expect(cpu, "cuda")[1] == "torch 2.3.0+cpu is a CPU build"


@pytest.mark.parametrize(
    ("expect", "contradictions"),
    [
        ("cuda", []),
        ("cuda:12", []),
        ("cuda:12.1", []),
        ("cuda:12.1.0", []),
        ("cuda:12.4", ["CUDA 12.1, not 12.4"]),
        ("cuda:1", ["CUDA 12.1, not 1"]),
        ("cuda:11", ["CUDA 12.1, not 11"]),
    ],
)
def test_the_gate_on_a_cuda_image(tmp_path: Path, expect: str, contradictions: list[str]) -> None:
    assert check_expect(look_layers(tmp_path, RUN), expect) == contradictions


def test_the_gate_without_torch(tmp_path: Path) -> None:
    runtime = look_layers(tmp_path, layer({"usr/local/cuda-12.1/lib64/libcudart.so.12.1.105": b"x"}))
    assert check_expect(runtime, "cuda:12.1") == [] and check_expect(runtime, "cuda:12.4") == ["CUDA 12.1, not 12.4"]
    unknown = look_layers(tmp_path, layer({"opt/libcublas.so.12": b"x"}))
    assert check_expect(unknown, "cuda:12.1") == ["CUDA no version that anything in the image proves, not 12.1"]
    only_major = look_layers(tmp_path, layer({"opt/libcudart.so.12": b"x"}))
    assert check_expect(only_major, "cuda:12.1") == ["CUDA 12, not 12.1"] and check_expect(only_major, "cuda:12") == []


def test_a_cuda_torch_in_a_second_environment_fails_the_cpu_gate(tmp_path: Path) -> None:
    content = {
        "opt/venv/lib/python3.11/site-packages/torch/version.py": make.torch_version("2.1.0+cpu"),
        f"{SITE}/torch/version.py": make.torch_version("2.1.0+cu121", "12.1"),
        "root/.cache/uv/archive-v0/abc/torch/version.py": make.torch_version("2.0.0+cu118", "11.8"),
    }
    image = look_layers(tmp_path, layer(content), Env=["PATH=/opt/venv/bin:/usr/bin"])
    assert image.torch and image.torch.version == "2.1.0+cpu"
    assert check_expect(image, "cpu") == [f"torch 2.1.0+cu121 at /{SITE}/torch/version.py is built with CUDA 12.1"]


@pytest.mark.parametrize("expect", ["gpu", "cpu:12.1", "cuda:", "cuda:12.x", "CPU", "", "cuda:12.1\n", "cuda:1.2.3.4"])
def test_an_unknown_expectation_is_refused_before_reading(expect: str) -> None:
    with pytest.raises(UsageError, match="allowed are cpu, cuda"):
        run_inspect("/no/such/file.tar", expect=expect)


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


def test_several_images_need_a_name(tmp_path: Path) -> None:
    first, second = make.docker_files([BASE], ["asr:cpu"]), make.docker_files([RUN], ["asr:cuda", "asr:gpu"])
    entries = json.loads(first["manifest.json"]) + json.loads(second["manifest.json"])
    data = make.files(first | second | {"manifest.json": json.dumps(entries).encode()})
    with pytest.raises(ImageError, match="holds 2 images.*asr:cpu, asr:cuda asr:gpu"):
        look(tmp_path, data)
    assert look(tmp_path, data, select="#asr:gpu").cuda.present
    assert not look(tmp_path, data, select="#asr:cpu").cuda.present
    with pytest.raises(ImageError, match="pick one"):
        look(tmp_path, data, select="#asr:none")


def test_platforms(tmp_path: Path) -> None:
    found: dict[str, bytes] = {}
    entries = []
    for architecture, content in (("amd64", BASE), ("arm64", RUN), ("unknown", BASE)):
        entry = make.oci_manifest(found, [content], architecture=architecture)
        os_name = "unknown" if architecture == "unknown" else "linux"
        entries.append(entry | {"platform": {"os": os_name, "architecture": architecture}})
    absent = {"digest": "sha256:" + "0" * 64, "platform": {"os": "linux", "architecture": "s390x"}}
    inner = make.blob(found, json.dumps({"manifests": [*entries, absent]}).encode())
    named = inner | {"annotations": {"io.containerd.image.name": "docker.io/library/asr:1"}}
    data = make.files(make.with_index(found, [named]))
    assert look(tmp_path, data).reference == "asr:1"
    assert look(tmp_path, data, select="#linux/arm64").cuda.present
    assert not look(tmp_path, data, select="#asr:1,linux/amd64").cuda.present
    with pytest.raises(ImageError, match="no such image; it holds: asr:1 linux/amd64, asr:1 linux/arm64$"):
        look(tmp_path, data, select="#linux/s390x")
    others = [
        entry | {"platform": {"os": "linux", "architecture": name}}
        for entry, name in zip(entries, ("riscv64", "s390x"))
    ]
    with pytest.raises(ImageError, match="several platforms.*linux/riscv64, linux/s390x"):
        look(tmp_path, make.files(make.with_index(found, others)))
    two = [entry | {"annotations": {"org.opencontainers.image.ref.name": name}} for entry, name in zip(entries, "ab")]
    with pytest.raises(ImageError, match="several images.*: a, b"):
        look(tmp_path, make.files(make.with_index(found, two)))


def test_equal_layers_are_links_in_older_archives(tmp_path: Path) -> None:
    found = make.docker_files([RUN, RUN])
    names = json.loads(found["manifest.json"])[0]["Layers"]
    del found[names[1]]
    members = [make.member(*item) for item in found.items()] + [make.link(names[1], f"../{names[0]}")]
    image = look(tmp_path, make.tar(*members))
    assert [one.cuda_bytes for one in image.layers] == [CUDA_BYTES] * 2 and image.cuda.hidden_bytes == CUDA_BYTES


def test_history_with_steps_that_made_no_layer(tmp_path: Path) -> None:
    layers = [BASE, RUN]
    history = [
        {"created_by": "ADD rootfs"},
        {"created_by": "ENV A=1", "empty_layer": True},
        {"created_by": "RUN x"},
        {"created_by": "CMD x", "empty_layer": True},
    ]
    raw = make.config(layers, history=history)
    assert [one.created_by for one in look(tmp_path, make.docker_save(layers, raw=raw)).layers] == [
        "ADD rootfs",
        "RUN x",
    ]
    raw = make.config(layers, history=history[:2])  # does not agree with the layers: nothing is claimed
    assert [one.created_by for one in look(tmp_path, make.docker_save(layers, raw=raw)).layers] == ["", ""]


def test_text_is_safe_for_a_terminal(tmp_path: Path) -> None:
    evil = make.Layer(make.tar(make.member(b"opt/\x1b]0;x\x07\xff/libcudart.so.12", b"x")), "RUN \x1b[31m\u202e\nred")
    image = look(tmp_path, make.docker_save([evil], tags=["\x1b[2Jx"], User="a\rb", Entrypoint=["\x9b"]))
    text = render_text(image)
    assert all(char.isprintable() for line in text.split("\n") for char in line)
    text.encode("utf-8")
    to_json(image).encode("ascii")


def test_text_output(tmp_path: Path) -> None:
    text = render_text(look_layers(tmp_path, BASE, RUN, User="app"))
    assert "  torch       2.2.1+cu121 (CUDA 12.1 build)  /usr/lib/python3.11/site-packages/torch/version.py" in text
    assert "  cuda        8.9 kB visible" in text and "  user        app" in text


def test_names_of_images(tmp_path: Path) -> None:
    for target in ("-v", "--help", "a b", "a;b", "\x1b[0m", ""):
        with pytest.raises(UsageError, match="neither a file nor the name"):
            run_inspect(target, engine=lambda name: engine_of(b""))
    for target in ("./missing", "/missing", "missing.tar", "missing.tar#asr"):
        with pytest.raises((ImageError, UsageError)):
            run_inspect(target, engine=lambda name: engine_of(b""))


def fake_engine(tmp_path: Path, body: str) -> str:
    path = tmp_path / "engine"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_the_stream_of_an_engine(tmp_path: Path) -> None:
    archive = tmp_path / "saved.tar"
    archive.write_bytes(make.docker_save([BASE, RUN], tags=[]) + b"\0" * 500_000)
    program = fake_engine(tmp_path, f'test "$1 $2 $3" = "save -- sha256:12" && cat {archive}')
    image = run_inspect("sha256:12", engine=lambda name: saved(program, [name]))
    assert image.reference == "sha256:12" and image.cuda.present


def test_an_engine_that_refuses(tmp_path: Path) -> None:
    refusing = fake_engine(tmp_path, "echo 'Error: No such image: asr:none' >&2; exit 1")
    with pytest.raises(EngineError, match="No such image: asr:none"):
        run_inspect("asr:none", engine=lambda name: saved(refusing, [name]))
    dying = fake_engine(tmp_path, f"head -c 2000 {__file__}; echo gone >&2; exit 3")
    with pytest.raises((EngineError, ImageError)):
        run_inspect("asr:none", engine=lambda name: saved(dying, [name]))
    wrong = fake_engine(tmp_path, "cat /dev/zero | head -c 10000000")
    with pytest.raises(ImageError, match="not a saved image"):
        run_inspect("asr:none", engine=lambda name: saved(wrong, [name]))
    with pytest.raises(EngineError, match="cannot be started"):
        run_inspect("asr:none", engine=lambda name: saved(str(tmp_path / "no-engine"), [name]))


def test_zstd_without_a_library_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(streams.importlib, "import_module", refuse)  # there is no other way to be without it here
    data = make.files(make.oci_files([BASE], compress=lambda data: b"\x28\xb5\x2f\xfd" + data))
    with pytest.raises(ImageError, match=r"pip install 'wxlint\[zstd\]'"):
        look(tmp_path, data)


def test_the_linter_s_table_and_the_look_inside_agree() -> None:
    rows = [row for row in table("cuda_packages") if row["ecosystem"] == "pip" and row["kind"] == "exact"]
    assert len(rows) > 50
    assert [row["name"] for row in rows if cuda_only(row["name"]) != (row["cuda"] == "yes")] == []

"""`wxlint inspect` on saved images in every format: what is found, why, and what the gate says."""

from __future__ import annotations

import json
from pathlib import Path

import make_image as make
import pytest
from file_trees import write_tree

from tests.support.inspected import BASE, CUDA_BYTES, RUN, SITE, TORCH_CUDA, engine_of, layer, look, look_layers
from wxlint.core.errors import UsageError
from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.report import check_expect, to_json


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
        write_tree(tmp_path, make.oci_files(layers, **settings))
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

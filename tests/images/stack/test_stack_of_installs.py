"""The accelerated packages that installs leave in an image, and what the base and the system's packages hold."""

from __future__ import annotations

import pytest
from shell_installs import CPU, CUDA, one, read

from wxlint.core.values import HOLE, Value
from wxlint.images.model.reference import parse_reference
from wxlint.images.stack.base import Held, flavour_of, held_by
from wxlint.images.stack.companions import mismatches
from wxlint.images.stack.compiled import without_cuda
from wxlint.images.stack.makers_torch import has_makers_torch, takes_its_place
from wxlint.images.stack.packages import Accelerated
from wxlint.images.stack.state import Stack, stack_after
from wxlint.images.stack.torch.model import NONE, Torch
from wxlint.images.stack.torch.selection import choices


def stack(*commands: str, python: str = "") -> Stack:
    return stack_after(Held(python=python), [install for command in commands for install in read(command)])


def last(*commands: str) -> Accelerated:
    return stack(*commands).packages[-1]


PACKAGES = [
    # command, name, build, where CUDA comes from, CUDA, cuDNN, torch
    ("pip install onnxruntime-gpu==1.17.1", "onnxruntime-gpu", "cuda", "system", "11.8", "8", ""),
    ("pip install onnxruntime", "onnxruntime", "cpu", "none", "", "", ""),
    ("pip install 'jax[cuda12]'", "jax", "cuda", "wheels", "12", "", ""),
    ("pip install 'jax[cuda12-local]'", "jax", "cuda", "system", "12", "9", ""),
    ("pip install jaxlib==0.4.7+cuda12.cudnn88", "jaxlib", "cuda", "none", "12", "", ""),
    ("pip install 'tensorflow[and-cuda]==2.14.0'", "tensorflow", "cuda", "wheels", "11.8", "8", ""),
    ("pip install cupy-cuda12x", "cupy-cuda12x", "cuda", "system", "12", "", ""),
    ("pip install nvidia-cudnn-cu12==8.9.2.26", "nvidia-cudnn-cu12", "cuda", "own", "12", "8", ""),
    ("pip install nvidia-cudnn-cu12~=9.1", "nvidia-cudnn-cu12", "cuda", "own", "12", "9", ""),
    ("pip install 'nvidia-cudnn-cu12>=8'", "nvidia-cudnn-cu12", "cuda", "own", "12", "", ""),
    ("pip install 'nvidia-cudnn-cu12<10'", "nvidia-cudnn-cu12", "cuda", "own", "12", "", ""),
    ("pip install 'nvidia-cudnn-cu12<9.2'", "nvidia-cudnn-cu12", "cuda", "own", "12", "", ""),
    ("pip install nvidia-cudnn-cu12", "nvidia-cudnn-cu12", "cuda", "own", "12", "", ""),
    ("pip install nvidia-cudnn-cu13", "nvidia-cudnn-cu13", "cuda", "own", "13", "9", ""),
    ("pip install 'nvidia-cudnn-cu12<9'", "nvidia-cudnn-cu12", "cuda", "own", "12", "8", ""),
    ("pip install 'nvidia-cudnn-cu12<9.0'", "nvidia-cudnn-cu12", "cuda", "own", "12", "8", ""),
    ("pip install 'nvidia-cudnn-cu12<=8.9.7.29'", "nvidia-cudnn-cu12", "cuda", "own", "12", "8", ""),
    ("pip install 'nvidia-cudnn-cu12>=8,<9'", "nvidia-cudnn-cu12", "cuda", "own", "12", "8", ""),
    ("pip install 'nvidia-cudnn-cu12==8.*'", "nvidia-cudnn-cu12", "cuda", "own", "12", "8", ""),
    ("pip install 'nvidia-cudnn-cu12===8.9.2.26'", "nvidia-cudnn-cu12", "cuda", "own", "12", "8", ""),
    ("pip install 'nvidia-cudnn-cu12==9.*'", "nvidia-cudnn-cu12", "cuda", "own", "12", "9", ""),
    ("pip install 'nvidia-cudnn-cu12>=9'", "nvidia-cudnn-cu12", "cuda", "own", "12", "9", ""),
    ("pip install 'nvidia-cudnn-cu12>=9.1,<10'", "nvidia-cudnn-cu12", "cuda", "own", "12", "9", ""),
    ("pip install 'nvidia-cudnn-cu12<10,>=9'", "nvidia-cudnn-cu12", "cuda", "own", "12", "9", ""),
    ("pip install 'nvidia-cudnn-cu12>=10'", "nvidia-cudnn-cu12", "cuda", "own", "12", "", ""),
    ("pip install torch-scatter==2.1.2+pt23cu121", "torch-scatter", "cuda", "torch", "12.1", "", "2.3"),
    ("pip install ctranslate2==4.4.0", "ctranslate2", "any", "system", "12", "8", ""),
    ("pip install ctranslate2==4.5.0", "ctranslate2", "any", "system", "12", "9", ""),
    ("conda install onnxruntime", "onnxruntime", "", "wheels", "", "", ""),
    ("conda install jaxlib=0.4=*cuda*", "jaxlib", "cuda", "wheels", "", "", ""),
    ("conda install tensorflow-gpu", "tensorflow-gpu", "cuda", "wheels", "", "", ""),
    ("conda install tensorflow=2.13=cpu_x", "tensorflow", "cpu", "wheels", "", "", ""),
    ("conda install openvino", "openvino", "other", "wheels", "", "", ""),
]


@pytest.mark.parametrize(
    ("command", "name", "build", "libraries", "cuda", "cudnn", "torch"), PACKAGES, ids=[row[0] for row in PACKAGES]
)
def test_what_a_package_was_built_for(
    command: str, name: str, build: str, libraries: str, cuda: str, cudnn: str, torch: str
) -> None:
    found = last(command)
    assert (found.name, found.build, found.libraries) == (name, build, libraries)
    assert (found.cuda, found.cudnn, found.torch) == (cuda, cudnn, torch)
    assert found.span is not None and found.brought_by == ""


@pytest.mark.parametrize(
    "command",
    [
        "pip install cuda-python",
        "pip install cuda-bindings",
        "pip install cuda-core",
        "pip install cuda-pathfinder",
        "pip install torch torchvision",
        "pip install flask",
        "pip install ./lib",
        "apt-get install python3-torch",
        "conda install pytorch",
        "conda install flask",
        "pip install --no-deps faster-whisper",
    ],
)
def test_what_is_no_accelerated_package(command: str) -> None:
    assert stack(command).packages == ()


def test_what_is_brought_along() -> None:
    found = {package.name: package for package in stack("pip install wyoming-faster-whisper").packages}
    assert set(found) == {"ctranslate2", "onnxruntime"}
    assert {package.brought_by for package in found.values()} == {"wyoming-faster-whisper"}
    named = {p.name: p for p in stack("pip install faster-whisper ctranslate2==4.4.0").packages}
    assert (named["ctranslate2"].brought_by, named["ctranslate2"].cudnn) == ("", "8")


def test_which_of_two_installs_counts() -> None:
    old = "pip install ctranslate2==4.4.0"
    assert last(old, "pip install ctranslate2").specifier == "==4.4.0"
    assert last(old, "pip install -U ctranslate2").specifier == ""
    assert last(old, "pip install --force-reinstall ctranslate2").specifier == ""
    assert last(old, "pip install ctranslate2==4.5.0").specifier == "==4.5.0"
    assert [p.specifier for p in stack(old, "pip install faster-whisper").packages if p.name == "ctranslate2"] == [
        "==4.4.0"
    ]
    assert last(old, "[ -f x ] && pip install ctranslate2==4.5.0").specifier == "==4.4.0"
    assert last("[ -f x ] && pip install ctranslate2==4.5.0", old).specifier == "==4.4.0"
    assert [p.step for p in stack("pip install flask", old).packages] == [1]


def test_what_is_taken_out() -> None:
    old = "pip install ctranslate2==4.4.0"
    assert stack(old, "pip uninstall -y ctranslate2").packages == ()
    assert stack(old, "pip uninstall -y flask").packages[0].name == "ctranslate2"
    assert last(old, "[ -f x ] && pip uninstall -y ctranslate2").conditional
    assert not last(old).conditional


SYSTEM = [
    ("apt-get install libcudnn8", ("8",), ()),
    ("apt-get install libcudnn9-cuda-12", ("9",), ()),
    ("apt-get install cudnn9", ("9",), ()),
    ("apt-get install nvidia-cudnn", ("",), ()),
    ("apt-get install cuda-toolkit-12-1", (), ("12.1",)),
    ("apt-get install cuda-libraries-11-8", (), ("11.8",)),
    ("apt-get install cuda-runtime-12-4", (), ("12.4",)),
    ("apt-get install cuda-12-6", (), ("12.6",)),
    ("apt-get install libcublas-12-1", (), ("12.1",)),
    ("apt-get install cuda-cudart-12-1 cuda-nvrtc-12-1 cuda-compat-12-1", (), ("12.1", "12.1", "12.1")),
    ("apt-get install cuda-keyring curl", (), ()),
    ("conda install cudnn=8.9.2", ("8",), ()),
    ("conda install cudnn", ("",), ()),
    ("conda install cudatoolkit=11.8", (), ("11.8",)),
    ("conda install pytorch-cuda=12.1", (), ("12.1",)),
    ("conda install cuda-version=12.4 cuda-toolkit", (), ("12.4", "")),
    ("conda install cuda-runtime=12.4 cuda-libraries=12.4 cuda=12", (), ("12.4", "12.4", "12")),
    ("pip install flask", (), ()),
]


@pytest.mark.parametrize(("command", "cudnn", "cuda"), SYSTEM, ids=[row[0] for row in SYSTEM])
def test_what_the_system_brings(command: str, cudnn: tuple[str, ...], cuda: tuple[str, ...]) -> None:
    found = stack(command)
    assert (found.system_cudnn, found.system_cuda) == (cudnn, cuda)


def test_what_cannot_be_read_leaves_the_stack_open() -> None:
    for command in ("pip install -r missing.txt", "./install.sh", "pip install git+https://registry.example/x/odd.git"):
        assert stack(command, "pip install flask").unread
    assert not stack("pip install flask").unread
    assert [p.name for p in stack("pip install nvidia-cudnn-cu12 onnxruntime").libraries()] == ["nvidia-cudnn-cu12"]


BASES = [
    # image, CUDA that the tables know, what it holds
    ("nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04", "12.1", Held("12.1", "8", "3.10")),
    ("nvidia/cuda:12.1.0-base-ubuntu20.04", "12.1", Held("12.1", "none", "3.8")),
    ("nvidia/cuda:12.4.1-cudnn-devel-ubuntu24.04", "12.4", Held("12.4", "9", "3.12")),
    ("nvidia/cuda:12.3.2-cudnn-devel-ubi8", "12.3", Held("12.3", "", "")),
    ("nvidia/cuda:13.0.0-cudnn-runtime-ubuntu24.04", "13.0", Held("13.0", "9", "3.12")),
    ("nvidia/cuda:12.1.0", "12.1", Held("12.1", "", "")),
    ("registry.example/app:1-cudnn8", None, Held("", "8", "")),
    ("registry.example/app:1-runtime", None, Held("", "", "")),
    ("registry.example/app", "12.1", Held("12.1", "", "")),
    ("ubuntu:22.04", None, Held("", "", "3.10")),
    ("ubuntu:20.04", None, Held("", "", "3.8")),
    ("registry.example/mirror/ubuntu:24.04", None, Held("", "", "3.12")),
    ("debian:12", None, Held("", "", "3.11")),
]


@pytest.mark.parametrize(("name", "cuda", "held"), BASES, ids=[row[0] for row in BASES])
def test_what_a_base_holds(name: str, cuda: str | None, held: Held) -> None:
    assert held_by(parse_reference(Value(name)), cuda) == held


def test_what_a_base_without_a_known_tag_holds() -> None:
    unknown = parse_reference(Value(f"nvidia/cuda:{HOLE}-base-ubuntu22.04", ("$T",)))
    assert unknown is not None
    assert held_by(unknown, "12.1") == held_by(None, "12.1") == Held("12.1")
    assert held_by(None, None) == Held()
    assert flavour_of(unknown) == ""


@pytest.mark.parametrize(
    ("tag", "flavour"),
    [("12.1.0-base-ubuntu22.04", "base"), ("12.1.0-cudnn8-devel-ubi8", "devel"), ("runtime", "runtime"), ("1", "")],
)
def test_flavours(tag: str, flavour: str) -> None:
    reference = parse_reference(Value(f"nvidia/cuda:{tag}"))
    assert reference is not None and flavour_of(reference) == flavour


COMPANIONS = [
    # commands, the companions that do not go with torch, whether torch was replaced behind them
    ([f"pip install torch==2.3.1 torchvision==0.18.1 -i {CPU}"], [], None),
    ([f"pip install torch==2.3.1 -i {CPU}", f"pip install torchvision==0.18.1 -i {CUDA}"], ["torchvision"], False),
    ([f"pip install torch==2.3.1 -i {CUDA}", f"pip install torchvision==0.18.1 -i {CPU}"], ["torchvision"], False),
    ([f"pip install torch==2.3.1 -i {CUDA}", f"pip install torchvision==0.18.1 -i {CUDA}"], [], None),
    (
        [f"pip install torch==2.3.1 torchvision==0.18.1 -i {CPU}", f"pip install torch==2.4.1 -i {CPU}"],
        ["torchvision"],
        True,
    ),
    (
        [f"pip install torch==2.3.1 torchaudio==2.3.1 -i {CPU}", f"pip install torch==2.3.1+cu121 -i {CUDA}"],
        ["torchaudio"],
        True,
    ),
    (
        [
            f"pip install torch==2.3.1 torchvision==0.18.1 -i {CPU}",
            f"pip install torch==2.4.1 torchvision==0.19.1 -i {CPU}",
        ],
        [],
        None,
    ),
    (
        [f"pip install torch==2.3.1 torchvision -i {CPU}", f"pip install torch==2.4.1 -i {CPU}"],
        ["torchvision"],
        True,
    ),
    (["pip install torch==2.3.1", "[ -f x ] && pip install torchvision==0.18.1+cpu"], [], None),
    (["pip install flask"], [], None),
]


@pytest.mark.parametrize(("commands", "names", "behind"), COMPANIONS, ids=[" ; ".join(row[0]) for row in COMPANIONS])
def test_companions_that_do_not_go_with_torch(commands: list[str], names: list[str], behind: bool | None) -> None:
    found = mismatches(NONE, [one(command) for command in commands])
    assert [mismatch.companion.name for mismatch in found] == names
    assert all(mismatch.left_behind is behind and mismatch.place is not None for mismatch in found)


def test_a_base_that_holds_torch_may_hold_the_companion_already() -> None:
    bare = one(f"pip install torchvision -i {CPU}")
    assert mismatches(Torch("cu121", "2.3.1"), [bare]) == []
    pinned = one(f"pip install torchvision==0.18.1 -i {CPU}")
    assert [m.companion.name for m in mismatches(Torch("cu121", "2.3.1"), [pinned])] == ["torchvision"]


COMPILED = [
    # command, the variables, whether it is compiled for the CPU
    ("pip install llama-cpp-python", {}, True),
    ("pip install llama-cpp-python", {"CMAKE_ARGS": "-DGGML_CUDA=on"}, False),
    ("pip install llama-cpp-python", {"CMAKE_ARGS": "-DGGML_CUDA:BOOL=1"}, False),
    ("pip install llama-cpp-python", {"CMAKE_ARGS": "-DGGML_CUDA=off"}, True),
    ("pip install llama-cpp-python", {"CMAKE_ARGS": "-DLLAMA_CUBLAS=on"}, True),
    ("pip install llama-cpp-python==0.2.79", {"CMAKE_ARGS": "-DLLAMA_CUBLAS=on"}, False),
    ("pip install 'llama-cpp-python<0.2.80'", {"CMAKE_ARGS": "-DLLAMA_CUBLAS=on"}, False),
    ("pip install llama-cpp-python==0.2.80", {"CMAKE_ARGS": "-DLLAMA_CUBLAS=on"}, True),
    ("pip install llama-cpp-python", {"CMAKE_ARGS": "-DLLAMA_CUBLAS=on -DGGML_CUDA=on"}, False),
    ("pip install llama-cpp-python", {"CMAKE_ARGS": "-DGGML_VULKAN=on"}, False),
    ("pip install llama-cpp-python", {"GGML_CUDA": "1"}, False),
    ("pip install llama-cpp-python --extra-index-url https://registry.example/whl/cu121", {}, False),
    ("pip install llama-cpp-python -i https://registry.example/whl/cu121", {}, False),
    ("pip install llama-cpp-python -f https://registry.example/whl", {}, False),
    ("pip install llama-cpp-python --no-index", {}, False),
    ("[ -f x ] && pip install llama-cpp-python", {}, False),
    ("pip uninstall -y llama-cpp-python", {}, False),
    ("conda install llama-cpp-python", {}, False),
    ("pip install $PIP_OPTIONS llama-cpp-python", {}, False),
    ("pip install git+https://registry.example/x/detectron2.git", {}, True),
    ("pip install git+https://registry.example/x/detectron2.git", {"FORCE_CUDA": "1"}, False),
    ("pip install git+https://registry.example/x/detectron2.git", {"FORCE_CUDA": "0"}, True),
    ("pip install detectron2", {}, False),
    ("pip install pytorch3d", {}, False),
    ("pip install git+https://registry.example/x/pytorch3d.git", {}, True),
    ("pip install mmcv", {}, True),
    ("pip install mmcv-full", {}, True),
    ("pip install mmcv -f https://registry.example/mmcv", {}, False),
    ("pip install torch-scatter", {}, True),
    ("pip install torch-sparse", {}, True),
    ("pip install torch-cluster", {}, True),
    ("pip install torch-spline-conv", {}, True),
    ("uv pip install torch-scatter", {}, True),
]


@pytest.mark.parametrize(
    ("command", "variables", "cpu"), COMPILED, ids=[f"{i}: {r[0]}" for i, r in enumerate(COMPILED)]
)
def test_what_is_compiled_without_cuda(command: str, variables: dict[str, str], cpu: bool) -> None:
    install = one(command)._replace(switches=tuple((name, Value(text)) for name, text in variables.items()))
    found = [without_cuda(requirement, install) for requirement in install.requirements]
    assert [compiled is not None for compiled in found] == [cpu]


def test_a_name_that_is_gone_is_said_to_be() -> None:
    install = one("pip install llama-cpp-python")
    (requirement,) = install.requirements
    gone = without_cuda(requirement, install._replace(switches=(("CMAKE_ARGS", Value("-DLLAMA_CUBLAS=on")),)))
    plain = without_cuda(requirement, install)
    unknown = install._replace(switches=(("CMAKE_ARGS", Value(HOLE, ("$X",))),))
    assert gone is not None and gone.gone and plain is not None and not plain.gone
    assert without_cuda(requirement, unknown) is None


@pytest.mark.parametrize(
    ("command", "takes"),
    [
        ("pip install torch==2.3.1", True),
        ("pip install torch==2.3.0a0", False),
        ("pip install torch", False),
        ("pip install -U torch", True),
        ("pip install --force-reinstall torch", True),
        ("pip install -U 'torch>=2'", False),
        ("pip install --no-deps torch==2.3.1", False),
        ("[ -f x ] && pip install torch==2.3.1", False),
        ("pip install torch==2.3.1 -c constraints.txt", False),
        ("pip install torchvision==0.18.1", True),
        ("pip install torchvision==0.18.9", False),
        ("pip install torchvision", False),
        ("pip install xformers==0.0.27", True),
        ("pip install xformers", False),
        ("pip install whisperx==3.7.2", False),
    ],
)
def test_what_takes_the_place_of_a_makers_torch(command: str, takes: bool) -> None:
    assert takes_its_place(choices(one(command))[0]) is takes


@pytest.mark.parametrize(
    ("name", "has"),
    [
        ("nvcr.io/nvidia/pytorch:24.01-py3", True),
        ("pytorch/pytorch:2.3.1-cuda12.1-cudnn8-runtime", False),
        ("python:3.11", False),
        (f"nvcr.io/nvidia/pytorch:{HOLE}", False),
    ],
)
def test_images_with_a_torch_of_their_makers(name: str, has: bool) -> None:
    assert has_makers_torch(parse_reference(Value(name, ("$T",) * name.count(HOLE)))) is has
    assert not has_makers_torch(None)


def test_what_a_carrier_brings_is_open_beside_another_that_is_for_one_torch() -> None:
    def brought(command: str) -> dict[str, bool]:
        return {package.name: package.conditional for package in stack(command).packages if package.brought_by}

    alone = brought("pip install pyannote-audio")
    beside = brought("pip install vllm==0.6.4 pyannote-audio")
    assert alone and not any(alone.values())
    assert beside.keys() == alone.keys() and all(beside.values())
    assert not any(brought("pip install flask pyannote-audio").values())


def test_what_a_name_is_given_twice_holds_together() -> None:
    names = [package.name for package in stack("pip install 'pyannote-audio==3.1.1' 'pyannote-audio<=4.0.2'").packages]
    assert "torchcodec" not in names
    assert "torchcodec" in [package.name for package in stack("pip install 'pyannote-audio<=4.0.2'").packages]


def test_what_needs_a_newer_torch_than_the_one_that_stays_may_be_older() -> None:
    brought = stack("pip install torch==2.7.0", "uv pip install torch whisperx").packages
    assert ("ctranslate2", "", True) in [(one.name, one.specifier, one.conditional) for one in brought]
    assert not last("uv pip install whisperx torch").conditional
    assert not last("pip install torch==2.7.0", "uv pip install -U whisperx torch").conditional


@pytest.mark.parametrize(
    ("command", "older"),
    [
        # what was run with uv, and with pip, on local indexes
        ("uv pip install torch whisperx", True),
        ("uv pip install torchaudio whisperx", True),
        ("uv pip install whisperx torch", False),
        ("pip install torch whisperx", False),
        ("pip install torchaudio whisperx", True),
        ("pip install whisperx torchaudio", False),
    ],
)
def test_what_is_named_beside_a_package_may_hold_it_back(command: str, older: bool) -> None:
    brought = {one.name: one for one in stack(command).packages if one.brought_by == "whisperx"}
    assert brought["ctranslate2"].conditional == older


@pytest.mark.parametrize(
    ("first", "later", "specifier"),
    [
        ("faster-whisper<=1.0.3", "faster-whisper<=0.10.1", "<4"),
        ("faster-whisper==0.10.1", "faster-whisper==1.1.1", ">=4.0,<5"),
        ("ctranslate2==4.4.0", "faster-whisper==1.1.1", "==4.4.0"),
        ("ctranslate2==4.0", "faster-whisper==1.1.1", "==4.0"),
        ("ctranslate2==3.24.0", "faster-whisper==1.1.1", ">=4.0,<5"),
    ],
)
def test_what_comes_along_replaces_a_release_that_does_not_suit(first: str, later: str, specifier: str) -> None:
    there = stack(f"pip install '{first}'", f"pip install '{later}'").packages
    assert {one.name: one.specifier for one in there}["ctranslate2"] == specifier


@pytest.mark.parametrize(
    ("first", "later", "specifier"),
    [
        ("==1.18.0", "uv pip install --reinstall faster-whisper==1.1.1", "<2"),
        ("==1.18.0", "pip install --force-reinstall faster-whisper==1.1.1", "<2"),
        ("==1.18.0", "pip install faster-whisper==1.1.1", "==1.18.0"),
        # of an older release of what brings it, it is not known which it takes
        ("==1.23.2", "uv pip install --reinstall --resolution=lowest 'faster-whisper<=1.1.1'", ""),
        ("==1.23.2", "uv pip install -U --resolution=lowest 'faster-whisper<=1.1.1'", ""),
        ("==1.23.2", "uv pip install --resolution=lowest 'faster-whisper<=1.1.1'", "==1.23.2"),
    ],
)
def test_a_reinstall_is_for_what_comes_along_too(first: str, later: str, specifier: str) -> None:
    there = {one.name: one for one in stack(f"pip install onnxruntime{first}", later).packages}["onnxruntime"]
    assert (there.specifier, there.conditional) == (specifier, False)


def test_an_upgrade_with_uv_is_for_what_comes_along_too() -> None:
    for tool, specifier in (("uv pip", "<2"), ("pip", "<1.22")):
        there = stack("uv pip install 'onnxruntime<1.22'", f"{tool} install -U faster-whisper==1.1.1").packages
        assert {one.name: one.specifier for one in there}["onnxruntime"] == specifier

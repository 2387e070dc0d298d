"""Where torch comes from where several places, limits or packages have a say, and on another machine."""

from __future__ import annotations

import pytest
from image_states import WHL, said, state
from shell_installs import CPU, CUDA, one

from wxlint.images.installs.markers import Environment
from wxlint.images.stack.torch.model import describe
from wxlint.images.stack.torch.selection import brings_own, built_for, carried, choices

OWN = "https://registry.example/simple"
MIRROR = "https://registry.example/pytorch/simple"
NIGHTLY = f"{WHL}/nightly/cu130"
BEST, FIRST = "--index-strategy unsafe-best-match", "--index-strategy unsafe-first-match"
CHOICES = [
    # command, channel, what decides
    ("pip install torch-neuronx", "unknown", "own"),  # a torch of their own
    ("pip install 'ipex-llm[all]'", "cpu", "local"),  # it asks for one build
    # a limit on something else decides nothing
    (f"pip install 'torch<2.6' -c limits.txt -i {CPU} --extra-index-url {CUDA}", "cu121", "extra"),
    # an index of a company is taken to have no torch, unless its address says so
    (f"pip install torch --extra-index-url {MIRROR}", "unknown", "extra"),
    (f"pip install torch -i {OWN} --extra-index-url {MIRROR}", "unknown", "index"),
    (f"pip install torch==2.3.1+abc --extra-index-url {CUDA}", "cu121", "extra"),
    # uv: its strategies, its folders of wheels
    (f"uv pip install torch==2.6.0 --index {CUDA} {FIRST}", "unknown", "extra"),
    (f"uv pip install torch==2.3.1 --index {CUDA} {BEST}", "cu121", "extra"),
    (f"uv pip install torch -f {CPU}/torch/", "cpu", "links"),
    (f"uv pip install torch -f {CPU}/torch/ --resolution lowest", "unknown", "links"),
    (f"uv pip install torch==2.3.1 -f {CUDA}/torch_stable.html", "cu121", "links"),
    (f"uv pip install torch==2.6.0 -f {CUDA}/torch_stable.html", "default", "links"),
    # the root of an index lists no files
    (f"uv pip install torch==2.3.1 -f {CUDA}", "default", "default"),
    (f"pip install torch==2.3.1 -f {CUDA}/", "default", "default"),
    ("pip install torch==2.3.1 -f https://registry.example/pytorch-wheels/cu121/", "cu121", "links"),
    # pre-releases count where they are asked for
    (f"pip install torch --extra-index-url {NIGHTLY}", "default", "default"),
    (f"pip install 'torch>=2.9.0rc1' --extra-index-url {NIGHTLY}", "cu130", "extra"),
    (f"pip install torch==2.9.0.dev20250801 --extra-index-url {NIGHTLY}", "unknown", "extra"),
    # companions, and what else brings torch along
    (f"pip install torchvision --extra-index-url {CUDA}", "unknown", "extra"),
    (f"pip install torchvision torchaudio==2.3.1 --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install 'torchvision<0.20' --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install 'torchvision<0.22' --extra-index-url {CUDA}", "unknown", "extra"),
    (f"pip install whisperx torchvision==0.23.0 --extra-index-url {CUDA}", "default", "extra"),
    (f"pip install 'whisperx<3.4' --extra-index-url {CUDA}", "unknown", "extra"),
    (f"pip install torchaudio==2.3.1 -i {WHL}/rocm6.0", "rocm6.0", "index"),
    ("pip install torch --no-index", "unknown", "links"),
]


@pytest.mark.parametrize(("command", "channel", "how"), CHOICES, ids=[row[0] for row in CHOICES])
def test_what_decides(command: str, channel: str, how: str) -> None:
    choice = choices(one(command))[0]
    assert (choice.channel, choice.how) == (channel, how)
    assert choice.implied is (choice.requirement.name != "torch")


@pytest.mark.parametrize(
    "command", ["apt-get install torch", "pip uninstall -y openai-whisper", "pip install -e ./torch"]
)
def test_what_takes_no_torch(command: str) -> None:
    assert choices(one(command)) == () and carried(one(command)) == ()


def test_conda_brings_nothing_of_pip_along() -> None:
    assert carried(one("conda install accelerate")) == ()


ON_ARM = [
    # requirement, the Python that is there, channel: plain wheels are CPU builds before torch 2.11
    ("torch", None, "unknown"),
    ("torch", "3.8", "cpu"),
    ("torch", "3.12", "default"),
    ("torch==2.10.0", "3.12", "cpu"),
    ("torch==2.10.0", "3.8", "unknown"),
    ("accelerate", None, "unknown"),
    ("accelerate", "3.8", "cpu"),
    ("accelerate", "3.12", "default"),
    ("whisperx==3.7.2", "3.12", "default"),
    ("whisperx==3.7.2", "3.8", "unknown"),
    ("whisperx<3.4", "3.12", "unknown"),
    ("vllm==0.6.0", None, "cpu"),
    ("torchvision", "3.8", "cpu"),
    ("torchvision", "3.12", "default"),
    ("torchvision==0.24.0", "3.12", "cpu"),
    ("torchaudio==2.9.0", None, "cpu"),
]


@pytest.mark.parametrize(("requirement", "python", "channel"), ON_ARM)
def test_the_default_index_on_arm(requirement: str, python: str | None, channel: str) -> None:
    install = one(f"pip install '{requirement}'")._replace(environment=Environment(python, "aarch64"))
    assert choices(install)[0].channel == channel


@pytest.mark.parametrize(
    ("text", "accelerator"),
    [
        ("intel-extension-for-pytorch==2.1.10+xpu", "other"),
        ("a==1+rocm6.0", "rocm"),
        ("a==1+cu118", None),
        ("a==1+cpu", None),
        ("a==1+abc", None),
        ("a==1", None),
        ("torch==2.3.1+xpu", None),
    ],
)
def test_the_accelerator_that_a_local_version_names(text: str, accelerator: str | None) -> None:
    assert built_for(one(f"pip install {text}").requirements[0]) == accelerator


def test_what_is_made_for_a_torch_of_its_own() -> None:
    def own(text: str) -> bool:
        return brings_own(one(f"pip install '{text}'").requirements[0])

    assert own("torch-neuronx") and own("ipex-llm[xpu]") and own("vllm==0.6.0+rocm6.1")
    assert not own("vllm==0.6.0+cu118") and not own("vllm") and not own("a==1+rocm6.0")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (f"pip install torch -i {OWN}", f"torch from -i {OWN}"),
        (f"uv pip install torch -f {CPU}/torch/", f"torch from -f {CPU}/torch/"),
        (
            f"pip install whisperx --extra-index-url {CUDA}",
            f"whisperx from --extra-index-url {CUDA}, which brings torch",
        ),
        ("pip install torch --no-index", "torch"),
    ],
)
def test_how_a_place_is_said(command: str, words: str) -> None:
    reason = describe(choices(one(command))[0])
    assert (reason.kind, reason.text, reason.line) == ("install", words, 1)


def uv_project(dependencies: str, *sections: str) -> dict[str, str]:
    head = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
    index = f'[[tool.uv.index]]\nname = "cpu"\nurl = "{CPU}"\nexplicit = true\n'
    return {"pyproject.toml": f"{head}dependencies = [{dependencies}]\n{''.join(sections)}{index}"}


TWO = '[tool.uv.sources]\ntorch = [{ index = "cpu" }, { index = "cu" }]\n'
CU = f'[[tool.uv.index]]\nname = "cu"\nurl = "{CUDA}"\nexplicit = true\n'
DEV = '[dependency-groups]\ndev = ["numpy"]\n[tool.uv.sources]\nnumpy = { index = "cpu" }\n'
OVERRIDE = '[tool.uv]\noverride-dependencies = ["numpy<2"]\n'
NEVER = """[tool.uv]\noverride-dependencies = ["torch; sys_platform == 'never'"]\n"""
PROJECTS = [
    (uv_project('"torch"', TWO, CU), "uv sync", "unknown"),
    (uv_project('"ultralytics"', DEV), "uv sync --no-dev", "default newest"),  # numpy's index is not torch's
    (uv_project('"torch==2.3.1"', OVERRIDE, CU.replace("explicit = true\n", "")), "uv sync", "unknown"),
    (uv_project('"torch==2.3.1"', OVERRIDE), "uv sync", "default 2.3.1"),
    (uv_project('"torch==2.3.1", "flask"', NEVER), "uv sync", "none"),
    (uv_project('"torch==2.3.1", "accelerate"', NEVER), "uv sync", "unknown"),  # uv leaves torch out
    (uv_project('"accelerate"', NEVER), "uv pip install .", "unknown"),
    (uv_project('"torch==2.3.1"', CU.replace("explicit = true\n", "")), "uv sync", "cu121 2.3.1"),
]


@pytest.mark.parametrize(("files", "command", "torch"), PROJECTS)
@pytest.mark.usefixtures("here")
def test_indexes_of_a_project(files: dict[str, str], command: str, torch: str) -> None:
    assert said(state(files, f"RUN {command}").torch) == torch

"""The torch of projects that uv locks with all of their parts, those too that are not installed."""

from __future__ import annotations

import pytest
from image_states import CPU, CUDA, WHL, said, state

pytestmark = pytest.mark.usefixtures("here")

HEAD = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
INDEX = '[[tool.uv.index]]\nname = "cu"\nurl = "' + CUDA + '"\nexplicit = true\n[tool.uv.sources]\n'
VISION = INDEX + 'torchvision = { index = "cu" }\n'
AUDIO = INDEX + 'torchaudio = { index = "cu" }\n'


def project(dependencies: str, *sections: str) -> dict[str, str]:
    return {"pyproject.toml": f"{HEAD}dependencies = [{dependencies}]\n" + "".join(sections)}


TORCH = INDEX + 'torch = { index = "cu" }\n'


def part(*listed: str) -> str:
    return f"[dependency-groups]\ntrain = [{', '.join(map(repr, listed))}]\n"


EXTRA = '[project.optional-dependencies]\nall = ["torch"]\n'
OF_EXTRA = TORCH.replace('"cu" }', '"cu", extra = "all" }')
OF_GROUP = TORCH.replace('"cu" }', '"cu", group = "train" }')
ON_MAC = OF_EXTRA.replace('"all" }', '"all", marker = "sys_platform == \'darwin\'" }')
TWO = EXTRA + 'b = ["torch"]\n[tool.uv]\nconflicts = [[{ extra = "all" }, { extra = "b" }]]\n'
ON_MAC_ONLY = "\"torch; sys_platform == 'darwin'\""
OVERRIDE = '[tool.uv]\noverride-dependencies = ["{}"]\n'
PARTS = [
    # an index that a part has of its own is that of all: in one lock a distribution is from one index
    (project('"torch"', EXTRA, OF_EXTRA), "cu121 newest"),
    (project('"torch"', part("torch"), OF_GROUP), "cu121 newest"),
    (project('"torch==2.3.*"', EXTRA.replace('"torch"', '"torch==2.3.1"'), OF_EXTRA), "cu121 2.3.1"),
    (project('"torch"', EXTRA.replace('"torch"', '"flask"'), OF_EXTRA), "default newest"),
    (project('"torch"', TWO, OF_EXTRA), "default ?"),  # of parts that exclude each other there are several
    (project('"torch"', EXTRA, "[tool.uv]\noverride-dependencies = ['torch==2.3.1']\n", OF_EXTRA), "default 2.3.1"),
    (project('"torch"', EXTRA.replace('"torch"', "\"torch; sys_platform == 'darwin'\""), OF_EXTRA), "cu121 ?"),
    (project('"torch"', EXTRA, ON_MAC), "unknown"),
    # a companion of another index ends torch at the releases that it is made for there
    (project('"torch>=2.4,<2.8", "torchaudio"', AUDIO), "default 2.5.1"),
    (project('"torch>=2.4,<2.8"', part("torchvision"), VISION), "default 2.5.1"),
    (project('"torch", "torchvision"', VISION), "default ?"),
    (project('"torch>=2.4,<2.8", "torchvision"', INDEX), "default 2.7.1"),
    (project('"torch>=2.4,<2.12.1", "torchaudio"', AUDIO.replace(CUDA, CPU)), "default 2.12.0"),  # which asks for none
    (project('"torch>=2.4,<2.6", "torchaudio"', AUDIO.replace(CUDA, f"{WHL}/cu128")), "default 2.5.1"),
    # a part that is not installed is locked together with what is
    (project('"torch>=2.4,<2.8"', part("torchvision==0.20.0")), "default 2.5.0"),
    (project('"torch>=2.4,<2.8"', part("torchvision")), "default 2.7.1"),
    (project('"torch>=2.1,<2.14"', part("vllm")), "default ?"),
    (project('"torch"', part("vllm")), "default ?"),
    (project('"torch"', part("accelerate")), "default newest"),
    # a constraint on what no part asks for says nothing
    (project('"torch>=2.4,<2.8"', '[tool.uv]\nconstraint-dependencies = ["torchvision==0.20.0"]\n'), "default 2.7.1"),
    (project('"torch>=2.4,<2.8"', part("torchvision"),
             '[tool.uv]\nconstraint-dependencies = ["torchvision==0.20.0"]\n'), "default 2.5.0"),
    # an override stands in the place of a requirement's marker and extras, too
    (project(ON_MAC_ONLY, OVERRIDE.format("torch<2.8")), "default 2.7.1"),
    (project(ON_MAC_ONLY, OVERRIDE.format("torch; sys_platform == 'darwin'")), "none"),
    (project(ON_MAC_ONLY, OVERRIDE.format("torchvision<0.20")), "none"),
    (project(ON_MAC_ONLY, OVERRIDE.format("torch<2.8"), TORCH), "cu121 ?"),
    (project('"transformers[torch]"', OVERRIDE.format("transformers")), "none"),
    (project('"transformers"', OVERRIDE.format("transformers[torch]")), "default ?"),
    # an older torch leads to the torchaudio that asks for none
    (project('"torchaudio"', part("facenet-pytorch")), "unknown"),
    (project('"torchaudio"', part("torch<2.10")), "unknown"),
    (project('"torchaudio"', part("torchvision==0.20.0")), "unknown"),
    (project('"torchaudio"', part("torchvision"), VISION), "unknown"),
    (project('"torchaudio"', part("torchvision")), "default newest"),
    (project('"torchaudio"', part("torchaudio>=2.2.0")), "default newest"),
    (project('"torchaudio"', part("accelerate")), "default newest"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "torch"), PARTS)
def test_what_all_parts_of_a_project_leave(files: dict[str, str], torch: str) -> None:
    assert said(state(files, "RUN uv sync").torch) == torch


def test_an_index_of_a_part_counts_for_commands_that_lock() -> None:
    files = project('"torch"', EXTRA, OF_EXTRA)
    assert said(state(files, "RUN uv sync --no-sources").torch) == "default newest"
    assert said(state(files, "RUN uv pip install -r pyproject.toml").torch) == "default newest"
    on_mac = project('"torch"', EXTRA, ON_MAC)
    assert said(state(on_mac, "RUN uv sync --extra all").torch) == "unknown"
    assert said(state(project('"flask"', EXTRA, ON_MAC), "RUN uv sync --extra all").torch) == "default newest"


def test_what_is_left_out_brings_what_it_asks_for() -> None:
    files = project("\"accelerate; sys_platform == 'darwin'\"", OVERRIDE.format("accelerate"))
    assert said(state(files, "RUN uv sync --no-install-package accelerate").torch) == "unknown"
    assert said(state(files, "RUN uv sync --no-install-package torch").torch) == "none"
    both = project('"accelerate", "torch"')
    assert said(state(both, "RUN uv sync --no-install-package accelerate").torch) == "default newest"


def test_an_override_counts_for_the_list_of_a_project_too() -> None:
    files = project(ON_MAC_ONLY, OVERRIDE.format("torch<2.8"))
    assert said(state(files, "RUN uv pip install -r pyproject.toml").torch) == "default 2.7.1"

"""Which torch is there after several commands, as pip and uv leave it: each row was run for real on local indexes."""

from __future__ import annotations

import pytest
from image_states import CPU, CUDA, WHL, state

from wxlint.images.stack.base import Held
from wxlint.images.stack.companions import mismatches
from wxlint.images.stack.state import stack_after
from wxlint.images.stack.torch.model import NONE

pytestmark = pytest.mark.usefixtures("here")

PYLOCK = f'''lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "torch"
version = "2.6.0"
marker = "sys_platform == 'linux'"
index = "{CPU}"
'''

ROWS = [
    # files, instructions, channel
    ({}, "RUN pip install 'torch; sys_platform == \"darwin\"'", "none"),
    ({}, "RUN uv pip install 'torch==2.3.1; platform_machine == \"aarch64\"'", "none"),
    ({}, f"RUN pip install 'torch==2.3.1; python_version >= \"3.9\"' -i {CPU}", "cpu"),
    ({"a.txt": "flask\n"}, f"RUN uv pip install torch==2.3.1 -i {CPU}\nRUN uv pip sync a.txt", "none"),
    # every release from the bound on asks for a later torch; of one that begins earlier an old release would do
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN pip install 'pyannote.audio>=4.0.0'", "default"),
    ({}, f"RUN pip install torch==2.9.1 torchaudio==2.9.1 -i {CPU}\nRUN pip install 'pyannote.audio>=4'", "cpu"),
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN pip install 'pyannote.audio>=3.0'", "default"),
    # a name like those that bring torch
    ({}, "RUN pip install ultralytics-of-ours", "unknown"),
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN pip install ultralytics-of-ours", "cpu"),
    ({}, "RUN pip install torchserve torch-model-archiver", "none"),
    ({}, "RUN pip install --no-deps ultralytics-of-ours", "none"),
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN pip install 'pyannote.audio<4'", "default"),
    ({"a.txt": "torch\n"}, f"RUN uv pip install torch==2.3.1 -i {CPU}\nRUN uv pip sync a.txt", "cpu"),
    ({"a.txt": "torchaudio==2.3.1\n"}, f"RUN uv pip sync a.txt -i {CPU}", "none"),
    ({}, f"RUN uv pip install torch==2.3.1 -i {CPU}\nRUN uv pip install flask --exact", "none"),
    ({"a.txt": "flask\n"}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN pip-sync a.txt", "none"),
    ({"a.txt": "git+https://registry.example/x\n"}, f"RUN uv pip install torch==2.3.1 -i {CPU}\nRUN uv pip sync a.txt",
     "none"),
    ({"a.txt": "./own\n"}, f"RUN uv pip install torch==2.3.1 -i {CPU}\nRUN uv pip sync a.txt", "unknown"),
    # of one page of an index, only that package comes
    ({}, f"RUN pip install torch -i {WHL}/cu128\nRUN pip install 'torch>2.7.0,<2.9.0'", "default"),
    ({}, f"RUN uv pip install 'torch>=2.12.0.dev0,<2.13' -f {WHL}/nightly/cu130/torch -f {WHL}/nightly/triton",
     "cu130"),
    # a companion that is there and is named first holds torch, and an older release of what brings torch comes
    ({}, f"RUN pip install torchvision==0.17.1 -i {CUDA}\nRUN pip install torchvision whisperx torch", "unknown"),
    ({}, f"RUN pip install torchvision==0.17.1 -i {CUDA}\nRUN pip install whisperx torchvision torch", "default"),
    # the last release of a range is for an older torch, which another index has, too
    ({}, f"RUN pip install 'xformers<=0.0.29.post2' --extra-index-url {WHL}/cu124", "unknown"),
    ({}, f"RUN pip install 'accelerate<=1.15' --extra-index-url {WHL}/cu124", "default"),
    # of an index that has pre-releases only, uv takes them, and the torch that they are for
    ({}, f"RUN uv pip install torch\nRUN uv pip install torch torchvision --index {WHL}/nightly/cpu", "unknown"),
    ({}, f"RUN pip install torch\nRUN pip install torch torchvision --extra-index-url {WHL}/nightly/cpu", "default"),
    ({}, "RUN uv pip install torch\n"
     f"RUN uv pip install torchvision --index {WHL}/nightly/cu130 --index-strategy=unsafe-first-match", "unknown"),
    # a pre-release is past what an older package asks for
    ({}, f"RUN uv pip install torch -i {WHL}/nightly/cu128\nRUN uv pip install 'facenet-pytorch<=2.6.0'", "unknown"),
    ({}, f"RUN uv pip install torch -i {WHL}/nightly/cu128\nRUN uv pip install accelerate", "cu128"),
    # what is named beside torch may lead to a release of it that another channel has
    ({}, f"RUN pip install torch vllm --extra-index-url {WHL}/cu126", "unknown"),
    ({}, f"RUN pip install torch accelerate --extra-index-url {WHL}/cu126", "default"),
    # one of two is there, and an upgrade keeps the higher one
    ({}, f"RUN pip install torchaudio -i {WHL}/cu126\nRUN pip install torchvision -i {CPU}\n"
     f"RUN pip install -U torch -i {WHL}/cu126", "unknown"),
    ({}, "RUN pip install torch\n"
     f"RUN pip install -U torchvision -i {WHL}/nightly/cu126", "unknown"),
    # a companion that was put there without torch leads to the one that it is for
    ({}, f"RUN pip install --no-deps torchaudio -i {WHL}/cu118\n"
     f"RUN pip install torchaudio torch --extra-index-url {WHL}/cu118", "unknown"),
    ({}, f"RUN pip install --no-deps torchaudio -i {WHL}/cu118\n"
     f"RUN pip install -U torchaudio torch --extra-index-url {WHL}/cu118", "default"),
    # torchaudio 2.11.0 asks for no torch, the next release does
    ({}, "RUN uv pip install 'torchaudio>=2.11.0' torchaudio --resolution=lowest-direct", "unknown"),
    ({}, "RUN pip install torchaudio==2.11.0", "none"),
    ({}, "RUN pip install torchaudio==2.11", "none"),
    ({}, "RUN pip install 'torchaudio<=2.11'", "unknown"),  # an old Python takes an older one
    ({}, "RUN pip install 'torchaudio<2.12'", "default"),
    ({}, "RUN pip install torchaudio==2.11.0 torchaudio", "none"),
    ({"c.txt": "torchaudio==2.11.0\n"}, "RUN pip install torchaudio -c c.txt", "none"),
    ({"c.txt": "torch<2.2\n"}, "RUN pip install torchaudio -c c.txt\nRUN pip install -U torchaudio\n"
     f"RUN pip install torch -i {WHL}/cu130", "unknown"),
    ({}, f"RUN pip install 'torch>=2.7' torch==2.10.0+cpu --extra-index-url {CPU} -i {WHL}/cu130", "cpu"),
    ({}, "RUN pip install torchaudio", "default"),
    ({}, f"RUN pip install torchaudio -i {CUDA}", "cu121"),
    ({}, f"RUN pip install torchaudio -i {WHL}/cu130", "unknown"),
    ({}, f"RUN pip install torchaudio torchvision -i {WHL}/cu130", "cu130"),
    ({}, f"RUN pip install --no-deps torchaudio -i {WHL}/cu130\nRUN pip install torchaudio", "unknown"),
    ({}, f"RUN pip install --no-deps torchaudio -i {WHL}/cu130\nRUN pip install torchaudio==2.3.1", "default"),
    ({"c.txt": "torch~=2.5.1\n"}, "RUN pip install 'torchaudio>=2.7' -c c.txt\nRUN pip install torchaudio", "unknown"),
    # overrides
    ({"o.txt": "torch==2.3.1+cpu\n"}, f"RUN uv pip install torch==2.4.0 --index {CPU} --overrides o.txt", "cpu"),
    ({"o.txt": "torch>=2.6.0\n"}, f"RUN uv pip install torch==2.0.0 --index {CUDA} --overrides o.txt", "cu121"),
    ({"o.txt": "torch<2.5\n"}, "RUN uv pip install 'torch; sys_platform == \"darwin\"' --overrides o.txt", "default"),
    ({"o.txt": "torch<2.5\n", "a.txt": "torch; sys_platform == 'darwin'\n"},
     f"RUN uv pip install -r a.txt --overrides o.txt --index {CPU}", "cpu"),
    ({"o.txt": "torch<2.5; sys_platform == 'darwin'\n"}, "RUN uv pip install flask torch --overrides o.txt", "none"),
    ({"o.txt": "torch; sys_platform == 'darwin'\n"}, "RUN uv pip install torchvision --overrides o.txt", "unknown"),
    ({"o.txt": "torch; sys_platform == 'darwin'\n"}, "RUN uv pip install accelerate --overrides o.txt", "unknown"),
    # a list that a variable names is taken out too
    ({"a.txt": "torch\n"}, "ENV PIP_REQUIREMENT=a.txt\nRUN pip install flask\nRUN pip uninstall -y flask", "none"),
    ({"o.txt": "torch\n"}, f"RUN uv pip install torch==2.3.1 -i {CPU}\n"
     "RUN UV_OVERRIDE=o.txt uv pip install torchvision==0.16.0", "cpu"),
    # what is taken where the oldest releases are
    ({}, f"RUN uv pip install 'torch>=2.1' -i {CPU} --resolution lowest-direct\nRUN uv pip install 'torch>=2.4'",
     "unknown"),
    ({"uv.toml": 'resolution = "lowest"\n'}, f"RUN uv pip install torch --index {CPU}", "cpu"),
    ({}, f"RUN pip install --uploaded-prior-to 2024-01-01 torch==2.1.2 --extra-index-url {CUDA}", "cu121"),
    ({}, "RUN pip install torch==2.3.1+cu118 && conda install -c conda-forge ultralytics", "unknown"),
    ({"r.txt": "--all-releases :all:\n--no-require-hashes\ntorch\n"}, "RUN pip install -r r.txt", "default"),
    ({"r.txt": "torch -e ./lib\n"}, "RUN pip install -r r.txt", "unknown"),
    ({}, "RUN pip install --only-deps torch", "unknown"),
    ({"uv.toml": 'index-strategy = "unsafe-best-match"\n'}, f"RUN uv pip install torch==2.6.0 --index {CUDA}",
     "default"),
    ({"uv.toml": 'torch-backend = "cpu"\n'}, "RUN uv pip install torch", "cpu"),
    ({"uv.toml": 'constraint-dependencies = ["torch==2.3.1+cpu"]\n'}, f"RUN uv pip install torch --index {CPU}", "cpu"),
    # what a pylock.toml pins comes from its own index, and brings nothing else
    ({"pylock.toml": PYLOCK}, "RUN uv pip sync pylock.toml", "cpu"),
    ({"pylock.toml": PYLOCK}, "RUN uv pip install -r pylock.toml", "cpu"),
    ({"pylock.toml": PYLOCK}, "RUN pip install -r pylock.toml", "cpu"),
    ({"pylock.toml": PYLOCK, "uv.toml": 'override-dependencies = ["torch"]\n'},
     "RUN uv pip install -r pylock.toml", "cpu"),
    ({"pylock.toml": PYLOCK.replace("'linux'", "'darwin'")}, "RUN uv pip sync pylock.toml", "none"),
    ({"pylock.toml": PYLOCK.replace('"torch"', '"whisperx"')}, "RUN uv pip install -r pylock.toml", "none"),
    ({"pylock.gpu.toml": "lock-version = 1"}, "RUN uv pip sync pylock.gpu.toml", "unknown"),
    # an index of the settings stands before one of a list
    ({"uv.toml": f'[[index]]\nurl = "{CPU}"\n', "a.txt": f"torch==2.3.1\n--extra-index-url {CUDA}\n"},
     "RUN uv pip install -r a.txt", "cpu"),
    # upgrades and reinstalls that the environment asks for, and those of some packages only
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN PIP_FORCE_REINSTALL=1 pip install torch==2.3.1", "default"),
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN PIP_FORCE_REINSTALL=0 pip install torch==2.3.1", "cpu"),
    ({}, f"RUN uv pip install torch==2.3.1 -i {CPU}\nRUN uv pip install torchaudio -P torch", "unknown"),
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN pip install -U openai-whisper --upgrade-strategy eager",
     "default"),
    ({}, f"RUN pip install torch==2.3.1 -i {CPU}\nRUN pip install -U openai-whisper", "cpu"),
    # pre-releases
    ({}, f"RUN pip install torch==2.3.1 --extra-index-url {WHL}/nightly/cu130 --extra-index-url {CPU}", "cpu"),
    ({}, f"RUN pip install torch -i {WHL}/nightly/cu130", "cu130"),
    ({}, f"RUN pip install torch -i {WHL}/nightly/cu130\nRUN pip install 'torch<2.9'", "default"),
    # pip takes pre-releases by a line of a list, uv does not look at it
    ({"a.txt": "--pre\ntorch\n"}, f"RUN pip install -r a.txt -i {CUDA} --extra-index-url {WHL}/nightly/cu130",
     "unknown"),
    ({"a.txt": "torch\n"}, f"RUN pip install -r a.txt -i {CUDA} --extra-index-url {WHL}/nightly/cu130", "cu121"),
    ({"a.txt": "-r b.txt\n", "b.txt": "--pre\ntorch\n"},
     f"RUN pip install -r a.txt -i {CUDA} --extra-index-url {WHL}/nightly/cu130", "unknown"),
    # a companion in a range, which the one that is there may be in
    ({}, f"RUN uv pip install 'torchaudio>=2.5.1' -i {WHL}/cu118\nRUN uv pip install 'torchaudio>=2.5.1'", "unknown"),
    ({}, f"RUN uv pip install 'torchaudio>=2.5.1' -i {WHL}/cu118\nRUN uv pip install 'torchaudio>=2.11.1'", "default"),
    ({}, f"RUN uv pip install torch==2.7.1 torchaudio -i {WHL}/cu118\nRUN uv pip install 'torchaudio>=2.5.1'", "cu118"),
    ({}, f"RUN uv pip install torch==2.2.1 torchaudio --index {CUDA} --index-strategy=unsafe-best-match\n"
     "RUN uv pip install 'torchaudio>=2.11.0'", "unknown"),
    # an extra that brings a companion, which brings a newer torch
    ({}, f"RUN uv pip install torch==2.3.1 -i {CPU}\nRUN uv pip install 'transformers[torch-vision]' 'torch>=2'",
     "unknown"),
]  # fmt: skip


INDEX = '[[tool.uv.index]]\nname = "cpu"\nurl = "' + CPU + '"\n'


def project(text: str, **sections: str) -> dict[str, str]:
    """A pyproject.toml. text: its dependencies; sections: further text."""
    more = "\n".join(sections.values())
    head = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
    return {"pyproject.toml": f"{head}dependencies = [{text}]\n{more}\n"}


EXPLICIT = INDEX + "explicit = true\n"
EXTRAS = '[project.optional-dependencies]\ngpu = ["torch==2.3.1"]\n'
GROUP = '[dependency-groups]\ndev = ["torch~=2.7.1"]\n'
VISION = '[tool.uv.sources]\ntorchvision = { index = "cpu" }\n'
AUDIO = VISION.replace("vision", "audio")
BESIDE = 'torchvision = { index = "cpu" }\n'
TORCH = '[tool.uv.sources]\ntorch = { index = "cpu" }\n'
LOCK = {"uv.lock": 'version = 1\n[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "torchaudio" }]\n[[package]]\nname = "torchaudio"\nversion = "2.3.1"\n'
        'source = { registry = "https://registry.example/simple" }\ndependencies = [{ name = "torch" }]\n'
        '[[package]]\nname = "torch"\nversion = "2.3.1"\n'
        'source = { registry = "https://registry.example/simple" }\n'}  # fmt: skip
WORKSPACE = '[tool.uv.workspace]\nmembers = ["libs/*"]\n'
OF_WORKSPACE = "[tool.uv.sources]\nlib = { workspace = true }\n"
MEMBER = {"libs/lib/pyproject.toml": '[project]\nname = "lib"\nversion = "1"\ndependencies = ["torch==2.3.1"]\n'}
CONSTRAINT = '[tool.uv]\nconstraint-dependencies = ["torch>=2.3"]\n'
OVERRIDE = '[tool.uv]\noverride-dependencies = ["torch==2.3.1"]\n'
TORCHLESS = {"uv.lock": LOCK["uv.lock"].partition('dependencies = [{ name = "torch" }]')[0]}
OF_CPU = '[project.optional-dependencies]\ncpu = ["torch"]\n'
IN_CPU = '[tool.uv.sources]\ntorch = [{ index = "cpu", extra = "cpu" }]\n'
PROJECTS = [
    # an index that is bound to a companion is not that of torch, which comes along
    (project('"torchvision"', a=EXPLICIT, b=VISION), "RUN uv sync", "default"),
    (project('"torchvision"', a=INDEX, b=VISION), "RUN uv sync", "cpu"),
    (project('"torchvision", "torch"', a=EXPLICIT, b=TORCH), "RUN uv sync", "cpu"),
    (project('"torchvision", "torch"', a=EXPLICIT, b=TORCH), "RUN uv sync --no-sources", "default"),
    # a uv.toml stands in the place of the settings of [tool.uv], but for its sources
    ({**project('"torch==2.3.1"', a=INDEX), "uv.toml": "native-tls = true\n"}, "RUN uv sync", "default"),
    ({**project('"torch==2.3.1"'), "uv.toml": f'index-url = "{CPU}"\n'}, "RUN uv sync", "cpu"),
    ({**project('"torch==2.3.1"', a=EXPLICIT, b=TORCH), "uv.toml": f'index-url = "{CUDA}"\n'}, "RUN uv sync", "cpu"),
    ({**project('"torch==2.3.1"'), "uv.toml": f'[pip]\nindex-url = "{CPU}"\n'}, "RUN uv sync", "default"),
    # parts that are not installed are resolved with the rest
    (project('"ultralytics"', a=GROUP, b=EXPLICIT, c=TORCH), "RUN uv sync --no-dev", "cpu"),
    (project('"ultralytics"', a=GROUP, b=EXPLICIT, c=TORCH), "RUN uv sync --no-dev --no-sources", "default"),
    # a source counts for what a constraint or an override names, in the project's own commands
    (project('"torchvision"', a=CONSTRAINT, b=EXPLICIT, c=TORCH), "RUN uv sync", "cpu"),
    (project('"torchvision"', a=CONSTRAINT, b=EXPLICIT, c=TORCH), "RUN uv sync --no-sources", "default"),
    (project('"torchvision"', a=CONSTRAINT, b=EXPLICIT, c=TORCH), "RUN uv pip install torchvision", "default"),
    (project('"flask"', a=OVERRIDE, b=EXPLICIT, c=TORCH), "RUN uv pip install torch", "default"),
    # but one that bounds nothing says nothing, of the index either
    (project('"torchvision"', a=CONSTRAINT.replace(">=2.3", ""), b=EXPLICIT, c=TORCH), "RUN uv sync", "default"),
    # what is overridden need not be there
    (project('"torch"', a=OVERRIDE), "RUN uv sync\nRUN uv sync --only-dev", "none"),
    (project('"torch"', a=OVERRIDE, b='[dependency-groups]\ndev = ["flask"]\n'),
     "RUN uv sync\nRUN uv sync --only-dev", "unknown"),
    (project('"torch"', a=OVERRIDE), "RUN uv sync\nRUN uv sync", "default"),
    # an override stands in the place of the whole requirement, its source for an extra too
    (project('"torch>=2"', a=OF_CPU, b=OVERRIDE, c=EXPLICIT, d=IN_CPU), "RUN uv sync --extra cpu", "default"),
    # a torch that may be there already would satisfy what brings one along from a bound index
    (project('"ultralytics"', a=GROUP, b=EXPLICIT, c=TORCH),
     "RUN uv pip install /install/*.whl\nRUN uv pip install .", "unknown"),
    # what a later sync removes, and what it leaves
    (project('"flask"', a=EXTRAS), "RUN uv sync --extra gpu\nRUN uv sync", "none"),
    (project('"flask"', a=EXTRAS), "RUN uv sync --extra gpu\nRUN uv sync --inexact", "default"),
    (project('"flask"', a=EXTRAS), "RUN uv sync --extra gpu\nRUN uv run true", "default"),
    (project('"flask"', a=EXTRAS), f"RUN pip install torch==2.3.1 -i {CPU}\nRUN uv sync", "cpu"),
    (project('"torch==2.3.1"', a=INDEX), f"RUN uv pip install torch==2.3.1 -i {CUDA}\nRUN uv run true", "cpu"),
    (project('"torch==2.3.1"', a=INDEX), "RUN UV_NO_SYNC=1 uv run true", "none"),
    (project('"torch==2.3.1"'), "RUN uv sync -p 3.11", "default"),
    # what is added and removed
    (project('"flask"', a=EXPLICIT, b=TORCH), "RUN uv add torch==2.3.1", "cpu"),
    (project('"torch==2.3.1"'), f"RUN uv sync\nRUN uv add flask --index {CPU}", "cpu"),
    # a lock that an earlier command made stays where nothing is added
    (project('"torch"'), f"RUN uv sync\nRUN uv add torch --index {CPU}", "unknown"),
    (project('"torch"'), f"RUN uv sync\nRUN uv add torch flask --index {CPU}", "cpu"),
    (project('"flask"'), f"RUN uv sync\nRUN uv add torch --index {CPU}", "cpu"),
    (project('"flask"'), "RUN uv add torch==2.3.1 --frozen", "none"),
    (project('"torch==2.3.1"'), "RUN uv sync\nRUN uv remove torch", "unknown"),
    (project('"flask"'), "RUN uv add torch==2.3.1\nRUN uv sync --frozen", "unknown"),
    ({}, "RUN uv init && uv add torch==2.3.1", "default"),
    # a lock, and what it does not install
    ({**project('"torchaudio"'), **LOCK}, "RUN uv sync --frozen", "unknown"),
    ({**project('"torchaudio", "torch"'), **LOCK}, f"RUN uv sync\nRUN uv add torch --index {CUDA}", "unknown"),
    ({**project('"torchaudio"'), **TORCHLESS}, "RUN uv sync --frozen", "none"),
    ({**project('"torchaudio", "accelerate"'), **TORCHLESS}, "RUN uv sync", "default"),
    # a command that makes the lock anew
    ({**project('"torchaudio"'), **LOCK}, "RUN uv sync --resolution=lowest-direct\nRUN uv sync", "default"),
    # torchaudio 2.11.0 needs no torch, which a sync then removes
    (project('"torchaudio==2.11.0"', a=EXTRAS), "RUN uv sync --extra gpu\nRUN uv sync", "none"),
    (project('"torchaudio>=2.11.0"', a=EXTRAS), "RUN uv sync --extra gpu\nRUN uv sync", "unknown"),
    # a group that is chosen with all stays beside --no-default-groups; of --only-dev that is left out nothing is left
    (project('"flask"', a=GROUP), "RUN uv sync --no-default-groups --all-groups", "default"),
    (project('"flask"', a=GROUP), "RUN uv sync --no-default-groups", "none"),
    (project('"flask"', a=GROUP), "RUN uv sync --no-group dev --all-groups", "none"),
    (project('"flask"', a=EXTRAS, b=GROUP), "RUN uv sync --only-dev --no-group dev --all-extras", "none"),
    # what another system asks for holds torchaudio back to a release without torch
    (project('"torchaudio>=2.11.0"', a=EXTRAS.replace("2.3.1", "2.3.1; sys_platform == 'darwin'")),
     "RUN uv sync", "unknown"),
    (project('"torchaudio>=2.11.0"'), "RUN uv sync --resolution=lowest-direct", "unknown"),
    (project('"torchaudio>=2.11.1"'), "RUN uv sync --resolution=lowest-direct", "default"),
    # bound to a channel whose newest torchaudio asks for no torch
    (project('"torchaudio>=2.3.0"', a=INDEX.replace("/cpu", "/cu128") + "explicit = true\n", b=AUDIO), "RUN uv sync",
     "unknown"),
    (project('"torchaudio>=2.3.0"', a=INDEX.replace("/cpu", "/cu118") + "explicit = true\n", b=AUDIO), "RUN uv sync",
     "default"),
    # what another system takes from an index may lead there here, too
    (project('"accelerate"', a=EXPLICIT, b=TORCH, c=OF_CPU.replace("torch", "torch; sys_platform == 'darwin'")),
     "RUN uv sync", "unknown"),
    (project('"accelerate"', a=EXPLICIT, c=OF_CPU.replace("torch", "torch; sys_platform == 'darwin'")),
     "RUN uv sync", "default"),
    # what is left out brings what it asks for all the same
    (project('"torchvision", "flask"'), "RUN uv sync --no-install-package torchvision", "unknown"),
    (project('"torch", "flask"'), "RUN uv sync --no-install-package torch", "none"),
    (project('"torchvision", "flask"'), "RUN uv sync --no-install-package flask", "default"),
    # other projects of the repository
    ({**project('"flask"', a=WORKSPACE), **MEMBER}, "RUN uv sync", "none"),
    ({**project('"flask"', a=WORKSPACE), **MEMBER}, "RUN uv sync --package lib", "default"),
    ({**project('"flask"', a=WORKSPACE), **MEMBER}, "RUN uv sync --package other", "unknown"),
    ({**project('"flask"', a=WORKSPACE), **MEMBER}, "RUN uv sync --all-packages", "unknown"),
    (project('"torch==2.4.0"'), "RUN uv sync --all-packages", "default"),
    ({**project('"flask"', a=WORKSPACE, b=EXPLICIT, c=TORCH), **MEMBER}, "RUN uv sync --package lib", "unknown"),
    ({**project('"lib"', a=OF_WORKSPACE, b=WORKSPACE), **MEMBER}, "RUN uv sync", "default"),
    ({**project('"lib"', a=OF_WORKSPACE.replace("workspace = true", 'path = "libs/lib"')), **MEMBER},
     "RUN uv sync", "default"),
    ({**project('"lib"', a=OF_WORKSPACE, b=WORKSPACE)}, "RUN uv sync", "unknown"),
    ({**project('"lib"', a='[tool.uv.sources]\nlib = { path = "." }\n')}, "RUN uv sync", "none"),
    ({**project('"torchaudio"'), **LOCK}, "RUN uv sync --frozen --no-install-package torch", "none"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("files", "instructions", "channel"), PROJECTS, ids=[f"{n}: {row[1]}" for n, row in enumerate(PROJECTS)]
)
def test_torch_of_a_project(files: dict[str, str], instructions: str, channel: str) -> None:
    assert state(files, instructions).torch.channel == channel


def test_parts_that_are_not_installed_limit_what_is_in_the_projects_own_commands_only() -> None:
    files = project('"torch>=2.3"', a=GROUP.replace("~=", "=="), b=INDEX)
    assert state(files, "RUN uv sync --no-dev").torch.version == "2.7.1"
    assert state(files, "RUN uv pip install -r pyproject.toml").torch.version is None
    assert state(files, "RUN uv pip install .").torch.version is None


def test_a_project_takes_what_its_lock_says_and_not_the_release_that_uv_pip_has_put_there() -> None:
    before = f"RUN uv pip install torch==2.12.0 -i {CPU}\n"
    assert state(project('"torch"', a=INDEX), f"{before}RUN uv sync").torch.version is None
    assert state(project('"torch==2.12.0"', a=INDEX), f"{before}RUN uv sync").torch.version == "2.12.0"
    assert state(project('"torch"', a=INDEX), f"{before}RUN uv pip install torch").torch.version == "2.12.0"
    there = f"RUN uv sync\n{before}"
    assert state(project('"torch"', a=INDEX), f"{there}RUN uv run true").torch.version is None
    assert state(project('"torch==2.12.0"', a=INDEX), f"{there}RUN uv run true").torch.version == "2.12.0"
    assert state(project('"flask"', a=INDEX), f"{there}RUN uv run true").torch.version == "2.12.0"


def test_a_companion_that_is_left_out_is_not_there() -> None:
    files = project('"ultralytics"')
    assert state(files, "RUN uv sync").torch.companions == {"torchvision"}
    left_out = "RUN uv sync --no-install-package torchvision --no-install-package opencv-python"
    assert state(files, left_out).torch.companions == frozenset()


def test_another_resolution_makes_a_lock_anew() -> None:
    lock = {"uv.lock": LOCK["uv.lock"].replace("https://registry.example/simple", CPU)}
    files = {**project('"torch"', a=INDEX), **lock}
    assert state(files, "RUN uv sync --frozen").torch.version == "2.3.1"
    assert state(files, "RUN uv sync --frozen\nRUN uv sync --resolution=lowest-direct").torch.version is None
    assert state(files, "RUN uv sync --frozen\nRUN uv sync -U").torch.version is None
    assert state(files, "RUN uv sync --frozen\nRUN uv sync -P torch").torch.version is None
    assert state(files, "RUN uv sync --frozen\nRUN uv sync -P flask").torch.version == "2.3.1"


def test_a_companion_that_is_added_to_a_project_may_bring_another_torch() -> None:
    lock = {"uv.lock": LOCK["uv.lock"].replace("https://registry.example/simple", CPU)}
    files = {**project('"torch"', a=INDEX), **lock}
    assert state(files, "RUN uv sync\nRUN uv add torchvision").torch.version is None
    assert state(files, "RUN uv sync\nRUN uv add torchvision==0.18.1").torch.version == "2.3.1"
    assert state(files, "RUN uv sync\nRUN uv add flask").torch.version == "2.3.1"
    assert state(files, "RUN uv sync\nRUN uv add accelerate").torch.version == "2.3.1"
    assert state(files, "RUN uv sync\nRUN uv add vllm").torch.version is None


def test_a_companion_that_is_bound_to_an_index_may_hold_back_what_brings_torch() -> None:
    def brought(files: dict[str, str]) -> dict[str, bool]:
        installs = state(files, "RUN uv sync").installs
        return {one.name: one.conditional for one in stack_after(Held(), installs).packages if one.brought_by}

    beside = OF_CPU.replace("torch", "torchaudio")
    bound = brought(project('"vllm"', a=beside, b=EXPLICIT, c=AUDIO))
    assert bound and all(bound.values())
    assert not any(brought(project('"vllm"', a=beside, b=EXPLICIT)).values())


def test_what_another_system_asks_for_may_hold_torch_back_in_a_lock_for_all() -> None:
    other = project('"torch<2.11", "facenet-pytorch; sys_platform == \'darwin\'"')
    assert state(project('"torch<2.11"'), "RUN uv sync").torch.version is not None
    assert state(other, "RUN uv sync").torch.version is None
    assert state(other, "RUN uv pip install -r pyproject.toml").torch.version is not None


def test_a_sync_removes_what_the_project_does_not_list() -> None:
    files = project('"flask"', a='[project.optional-dependencies]\ngpu = ["onnxruntime-gpu==1.18.0"]\n')
    instructions = "RUN pip install ctranslate2==4.4.0\nRUN uv sync --extra gpu\n"
    before = state(files, instructions).installs
    names = [package.name for package in stack_after(Held(), before).packages]
    assert names == ["ctranslate2", "onnxruntime-gpu"]
    after = state(files, f"{instructions}RUN uv sync").installs
    assert [package.name for package in stack_after(Held(), after).packages] == ["ctranslate2"]


@pytest.mark.parametrize(("files", "instructions", "channel"), ROWS, ids=[row[1] for row in ROWS])
def test_torch_after_installs(files: dict[str, str], instructions: str, channel: str) -> None:
    assert state(files, instructions).torch.channel == channel


def test_a_reinstall_of_a_range_may_take_another_release_than_the_one_that_is_there() -> None:
    first = "RUN pip install torch torchvision\n"
    again = state({}, f"{first}RUN pip install --force-reinstall 'torch<2.9'").torch
    assert (again.newest, again.companions) == (False, frozenset())
    assert state({}, f"{first}RUN pip install --force-reinstall 'torch>=2'").torch.newest
    moved = f"{first}RUN pip install --force-reinstall 'torch<2.9'\nRUN pip install torchvision -i {WHL}/cu118"
    assert state({}, moved).torch.channel == "unknown"


def test_a_range_of_what_brings_torch_may_lead_to_an_older_torch() -> None:
    assert state({}, "RUN pip install 'torch<2.11' torchvision 'xformers<=0.0.22.post7'").torch.version is None
    assert state({}, "RUN pip install 'torch<2.11' torchvision 'accelerate<=1.15'").torch.version == "2.10.0"


def test_a_companion_of_a_torch_that_may_have_been_replaced_may_move_it_later() -> None:
    first = f"RUN pip install 'torchvision>=0.17.0' --extra-index-url {WHL}/cu118\nRUN pip install torch==2.5.1\n"
    assert state({}, first).torch.version == "2.5.1"
    assert state({}, first).torch.companions == frozenset()
    assert state({}, f"{first}RUN pip install 'torch>=2.2' torchvision -i {WHL}/cu118").torch.channel == "unknown"
    named = f"RUN pip install 'torchvision>=0.17.0' --extra-index-url {WHL}/cu118\nRUN pip install torch torchvision\n"
    assert state({}, f"{named}RUN pip install torch -i {WHL}/cu118").torch.companions == {"torchvision"}


COMPANIONS = [
    # instructions, the companions that do not go with torch
    # without what it asks for, the newest is taken, whatever torch is there
    (f"RUN pip install torch==2.4.1 -i {CPU}\nRUN pip install --no-deps torchvision -i {CPU}\n"
     f"RUN pip install torch==2.15.0 -i {CPU}", []),
    (f"RUN pip install torch==2.4.1 torchvision -i {CPU}\nRUN pip install torch==2.15.0 -i {CPU}", ["torchvision"]),
    # one that was left behind is changed by an install that names it, or torch is
    (f"RUN uv pip install torchaudio -i {WHL}/cu124\nRUN uv pip install torch --reinstall -i {WHL}/cu130\n"
     f"RUN uv pip install torchaudio torch -i {WHL}/cu130", []),
    (f"RUN uv pip install torchaudio -i {WHL}/cu124\nRUN uv pip install torch --reinstall -i {WHL}/cu130\n"
     f"RUN uv pip install --no-deps torchaudio -i {WHL}/cu130", ["torchaudio"]),
    ("RUN pip install torchvision\nRUN pip install torch==2.14.1", []),
    ("RUN pip install torch==2.8.0 whisperx==3.8.6\nRUN pip install --no-deps -U torch==2.11.0", ["torchvision"]),
    ("RUN uv pip install torch==2.5.1 whisperx\nRUN uv pip install --no-deps -U torch==2.11.0", []),
    (f"RUN pip install transformers[torch-vision]\nRUN pip install torchvision -i {CPU}", []),
    ("RUN pip install torch==2.3.1 torchvision\nRUN pip install torch==2.6.0", ["torchvision"]),
    ("RUN pip install torch==2.3.1 torchvision\nRUN pip install torch==2.6.0 torchvision", []),
    (f"RUN pip install torch==2.3.1 torchvision -i {CUDA}\nRUN pip install torch==2.3.1+cpu torchvision -i {CPU}",
     ["torchvision"]),
    ("RUN pip install torch==2.3.1 torchvision\nRUN pip install --no-deps torch==2.6.0 torchvision", ["torchvision"]),
    ("RUN pip install torch==2.3.1 torchvision\nRUN pip uninstall -y torchvision && pip install torch==2.6.0", []),
    # what asks for a companion that does not suit the new torch brings another release of it
    (f"RUN pip install torch==2.3.1 torchvision -i {CPU}\nRUN pip install torch==2.6.0 timm", []),
    (f"RUN pip install torch==2.3.1 torchvision -i {CPU}\nRUN pip install torch==2.3.1+cu121 timm -i {CUDA}",
     ["torchvision"]),
    # torchaudio 2.11.0 goes with any torch
    ("RUN pip install 'torch<2.4.1' 'torchaudio>=2.9.1'\nRUN pip install torch~=2.12.1", []),
    # and may be from another index than torch, where that does not have it
    (f"RUN pip install torch==2.2.0 torchaudio --extra-index-url {CUDA}\nRUN pip install torch==2.15.0", []),
    (f"RUN uv pip install torch==2.2.0 torchaudio --index {CUDA} --index-strategy=unsafe-best-match\n"
     "RUN pip install torch==2.15.0", []),
    (f"RUN uv pip install torch==2.2.0 torchaudio --index {CUDA}\nRUN pip install torch==2.15.0", ["torchaudio"]),
    (f"RUN pip install torch==2.2.0 torchaudio --extra-index-url {CPU}\nRUN pip install torch==2.15.0",
     ["torchaudio"]),
    (f"RUN pip install torch==2.2.0 torchvision --extra-index-url {CUDA}\nRUN pip install torch==2.15.0",
     ["torchvision"]),
    # an upgrade with pip takes nothing lower than what is there, of one release the build that sorts above
    (f"RUN pip install 'torch<2.15' torchvision -i {WHL}/cu130\n"
     f"RUN pip install -U 'torchvision>=0.24.1' torchvision -i {WHL}/cu124", []),
    (f"RUN pip install torch==2.3.1 torchvision -i {WHL}/cu118\nRUN pip install -U torchvision==0.18.1 -i {CPU}", []),
    (f"RUN pip install torch==2.3.1 torchvision -i {CPU}\nRUN pip install -U torchvision==0.18.1 -i {WHL}/cu118",
     ["torchvision"]),
    (f"RUN pip install torch==2.3.1 torchvision -i {WHL}/cu118\n"
     f"RUN pip install --force-reinstall torchvision==0.18.1 --no-deps -i {CPU}", ["torchvision"]),
    # what brings a companion may hold torch at the release that is pinned later
    ("RUN pip install whisperx --pre\nRUN pip install torch==2.8.0", []),
    # which companion is there may be open; that one is there is known
    (f"RUN pip install --pre torch torchvision==0.25.0\nRUN pip install 'torch<2.9' torchvision -i {WHL}/cu128\n"
     f"RUN pip install torchvision -i {CPU}", []),
    (f"RUN pip install torch==2.3.1 torchvision==0.18.1 -i {CUDA}\n"
     f"RUN pip install --force-reinstall torch torchvision -i {CPU}", []),
    ("COPY <<a.txt a.txt\ntorch==2.6.0\na.txt\nRUN uv pip install torch==2.3.1 torchvision\nRUN uv pip sync a.txt", []),
]  # fmt: skip


@pytest.mark.parametrize(("instructions", "names"), COMPANIONS, ids=[row[0] for row in COMPANIONS])
def test_companions_after_installs(instructions: str, names: list[str]) -> None:
    installs = state({}, instructions).installs
    assert [mismatch.companion.name for mismatch in mismatches(NONE, installs)] == names


def test_a_source_that_a_project_gains_moves_a_companion() -> None:
    before, after = (project('"torchvision", "torch"', a=EXPLICIT, b=TORCH + more) for more in ("", BESIDE))
    files = {"a/pyproject.toml": before["pyproject.toml"], "b/pyproject.toml": after["pyproject.toml"]}
    first = "COPY a/pyproject.toml .\nRUN uv sync\n"
    assert mismatches(NONE, state(files, first).installs)
    assert not mismatches(NONE, state(files, f"{first}COPY b/pyproject.toml .\nRUN uv sync --inexact").installs)


def test_an_upgrade_of_a_project_takes_the_companion_of_its_lock() -> None:
    other = EXPLICIT.replace('"cpu"', '"cu"').replace(CPU, CUDA)
    bound = '[tool.uv.sources]\ntorch = { index = "cu" }\ntorchvision = { index = "cpu" }\n'
    files = project('"torch==2.3.1", "torchvision==0.18.1"', a=EXPLICIT, b=other, c=bound)
    first = f"RUN uv pip install torch==2.3.1 torchvision==0.18.1 -i {CUDA}\n"
    assert mismatches(NONE, state(files, f"{first}RUN uv sync -U --inexact").installs)


@pytest.mark.parametrize(("other", "there"), [("faster-whisper==1.1.1", True), ("faster-whisper==0.10.1", False)])
def test_a_package_that_another_holds_back_may_bring_no_companion(other: str, there: bool) -> None:
    assert ("torchvision" in state({}, f"RUN pip install whisperx {other}").torch.companions) == there


@pytest.mark.parametrize(
    ("files", "instructions", "newest"),
    [
        ({}, "RUN uv pip install torch", True),
        ({"uv.toml": 'exclude-newer = "2024-01-01"\n'}, "RUN uv pip install torch", False),
        ({}, "RUN uv pip install torch --exclude-newer 2024-01-01", False),
        ({}, "RUN uv pip install torch --exclude-newer-package torch=2024-01-01", False),
        ({}, "RUN uv pip install torch --exclude-newer-package numpy=2024-01-01", True),
        ({}, "RUN pip install torch", True),
        ({}, "RUN pip install --uploaded-prior-to 2024-01-01 torch", False),
        ({}, "ENV PIP_UPLOADED_PRIOR_TO=\nRUN pip install torch", True),
        ({}, "ENV PIP_UPLOADED_PRIOR_TO=2024-01-01\nRUN pip install torch", False),
        ({}, "RUN pip config set global.uploaded-prior-to 2024-01-01 && pip install torch", False),
    ],
)
def test_an_install_that_is_held_to_a_day_takes_older_releases(
    files: dict[str, str], instructions: str, newest: bool
) -> None:
    assert state(files, instructions).torch.newest is newest

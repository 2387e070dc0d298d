"""Whether a later install keeps the torch that is there, and its release: as pip, uv and conda decide about it."""

from __future__ import annotations

import pytest
from image_states import CPU, CUDA, WHL, said, state

pytestmark = pytest.mark.usefixtures("here")

OWN = "https://registry.example/simple"
ROCM = f"{WHL}/rocm6.0"
WHEEL = "cp311-cp311-linux_x86_64.whl"
BARE = f"pip install torch==2.3.1 -i {CPU}"
SET = f"pip install torch==2.3.1 torchvision==0.18.1 torchaudio==2.3.1 -i {CPU}"
BY_UV = f"uv {SET}"

KEPT = [
    # what is there, a later command, the torch that is there in the end
    # an address is taken as it is, whatever is there
    (BARE, f"pip install {CPU}/torch-2.3.1%2Bcpu-{WHEEL}", "cpu 2.3.1"),
    (BARE, f"pip install {CUDA}/torch-2.3.1%2Bcu121-{WHEEL}", "cu121 2.3.1"),
    (BARE, f"pip install {CPU}/torch-2.4.1%2Bcpu-{WHEEL}", "cpu 2.4.1"),
    # a reinstall takes the newest in reach, or the pin
    (BARE, f"pip install --force-reinstall torch -i {CPU}", "cpu newest"),
    (BARE, f"pip install --force-reinstall torch==2.3.1 -i {CPU}", "cpu 2.3.1"),
    (f"pip install torch -i {CPU}", f"pip install --force-reinstall torch==2.3.1 -i {CPU}", "cpu 2.3.1"),
    (f"pip install torch -i {CPU}", f"pip install --force-reinstall torch -i {CPU}", "cpu newest"),
    # a range that ends at a release behind a release
    ("pip install torch==2.12.0", "pip install 'xformers<=0.0.29.post2'", "default ?"),
    ("pip install torch==2.6.0", "pip install 'xformers<=0.0.29.post2'", "default 2.6.0"),
    ("pip install torch==2.6.0", "pip install 'xformers<0.0.29.post2'", "default ?"),
    ("pip install torch==2.5.1", "pip install 'xformers<0.0.29.post2'", "default 2.5.1"),
    ("pip install torch==2.5.1", "pip install 'xformers<0.0.31,<=0.0.29.post2'", "default ?"),
    ("pip install torch==2.12.0", "pip install 'xformers>=0.0.28.post1,<0.0.30'", "default ?"),
    # a build that is named by its local version
    ("pip install torch==2.3.1+cpu", f"pip install torch==2.3.1+cpu -i {CUDA}", "cpu 2.3.1"),
    (f"pip install torch -i {CPU}", "pip install torch==2.3.1+cpu", "cpu 2.3.1"),
    (f"pip install torch -i {ROCM}", "pip install torch==2.3.1+rocm6.0", "rocm6.0 2.3.1"),
    ("pip install accelerate whisperx==3.3.1", f"pip install torch==2.6.0+cu124 -i {WHL}/cu124", "cu124 2.6.0"),
    (BARE, f"pip install torchvision==0.18.1+cu121 -i {CUDA}", "cpu 2.3.1"),  # which needs torch==2.3.1, of any build
    # conda does not count what pip has installed, and writes its own over it, or into another Python
    (BARE, "conda install pytorch=2.3.1", "unknown"),
    (BARE, "conda install pytorch", "unknown"),
    (BARE, "conda install torchvision", "unknown"),
    (BARE, "conda install pytorch=2.3.1 cpuonly", "cpu 2.3.1"),
    (BARE, "conda install pytorch cpuonly", "cpu ?"),
    (BARE, "conda install pytorch pytorch-cuda=12.1", "unknown"),
    (BARE, "conda create -n app pytorch pytorch-cuda=12.1", "unknown"),
    ("conda install pytorch cpuonly", "conda install pytorch pytorch-cuda=12.1", "cu121 ?"),
    ("conda install pytorch cpuonly", "conda install torchvision pytorch-cuda=12.1", "cu121 ?"),
    ("conda install pytorch cpuonly", "conda install -n base pytorch pytorch-cuda=12.1", "cu121 ?"),
    ("conda install pytorch cpuonly", "conda create -n app pytorch pytorch-cuda=12.1", "unknown"),
    ("conda install pytorch cpuonly", "conda install torchvision", "cpu ?"),
    ("conda install pytorch=1.12 cudatoolkit=11.3", "conda install pytorch=1.12=py3.8_cpu_0", "cpu 1.12"),
    (BARE, "conda install 'pytorch>=2.4'", "unknown"),
    (BARE, "conda install pytorch=2.4.1", "unknown"),
    (BARE, "conda install accelerate", "unknown"),
    # an upgrade with pip: the highest release of the builds that it sees
    (f"pip install torch==2.3.1 -i {CUDA}", f"pip install -U 'torch<2.4' -i {CPU}", "cu121 2.3.1"),
    (f"pip install torch==2.3.1 -i {CUDA}", f"pip install -U 'torch<2.5' -i {CPU}", "cpu 2.4.1"),
    (f"pip install torch==2.0.1 -i {CPU}", f"pip install 'torch>2.1,<2.5' -i {CPU}", "cpu 2.4.1"),
    (f"pip install torch==2.0.1 -i {CPU}", f"pip install 'torch>2.1,<2.5' -r missing.txt -i {CPU}", "cpu ?"),
    (f"pip install torch==2.0.1 -i {CPU}", f"pip install 'torch>2.1,<2.5' $OPTIONS -i {CPU}", "cpu ?"),
    (BARE, f"pip install -U 'torch<2.4' -i {CUDA}", "cu121 2.3.1"),
    (BARE, f"pip install -U 'torch<2.4' -i {CPU}", "cpu 2.3.1"),
    (BARE, "pip install -U 'torch<2.4'", "cpu 2.3.1"),
    (BARE, f"pip install -U 'torch<2.3' -i {CUDA}", "cu121 2.2.2"),
    (f"pip install torch -i {CPU}", f"pip install -U torch -i {CPU}", "cpu newest"),
    (f"pip install torch -i {CPU}", f"pip install -U torch -i {CUDA}", "cpu newest"),
    (f"pip install torch -i {CUDA}", f"pip install -U torch -i {CPU}", "cpu newest"),
    (f"pip install torch -i {CUDA}", "pip install -U torch", "default newest"),
    ("pip install torch", "pip install -U torch", "default newest"),
    ("pip install torch", f"pip install -U torch -i {CPU}", "cpu newest"),
    (f"pip install torch -i {ROCM}", f"pip install -U torch -i {ROCM}", "rocm6.0 newest"),
    (f"pip install torch -i {ROCM}", f"pip install -U torch -i {CPU}", "unknown"),
    (f"pip install torch==2.3.1 -i {CPU}", f"pip install -U torch -i {ROCM}", "unknown"),
    # an upgrade with uv: a plain release is that of any build of the default index
    (f"uv {BARE}", f"uv pip install -U 'torch<2.4' -i {CPU}", "cpu 2.3.1"),
    (f"uv {BARE}", "uv pip install -U 'torch<2.4'", "cpu 2.3.1"),
    (f"uv {BARE}", f"uv pip install -U 'torch<2.4' -i {CUDA}", "cu121 2.3.1"),
    (f"uv {BARE}", f"uv pip install -U torch==2.3.1 -i {CUDA}", "cu121 2.3.1"),
    (f"uv {BARE}", f"uv pip install -U 'torch<2.3' -i {CPU}", "cpu 2.2.2"),
    (f"uv {BARE}", f"uv pip install -U torch -i {CPU}", "cpu newest"),
    (f"uv {BARE}", f"uv pip install -U torch -i {CPU} --resolution lowest", "cpu ?"),
    (f"uv {BARE}", "uv pip install -U accelerate", "unknown"),
    (f"uv pip install torch==2.15.0 -i {CPU}", f"uv pip install torch -P torch -i {WHL}/cu118", "cpu 2.15.0"),
    (f"uv {BARE}", f"uv pip install torch --reinstall-package=torch -i {CPU}", "cpu newest"),
    (f"uv {BARE}", f"uv pip install torch torchvision --reinstall-package=torch -i {CUDA}", "unknown"),
    (BY_UV, f"uv pip install torchvision --reinstall-package=torchvision -i {CUDA}", "unknown"),
    (f"uv pip install 'torch>=2.12' -i {WHL}/cu130", "uv pip install 'torch<2.13' --resolution lowest", "unknown"),
    # a companion: its newest release in reach is for one torch
    (BARE, f"pip install torchvision -i {CPU}", "cpu newest"),
    (BARE, f"uv pip install torchvision -i {CPU}", "cpu newest"),
    (BARE, f"pip install -U torchvision -i {CPU}", "cpu newest"),
    (f"pip install torch==2.5.1 -i {CPU}", f"pip install torchvision -i {CUDA}", "cpu 2.5.1"),
    (f"pip install torch==2.5.1 -i {CPU}", f"uv pip install torchvision -i {CUDA}", "cpu 2.5.1"),
    (f"pip install torch==2.5.1 -i {CPU}", f"uv pip install -U torchvision -i {CUDA}", "unknown"),
    (SET, f"pip install -U torchvision==0.18.1 -i {CPU}", "cpu 2.3.1"),
    (SET, "uv pip install -U torchvision==0.18.1", "unknown"),
    (SET, f"pip install 'torchvision>=0.18.1,<0.19' -i {CPU}", "cpu 2.3.1"),
    (SET, f"pip install 'torchvision<0.18' -i {CPU}", "cpu ?"),
    (BY_UV, f"uv pip install 'torchvision<0.19' -i {CPU}", "cpu 2.3.1"),
    (BARE, "uv pip install 'torchvision>=0.18.1,<0.19' --resolution lowest", "unknown"),
    (SET, f"pip install -U torchvision -i {WHL}/cu118", "cu118 ?"),
    (f"pip install torch -i {CPU}", f"pip install torchvision -i {CPU}", "cpu newest"),
    (f"pip install torch -i {CPU}", "pip install torchvision", "cpu newest"),
    (f"pip install torch -i {CUDA}", "pip install torchvision", "default newest"),
    (f"pip install torch -i {CUDA}", "pip install torchvision==0.20.1", "cu121 newest"),
    (f"pip install torch -i {CUDA}", "pip install torchvision==0.18.1", "default 2.3.1"),
    (f"pip install torch -i {CPU}", f"pip install 'torchvision<0.19' -i {CPU}", "cpu ?"),
    (f"pip install torch -i {ROCM}", f"pip install torchvision -i {ROCM}", "rocm6.0 newest"),
    (f"pip install torch -i {ROCM}", f"pip install torchvision==0.18.1 -i {ROCM}", "rocm6.0 ?"),
    (f"pip install torch -i {ROCM}", "pip install torchvision", "unknown"),
    # an older companion of another channel does not take the place of a newer one
    (f"pip install torch==2.9.1 torchvision==0.24.1 -i {CPU}", f"pip install -U torchvision -i {CUDA}", "unknown"),
    # torchaudio 2.11.0 needs no torch, and an upgrade takes nothing older
    ("pip install torchaudio==2.11.0", f"pip install -U torchaudio -i {WHL}/cu124", "unknown"),
    ("pip install torchaudio==2.11.0", f"uv pip install -U torchaudio -i {WHL}/cu118", "unknown"),
    ("pip install torch==2.1.1 torchaudio", f"pip install -U torchaudio -i {WHL}/cu124", "unknown"),
    ("true", "pip install torch 'transformers[torch-speech]'", "default ?"),
    # a companion that another torch left behind may bring that back, where something asks for it
    (f"pip install torch==2.7.1 torchvision -i {CPU} && pip install torch==2.7.0 -i {CPU}",
     "pip install ultralytics", "unknown"),
    # pre-releases are of what is not yet out
    ("true", f"pip install --pre torch==2.11.0 --extra-index-url {WHL}/nightly/cpu", "default 2.11.0"),
    ("true", f"pip install --pre torch --extra-index-url {WHL}/nightly/cpu", "cpu ?"),
    # what brings torch along, by what its release asks of it
    (BARE, "pip install -U flash-attn", "cpu 2.3.1"),
    (BARE, "pip install vllm", "default ?"),
    (BARE, "pip install vllm==0.4.2", "default ?"),
    (BARE, "pip install 'vllm>=0.4'", "unknown"),
    # a package whose releases are for one torch each, though its newest sets a lower bound
    (SET, "pip install xformers", "default newest"),
    (SET, "pip install -U xformers", "default newest"),
    (SET, "pip install 'xformers>=0.0.20'", "unknown"),
    # the newest release is taken: it is for the Python that is there, and nothing may hold it back
    (SET, "pip install pyannote.audio", "default newest"),
    (SET, "pip install 'pyannote.audio>=3.1' 'numpy>=1.26'", "default ?"),
    (SET, "pip install 'torch>=2.0' 'transformer-lens>=1.9'", "default ?"),
    (SET, "pip install 'torch>=2.0,<3' 'transformer-lens>=1.9'", "unknown"),
    (SET, "pip install 'pyannote.audio>=3.1' 'numpy<2'", "unknown"),
    (SET, "pip install pyannote.audio numpy==1.26.4", "unknown"),
    (SET, "pip install pyannote.audio numpy==$NUMPY", "unknown"),
    (SET, "pip install pyannote.audio ./odd", "unknown"),
    (SET, "pip install pyannote.audio -r missing.txt", "unknown"),
    (SET, "pip install unstructured-inference", "default newest"),
    (SET, "pip install megatron-core", "unknown"),  # which needs Python 3.12
    (SET, "pip install 'monai<2'", "unknown"),
    (BARE, "pip install torch torchvision", "default newest"),
    ("pip install torch==2.15.0", "pip install 'xformers<=0.0.28'", "default ?"),
    ("pip install torch==2.4.1", "pip install 'xformers<=0.0.28'", "default 2.4.1"),
    ("pip install torch==2.15.0", "pip install torch 'xformers<=0.0.28'", "default ?"),
    # an extra says what it asks for
    ("pip install torchvision==0.17.0", "pip install -U safetensors[torch]", "default ?"),
    ("pip install torchvision==0.19.0", "pip install -U safetensors[torch]", "default 2.4.0"),
    # an upgrade of what comes along too
    (BARE, "pip install -U --upgrade-strategy eager sentence-transformers", "default newest"),
    (BARE, "pip install --upgrade-strategy eager sentence-transformers", "cpu 2.3.1"),
    (BARE, "pip install -U --upgrade-strategy eager 'accelerate<1'", "default ?"),
    (BARE, "pip install -U --upgrade-strategy eager lmdeploy==0.6.5", "default ?"),
    (BARE, f"pip install -U --upgrade-strategy eager sentence-transformers -i {CPU}", "cpu newest"),
    (f"pip install torch -i {CPU}", f"pip install -U --upgrade-strategy eager accelerate -i {CPU}", "cpu newest"),
    (BARE, "pip install -U --upgrade-strategy eager torchmetrics torch==2.3.1", "cpu 2.3.1"),
    (BARE, "pip install whisperx", "default ?"),
    (BARE, "pip install 'whisperx>=3.3.1'", "unknown"),
    (BARE, "pip install 'whisperx<3.4'", "unknown"),
    (f"pip install torch -i {WHL}/cu128", "pip install whisperx", "default ?"),  # which asks for 2.8 since long
    (f"pip install torch -i {WHL}/cu128", "pip install 'whisperx>=3.3'", "default ?"),
    (f"pip install torch -i {WHL}/cu128", "pip install 'whisperx<3.5'", "unknown"),
    (f"pip install torch==2.8.0 -i {WHL}/cu128", "pip install whisperx", "cu128 2.8.0"),
    (f"pip install torch==1.13.1 -i {CPU}", "pip install whisperx==3.1.6", "default ?"),
    (f"pip install torch==1.13.1 -i {CPU}", "pip install accelerate", "default newest"),
    (f"pip install torch==1.13.1 -i {CPU}", "pip install 'accelerate>=0.20'", "default ?"),
    # by way of docling-slim, which asks for 2.2.2 or later
    (f"pip install torch==2.1.0 -i {CUDA}", "pip install docling", "default newest"),
    (f"pip install torch==2.1.0 -i {CUDA}", "pip install 'docling>=2.5'", "default ?"),
    (f"pip install torch==2.3.1 -i {CUDA}", "pip install docling", "cu121 2.3.1"),
    (f"pip install torch==1.13.1 -i {CPU}", "pip install 'accelerate>=0.20' numpy==1.26.4", "unknown"),
    (f"pip install torch -i {ROCM}", "pip install accelerate", "rocm6.0 newest"),
    (BARE, "uv pip install accelerate --resolution lowest", "unknown"),
    # a companion that a package has brought stays where it is named later, and may be there where that is not sure
    (f"{BARE} && pip install -i {CPU} 'torchaudio<2.4' && pip install whisperx==3.1.6",
     f"pip install 'torchaudio>2' -i {CUDA}", "cpu 2.3.1"),
    (f"pip install torch==2.15.0 -i {CPU} && pip install whisperx==3.1.6", f"pip install torchaudio -i {CUDA}",
     "cpu 2.15.0"),
    (f"{BARE} && pip install speechbrain torch==2.3.1", f"pip install torchaudio -i {CUDA}", "unknown"),
    (f"{BARE} && pip install --no-deps whisperx==3.1.6", f"pip install torchaudio -i {CUDA}", "cu121 newest"),
    (f"{BARE} && if [ $A ]; then pip install torchaudio -i {CPU}; fi", f"pip install torchaudio -i {CUDA}", "unknown"),
    (f"{SET} && pip uninstall -y torchaudio", f"pip install torchaudio -i {CUDA}", "cu121 newest"),
    (f"{SET} && if [ $A ]; then pip uninstall -y torchaudio; fi", f"pip install torchaudio -i {CUDA}", "unknown"),
    # an upgrade of what comes along, where the torch that is there is too new for what brings it
    (f"pip install torch==2.15.0 -i {WHL}/cu130", "pip install -U --upgrade-strategy eager vllm", "default ?"),
    (f"pip install torch==2.14.0 -i {WHL}/cu130", "pip install -U --upgrade-strategy eager vllm", "cu130 2.14.0"),
    # what asks for torchvision takes its newest release, and the torch of that
    (BARE, "pip install timm==1.0.19", "default ?"),
    (BARE, "pip install sam3", "default ?"),  # by way of timm
    (BARE, "pip install torch==2.3.1 easyocr", "cpu 2.3.1"),
    (BARE, f"pip install ultralytics==8.2.50 -i {CPU}", "cpu ?"),
    (SET, "pip install timm easyocr ultralytics", "cpu 2.3.1"),
    (f"pip install torch==2.2.2 -i {CPU}", "pip install facenet-pytorch", "cpu 2.2.2"),
    (BY_UV, "uv pip install timm", "cpu 2.3.1"),
    # torchaudio 2.11.0 asks for no torch, the next release does
    (BARE, "pip install torchaudio==2.11.0", "cpu 2.3.1"),
    (BARE, "pip install torchaudio==2.11", "cpu 2.3.1"),
    (BARE, "pip install 'torchaudio<=2.11'", "unknown"),  # an old Python takes an older one, and its torch
    (BARE, "pip install torchaudio", "default newest"),
    (BARE, f"pip install torchaudio -i {WHL}/cu130", "unknown"),
    (BY_UV, "uv pip install torchvision torch 'torchaudio>=2.11'", "unknown"),
    (BY_UV, "uv pip install torchvision torchaudio==2.11.0", "cpu 2.3.1"),
    # an index that nobody knows
    (f"pip install torch==2.3.1 -i {OWN}", "pip install torch==2.3.1", "unknown"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "later", "torch"), KEPT, ids=[f"{row[0]} ; {row[1]}" for row in KEPT])
def test_the_torch_after_a_later_install(before: str, later: str, torch: str) -> None:
    assert said(state({}, f"RUN {before}\nRUN {later}").torch) == torch


def test_the_very_build_that_is_there_leaves_its_companions() -> None:
    again = state({}, f"RUN {SET}\nRUN pip install torch==2.3.1+cpu -i {CPU}").torch
    assert again.companions == {"torchvision", "torchaudio"} and not again.stale


def test_an_override_of_torch_leaves_open_which_release_a_companion_brings() -> None:
    overridden = state({"o.txt": "torch\n"}, f"RUN uv pip install torchvision==0.18.0 --override o.txt -i {CPU}").torch
    assert said(overridden) == "cpu ?"


def test_a_sync_of_lists_knows_constraints_and_no_overrides() -> None:
    files = {"a.txt": "torch~=2.3.0\n", "o.txt": "torch==2.8.0\n"}
    assert said(state(files, "RUN UV_OVERRIDE=o.txt uv pip sync a.txt").torch) == "default 2.3.1"
    assert said(state(files, "RUN UV_OVERRIDE=o.txt uv pip install -r a.txt").torch) == "default 2.8.0"
    settings = {"a.txt": "torch~=2.3.0\n", "uv.toml": 'override-dependencies = ["torch==2.8.0"]\n'}
    assert said(state(settings, "RUN uv pip sync a.txt").torch) == "default 2.3.1"


def test_a_lock_that_was_made_anew_says_no_release() -> None:
    app = '[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\ndependencies = [{ name = "torch" }]\n'
    torch = f'[[package]]\nname = "torch"\nversion = "2.3.1"\nsource = {{ registry = "{CPU}" }}\n'
    files = {"pyproject.toml": project("torch>=2.3"), "uv.lock": f"version = 1\n{app}{torch}"}
    assert said(state(files, "RUN uv sync").torch) == "cpu 2.3.1"
    assert said(state(files, "RUN uv sync --resolution=lowest-direct\nRUN uv sync --frozen").torch) == "cpu ?"


def test_a_companion_beside_an_override_may_bring_another_torch() -> None:
    files = {"o.txt": "torch\n"}
    first = f"uv pip install torchaudio==2.6.0 --override o.txt -i {WHL}/cu126"
    assert said(state(files, f"RUN {first}\nRUN uv pip install torchaudio -i {CPU}").torch) == "unknown"


def test_a_constraint_that_names_a_build_leaves_no_other() -> None:
    files = {"c.txt": "torch==2.3.1+cpu\n"}
    for later in ("uv pip install -U torchvision", "pip install torchvision", "pip install torch"):
        again = state(files, f"RUN pip install torch==2.3.1\nRUN {later} -c c.txt -i {CPU}")
        assert said(again.torch) == "cpu 2.3.1"
    kept = state(files, f"RUN {SET}\nRUN pip install accelerate -c c.txt").torch
    assert said(kept) == "cpu 2.3.1"


def test_where_a_limit_moves_torch_its_release_is_open() -> None:
    files = {"c.txt": "torch==2.2.1\n", "o.txt": "torch<2.12.1\n"}
    later = "uv pip install 'torchaudio>=2.8.0' -c c.txt --override o.txt --resolution lowest-direct"
    assert said(state(files, f"RUN uv pip install torch==2.12.0\nRUN {later}").torch) == "default ?"


def test_limits_of_an_install_count_for_the_torch_that_is_there() -> None:
    constraints = {"new.txt": "torchvision==0.19.1\n"}
    both = "torch torchvision"
    assert said(state(constraints, f"RUN {SET}\nRUN pip install -U {both} -c new.txt").torch) == "default ?"
    assert said(state(constraints, f"RUN {SET}\nRUN pip install {both} -c new.txt").torch) == "default ?"


def test_a_constraint_of_what_is_not_installed_limits_nothing() -> None:
    constraints = {"new.txt": "torchvision==0.19.1\n"}
    assert said(state(constraints, f"RUN {SET}\nRUN pip install torch -c new.txt").torch) == "cpu 2.3.1"
    assert said(state(constraints, f"RUN {SET}\nRUN pip install -U torch -c new.txt").torch) == "default newest"
    assert said(state(constraints, "RUN pip install torch -c new.txt").torch) == "default newest"


def project(*dependencies: str, channel: str = "cpu") -> str:
    listed = ", ".join(f'"{one}"' for one in dependencies)
    index = f'[[tool.uv.index]]\nname = "own"\nurl = "{WHL}/{channel}"\n'
    return f'[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [{listed}]\n{index}'


TWO_SYNCS = "COPY a/pyproject.toml ./\nRUN uv sync\nCOPY b/pyproject.toml ./\nRUN uv sync"
CHANGED_PROJECTS = [
    # the project of the first sync, that of the second, the torch that is there in the end
    (project("torch==2.3.1"), project("torch>=2"), "cpu 2.3.1"),
    (project("torch==2.3.1"), project("torch>=2.4"), "cpu ?"),
    (project("torch==2.3.1"), project("torch"), "cpu 2.3.1"),
    (project("torch==2.3.1"), project("torch==2.4.1"), "cpu 2.4.1"),
    (project("torch==2.3.1"), project("torch==2.3.1", channel="cu121"), "cu121 2.3.1"),
    (project("torch==2.3.1"), project("accelerate"), "cpu 2.3.1"),
    (project("torch==2.3.1"), project("torchvision==0.18.1"), "cpu 2.3.1"),
    (project("torch==2.3.1"), project("torchvision==0.19.1"), "cpu 2.4.1"),
    (project("torch==2.3.1"), project("torch>=2", "torchvision==0.19.1"), "cpu ?"),
    (project("torch==2.3.1"), project("torch", "vllm==0.6.0"), "cpu ?"),
    (project("torch>=2.3"), project("torch>=2.4"), "cpu ?"),
    (project("torch>=2.3"), project("torch"), "cpu ?"),
    (project("torch"), project("torch"), "cpu newest"),
    (project("torch"), project("accelerate"), "cpu newest"),
    (project("torch==2.3.1"), project("flask"), "none"),
]


@pytest.mark.parametrize(("first", "second", "torch"), CHANGED_PROJECTS)
def test_a_sync_after_the_project_has_changed(first: str, second: str, torch: str) -> None:
    assert said(state({"a/pyproject.toml": first, "b/pyproject.toml": second}, TWO_SYNCS).torch) == torch


ENVIRONMENTS = [
    # a project, commands, the torch that is there in the end
    (project("torch==2.3.1"), f"uv pip install torch==2.3.1 -i {CPU} && uv run true", "cpu 2.3.1"),
    (project("torch>=2.3"), f"uv pip install torch==2.3.1 -i {CPU} && uv run true", "cpu ?"),
    (project("torch>=2.4"), f"uv pip install torch==2.3.1 -i {CPU} && uv run true", "cpu ?"),
    (project("accelerate"), f"uv pip install torch==2.3.1 -i {CPU} && uv run true", "cpu ?"),
    (project("torch>=2.3"), f"uv pip install torch==2.3.1 -i {CPU} && uv sync --inexact", "cpu ?"),
    (project("torch==2.3.1"), "uv sync && uv add 'torch>=2'", "cpu 2.3.1"),
    (project("torch==2.3.1"), "uv sync && uv add 'torch>=2.4'", "cpu ?"),
    (project("torch"), "uv sync && uv add flask", "cpu newest"),
]


@pytest.mark.parametrize(("text", "commands", "torch"), ENVIRONMENTS, ids=[f"{r[1]}" for r in ENVIRONMENTS])
def test_a_project_in_an_environment_that_has_torch(text: str, commands: str, torch: str) -> None:
    assert said(state({"pyproject.toml": text}, f"RUN {commands}").torch) == torch


OF_BASE = [
    # what conda installs on an image whose torch is conda's own, the torch that is there in the end
    ("conda install -y pytorch cpuonly -c pytorch", "cpu ?"),
    ("conda install -y pytorch pytorch-cuda=11.8 -c pytorch -c nvidia", "cu118 ?"),
    ("conda install -y 'pytorch=2.5.1=*cpu*'", "cpu 2.5.1"),
    ("conda install -y pytorch pytorch-cuda=12.4 -c pytorch -c nvidia", "cu124 ?"),
    ("conda install -y pytorch=2.5.1 pytorch-cuda=12.4 -c pytorch -c nvidia", "cu124 2.5.1"),
    ("conda install -y pytorch -c conda-forge", "unknown"),
    ("conda install -y numpy", "cu124 2.5.1"),
]


@pytest.mark.parametrize(("later", "torch"), OF_BASE, ids=[row[0] for row in OF_BASE])
def test_the_torch_of_a_base_after_conda(later: str, torch: str) -> None:
    base = "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime"
    assert said(state({}, f"RUN {later}", base).torch) == torch

"""Which torch an install takes, and which is there after several: as pip and uv decide, by the tables of releases."""

from __future__ import annotations

import pytest
from shell_installs import CPU, CUDA, one

from wxlint.images.installs.markers import Environment
from wxlint.images.installs.screening import worth_reading
from wxlint.images.stack.torch.model import NONE, Torch, describe
from wxlint.images.stack.torch.resolving import is_changed
from wxlint.images.stack.torch.selection import carried, choices
from wxlint.images.stack.torch.state import after

CU128 = "https://download.pytorch.org/whl/cu128"
NIGHTLY = "https://download.pytorch.org/whl/nightly/cu130"
STABLE = "https://download.pytorch.org/whl/torch_stable.html"
OWN = "https://registry.example/simple"

CHANNELS = [
    # text, channel, what decides
    ("pip install torch", "default", "default"),
    (f"pip install torch -i {CPU}", "cpu", "index"),
    (f"pip install torch==2.3.1+cu121 --extra-index-url {CUDA}", "cu121", "local"),
    (f"pip install torch==2.3.1 --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install torch==2.6.0 --extra-index-url {CUDA}", "default", "extra"),
    (f"pip install torch --extra-index-url {CUDA}", "unknown", "extra"),
    (f"pip install torch --extra-index-url {CPU}", "cpu", "extra"),
    (f"pip install {CUDA}/torch-2.3.1%2Bcu121-cp311-cp311-linux_x86_64.whl", "cu121", "url"),
    ("pip install torch -i http://pypi.douban.com/", "default", "index"),
    ("pip install torch -i https://wheels.example.com/simple", "unknown", "index"),
    ("pip install torch -i $NOBODY_SETS_IT", "unknown", "index"),
    ("pip install torch==2.3.1+cpu -f https://download.pytorch.org/whl/torch_stable.html", "cpu", "local"),
    ("PIP_CONSTRAINT=constraints.txt pip install torch", "cpu", "local"),
    (f"uv pip install torch --extra-index-url {CUDA}", "cu121", "extra"),
    (f"uv pip install torch --index {CUDA}", "cu121", "extra"),
    ("uv pip install torch --torch-backend=auto", "cpu", "backend"),
    ("uv pip install torch --torch-backend=cu124", "cu124", "backend"),
    ("uv pip install torch --torch-backend=rocm6.0", "rocm6.0", "backend"),
    ("conda install pytorch pytorch-cuda=12.1", "cu121", "conda"),
    ("conda install pytorch cpuonly", "cpu", "conda"),
    ("conda install pytorch=1.12 cudatoolkit=11.3", "cu113", "conda"),
    ("conda install pytorch=2.3.1=py3.11_cuda12.1_cudnn8.9.2_0", "cu121", "conda"),
    ("conda install pytorch=2.3.1=cpu_py311", "cpu", "conda"),
    ("pip install openai-whisper", "default", "default"),
    (f"pip install flash-attn==2.5.2 --extra-index-url {CUDA}", "unknown", "extra"),
    ("pip install 'transformers[torch]'", "default", "default"),
    ("pip install git+https://github.com/openai/whisper.git@main", "default", "default"),
    ("pip install accelerate --extra-index-url https://download.pytorch.org/whl/cu117", "default", "extra"),
    (f"pip install accelerate --extra-index-url {CUDA}", "unknown", "extra"),  # the Python decides
    (f"pip install accelerate vllm --extra-index-url {CUDA}", "unknown", "extra"),
    ("pip install torch==2.3.1+rocm6.0", "rocm6.0", "local"),
    (f"pip install torch==$V -i {CUDA}", "unknown", "computed"),
    ("pip install torch==$V+cu121", "cu121", "local"),
    ("pip install https://registry.example/torch-2.3.1-cp311-cp311-linux_x86_64.whl", "unknown", "url"),
    ("pip install ./torch-2.3.1+cu118-cp311-cp311-linux_x86_64.whl", "cu118", "url"),
    ("pip install torch==2.3.1 -c constraints.txt", "default", "default"),
    ("pip install torchvision -c constraints.txt", "cpu", "local"),
    ("uv pip install torch --torch-backend=xpu", "xpu", "backend"),
    ("uv pip install torch --torch-backend=$B", "unknown", "backend"),
    ("uv pip install torch==2.3.1+cpu --torch-backend=cu121", "cpu", "local"),
    (f"pip install torch --no-index -f {CPU}", "cpu", "links"),
    (f"pip install torch --no-index -f {CUDA}", "unknown", "links"),
    (f"pip install torch --no-index -f {CPU} -f {CUDA}", "unknown", "links"),
    ("pip install torch $PIP_OPTIONS", "unknown", "default"),
    (f"pip install torch $PIP_OPTIONS -i {CPU}", "cpu", "index"),
    (f"pip install torch $PIP_OPTIONS --extra-index-url {CPU}", "cpu", "extra"),
    (f"pip install torch -f {STABLE}", "unknown", "links"),
    (f"pip install torch -i {STABLE}", "unknown", "index"),
    (f"pip install torch --extra-index-url {OWN}", "default", "default"),
    (f"pip install torch -i {OWN} --extra-index-url {CPU}", "unknown", "extra"),
    (f"pip install torch -i {OWN} --extra-index-url {OWN}", "unknown", "index"),
    (f"pip install torch -i {CPU} --extra-index-url {CPU}", "cpu", "index"),
    (f"pip install torch==2.3.1 -i {CPU} --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install torch==2.3.1 -i {CUDA} --extra-index-url {CPU}", "cu121", "extra"),
    (f"pip install torch -i {CUDA} --extra-index-url {CPU}", "unknown", "extra"),  # the newest is for no old Python
    (f"pip install 'torch<2.6' -i {CPU} --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install 'torch>=2.6' -i {CPU} --extra-index-url {CUDA}", "cpu", "extra"),
    (f"pip install torch==2.3.1 torchvision -i {CPU} --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install torch torchvision==0.18.1 -i {CPU} --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install torch torchvision==0.23.0 -i {CPU} --extra-index-url {CUDA}", "cpu", "extra"),
    (f"pip install torchvision==0.18.1 -i {CPU} --extra-index-url {CUDA}", "cu121", "extra"),
    (f"pip install torchvision==0.23.0 -i {CPU} --extra-index-url {CUDA}", "cpu", "extra"),
    (f"pip install torchvision torchaudio -i {CPU} --extra-index-url {CUDA}", "unknown", "extra"),
    (f"pip install openai-whisper --extra-index-url {CPU}", "cpu", "extra"),
    (f"pip install openai-whisper -i {CUDA} --extra-index-url {CPU}", "unknown", "extra"),
    (f"pip install torch -i https://download.pytorch.org/whl/rocm6.0 --extra-index-url {CPU}", "unknown", "extra"),
    (f"pip install --pre torch --extra-index-url {NIGHTLY}", "cu130", "extra"),
    (f"pip install --pre torch --extra-index-url {CUDA}", "unknown", "extra"),
    (f"pip install --pre torch --extra-index-url {NIGHTLY} --extra-index-url {CPU}", "unknown", "extra"),
    (f"uv pip install torch --extra-index-url {OWN}", "default", "default"),
    (f"uv pip install torch --extra-index-url {OWN} --extra-index-url {CPU}", "cpu", "extra"),
    (f"uv pip install torch --extra-index-url {CUDA} --extra-index-url {CPU}", "cu121", "extra"),
    (f"uv pip install torch -i {CPU} --extra-index-url {CUDA}", "cu121", "extra"),
    (f"uv pip install torch==2.6.0 --index {CUDA} --index-strategy unsafe-best-match", "default", "extra"),
    (f"uv pip install torch -f {OWN}", "default", "default"),
    ("conda install torchvision", "unknown", "conda"),
    ("conda install libtorch cpuonly", "cpu", "conda"),
    ("conda install pytorch-cpu", "cpu", "conda"),
    ("conda install pytorch-gpu cuda-version=12.4", "cu124", "conda"),
    ("conda install pytorch cuda-toolkit=12.1.1", "cu121", "conda"),
    ("conda install pytorch cuda-runtime=11.8", "cu118", "conda"),
    ("conda install 'pytorch' 'cudatoolkit>=11.8'", "cu118", "conda"),
    ("conda install pytorch cuda-version=12.1.*", "cu121", "conda"),
    ("conda install pytorch pytorch-mutex=1.0=cpu", "cpu", "conda"),
    ("conda install pytorch=1.12=py3.8_cuda113_0", "cu113", "conda"),
    ("conda install pytorch", "unknown", "conda"),
    ("conda install torchaudio pytorch cudatoolkit=10.2", "cu102", "conda"),
    ("conda install -c pytorch pytorch=1.12.1 cudatoolkit=11.3", "cu113", "conda"),
    ("conda install -c pytorch pytorch=1.13.0 cudatoolkit=11.6", "unknown", "conda"),
    ("conda install -c pytorch pytorch=1.13.0 cudatoolkit=11.6 pytorch-cuda=11.7", "cu117", "conda"),
    ("conda install -c pytorch pytorch=1.13.0 cudatoolkit=11.6 cpuonly", "cpu", "conda"),
]


@pytest.mark.parametrize(("text", "channel", "how"), CHANNELS, ids=[row[0] for row in CHANNELS])
def test_the_channel_that_decides(text: str, channel: str, how: str) -> None:
    assert worth_reading(text)
    choice = choices(one(text))[0]
    assert (choice.channel, choice.how) == (channel, how)


@pytest.mark.parametrize(
    "text",
    [
        "pip install flask",
        "pip uninstall -y torch",
        "apt-get install python3-torch",
        "conda install numpy",
        "pip install --no-deps openai-whisper",
        "pip install ./whisperx",
    ],
)
def test_what_takes_no_torch(text: str) -> None:
    assert choices(one(text)) == ()


@pytest.mark.parametrize(
    ("text", "machine", "channel"),
    [
        ("pip install torch==2.10.0", "aarch64", "cpu"),
        ("pip install torch==2.11.0", "aarch64", "default"),
        ("pip install 'torch<2.11'", "aarch64", "cpu"),
        ("pip install torch==2.10.0", "x86_64", "default"),
        ("pip install torchvision==0.18.1", "aarch64", "cpu"),
        ("pip install torch==7.0.0", "aarch64", "unknown"),
        ("pip install torch", "aarch64", "unknown"),
    ],
)
def test_plain_wheels_for_arm(text: str, machine: str, channel: str) -> None:
    assert choices(one(text)._replace(environment=Environment(None, machine)))[0].channel == channel


def test_torch_comes_before_its_companions() -> None:
    found = choices(one("pip install torchvision torchaudio torch"))
    assert [(c.requirement.name, c.implied) for c in found] == [
        ("torch", False),
        ("torchvision", True),
        ("torchaudio", True),
    ]
    assert [c.requirement.name for c in choices(one("pip install flask openai-whisper whisperx"))] == ["openai-whisper"]
    assert [c.requirement.name for c in carried(one("pip install flask openai-whisper whisperx"))] == [
        "openai-whisper",
        "whisperx",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pip install torch", "torch from the default index"),
        (f"pip install torch==2.3.1 -i {CPU}", f"torch==2.3.1 from -i {CPU}"),
        ("conda install pytorch", "conda install pytorch"),
        ("uv pip install torch --torch-backend=cpu", "torch with torch backend cpu"),
        ("pip install openai-whisper", "openai-whisper from the default index, which brings torch"),
        ("pip install torch==2.3.1+cpu", "torch==2.3.1+cpu"),
    ],
)
def test_how_a_choice_is_said(text: str, words: str) -> None:
    assert describe(choices(one(text))[0]).text == words


HERE = f"pip install torch==2.3.1 torchvision==0.18.1 torchaudio==2.3.1 -i {CPU}"
BARE = f"pip install torch==2.3.1 -i {CPU}"
CHAINS = [
    # a build that names the torch that it is for leaves that one
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install k2==1.24.4.dev20240606+cpu.torch2.3.1 -f x"], "cpu", "2.3.1"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install k2==1.24.4.dev20240606+cpu.torch2.4.0 -f x"], "unknown", None),
    # which Python is there is not known: what may be taken is the same build
    ([f"pip install torch -i {CU128}", "pip install 'torch>2.7.0,<2.9.0'"], "cu128", None),
    ([f"pip install torch -i {CU128}", "pip install 'torch>2.6.0,<2.8.0'"], "default", "2.7.1"),
    # commands, the channel and version that are there in the end
    ([f"pip install torch==2.3.1 -i {CPU}"], "cpu", "2.3.1"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install torch"], "cpu", "2.3.1"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install torch==2.3.1"], "cpu", "2.3.1"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install torch==2.3.1+cu121 -f x"], "cu121", "2.3.1"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install torch==2.4.1"], "default", "2.4.1"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install 'torch>=2.0'"], "cpu", "2.3.1"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install 'torch>=2.4'"], "default", None),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install -U torch"], "default", None),
    ([f"pip install torch==2.3.1 -i {CUDA}", f"pip install -U torch==2.2.2 -i {CUDA}"], "cu121", "2.2.2"),
    ([f"pip install torch==2.3.1 -i {CPU}", "pip install openai-whisper"], "cpu", "2.3.1"),
    (["pip install openai-whisper"], "default", None),
    ([f"pip install 'torch<2.9' -i {CUDA}", "pip install 'torch>=1.0,<3'"], "cu121", None),
    ([f"pip install 'torch<2.9' -i {CUDA}", "pip install 'torch>=2.4,<3'"], "unknown", None),
    ([f"pip install 'torch<2.9' -i {CUDA}", "pip install 'torch>=2.6,<3'"], "default", None),
    (["pip install -r missing.txt"], "unknown", None),
    (["pip install --target /x torch"], "none", None),
    (["pip install flask", "apt-get install -y curl"], "none", None),
    ([f"[ -f x ] && pip install torch==2.3.1 -i {CPU}", f"pip install torch==2.3.1 -i {CUDA}"], "unknown", None),
    ([HERE, "pip install torchvision"], "cpu", "2.3.1"),
    ([HERE, "pip install torchaudio"], "cpu", "2.3.1"),
    ([HERE, "pip install torchvision==0.19.1"], "default", "2.4.1"),
    ([HERE, "pip install torchvision==0.18.1"], "cpu", "2.3.1"),
    ([HERE, "pip install torchvision==0.2.2"], "unknown", None),  # older than the tables: it may ask for any torch
    ([HERE, "pip install -U torchvision"], "default", None),
    ([HERE, "pip install 'torchvision>=0.18'"], "cpu", "2.3.1"),
    ([HERE, "pip install whisperx==3.7.2"], "default", None),
    ([HERE, "pip install whisperx==3.3.1"], "cpu", "2.3.1"),
    ([HERE, "pip install --no-deps whisperx==3.7.2"], "cpu", "2.3.1"),
    ([HERE, "pip install whisperx==3.7.2 -c constraints.txt"], "cpu", "2.3.1"),
    ([HERE, "pip install vllm==0.6.0"], "default", None),
    ([HERE, "pip install xformers==0.0.27"], "cpu", "2.3.1"),
    ([HERE, "pip install torchmetrics"], "cpu", "2.3.1"),
    ([HERE, "pip install 'torch>=2,<2.4'"], "cpu", "2.3.1"),
    ([HERE, "pip install 'torch<2.3'"], "default", "2.2.2"),
    ([HERE, f"pip install torch==2.3.1 -i {CUDA}"], "cpu", "2.3.1"),
    ([HERE, f"pip install --force-reinstall torch==2.3.1 -i {CUDA}"], "cu121", "2.3.1"),
    ([HERE, f"pip install --force-reinstall torch==2.3.1 -i {CPU}"], "cpu", "2.3.1"),
    ([HERE, f"pip install -U torch==2.3.1 -i {CUDA}"], "cu121", "2.3.1"),
    ([HERE, "pip install -U torch==2.3.1"], "cpu", "2.3.1"),
    ([HERE, "pip install torch==2.3.1+cpu"], "cpu", "2.3.1"),
    ([HERE, "pip install torch==2.3.1+cu118"], "cu118", "2.3.1"),
    ([HERE, "pip install torch==2.3.0+cpu"], "cpu", "2.3.0"),
    ([HERE, "pip uninstall -y torch"], "none", None),
    ([HERE, "pip uninstall -y torchvision"], "cpu", "2.3.1"),
    ([HERE, "[ -f x ] && pip uninstall -y torch"], "unknown", None),
    ([HERE, "pip uninstall -y torch", f"pip install torch==2.4.1 -i {CUDA}"], "cu121", "2.4.1"),
    ([HERE, "conda install pytorch cpuonly"], "cpu", None),
    ([HERE, "pip install -r missing.txt"], "unknown", None),
    ([HERE, "pip install --no-deps -r missing.txt"], "cpu", "2.3.1"),
    ([HERE, "pip install -r missing.txt -c constraints.txt"], "cpu", "2.3.1"),
    ([HERE, "./install.sh"], "cpu", "2.3.1"),
    ([HERE, "pip install -r missing.txt", "pip install -I openai-whisper"], "default", None),
    ([HERE, "pip install -r missing.txt", "pip install -I --no-deps openai-whisper"], "unknown", None),
    ([HERE, "pip install git+https://registry.example/x/odd.git"], "unknown", None),
    ([HERE, "pip install git+https://github.com/NVIDIA/apex.git@abc"], "cpu", "2.3.1"),
    ([HERE, "pip install git+https://github.com/somebody/apex"], "cpu", "2.3.1"),
    ([HERE, "pip install git+https://github.com/huggingface/accelerate"], "cpu", "2.3.1"),
    ([HERE, "pip install 'accelerate @ git+ssh://git@github.com/huggingface/accelerate.git@v1'"], "cpu", "2.3.1"),
    (
        [f"pip install torch==1.13.1 -i {CPU}", "pip install git+https://github.com/huggingface/accelerate"],
        "unknown",
        None,
    ),
    ([f"pip install torch -i {CPU}", "pip install git+https://github.com/huggingface/accelerate"], "cpu", None),
    ([HERE, "pip install git+https://registry.example/huggingface/apex-tools"], "unknown", None),
    (["pip install git+https://github.com/huggingface/transformers"], "none", None),
    (["pip install git+https://github.com/huggingface/accelerate"], "default", None),
    ([HERE, "pip install --no-deps git+https://registry.example/x/odd.git"], "cpu", "2.3.1"),
    ([HERE, "uv pip install torch"], "cpu", "2.3.1"),
    ([HERE, "uv pip install torch==2.4.1"], "default", "2.4.1"),
    ([HERE, "uv pip install -U torch==2.3.1"], "cpu", "2.3.1"),
    ([HERE, "uv pip install whisperx==3.7.2"], "default", None),
    ([HERE, "uv pip install whisperx==3.3.1"], "cpu", "2.3.1"),
    ([BARE, "pip install torchvision"], "default", None),
    ([BARE, "pip install torchvision==0.18.1"], "cpu", "2.3.1"),
    ([BARE, f"pip install torchvision==0.18.1 -i {CUDA}"], "cpu", "2.3.1"),
    ([BARE, "pip install torch torchvision==0.18.1"], "cpu", "2.3.1"),
    ([BARE, "[ -f x ] && pip install torch==2.4.1"], "unknown", None),
    ([BARE, "[ -f x ] && pip install torch==2.3.1"], "cpu", "2.3.1"),
    (["[ -f x ] && pip install torch", "pip install torch"], "default", None),
    ([f"[ -f x ] && pip install torch -i {CPU}", "pip install torch"], "unknown", None),
    ([f"[ -f x ] && pip install torch -i {CPU}", f"pip install -U torch -i {CUDA}"], "cu121", None),
    ([f"[ -f x ] && pip install torch -i {CPU}", "pip install torch==2.3.1+cu121"], "cu121", "2.3.1"),
    (["./install.sh", "pip install torch"], "default", None),
    (["./install.sh", "pip install openai-whisper"], "unknown", None),
    (["./install.sh", f"pip install torch -i {CPU}"], "cpu", None),
    (["apt-get install -y python3-torch"], "unknown", None),
    (["apt-get install -y python3-torch-cuda"], "unknown", None),
    (["apt-get install -y curl"], "none", None),
    ([BARE, "apt-get install -y python3-torch"], "cpu", "2.3.1"),
    ([f"pip install --target /x torch -i {CPU}"], "none", None),
    ([f"pip install torch -i {CPU}", f"pip install -U torch -i {CPU}"], "cpu", None),
    ([f"pip install torch -i {CPU}", "pip install torch"], "cpu", None),
    ([f"pip install torch -i {CPU}", "pip install 'torch>=2.0'"], "cpu", None),
    ([f"pip install torch -i {CPU}", "pip install 'torch<2.0'"], "default", "1.13.1"),
    ([f"pip install torch -i {CUDA}", f"pip install torchvision -i {CUDA}"], "cu121", None),
    (["pip install torch==2.3.1+rocm6.0", "pip install torch"], "rocm6.0", "2.3.1"),
    (["pip install torch==2.3.1+rocm6.0", "pip install torchaudio==2.3.1"], "rocm6.0", "2.3.1"),
    (["conda install pytorch=2.3.1 cpuonly", "conda install pytorch cpuonly"], "cpu", "2.3.1"),
    (["conda install pytorch=2.3.1 cpuonly", "conda install pytorch=2.3.1"], "cpu", "2.3.1"),
    (["conda install pytorch=2.3.1 cpuonly", "conda install pytorch=2.4.1 pytorch-cuda=12.1"], "cu121", "2.4.1"),
]


@pytest.mark.parametrize(("commands", "channel", "version"), CHAINS, ids=[" ; ".join(row[0]) for row in CHAINS])
def test_the_torch_that_is_there_in_the_end(commands: list[str], channel: str, version: str | None) -> None:
    state: Torch = NONE
    for command in commands:
        install = one(command)
        state = after(state, install)
    assert state.channel == channel
    if channel not in ("unknown", "none"):
        assert state.version == version


def chain(*commands: str) -> Torch:
    state: Torch = NONE
    for command in commands:
        install = one(command)
        state = after(state, install)
    return state


def test_companions_are_there_once_they_are_named() -> None:
    assert chain(HERE).companions == {"torchvision", "torchaudio"}
    assert chain(BARE).companions == frozenset()
    assert chain(BARE, "pip install torchvision==0.18.1").companions == {"torchvision"}
    assert chain("pip install torchvision").companions == {"torchvision"}
    assert chain(HERE, "pip uninstall -y torchaudio").companions == {"torchvision"}
    assert chain(HERE, "pip uninstall -y torch torchaudio").companions == {"torchvision"}
    assert chain("pip install flask").companions == frozenset()
    assert chain(BARE, "[ -f x ] && pip install torchvision==0.18.1").companions == frozenset()


def test_companions_of_an_earlier_torch_are_stale() -> None:
    changed = chain(HERE, "pip install torch==2.4.1")
    assert (changed.stale, changed.companions) == ({"torchvision", "torchaudio"}, frozenset())
    assert chain(HERE, "pip install torch==2.4.1 torchvision").stale == {"torchaudio"}
    assert chain(BARE, "pip install --no-deps torchvision").stale == {"torchvision"}
    again = chain(HERE, "pip install torch==2.4.1", "pip install torchvision")
    assert (again.channel, again.version) == ("default", None)
    elsewhere = chain(HERE, "pip install torch==2.4.1", f"pip install torchvision -i {CPU}")
    assert elsewhere.channel == "unknown" and elsewhere.present


def test_what_is_known_of_a_torch_beside_its_channel() -> None:
    assert chain("pip install torch").newest and chain(f"pip install torch -i {CPU}").newest
    assert not chain(BARE).newest and not chain("pip install 'torch>=2'").newest
    assert not chain("pip install torch whisperx==3.7.2 'torchvision<0.20'").newest
    assert chain(f"[ -f x ] && pip install torch -i {CPU}").maybe == "cpu"
    assert chain("./install.sh").maybe == "any"
    assert chain("pip install ./odd").maybe == "any"
    assert chain("pip install https://registry.example/odd.zip").maybe == "default"
    assert chain(f"pip install https://registry.example/odd.zip -i {CPU}").maybe == "any"
    assert chain(HERE, "[ -f x ] && pip uninstall -y torch").maybe == "cpu"
    unread = chain(HERE, "pip install -r missing.txt")
    assert (unread.version, unread.maybe, unread.present) == ("2.3.1", "cpu", True)
    assert chain(BARE, "[ -f x ] && pip install torch==2.4.1").present
    assert not chain(f"[ -f x ] && pip install torch -i {CPU}").present


def test_a_companion_beside_torch_is_no_change() -> None:
    before = chain(BARE)
    beside = chain(BARE, "pip install torchvision==0.18.1")
    assert beside != before and not is_changed(before, beside)
    assert is_changed(before, chain(BARE, "pip install torch==2.4.1"))
    assert not is_changed(before, before)


def test_a_plain_torch_says_nothing_else() -> None:
    assert ("none", None, (), None, False, "", frozenset(), False, frozenset(), False, "") == NONE
    state = chain(BARE)
    assert (state.maybe, state.present, state.newest, state.stale) == ("", False, False, frozenset())
    assert state.span is not None and [reason.kind for reason in state.because] == ["install"]


def test_pip_decides_about_pins_first() -> None:
    assert chain(BARE, "pip install torchvision torch==2.4.1").version == "2.4.1"
    assert chain(HERE, "pip install torchvision torchaudio").channel == "cpu"
    assert chain(HERE, "uv pip install torchvision torchaudio").channel == "cpu"
    assert chain(HERE, "uv pip install torchvision==0.19.1").channel == "default"

"""What an install command asks for, and from where: one row for each form that people write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell_installs import CPU, CUDA, one, read

from wxlint.core.values import HOLE, Value
from wxlint.documents.manifests.pipfile import read_pipfile
from wxlint.documents.manifests.project import Part
from wxlint.documents.manifests.pyproject import read_pyproject
from wxlint.documents.source import Source
from wxlint.images.installs.markers import Environment, applies
from wxlint.images.installs.requirement import conda_requirement, parse_requirement
from wxlint.images.installs.screening import worth_reading
from wxlint.images.stack.torch.model import NONE, Torch
from wxlint.images.stack.torch.state import after

NAMES = [
    # text, tool, names of the requirements
    ("pip install torch", "pip", ["torch"]),
    ("pip3 install torch flask", "pip", ["torch", "flask"]),
    ("pip3.11 install -U torch", "pip", ["torch"]),
    ("/opt/venv/bin/pip install torch", "pip", ["torch"]),
    ("python -m pip install torch", "pip", ["torch"]),
    ("/usr/bin/python3.11 -m pip install torch", "pip", ["torch"]),
    ("python3 -I -m pip install torch", "pip", ["torch"]),
    ("sudo -E pip install torch", "pip", ["torch"]),
    ("env PIP_NO_CACHE_DIR=1 pip install torch", "pip", ["torch"]),
    ("pip --no-cache-dir install torch", "pip", ["torch"]),
    ("pip --proxy http://p:1 install torch", "pip", ["torch"]),
    ("pip install --no-cache-dir --timeout 60 --retries 5 torch", "pip", ["torch"]),
    ("pip install -v -q -qq --progress-bar off torch", "pip", ["torch"]),
    ("pip install 'torch' \"flask\"", "pip", ["torch", "flask"]),
    ("pip install Torch PyTorch_Lightning ruamel.yaml", "pip", ["torch", "pytorch-lightning", "ruamel-yaml"]),
    ("pip install --no-binary :all: --only-binary=numpy torch", "pip", ["torch"]),
    ("pip install --trusted-host example.com torch", "pip", ["torch"]),
    ("pip install --python-version 3.11 --platform manylinux1_x86_64 --only-binary=:all: torch", "pip", ["torch"]),
    ("uv pip install torch", "uv", ["torch"]),
    ("uv --quiet pip install --system torch", "uv", ["torch"]),
    ("uv pip install --python /opt/venv/bin/python torch", "uv", ["torch"]),
    ("uv pip install -p 3.11 torch", "uv", ["torch"]),
    ("uv pip sync requirements.txt", "uv", ["torch"]),
    ("python -m uv pip install torch", "uv", ["torch"]),
    ("uv run --no-sync pip install torch", "pip", ["torch"]),
    ("uv run python app.py", "uv-project", ["flask"]),
    ("uv run -p 3.11 --with torch python app.py", "uv-project", ["flask"]),
    ("uv sync -p 3.11", "uv-project", ["flask"]),
    ("conda install -y pytorch", "conda", ["pytorch"]),
    ("mamba install -n base -c pytorch pytorch", "conda", ["pytorch"]),
    ("micromamba create -y -n app -c conda-forge python=3.11 pytorch", "conda", ["python", "pytorch"]),
    ("conda create --name app --yes pytorch::pytorch", "conda", ["pytorch"]),
    ("conda run -n app pip install torch", "pip", ["torch"]),
    ("conda run --no-capture-output -n app python -m pip install torch", "pip", ["torch"]),
    ("poetry add torch", "poetry", ["torch"]),
    ("poetry run pip install torch", "pip", ["torch"]),
    ("apt-get install -y --no-install-recommends libcudnn8=8.9.* curl", "apt", ["libcudnn8", "curl"]),
    ("dnf -y install cuda-toolkit-12-1", "apt", ["cuda-toolkit-12-1"]),
    ("apt-get -o Acquire::Retries=3 install -y libcudnn8", "apt", ["libcudnn8"]),
    ("apt-get install -y -t bookworm-backports libcudnn8", "apt", ["libcudnn8"]),
]


@pytest.mark.parametrize(("text", "tool", "names"), NAMES, ids=[row[0] for row in NAMES])
def test_what_is_installed(text: str, tool: str, names: list[str]) -> None:
    install = one(text)
    assert (install.tool, [r.name for r in install.requirements]) == (tool, names)


NOTHING = [
    "pip --version",
    "pip",
    "pip download torch",
    "pip list",
    "pip freeze",
    "python -m venv /venv",
    "echo pip install torch",
    "uv venv",
    "uv --version",
    "conda activate app",
    "conda clean -a",
    "apt-get update",
    "apt-get remove libcudnn8",
    "cd pip install",
    "grep 'pip install torch' x",
    "# pip install torch",
    "cat <<EOF\npip install torch\nEOF",
    "poetry build",
    "gpip install torch",
]


@pytest.mark.parametrize("text", NOTHING)
def test_what_installs_nothing(text: str) -> None:
    assert read(text) == []


INDEXES: list[tuple[str, dict[str, str], dict[str, Any]]] = [
    (f"pip install torch -i {CPU}", {}, {"index": ("-i", CPU)}),
    (f"pip install torch -i{CPU}", {}, {"index": ("-i", CPU)}),
    (f"pip install torch --index-url {CPU}", {}, {"index": ("--index-url", CPU)}),
    (f"pip install torch --index-url={CPU}", {}, {"index": ("--index-url", CPU)}),
    (f"pip install --index-url '{CPU}' torch", {}, {"index": ("--index-url", CPU)}),
    (f"pip install torch --extra-index-url {CPU}", {}, {"extra": [("--extra-index-url", CPU)]}),
    (
        f"pip install torch --extra-index-url {CPU} --extra-index-url={CUDA}",
        {},
        {"extra": [("--extra-index-url", CPU), ("--extra-index-url", CUDA)]},
    ),
    (f"pip install torch -f {CPU}", {}, {"links": [("-f", CPU)]}),
    (f"pip install torch --find-links={CPU}", {}, {"links": [("--find-links", CPU)]}),
    ("pip install torch", {"PIP_INDEX_URL": CPU}, {"index": ("PIP_INDEX_URL", CPU)}),
    (f"pip install torch -i {CUDA}", {"PIP_INDEX_URL": CPU}, {"index": ("-i", CUDA)}),
    (f"PIP_INDEX_URL={CUDA} pip install torch", {"PIP_INDEX_URL": CPU}, {"index": ("PIP_INDEX_URL", CUDA)}),
    (f"export PIP_INDEX_URL={CUDA}; pip install torch", {}, {"index": ("PIP_INDEX_URL", CUDA)}),
    (f"env PIP_INDEX_URL={CUDA} pip install torch", {}, {"index": ("PIP_INDEX_URL", CUDA)}),
    ("pip install torch", {"PIP_INDEX_URL": ""}, {}),
    (
        f"pip install torch -i {CUDA}",
        {"PIP_EXTRA_INDEX_URL": CPU},
        {"index": ("-i", CUDA), "extra": [("PIP_EXTRA_INDEX_URL", CPU)]},
    ),
    (
        "pip install torch",
        {"PIP_EXTRA_INDEX_URL": f"{CPU} {CUDA}"},
        {"extra": [("PIP_EXTRA_INDEX_URL", CPU), ("PIP_EXTRA_INDEX_URL", CUDA)]},
    ),
    ("pip install torch", {"PIP_FIND_LINKS": CPU}, {"links": [("PIP_FIND_LINKS", CPU)]}),
    ("pip install torch", {"UV_INDEX_URL": CPU, "UV_INDEX": CPU}, {}),
    ("uv pip install torch", {"PIP_INDEX_URL": CPU, "PIP_EXTRA_INDEX_URL": CPU, "PIP_FIND_LINKS": CPU}, {}),
    ("uv pip install torch", {"UV_INDEX_URL": CPU}, {"index": ("UV_INDEX_URL", CPU)}),
    ("uv pip install torch", {"UV_DEFAULT_INDEX": CPU}, {"index": ("UV_DEFAULT_INDEX", CPU)}),
    ("uv pip install torch", {"UV_DEFAULT_INDEX": CPU, "UV_INDEX_URL": CUDA}, {"index": ("UV_DEFAULT_INDEX", CPU)}),
    ("uv pip install torch", {"UV_EXTRA_INDEX_URL": CPU}, {"extra": [("UV_EXTRA_INDEX_URL", CPU)]}),
    (f"uv pip install torch --index {CPU}", {}, {"extra": [("--index", CPU)]}),
    (f"uv pip install torch --index pytorch={CPU}", {}, {"extra": [("--index", CPU)]}),
    ("uv pip install torch", {"UV_INDEX": f"pytorch={CPU}"}, {"extra": [("UV_INDEX", CPU)]}),
    (f"uv pip install torch --default-index {CPU}", {}, {"index": ("--default-index", CPU)}),
]


@pytest.mark.parametrize(
    ("text", "env", "expected"),
    INDEXES,
    ids=[f"{row[0].replace(CPU, 'CPU').replace(CUDA, 'CUDA')}-{'-'.join(row[1])}" for row in INDEXES],
)
def test_where_it_comes_from(text: str, env: dict[str, str], expected: dict[str, Any]) -> None:
    install = one(text, env)
    found = {
        "index": (install.sources.index.flag, install.sources.index.value.text) if install.sources.index else None,
        "extra": [(s.flag, s.value.text) for s in install.sources.extra],
        "links": [(s.flag, s.value.text) for s in install.sources.links],
    }
    assert found == {"index": None, "extra": [], "links": [], **expected}


SAID = [
    ("pip install -U torch", "upgrade", True),
    ("pip install --upgrade torch", "upgrade", True),
    ("pip install --force-reinstall torch", "reinstall", True),
    ("pip install -qU torch", "upgrade", True),
    ("pip install --upgrade-strategy eager torch", "upgrade", False),
    ("pip install --no-deps torch", "no_deps", True),
    ("pip install torch --no-dependencies", "no_deps", True),
    ("pip install --target /x torch", "elsewhere", True),
    ("pip install -t/x torch", "elsewhere", True),
    ("pip install --root=/x torch", "elsewhere", True),
    ("pip install --user torch", "elsewhere", False),
    ("pip install --target=/x/y torch", "folder", "/x/y"),
    ("uv pip install --target lib torch", "folder", "lib"),
    ("PIP_TARGET=/x pip install torch", "folder", "/x"),
    ("pip install torch -t $LAMBDA_TASK_ROOT", "elsewhere", False),
    ('pip install torch --target "${LAMBDA_TASK_ROOT}"', "elsewhere", False),
    ("pip install torch --target /var/task", "elsewhere", False),
    ("[ -f x ] && pip install torch", "conditional", True),
    ("if true; then pip install torch; fi", "conditional", False),
    ('if [ -n "$NOBODY_SETS_IT" ]; then pip install torch; fi', "conditional", True),
    ("pip install torch || pip install torch", "conditional", False),
    ("apt-get update && pip install torch", "conditional", False),
    ("uv pip install torch --index-strategy unsafe-best-match", "best_match", True),
    ("uv pip install torch --index-strategy first-index", "best_match", False),
    ("pip install -r missing.txt", "unread", ("missing.txt",)),
    ("pip install -r requirements.txt -r missing.txt", "unread", ("missing.txt",)),
    ("pip install -e ./lib", "unread", ("./lib/pyproject.toml",)),
    ("conda env create", "unread", ("environment.yml",)),
    ("pipenv install --system --deploy", "unread", ("Pipfile",)),
    ("pipenv sync", "unread", ("Pipfile",)),
    ("python -m pipenv install --dev", "unread", ("Pipfile",)),
    ("PIPENV_PIPFILE=/x/Pipfile pipenv sync", "unread", ("/x/Pipfile",)),
    ("conda install -c pytorch -c nvidia x", "channels", ("pytorch", "nvidia")),
    ("conda install --channel=pytorch x", "channels", ("pytorch",)),
]


@pytest.mark.parametrize(("text", "field", "value"), SAID, ids=[row[0] for row in SAID])
def test_what_else_is_said(text: str, field: str, value: object) -> None:
    found = getattr(read(text)[0], field)
    assert (tuple(unread.name for unread in found) if field == "unread" else found) == value


def test_files_are_followed() -> None:
    assert [r.name for r in one("pip install -r requirements.txt flask").requirements] == ["flask", "torch"]
    assert [r.local for r in one("pip install torch -c constraints.txt").constraints] == ["cpu"]
    assert [r.local for r in one("pip install torch --constraint=constraints.txt").constraints] == ["cpu"]
    assert [r.local for r in one("pip install torch", {"PIP_CONSTRAINT": "constraints.txt"}).constraints] == ["cpu"]
    assert one("uv pip install torch", {"PIP_CONSTRAINT": "constraints.txt"}).constraints == ()
    assert [r.name for r in one("pip install .").requirements] == ["flask"]
    assert [r.name for r in one("pip install -e .[gpu]").requirements] == ["flask"]
    assert [r.name for r in one("uv sync --frozen").requirements] == ["flask"]
    assert [r.name for r in one("poetry install --only main").requirements] == ["flask"]


def test_backends() -> None:
    for text, env in (
        ("uv pip install torch --torch-backend=cu121", {}),
        ("uv pip install --torch-backend cu121 torch", {}),
        ("uv pip install torch", {"UV_TORCH_BACKEND": "cu121"}),
    ):
        backend = one(text, env).backend
        assert backend is not None and backend.text == "cu121"
    assert one("pip install torch", {"UV_TORCH_BACKEND": "cu121"}).backend is None


REDIRECTED = [
    ("pip install a>=1", ["a>=1"]),
    ("pip install a>1.0 b<2", ["a>1.0", "b<2"]),
    ("pip install 'a>=1' \"b<2\" c\\>=3", []),
    ("pip install a[x]>=1", ["a[x]>=1"]),
    ("pip install a > log", []),
    ("pip install a >/dev/null 2>&1", []),
    ("pip install a 2>1", []),
    ("pip install -r x <2", []),
    ("pip install a==1>log", []),
    ("uv pip install a>=1", ["a>=1"]),
]


@pytest.mark.parametrize(("text", "written"), REDIRECTED, ids=[row[0] for row in REDIRECTED])
def test_bounds_that_the_shell_takes_away(text: str, written: list[str]) -> None:
    found = one(text).redirected
    assert [name for name, _ in found] == written
    for name, span in found:
        assert text[span.column - 1 : span.end_column - 1] == name


def test_spans_cover_what_is_written() -> None:
    text = f'pip install "torch==2.3.1" --index-url {CPU} --extra-index-url={CUDA}'
    install = one(text)
    requirement = install.requirements[0].span
    assert requirement is not None and text[requirement.column - 1 : requirement.end_column - 1] == '"torch==2.3.1"'
    assert install.sources.index is not None and install.sources.index.span is not None
    assert text[install.sources.index.span.column - 1 : install.sources.index.span.end_column - 1] == CPU
    assert install.span is not None and text[install.span.column - 1 : install.span.end_column - 1] == "install"


REQUIREMENTS = [
    # text, name, specifier, pin, local, kind
    ("torch", "torch", "", None, None, "name"),
    ("torch==2.3.1", "torch", "==2.3.1", "2.3.1", None, "name"),
    ("torch == 2.3.1", "torch", "==2.3.1", "2.3.1", None, "name"),
    ("torch===2.3.1", "torch", "===2.3.1", "2.3.1", None, "name"),
    ("torch==2.3.1+cu121", "torch", "==2.3.1+cu121", "2.3.1", "cu121", "name"),
    ("torch==2.3.*", "torch", "==2.3.*", None, None, "name"),
    ("torch>=2,<3", "torch", ">=2,<3", None, None, "name"),
    ("torch~=2.3", "torch", "~=2.3", None, None, "name"),
    ("torch[opt]==2.3.1", "torch", "==2.3.1", "2.3.1", None, "name"),
    ("torch==2.3.1 ; python_version >= '3.8'", "torch", "==2.3.1", "2.3.1", None, "name"),
    ("torch (>=2.0)", "torch", ">=2.0", None, None, "name"),
    ("Torch_Vision.x", "torch-vision-x", "", None, None, "name"),
    (f"{CUDA}/torch-2.3.1%2Bcu121-cp311-cp311-linux_x86_64.whl", "torch", "==2.3.1+cu121", "2.3.1", "cu121", "url"),
    (
        f"torch @ {CUDA}/torch-2.3.1%2Bcu121-cp311-cp311-linux_x86_64.whl",
        "torch",
        "==2.3.1+cu121",
        "2.3.1",
        "cu121",
        "url",
    ),
    (
        f"{CUDA}/torch-2.3.1%2Bcu121-cp311-cp311-linux_x86_64.whl#sha256=abc",
        "torch",
        "==2.3.1+cu121",
        "2.3.1",
        "cu121",
        "url",
    ),
    ("git+https://github.com/m-bain/whisperX.git@v3", "whisperx", "", None, None, "vcs"),
    ("git+https://github.com/openai/whisper.git#egg=openai-whisper", "openai-whisper", "", None, None, "vcs"),
    ("whisperx @ git+https://github.com/m-bain/whisperX.git", "whisperx", "", None, None, "vcs"),
    ("./local", "", "", None, None, "path"),
    ("/wheels/torch-2.3.1+cpu-cp311-cp311-linux_x86_64.whl", "torch", "==2.3.1+cpu", "2.3.1", "cpu", "url"),
    ("https://example.com/thing.zip", "", "", None, None, "url"),
    ("???", "", "", None, None, "unknown"),
    ("torch_", "torch-", "", None, None, "name"),
    ("torch===2.1.", "torch", "===2.1.", "2.1.", None, "name"),
    ("torch==2.1.", "", "", None, None, "unknown"),
    ("torch>= 2 ,", "torch", ">=2", None, None, "name"),
    ("torch~=2", "", "", None, None, "unknown"),
    ("torch ~= 2.1", "torch", "~=2.1", None, None, "name"),
    ("torch~=2.*", "", "", None, None, "unknown"),
]


@pytest.mark.parametrize(
    ("text", "name", "specifier", "pin", "local", "kind"), REQUIREMENTS, ids=[row[0][-40:] for row in REQUIREMENTS]
)
def test_requirements(text: str, name: str, specifier: str, pin: str | None, local: str | None, kind: str) -> None:
    found = parse_requirement(Value(text), None)
    assert (found.name, found.specifier, found.pin, found.local, found.kind) == (name, specifier, pin, local, kind)


def test_unknown_parts_of_a_requirement_are_not_taken_for_known() -> None:
    version = parse_requirement(Value(f"torch=={HOLE}", ("${T}",)), None)
    assert (version.name, version.pin) == ("torch", None)
    local = parse_requirement(Value(f"torch=={HOLE}+cu121", ("${T}",)), None)
    assert (local.name, local.pin, local.local) == ("torch", None, "cu121")
    name = parse_requirement(Value(f"{HOLE}==2.3.1", ("${P}",)), None)
    assert (name.name, name.kind) == ("", "unknown")
    channel = parse_requirement(Value(f"torch==2.3.1+cu{HOLE}", ("${C}",)), None)
    assert channel.pin in (None, "2.3.1") and channel.local in (None, f"cu{HOLE}")


CONDA = [
    ("pytorch", "pytorch", None, ""),
    ("pytorch=2.3.1", "pytorch", "2.3.1", ""),
    ("pytorch==2.3.1", "pytorch", "2.3.1", ""),
    ("pytorch=2.3.1=py3.11_cuda12.1_cudnn8.9.2_0", "pytorch", "2.3.1", "py3.11_cuda12.1_cudnn8.9.2_0"),
    ("pytorch::pytorch=2.3", "pytorch", "2.3", ""),
    ("pytorch>=2", "pytorch", None, ""),
    ("pytorch=*=*cuda*", "pytorch", None, "*cuda*"),
    ("pytorch[version='2.*']", "pytorch", None, ""),
    ("cudatoolkit=11.3", "cudatoolkit", "11.3", ""),
]


@pytest.mark.parametrize(("text", "name", "pin", "build"), CONDA, ids=[row[0] for row in CONDA])
def test_conda_requirements(text: str, name: str, pin: str | None, build: str) -> None:
    found = conda_requirement(Value(text), None)
    assert (found.name, found.pin, found.build) == (name, pin, build)


MARKERS = [
    ("", True),
    ("sys_platform == 'linux'", True),
    ("sys_platform == 'win32'", False),
    ("sys_platform != 'darwin'", True),
    ("platform_system == 'Darwin' and python_version < '3.12'", False),
    ("platform_system == 'Darwin' or platform_system == 'Linux'", True),
    ("platform_machine == 'x86_64'", True),
    ("platform_machine == 'aarch64'", False),
    ('os_name == "posix"', True),
    ("extra == 'gpu'", False),
    ("python_version >= '3.8'", True),
]


@pytest.mark.parametrize(("marker", "holds"), MARKERS, ids=[row[0] or "none" for row in MARKERS])
def test_markers_on_linux(marker: str, holds: bool) -> None:
    assert applies(marker) == holds


def test_a_marker_of_an_extra_holds_with_the_extra() -> None:
    assert applies("extra == 'gpu'", Environment(), ("gpu",))


@pytest.mark.parametrize("text", [row[0] for row in NAMES if row[1] != "apt"] + [row[0] for row in INDEXES])
def test_the_quick_look_lets_every_install_pass(text: str) -> None:
    assert worth_reading(text)


WORDS = (
    "pip",
    "uv",
    "conda",
    "python",
    "-m",
    "install",
    "add",
    "sync",
    "-r",
    "-c",
    "-i",
    "-e",
    ".",
    "-U",
    "--index-url",
    "--index-url=",
    "--torch-backend=",
    "torch",
    "torch==2.3.1",
    "torch==2.3.1+cu121",
    "$X",
    '"$X"',
    "a>=1",
    "<2",
    "run",
    "env",
    "create",
    "-f",
    "-n",
    "--",
    "-",
    "=",
    "'",
    '"',
    "\\",
    "&&",
    "|",
    ";",
    "(",
    "{",
    "git+https://x/y",
    CPU,
    "é",
    "sudo",
    "",
)


@given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
def test_any_command_line_has_an_answer(text: str) -> None:
    for install in read(text, {"PIP_INDEX_URL": CPU}):
        for state in (NONE, Torch("cu121", "2.3.1"), Torch("unknown")):
            after(state, install)
        for requirement in install.requirements:
            assert requirement.span is None or requirement.span.end_column <= len(text) + 1


PIPFILES = [
    ('torch = "*"', "torch"),
    ('torch = "2.3.1"', "torch==2.3.1"),
    ('torch = "~=2.3"', "torch~=2.3"),
    ('torch = {version = "==2.3.1+cu121", extras = ["opt", "x"]}', "torch[opt,x]==2.3.1+cu121"),
    (
        "torch = {version = '*', markers = \"python_version > '3'\", sys_platform = \"== 'linux'\"}",
        "torch ; python_version > '3' and sys_platform == 'linux'",
    ),
    (
        'whisper = {git = "https://example.com/whisper.git", ref = "v1"}',
        "whisper @ git+https://example.com/whisper.git",
    ),
    (
        'torch = {file = "https://example.com/torch-2.3.1-py3-none-any.whl"}',
        "torch @ https://example.com/torch-2.3.1-py3-none-any.whl",
    ),
    ('app = {path = ".", editable = true, extras = ["web"]}', ".[web]"),
    ('lib = {path = "libs/lib"}', "./libs/lib"),
    ('lib = {file = "wheels/lib.whl"}', "./wheels/lib.whl"),
    ("odd = 7", "odd"),
    ("odd = {}", "odd"),
]


@pytest.mark.parametrize(("line", "requirement"), PIPFILES, ids=[row[0] for row in PIPFILES])
def test_lines_of_a_pipfile(line: str, requirement: str) -> None:
    (found,) = read_pipfile(Source("Pipfile", f"[packages]\n# a comment\n{line}\n")).dependencies
    assert (found.requirement, found.part.name, found.line) == (requirement, "packages", 3)


def test_the_sources_of_a_pipfile() -> None:
    text = f"""[[source]]
url = "https://pypi.python.org/simple"
name = "pypi"
[[source]]
url = "{CPU}"
name = "pytorch"
[packages]
torch = {{version = "*", index = "pytorch"}}
[gpu]
numpy = "*"
[requires]
python_version = "3.12"
"""
    project = read_pipfile(Source("Pipfile", text))
    assert (project.default_index, project.extra) == ("https://pypi.python.org/simple", ())
    assert [(d.part.name, [b.url for b in d.bindings]) for d in project.dependencies] == [
        ("packages", [CPU]),
        ("gpu", []),
    ]
    assert read_pipfile(Source("Pipfile", text + "[pipenv]\ninstall_search_all_sources = true\n")).extra == (CPU,)
    assert read_pipfile(Source("Pipfile", "[packages")).problem


def test_an_extra_that_goes_in_circles_ends() -> None:
    extras = "x = ['a-b[Y]']\ny = ['A_B[x, z]', 'torch']\nz = ['flask']\nw = ['numpy']\n"
    text = f"[project]\nname = 'A.b'\n[project.optional-dependencies]\n{extras}"
    project = read_pyproject(Source("pyproject.toml", text))
    x, y, z = (Part("extra", name) for name in "xyz")
    assert project.with_included((x,), lambda _: True) == {x, y, z}
    assert project.with_included((x,), lambda _: False) == {x}
    assert [d.requirement for d in project.dependencies] == ["torch", "flask", "numpy"]

"""What an install asks for by the files of a project: pyproject.toml, locks, Pipfiles and lists of conda."""

from __future__ import annotations

import pytest
from image_states import CPU, CUDA, asked_for, state, unread

from wxlint.images.installs.model import Install

pytestmark = pytest.mark.usefixtures("here")

OWN = "https://registry.example/simple"
WINDOWS, ODD = "sys_platform == 'win32'", "platform_release == 'x'"
EXTRAS = '[project.optional-dependencies]\ngpu = ["torch==2.3.1"]\ncpu = ["torch==2.3.1"]\n'


def project(dependencies: str, *sections: str) -> dict[str, str]:
    """A pyproject.toml with two indexes of uv's that are taken only where they are named."""
    head = '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\n'
    index = '[[tool.uv.index]]\nname = "{}"\nurl = "{}"\nexplicit = true\n'
    indexes = index.format("cpu", CPU) + index.format("cu", CUDA)
    return {"pyproject.toml": f"{head}dependencies = [{dependencies}]\n{''.join(sections)}{indexes}"}


def sources(*tables: str) -> str:
    return f"[tool.uv.sources]\ntorch = [{', '.join(tables)}]\n"


def last(files: dict[str, str], command: str) -> Install:
    return state(files, f"RUN {command}").installs[-1]


BY_EXTRA = sources('{ index = "cpu", extra = "cpu" }', '{ index = "cu", extra = "gpu" }')
PROJECTS = [
    # files, command, what it asks for
    (project("", EXTRAS, BY_EXTRA), "uv sync --extra gpu", [f"torch==2.3.1 =2.3.1 <{CUDA}> [gpu] line 7"]),
    (project("", EXTRAS, BY_EXTRA), "uv sync --extra cpu", [f"torch==2.3.1 =2.3.1 <{CPU}> [cpu] line 7"]),
    (project('"torch"', EXTRAS, BY_EXTRA), "uv sync --extra $X", ["torch <EXTRA> line 5"]),
    (project("", EXTRAS, BY_EXTRA), "uv sync --all-extras",
     ["torch==2.3.1 =2.3.1 <SEVERAL> [gpu] line 7", "torch==2.3.1 =2.3.1 <SEVERAL> [cpu] line 7"]),
    (project('"torch"', sources('{ index = "cpu", marker = "sys_platform != \'win32\'" }',
                                f'{{ index = "cu", marker = "{WINDOWS}" }}')), "uv sync", [f"torch <{CPU}> line 5"]),
    (project('"torch"', sources('{ index = "cpu" }', f'{{ index = "cu", marker = "{ODD}" }}')), "uv sync",
     ["torch <MARKER> line 5"]),
    (project('"torch"', sources('{ index = "cpu" }', '{ index = "cu" }')), "uv sync", ["torch <SEVERAL> line 5"]),
    (project('"torch"', sources('{ index = "cpu" }')), "pip install .", ["torch line 5"]),
    (project('"torch"', sources('{ index = "cpu" }')), "uv pip install .", [f"torch <{CPU}> line 5"]),
    (project(f'"torch; {ODD}", "flask; {WINDOWS}"'), "uv sync", [f"torch; {ODD} ? line 5"]),
    (project('"torch==2.3.1", "flask"'), "uv sync --no-install-package torch", ["flask line 5"]),
    (project('"torch"', sources('{ path = "w/torch-2.3.1+cpu-cp311-cp311-linux_x86_64.whl" }')), "uv sync",
     ["torch @ w/torch-2.3.1+cpu-cp311-cp311-linux_x86_64.whl =2.3.1+cpu url line 5"]),
    (project('"torch"', sources('{ path = "w/torch-2.3.1+cpu-cp311-cp311-linux_x86_64.whl" }')), "pip install .",
     ["torch line 5"]),
    (project('"torch>=2", "flask==1"'), "uv add torch==2.3.1", ["flask==1 =1 line 5", "torch==2.3.1 =2.3.1 line 1"]),
    (project('"torch>=2", "flask==1"'), "uv add torch", ["torch>=2 line 5", "flask==1 =1 line 5", "torch line 1"]),
    (project('"flask"', EXTRAS), "uv add --optional gpu torch==2.4.1", ["flask line 5", "torch==2.4.1 =2.4.1 line 1"]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "command", "asked"), PROJECTS, ids=[f"{n}-{r[1]}" for n, r in enumerate(PROJECTS)])
def test_what_a_project_asks_for(files: dict[str, str], command: str, asked: list[str]) -> None:
    assert [asked_for(one) for one in last(files, command).requirements] == asked


LIMITS = [
    # files, command, what limits it besides
    (project("", EXTRAS, BY_EXTRA), "uv sync --extra gpu", [f"torch==2.3.1 =2.3.1 <{CPU}> [cpu]"]),
    (project('"torch>=2"', "[dependency-groups]\ndev = ['torch<2.4']\n"), "uv sync --no-dev", ["torch<2.4 [dev]"]),
    (project('"torch>=2"', f'[dependency-groups]\ndev = ["torch<2.4; {WINDOWS}"]\n'), "uv sync --no-dev",
     [f"torch<2.4; {WINDOWS} ?"]),  # a lock is for all systems
    (project('"torch>=2"', f'[dependency-groups]\ndev = ["torch>=2.4; {WINDOWS}"]\n'), "uv sync --no-dev", []),
    (project('"torch"', "[tool.uv]\nconstraint-dependencies = ['torch<2.4']\n"), "uv sync", ["torch<2.4"]),
    (project('"torch"', f'[tool.uv]\nconstraint-dependencies = ["torch; {WINDOWS}", "numpy; {ODD}"]\n'), "uv sync",
     [f"numpy; {ODD} ?"]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "command", "limits"), LIMITS)
def test_what_limits_a_project(files: dict[str, str], command: str, limits: list[str]) -> None:
    assert [asked_for(one) for one in last(files, command).constraints] == limits


UNREAD = [
    (project('"torch"'), "uv sync --extra nope", [("pyproject.toml", "NO_PART", "nope")]),
    (project('"torch"'), "uv sync --group nope", [("pyproject.toml", "NO_PART", "nope")]),
    (project('"torch"'), "pip install .[nope]", []),  # of which pip warns
    (project('"torch"', "[tool.uv]\nx = 'dynamic'\n"), "uv sync --extra nope", []),
    (project('"flask"', EXTRAS), "pip install .[$X]", [("an extra of pyproject.toml", "EXTRA", "")]),
    (project('"flask"', "[project.optional-dependencies]\nx = ['accelerate']\n"), "pip install .[$X]",
     [("an extra of pyproject.toml", "EXTRA", "")]),
    (project('"flask"', "[project.optional-dependencies]\nx = ['numpy']\n"), "pip install .[$X]", []),
]  # fmt: skip


@pytest.mark.parametrize(("files", "command", "found"), UNREAD)
def test_what_is_not_known_of_a_project(files: dict[str, str], command: str, found: list[tuple[str, str, str]]) -> None:
    assert unread(last(files, command)) == found


@pytest.mark.parametrize(("name", "text"), [("uv.lock", "version = ["), ("uv.toml", "[[index"), ("poetry.lock", "[")])
def test_a_file_beside_a_project_that_cannot_be_read(name: str, text: str) -> None:
    poetry = '[tool.poetry]\nname = "a"\n[tool.poetry.dependencies]\ntorch = "*"\n'
    files = {name: text, **({"pyproject.toml": poetry} if name == "poetry.lock" else project('"torch"'))}
    command = {"uv.lock": "uv sync --frozen", "uv.toml": "uv pip install torch", "poetry.lock": "poetry install"}[name]
    assert [row[:2] for row in unread(last(files, command))] == [(name, "INVALID")]


def package(name: str, version: str, index: str = OWN, needs: str = "") -> str:
    """A distribution of a uv.lock; five lines, or six with what it needs."""
    needed = f'dependencies = [{{ name = "{needs}" }}]\n' if needs else ""
    return f'[[package]]\nname = "{name}"\nversion = "{version}"\nsource = {{ registry = "{index}" }}\n{needed}\n'


def locked(*packages: str, needs: str) -> dict[str, str]:
    """A uv.lock of a project that needs what a list of tables says; its packages begin at line 7."""
    own = '[[package]]\nname = "app"\nversion = "1"\nsource = { virtual = "." }\n'
    return {"uv.lock": f"version = 1\n{own}dependencies = [{needs}]\n{''.join(packages)}"}


TORCH, ACCELERATE = '{ name = "torch" }', '{ name = "accelerate" }'
BOTH = (package("torch", "2.3.1"), package("torch", "2.4.1"))
EITHER = '{ name = "torch", version = "2.3.1", marker = "%s" }, { name = "torch", version = "2.4.1", marker = "%s" }'
BRINGS = package("accelerate", "1.0", needs="torch")
OF_UV = [
    # the project's dependencies, its lock, what is asked for
    ('"torch>=2"', locked(package("torch", "2.3.1"), needs=TORCH), [f"torch>=2 =2.3.1 <{OWN}> line 5"]),
    ('"torch>=2"', locked(package("torch", "2.3.1+cpu", CPU), needs=TORCH), [f"torch>=2 =2.3.1+cpu <{CPU}> line 5"]),
    # torch is there though only the lock names it; what a CUDA build brings is a part of it
    ('"accelerate"', locked(BRINGS, package("torch", "2.3.1", needs="nvidia-cublas-cu12"),
                            package("nvidia-cublas-cu12", "12.1"), needs=ACCELERATE),
     ["accelerate =1.0 line 5", f"torch==2.3.1 =2.3.1 <{OWN}> line 14"]),
    ('"accelerate"', locked(BRINGS, package("torch", "2.3.1+cpu", CPU, needs="nvidia-cublas-cu12"),
                            package("nvidia-cublas-cu12", "12.1"), needs=ACCELERATE),
     ["accelerate =1.0 line 5", f"torch==2.3.1+cpu =2.3.1+cpu <{CPU}> line 14",
      "nvidia-cublas-cu12==12.1 =12.1 line 20"]),
    ('"accelerate"', locked(package("accelerate", "1.0", needs="nvidia-cudnn-cu12"),
                            package("nvidia-cudnn-cu12", "9.1"), needs=ACCELERATE),
     ["accelerate =1.0 line 5", "nvidia-cudnn-cu12==9.1 =9.1 line 14"]),
    # of what else only the lock names, nothing but what computes on a GPU
    ('"accelerate"', locked(package("accelerate", "1.0", needs="onnxruntime-gpu"),
                            package("onnxruntime-gpu", "1.18.0", needs="numpy"), package("numpy", "1.26"),
                            needs=ACCELERATE),
     ["accelerate =1.0 line 5", "onnxruntime-gpu==1.18.0 =1.18.0 line 14"]),
    # two releases of one distribution: markers decide, where they are known
    ('"torch"', locked(*BOTH, needs=EITHER % (ODD, ODD.replace("==", "!="))), ["torch line 5"]),
    ('"torch"', locked(*BOTH, needs=EITHER % (WINDOWS.replace("==", "!="), WINDOWS)), [f"torch =2.3.1 <{OWN}> line 5"]),
    ('"torch"', locked(*BOTH, needs=EITHER % (WINDOWS.replace("==", "!="), ODD)), ["torch line 5"]),
    ('"torch @ git+https://github.com/pytorch/pytorch"', locked(package("torch", "2.3.1"), needs=TORCH),
     ["torch @ git+https://github.com/pytorch/pytorch vcs line 5"]),
]  # fmt: skip


@pytest.mark.parametrize(("dependencies", "lock", "asked"), OF_UV)
def test_what_a_lock_of_uv_adds(dependencies: str, lock: dict[str, str], asked: list[str]) -> None:
    install = last({**project(dependencies), **lock}, "uv sync --frozen")
    assert [asked_for(one) for one in install.requirements] == asked


POETRY = '[tool.poetry]\nname = "a"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\n'
OF_POETRY = 'torch = {version = "2.3.1", source = "cpu"}\n[[tool.poetry.source]]\nname = "cpu"\nurl = "' + CPU + '"\n'
OPTIONAL = 'torch = {version = "2.3.1", optional = true}\n[tool.poetry.extras]\ngpu = ["torch"]\n'
GROUP = '[tool.poetry.group.gpu.dependencies]\ntorch = "2.3.1"\n'
PINNED = '[[package]]\nname = "torch"\nversion = "2.3.1"\ngroups = ["main"]\n'
OLD_PIN = (
    '[[package]]\nname = "torch"\nversion = "2.3.1+cpu"\ncategory = "main"\n'
    f'[package.source]\ntype = "legacy"\nurl = "{CPU}"\nreference = "x"\n'
)
OF_POETRY_1 = (
    '[[package]]\nname = "accelerate"\nversion = "1.0"\n[package.dependencies]\ntorch = ">=2"\n'
    '[[package]]\nname = "torch"\nversion = "2.3.1+cpu"\n[package.dependencies]\nnvidia-nccl-cu12 = "2.26.2"\n'
    f'[package.source]\ntype = "legacy"\nurl = "{CPU}"\nreference = "x"\n'
    '[[package]]\nname = "nvidia-nccl-cu12"\nversion = "2.26.2"\n'
    '[[package]]\nname = "onnxruntime-gpu"\nversion = "1.20.1"\n[metadata]\nlock-version = "2.0"\n'
)
WITH_A_GROUP = f'{POETRY}accelerate = "*"\n[tool.poetry.group.gpu.dependencies]\nonnxruntime-gpu = "*"\n'
OTHERS = [
    ({"pyproject.toml": WITH_A_GROUP, "poetry.lock": OF_POETRY_1}, "poetry install --only main",
     ["accelerate =1.0 line 6", f"torch==2.3.1+cpu =2.3.1+cpu <{CPU}> line 7",
      "nvidia-nccl-cu12==2.26.2 =2.26.2 line 16"]),
    ({"pyproject.toml": WITH_A_GROUP, "poetry.lock": OF_POETRY_1}, "poetry install --only gpu",
     ["onnxruntime-gpu =1.20.1 [gpu] line 8"]),
    ({"pyproject.toml": POETRY + OF_POETRY}, "poetry install", [f"torch==2.3.1 =2.3.1 <{CPU}> line 6"]),
    ({"pyproject.toml": POETRY + 'torch = "^2.3"\n', "poetry.lock": PINNED}, "poetry install",
     ["torch>=2.3,<3 =2.3.1 line 6"]),
    ({"pyproject.toml": POETRY + 'torch = "^2.3"\n', "poetry.lock": OLD_PIN}, "poetry install",
     [f"torch>=2.3,<3 =2.3.1+cpu <{CPU}> line 6"]),
    ({"pyproject.toml": POETRY + OPTIONAL}, "poetry install", []),
    ({"pyproject.toml": POETRY + OPTIONAL}, "poetry install -E gpu", ["torch==2.3.1 =2.3.1 [gpu] line 6"]),
    ({"pyproject.toml": POETRY + GROUP}, "poetry install", ["torch==2.3.1 =2.3.1 [gpu] line 7"]),
    ({"pyproject.toml": f"{POETRY}[tool.poetry.group.gpu]\noptional = true\n{GROUP}"}, "poetry install", []),
    ({"Pipfile": '[packages]\ntorch = "==2.3.1"\n[dev-packages]\nflask = "*"\n'}, "pipenv install",
     ["torch==2.3.1 =2.3.1 [packages] line 2"]),
    ({"Pipfile": '[packages]\ntorch = {version = "==2.3.1", index = "cpu"}\n[[source]]\nname = "cpu"\n'
      f'url = "{CPU}"\n'}, "pipenv install", [f"torch==2.3.1 =2.3.1 <{CPU}> [packages] line 2"]),
    ({"Pipfile": '[packages]\ntorch = "*"\n', "Pipfile.lock": '{"default": {"torch": {"version": "==2.3.1"}}}'},
     "pipenv sync", ["torch =2.3.1 [packages] line 2"]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "command", "asked"), OTHERS, ids=[f"{n}-{r[1]}" for n, r in enumerate(OTHERS)])
def test_projects_of_other_tools(files: dict[str, str], command: str, asked: list[str]) -> None:
    assert [asked_for(one) for one in last(files, command).requirements] == asked


def of_conda_lock(name: str, version: str, manager: str, **more: str) -> str:
    fields = {"manager": manager, "platform": "linux-64", "category": "main", **more}
    return f"- name: {name}\n  version: {version}\n" + "".join(f"  {key}: {text}\n" for key, text in fields.items())


CUDA_BUILD = "py3.11_cuda12.1_cudnn8.9.2_0"
WHEEL = f"{CPU}/torch-2.3.1%2Bcpu-cp311-cp311-linux_x86_64.whl"
CONDA_LOCK = "version: 1\nmetadata: {}\npackage:\n" + "".join(
    (
        of_conda_lock("PyTorch", "2.3.1", "conda", build=CUDA_BUILD),
        of_conda_lock("numpy", "1.26", "conda", platform="osx-64"),
        of_conda_lock("ruff", "1.0", "conda", category="dev"),
        of_conda_lock("Flask", "3.0", "pip", url="https://registry.example/Flask-3.0-py3-none-any.whl"),
        of_conda_lock("torch", "2.3.1", "pip", url=WHEEL),
    )
)


def test_a_lock_of_conda_for_the_platform_of_the_build() -> None:
    installs = state({"conda-lock.yml": CONDA_LOCK}, "RUN conda-lock install conda-lock.yml").installs
    assert [[asked_for(one) for one in install.requirements] for install in installs] == [
        [f"PyTorch=2.3.1={CUDA_BUILD} =2.3.1 line 4", "ruff=1.0= =1.0 ? line 15"],
        [
            "Flask==3.0 =3.0 <https://registry.example/Flask-3.0-py3-none-any.whl> line 20",
            f"torch==2.3.1 =2.3.1+cpu <{WHEEL}> line 26",
        ],
    ]
    assert installs[0].requirements[0].name == "pytorch" and installs[0].requirements[0].build == CUDA_BUILD


CONDA = [
    # files, command, what the last install asks for
    ({"e.txt": f"@EXPLICIT\nhttps://registry.example/linux-64/pytorch-2.3.1-{CUDA_BUILD}.tar.bz2\n"},
     "conda install --file e.txt", [f"pytorch=2.3.1={CUDA_BUILD} =2.3.1 line 2"]),
    ({"e.txt": "# list\npytorch=2.3.1  # pinned\n\nnumpy\n"}, "conda install --file e.txt",
     ["pytorch=2.3.1 =2.3.1 line 2", "numpy line 4"]),
    ({"e.yml": "dependencies:\n  - python=3.10\n  - pip:\n    - torch==2.3.1; python_version < '3.11'\n    - flask\n"},
     "conda env create -f e.yml", ["torch==2.3.1; python_version < '3.11' =2.3.1 line 4", "flask line 5"]),
    ({"e.yml": "dependencies:\n  - python=3\n  - pip:\n    - torch==2.3.1; python_version < '3.11'\n"},
     "conda env create -f e.yml", ["torch==2.3.1; python_version < '3.11' =2.3.1 ? line 4"]),
    ({"e.yml": "dependencies:\n  - pip:\n    - torch==2.3.1; python_version < '3.11'\n"},
     "conda env create -f e.yml", ["torch==2.3.1; python_version < '3.11' =2.3.1 ? line 3"]),
]  # fmt: skip


@pytest.mark.parametrize(("files", "command", "asked"), CONDA)
def test_lists_of_conda(files: dict[str, str], command: str, asked: list[str]) -> None:
    assert [asked_for(one) for one in last(files, command).requirements] == asked


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [("e.txt", "@EXPLICIT\nno address\n", "WHEEL"), ("e.yml", "dependencies: [", "INVALID")],
)
def test_lists_of_conda_that_cannot_be_read(name: str, text: str, kind: str) -> None:
    command = "conda install --file e.txt" if name == "e.txt" else "conda env create -f e.yml"
    assert [row[:2] for row in unread(last({name: text}, command))] == [(name, kind)]

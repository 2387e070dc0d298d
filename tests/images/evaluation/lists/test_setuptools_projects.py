"""Projects whose requirements stand in setup.py, setup.cfg, or in files that a pyproject.toml names."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.installs.model import Install, UnreadKind
from wxlint.images.model.records import Build

SETUP = (
    "from setuptools import setup\nsetup(install_requires=['torch<2.3', 'numpy'], extras_require={'gpu': ['cupy']})\n"
)
CFG = (
    "[options]\ninstall_requires =\n    torch>=1.12  # why\n    bitsandbytes==0.41.1\n"
    "[options.extras_require]\ndev =\n    tox\n"
)
DYNAMIC = "[project]\nname = 'a'\ndynamic = ['dependencies']\n"


def only(run: str, files: Mapping[str, str]) -> Install:
    """The one install of a RUN in an image that holds files of the repository."""

    def read(path: str) -> Source | None:
        return Source(path, files[path]) if path in files else None

    text = f"FROM python:3.11\nCOPY . /app\nWORKDIR /app\nRUN {run}\n"
    evaluated = evaluate(read_dockerfile(Source("Dockerfile", text)), Build("Dockerfile", (".",)), Files(read, (".",)))
    (found,) = (step for step in evaluated.stages[-1].steps if isinstance(step, Install))
    return found


def places(install: Install) -> list[str]:
    """Each requirement with its file and line."""
    spans = [(r.name, r.specifier, r.span) for r in install.requirements]
    return [f"{name}{clauses} {span.path}:{span.line}" if span else name for name, clauses, span in spans]


UNREAD = [
    {"setup.py": "import (\n"},
    {"setup.py": "print 'a'\n"},
    {"setup.cfg": "install_requires = torch\n"},
    {"setup.cfg": "no section\n", "setup.py": "from setuptools import setup\nsetup()\n"},
    {"setup.py": "x = 1\n" * 400_000},
]


@pytest.mark.parametrize("files", UNREAD)
def test_a_file_that_is_not_read_is_said(files: dict[str, str]) -> None:
    (unread,) = only("pip install .", files).unread
    assert unread.kind is UnreadKind.NOT_WHOLE and unread.name in files and unread.where is not None


CASES = [
    ("pip install .", {"setup.py": SETUP}, ["torch<2.3 setup.py:2", "numpy setup.py:2"]),
    ("pip install -e .[gpu]", {"setup.py": SETUP}, ["torch<2.3 setup.py:2", "numpy setup.py:2", "cupy setup.py:2"]),
    ("uv pip install --system .", {"setup.py": SETUP}, ["torch<2.3 setup.py:2", "numpy setup.py:2"]),
    ("pip install .", {"setup.cfg": CFG}, ["torch>=1.12 setup.cfg:3", "bitsandbytes==0.41.1 setup.cfg:4"]),
    (
        "pip install .[dev]",
        {"setup.cfg": CFG, "setup.py": "from setuptools import setup\nsetup()\n"},
        ["torch>=1.12 setup.cfg:3", "bitsandbytes==0.41.1 setup.cfg:4", "tox setup.cfg:7"],
    ),
    ("pip install .", {"setup.cfg": CFG, "setup.py": SETUP}, ["torch<2.3 setup.py:2", "numpy setup.py:2"]),
    (
        "pip install .",
        {
            "setup.py": "import setuptools\nsetuptools.setup(install_requires=open('r.txt').readlines())\n",
            "r.txt": "--extra-index-url https://download.pytorch.org/whl/cpu\n# c\ntorch\n",
        },
        ["torch r.txt:3"],
    ),
    (
        "pip install .",
        {"setup.cfg": "[options]\ninstall_requires = file: r.txt\n", "r.txt": "torch\n"},
        ["torch r.txt:1"],
    ),
    (
        "pip install .",
        {
            "pyproject.toml": f"{DYNAMIC}[tool.setuptools.dynamic]\ndependencies = {{file = ['r.txt']}}\n",
            "r.txt": "torch\n",
        },
        ["torch r.txt:1"],
    ),
    (
        "pip install .[x]",
        {
            "pyproject.toml": f"{DYNAMIC}[tool.setuptools.dynamic]\ndependencies = {{file = 'r.txt'}}\n"
            "optional-dependencies.x = {file = ['x.txt']}\noptional-dependencies.y = {file = ['y.txt']}\n",
            "r.txt": "torch\n",
            "x.txt": "av\n",
            "y.txt": "no\n",
        },
        ["torch r.txt:1", "av x.txt:1"],
    ),
    (
        "pip install .",
        {
            "pyproject.toml": f"[build-system]\nbuild-backend = 'hatchling.build'\n{DYNAMIC}"
            "[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ['r.txt']\n",
            "r.txt": "torch\n",
        },
        ["torch r.txt:1"],
    ),
    ("pip install .", {"pyproject.toml": DYNAMIC, "setup.py": SETUP}, ["torch<2.3 setup.py:2", "numpy setup.py:2"]),
    ("pip install .", {"pyproject.toml": "[build-system]\nrequires = []\n", "setup.cfg": CFG}, None),
]


@pytest.mark.parametrize(("run", "files", "expected"), CASES, ids=range(len(CASES)))
def test_what_a_project_asks_for(run: str, files: Mapping[str, str], expected: list[str] | None) -> None:
    install = only(run, files)
    assert not install.unread
    assert not install.sources
    assert places(install) == (expected or ["torch>=1.12 setup.cfg:3", "bitsandbytes==0.41.1 setup.cfg:4"])


UNKNOWN = [
    {"setup.py": "from setuptools import setup\nfrom x import load\nsetup(install_requires=load())\n"},
    {"setup.py": "from setuptools import setup\nimport x\nsetup(install_requires=['a'] + x.more)\n"},
    {"pyproject.toml": f"[build-system]\nbuild-backend = 'hatchling.build'\n{DYNAMIC}", "setup.py": SETUP},
    {"pyproject.toml": DYNAMIC + "optional-dependencies = {a = ['b']}\n"},
]


@pytest.mark.parametrize("files", UNKNOWN, ids=range(len(UNKNOWN)))
def test_what_only_the_build_knows(files: Mapping[str, str]) -> None:
    assert [unread.kind for unread in only("pip install .", files).unread] == [UnreadKind.DYNAMIC]


def test_a_file_that_setup_py_reads_and_that_is_not_there() -> None:
    install = only(
        "pip install .", {"setup.py": "import setuptools\nsetuptools.setup(install_requires=open('r.txt'))\n"}
    )
    assert [(unread.kind, unread.name) for unread in install.unread] == [(UnreadKind.NOT_THERE, "r.txt")]


def test_uv_sync_needs_a_pyproject() -> None:
    (unread,) = only("uv sync", {"setup.py": SETUP}).unread
    assert unread.kind is UnreadKind.NOT_THERE


def test_a_project_in_a_clone_of_another_repository_is_that_of_its_address() -> None:
    run = "git clone --depth 1 -b v1 https://github.com/NVIDIA/apex && cd apex && pip install --no-cache-dir ./"
    install = only(run, {})
    assert [(r.name, r.kind, r.url) for r in install.requirements] == [
        ("apex", "vcs", "git+https://github.com/nvidia/apex@another")
    ]
    assert not install.unread


def test_the_project_of_the_repository_itself_by_its_address() -> None:
    files = {"setup.py": SETUP, "r.txt": "voice @ git+https://github.com/Acme/voice.git\nav\n"}

    def read(path: str) -> Source | None:
        return Source(path, files[path]) if path in files else None

    built = Files(read, (".",), "", lambda owner, name: (owner, name) == ("acme", "voice"))
    text = "FROM python:3.11\nCOPY r.txt .\nRUN pip install -r r.txt\nRUN pip install git+https://github.com/acme/voice@v2\n"
    stage = evaluate(read_dockerfile(Source("Dockerfile", text)), Build("Dockerfile", (".",)), built).stages[-1]
    own, tagged = (step for step in stage.steps if isinstance(step, Install))
    assert [r.name for r in own.requirements] == ["torch", "numpy", "av"]
    assert [r.kind for r in tagged.requirements] == ["vcs"]  # another commit may ask for something else


COMPUTED = (
    "from setuptools import setup\nimport os\n{above}setup(install_requires=chosen(os.environ['WHAT'], {names}))\n"
)


@pytest.mark.parametrize(
    ("above", "names", "files", "kind"),
    [
        ("", "['numpy', 'flask>=2']", {}, UnreadKind.NO_TORCH),
        ("", "['numpy', 'torch>=2']", {}, UnreadKind.DYNAMIC),
        ("", "['numpy', 'openai-whisper']", {}, UnreadKind.DYNAMIC),
        ("", "['a @ git+https://registry.example/a']", {}, UnreadKind.DYNAMIC),
        ("R = open('base.txt')\n", "['numpy']", {"base.txt": "flask\n"}, UnreadKind.NO_TORCH),
        ("R = open('base.txt')\n", "['numpy']", {"base.txt": "torch\n"}, UnreadKind.DYNAMIC),
        ("R = open('requirements.txt')\n", "['numpy']", {}, UnreadKind.DYNAMIC),
        ("R = open('requirements/' + W)\n", "['numpy']", {}, UnreadKind.DYNAMIC),
        ("import names\n", "names.ALL", {"names.py": "ALL = ['torch']"}, UnreadKind.DYNAMIC),
        ("from names.all import ALL\n", "ALL", {}, UnreadKind.DYNAMIC),
    ],
)
def test_a_computed_list_is_made_of_the_names_in_its_text(
    above: str, names: str, files: dict[str, str], kind: UnreadKind
) -> None:
    install = only("pip install .", {"setup.py": COMPUTED.format(above=above, names=names), **files})
    assert [unread.kind for unread in install.unread] == [kind]
    assert all(requirement.maybe for requirement in install.requirements)


def test_a_version_that_is_computed_leaves_the_name() -> None:
    setup = "from setuptools import setup\nsetup(install_requires=[f'vllm=={version()}', 'numpy'])\n"
    install = only("pip install .", {"setup.py": setup})
    assert [r.name for r in install.requirements] == ["vllm", "numpy"]
    assert not install.unread

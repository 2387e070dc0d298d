"""What the RUN instructions of a Dockerfile install, with the files of the repository that they read."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from wxlint.core.values import HOLE, Value
from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.source import Source
from wxlint.images.evaluation.evaluator import evaluate
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.installs.model import Install, UnreadKind
from wxlint.images.model.records import Build, Evaluated, StageCopy

URL = "https://registry.example/simple"
CPU = "https://download.pytorch.org/whl/cpu"


def run(text: str, files: Mapping[str, str], contexts: tuple[str, ...] = (".",), platform: str = "") -> Evaluated:
    def read(path: str) -> Source | None:
        return Source(path, files[path]) if path in files else None

    build = Build("Dockerfile", contexts)
    build = build._replace(platform=platform) if platform else build
    return evaluate(read_dockerfile(Source("Dockerfile", text)), build, Files(read, contexts))


def installs(body: str, files: Mapping[str, str], base: str = "python:3.11", platform: str = "") -> list[Install]:
    steps = run(f"FROM {base}\n{body}\n", files, platform=platform).stages[-1].steps
    return [step for step in steps if isinstance(step, Install)]


def names(body: str, files: Mapping[str, str], base: str = "python:3.11") -> str:
    return " ".join(r.name for install in installs(body, files, base) for r in install.requirements)


LIST = "COPY . /app\nWORKDIR /app\nRUN pip install -r requirements.txt"
PROJECT = """[project]
name = "app"
dependencies = ["flask"]
[project.optional-dependencies]
gpu = ["torch"]
audio = ["torchaudio"]
[dependency-groups]
dev = ["pytest"]
lint = ["ruff"]
"""
POETRY = """[tool.poetry.dependencies]
python = "^3.11"
flask = "*"
[tool.poetry.group.dev.dependencies]
pytest = "*"
[tool.poetry.group.docs]
optional = true
[tool.poetry.group.docs.dependencies]
sphinx = "*"
"""
PIPFILE = "[packages]\nflask = '*'\n[dev-packages]\npytest = '*'\n[gpu]\ntorch = '*'\n"
CONDA = "channels: [pytorch]\ndependencies:\n  - python=3.12\n  - pytorch=2.3\n  - pip:\n    - torchaudio\n"

REQS = {"requirements.txt": "torch\n"}
WHERE_THE_BASE_STARTS = [  # without a WORKDIR, commands start where the base image says
    ("COPY ./requirements.txt /app\nRUN pip install -r requirements.txt", REQS, "torch"),
    ("COPY . /workspace\nRUN pip install -r requirements.txt", REQS, "torch"),
    ("COPY . .\nRUN pip install $(cat requirements.txt)", REQS, "torch"),
    ("COPY . .\nRUN cat requirements.txt | xargs pip install", REQS, "torch"),
    ("COPY . .\nRUN xargs -a requirements.txt pip install", REQS, "torch"),
    ("COPY . .\nRUN grep -v '^#' requirements.txt | xargs pip install < requirements.txt", REQS, "torch"),
    ("COPY . .\nRUN uv pip install --system `cat requirements.txt`", REQS, "torch"),
    ("COPY . .\nRUN pip install flask $(< requirements.txt)", REQS, "flask torch"),
    ("COPY . /workspace\nRUN cd app && pip install -r requirements.txt", {"app/requirements.txt": "torch\n"}, "torch"),
    ("COPY a.txt /srv/requirements.txt\nRUN pip install -r requirements.txt", {"a.txt": "torch\n"}, "torch"),
    ("COPY . /workspace\nRUN pip install .", {"pyproject.toml": PROJECT}, "flask"),
    ("COPY . /workspace\nRUN bash install.sh", {"install.sh": "pip install torch\n"}, "torch"),
    ("COPY . /workspace\nRUN pip install -r /requirements.txt", REQS, ""),
    ("WORKDIR /x\nCOPY . /workspace\nRUN pip install -r requirements.txt", REQS, ""),
    (
        "COPY a /srv/a\nCOPY b /srv/b\nRUN pip install -r requirements.txt",
        {"a/requirements.txt": "torch\n", "b/requirements.txt": "flask\n"},
        "",
    ),
]
IN_THE_DOCKERFILE = [
    ("COPY <<EOF requirements.txt\ntorch\nEOF\nRUN pip install -r requirements.txt", {}, "torch"),
    ("COPY <<-EOF /x/\n\ttorch\n\tEOF\nRUN pip install -r /x/EOF", {}, "torch"),
    ("COPY <<a.txt <<b.txt /x/\nflask\na.txt\ntorch\nb.txt\nRUN pip install -r /x/b.txt", {}, "torch"),
    ("COPY <<'EOF' /x.sh\npip install ${1:-torch}\nEOF\nRUN bash /x.sh", {}, "torch"),
    ("COPY <<EOF /r.txt\ntorch\nEOF\nCOPY r.txt /r.txt\nRUN pip install -r /r.txt", {"r.txt": "flask\n"}, "flask"),
    ("ARG V=2\nCOPY <<EOF /r.txt\ntorch==$V\nEOF\nRUN pip install -r /r.txt", {}, ""),
]
NAMES = [
    *IN_THE_DOCKERFILE,
    *WHERE_THE_BASE_STARTS,
    # body, files, what is installed
    (LIST, {"requirements.txt": "torch\n# flask\n\nnumpy\n"}, "torch numpy"),
    (LIST, {"requirements.txt": "-r other.txt\nnumpy\n", "other.txt": "torch\n"}, "torch numpy"),
    (LIST, {"requirements.txt": "--requirement=x/other.txt\n", "x/other.txt": "-r ../b.txt\n", "b.txt": "a\n"}, "a"),
    (LIST, {"requirements.txt": "-r /app/other.txt\n", "other.txt": "torch\n"}, "torch"),
    (LIST, {"requirements.txt": "a; python_version < '3.9'\nb; python_version > '3.9'\n"}, "b"),
    (LIST, {"requirements.txt": "a; sys_platform == 'win32'\n"}, ""),
    (LIST, {"requirements.txt": "-e ./lib[gpu]\n", "lib/pyproject.toml": PROJECT}, "flask torch"),
    (LIST, {"requirements.txt": "-e ./lib[Docs,gpu,]\n", "lib/pyproject.toml": PROJECT}, "flask torch"),
    (LIST, {"requirements.txt": "-e file://lib[gpu]\n", "lib/pyproject.toml": PROJECT}, "flask torch"),
    (LIST, {"requirements.txt": "-e file://lib\n", "lib/pyproject.toml": PROJECT}, "flask"),
    (LIST, {"requirements.txt": "-e git+https://registry.example/x/whisperx.git\n"}, "whisperx"),
    ("RUN pip install -r requirements.txt", {"requirements.txt": "torch\n"}, ""),
    ("COPY requirements.txt .\nRUN pip install -r requirements.txt", {"requirements.txt": "torch\n"}, "torch"),
    ("COPY requirements.txt /x/r.txt\nRUN pip install -r /x/r.txt", {"requirements.txt": "torch\n"}, "torch"),
    ("COPY a.txt b.txt /x/\nRUN pip install -r /x/b.txt", {"a.txt": "a\n", "b.txt": "b\n"}, "b"),
    ("COPY *.txt /x/\nRUN pip install -r /x/b.txt", {"b.txt": "b\n"}, "b"),
    ("COPY d/?.txt /x/\nRUN pip install -r /x/b.txt", {"d/b.txt": "b\n"}, "b"),
    ("COPY *.md /x/\nRUN pip install -r /x/b.txt", {"b.txt": "b\n"}, ""),
    ("COPY d/* /x/\nRUN pip install -r /x/e/b.txt", {"d/e/b.txt": "b\n"}, ""),
    ("COPY d /x\nRUN pip install -r /x/e/b.txt", {"d/e/b.txt": "b\n"}, "b"),
    ('COPY ["a.txt", "/x/"]\nRUN pip install -r /x/a.txt', {"a.txt": "a\n"}, "a"),
    ("ADD a.txt /x/\nRUN pip install -r /x/a.txt", {"a.txt": "a\n"}, "a"),
    ("ARG F=a.txt\nCOPY $F /x/\nRUN pip install -r /x/a.txt", {"a.txt": "a\n"}, "a"),
    ("COPY ../a.txt /x/\nRUN pip install -r /x/a.txt", {"a.txt": "a\n"}, "a"),
    ("COPY . /x\nRUN cd /x && pip install -r a.txt", {"a.txt": "a\n"}, "a"),
    ("COPY . /x\nRUN cd $D && pip install -r a.txt", {"a.txt": "a\n"}, ""),
    ("COPY . /x\nWORKDIR /\nWORKDIR x\nRUN pip install -r a.txt", {"a.txt": "a\n"}, "a"),
    ("RUN --mount=type=bind,source=a.txt,target=/a.txt pip install -r /a.txt", {"a.txt": "a\n"}, "a"),
    ("RUN --mount=src=a.txt,dst=/a.txt pip install -r /a.txt", {"a.txt": "a\n"}, "a"),
    ("RUN --mount=src=a.txt,destination=/a.txt pip install -r /a.txt", {"a.txt": "a\n"}, "a"),
    ("WORKDIR /x\nRUN --mount=target=. pip install -r a.txt", {"a.txt": "a\n"}, "a"),
    ("RUN --mount=type=cache,target=/x pip install -r /x/a.txt", {"a.txt": "a\n"}, ""),
    ("RUN --mount=target=/x ls\nRUN pip install -r /x/a.txt", {"a.txt": "a\n"}, ""),
    ("COPY . .\nRUN sed -i s/a/b/ a.txt && pip install -r a.txt", {"a.txt": "a\n"}, "b"),
    ("COPY . .\nRUN grep -v a r.txt | grep -v b > c.txt && pip install -r c.txt", {"r.txt": "a\nb\nd\n"}, "d"),
    ("COPY . .\nRUN sed -i s/a/b/2 a.txt && pip install -r a.txt", {"a.txt": "a\n"}, ""),
    ("COPY . .\nRUN pip install -r a.txt && sed -i s/a/b/ a.txt", {"a.txt": "a\n"}, "a"),
    # a folder that only the base image names
    ("WORKDIR ${APP}/x\nCOPY . .\nRUN pip install -r a.txt", {"a.txt": "a\n"}, "a"),
    ("COPY a.txt $APP/x/\nRUN pip install -r $APP/x/a.txt", {"a.txt": "a\n"}, "a"),
    ("ENV D=/home/$ME\nCOPY a.txt $D/x/a.txt\nRUN cd $D/x && pip install -r a.txt", {"a.txt": "a\n"}, "a"),
    ("COPY a.txt $APP/x/\nRUN pip install -r $APP/y/a.txt", {"a.txt": "a\n"}, ""),
    ("COPY a.txt $APP/x/\nRUN sed -i 1d $APP/x/a.txt\nRUN pip install -r $APP/x/a.txt", {"a.txt": "a\n"}, ""),
    ("COPY . .\nONBUILD RUN pip install a\nRUN pip install b", {}, "b"),
    ("COPY a.txt b.txt ./\nONBUILD RUN pip freeze > a.txt\nRUN pip install -r a.txt", {"a.txt": "a\n"}, "a"),
    ("ONBUILD COPY . /x\nRUN pip install -r /x/a.txt", {"a.txt": "a\n"}, ""),
    ("COPY . .\nRUN pip install .", {"pyproject.toml": PROJECT}, "flask"),
    ("COPY . .\nRUN pip install .[gpu,audio]", {"pyproject.toml": PROJECT}, "flask torch torchaudio"),
    ("COPY . .\nRUN uv sync", {"pyproject.toml": PROJECT}, "flask pytest"),
    ("COPY . .\nRUN uv sync --no-dev", {"pyproject.toml": PROJECT}, "flask"),
    ("COPY . .\nRUN uv sync", {"pyproject.toml": f"{PROJECT}[tool.uv]\ndefault-groups = 'all'\n"}, "flask pytest ruff"),
    ("COPY . .\nRUN uv sync", {"pyproject.toml": f"{PROJECT}[tool.uv]\ndefault-groups = ['lint']\n"}, "flask ruff"),
    ("COPY . .\nRUN uv sync", {"pyproject.toml": f"{PROJECT}[tool.uv]\ndefault-groups = []\n"}, "flask"),
    ("COPY . .\nRUN uv sync --no-default-groups", {"pyproject.toml": PROJECT}, "flask"),
    ("COPY . .\nRUN uv sync --extra gpu --group lint", {"pyproject.toml": PROJECT}, "flask torch pytest ruff"),
    ("COPY . .\nRUN uv sync --only-group lint", {"pyproject.toml": PROJECT}, "ruff"),
    ("COPY . .\nRUN uv sync --only-dev", {"pyproject.toml": PROJECT}, "pytest"),
    ("COPY . .\nRUN uv sync --all-extras --no-dev", {"pyproject.toml": PROJECT}, "flask torch torchaudio"),
    ("COPY . .\nRUN uv sync --all-extras --no-extra gpu --no-dev", {"pyproject.toml": PROJECT}, "flask torchaudio"),
    ("COPY . .\nRUN uv sync --all-groups", {"pyproject.toml": PROJECT}, "flask pytest ruff"),
    ("COPY . .\nRUN uv sync --all-groups --no-default-groups", {"pyproject.toml": PROJECT}, "flask pytest ruff"),
    ("COPY . .\nRUN uv sync --only-dev --all-extras --extra gpu", {"pyproject.toml": PROJECT}, "pytest"),
    ("COPY . .\nRUN uv sync --all-groups --no-group dev", {"pyproject.toml": PROJECT}, "flask ruff"),
    ("COPY . .\nRUN uv sync --no-dev --no-install-package Flask", {"pyproject.toml": PROJECT}, ""),
    ("COPY . .\nRUN poetry install", {"pyproject.toml": POETRY}, "flask pytest"),
    ("COPY . .\nRUN poetry install --with docs", {"pyproject.toml": POETRY}, "flask pytest sphinx"),
    ("COPY . .\nRUN poetry install --without dev", {"pyproject.toml": POETRY}, "flask"),
    ("COPY . .\nRUN poetry install --no-dev", {"pyproject.toml": POETRY}, "flask"),
    ("COPY . .\nRUN poetry install --only main", {"pyproject.toml": POETRY}, "flask"),
    ("COPY . .\nRUN poetry install --only main,dev", {"pyproject.toml": POETRY}, "flask pytest"),
    ("COPY . .\nRUN poetry install --only dev", {"pyproject.toml": POETRY}, "pytest"),
    ("COPY . .\nRUN pdm install --prod", {"pyproject.toml": PROJECT}, "flask"),
    ("COPY . .\nRUN pipenv install", {"Pipfile": PIPFILE}, "flask"),
    ("COPY . .\nRUN pipenv install --dev", {"Pipfile": PIPFILE}, "flask pytest"),
    ("COPY . .\nRUN pipenv install --categories gpu", {"Pipfile": PIPFILE}, "torch"),
    ("COPY . .\nRUN conda env create -f env.yml", {"env.yml": CONDA}, "python pytorch torchaudio"),
    ("COPY . .\nRUN conda install --file l.txt", {"l.txt": "# x\npytorch=2.3 # y\n\nnumpy\n"}, "pytorch numpy"),
    ("COPY . .\nRUN ./install.sh", {"install.sh": "pip install torch\n./install_ffmpeg.sh\n"}, "torch"),
    ("COPY . .\nRUN bash install.sh", {"install.sh": "apt-get install -y libcudnn8\n"}, "libcudnn8"),
    (
        "COPY . .\nRUN ./setup.sh",
        {"setup.sh": "pip install flask\n./install-b.sh\n", "install-b.sh": "pip install torch\n"},
        "flask torch",
    ),
    (
        "COPY bin /opt\nRUN /opt/install.sh",
        {
            "bin/install.sh": "/opt/setup-b.sh\n",
            "bin/setup-b.sh": "bash /opt/setup-c.sh\n",
            "bin/setup-c.sh": "pip install torch\n",
        },
        "torch",
    ),
    ("COPY . .\nRUN ./install.sh gpu", {"install.sh": "pip install $1\n"}, "gpu"),
    (
        "COPY . .\nRUN ./install.sh gpu",
        {"install.sh": "if [ $1 = gpu ]; then pip install a; else pip install b; fi\n"},
        "a",
    ),
    ("COPY . .\nRUN bash -e ./install.sh", {"install.sh": "pip install ${1:-torch}\n"}, "torch"),
    ("COPY . .\nRUN ./setup.sh gpu", {"setup.sh": "./install.sh $1\n", "install.sh": "pip install x[$1]"}, "x"),
    ("COPY . .\nARG X\nRUN ./install.sh $X", {"install.sh": "pip install $1\n"}, ""),
    ("COPY . .\nRUN ./install.sh gpu", {"install.sh": "echo $1\napt-get install libcudnn8\n"}, "libcudnn8"),
    ("COPY . .\nRUN ./install.sh gpu", {"install.sh": "pip install torch\n"}, "torch"),
    ("COPY . .\nRUN python install.py", {"install.py": "print(1)\n"}, ""),
    ("RUN <<EOF\npip install torch\npip install flask\nEOF", {}, "torch flask"),
    ("RUN bash <<EOF\npip install torch\nEOF", {}, "torch"),
    ("RUN <<EOF\n#!/usr/bin/env python\npip install torch\nEOF", {}, ""),
    ("RUN <<EOF\n#!/bin/bash\npip install torch\nEOF", {}, "torch"),
    ("RUN cat <<EOF\npip install torch\nEOF", {}, ""),
    ('RUN ["pip", "install", "torch"]', {}, "torch"),
    ('RUN ["sh", "-c", "pip install torch"]', {}, "torch"),
    ('RUN ["/bin/bash", "-ec", "pip install torch"]', {}, "torch"),
    ('RUN ["bash", "x", "pip install torch"]', {}, ""),
    ('SHELL ["powershell"]\nRUN pip install torch', {}, ""),
    ('SHELL ["conda", "run", "-n", "x", "/bin/bash", "-c"]\nRUN pip install torch', {}, "torch"),
]


@pytest.mark.parametrize(("body", "files", "found"), NAMES, ids=[f"{i}: {r[0]}" for i, r in enumerate(NAMES)])
def test_what_is_installed(body: str, files: dict[str, str], found: str) -> None:
    assert names(body, files) == found


UNREAD = [
    (LIST, {}, UnreadKind.NOT_THERE, "requirements.txt"),
    (LIST, {"requirements.txt": "-r requirements.txt\n"}, UnreadKind.INVALID, "requirements.txt"),
    (
        LIST,
        {"requirements.txt": "-r a.txt\n", "a.txt": "-r requirements.txt\n"},
        UnreadKind.INVALID,
        "requirements.txt",
    ),
    (LIST, {"requirements.txt": "-r a.txt\n"}, UnreadKind.NOT_THERE, "a.txt"),
    (LIST, {"requirements.txt": "--nonsense\n"}, UnreadKind.INVALID, "requirements.txt"),
    ("COPY . .\nRUN pip install .", {"pyproject.toml": "[project"}, UnreadKind.INVALID, "pyproject.toml"),
    ("COPY . .\nRUN pip install .", {"setup.py": "x"}, UnreadKind.NO_TORCH, "./setup.py"),
    ("COPY . .\nRUN pip install .", {"setup.py": "x = 'requirements'"}, UnreadKind.DYNAMIC, "./setup.py"),
    ("COPY . .\nRUN uv sync", {"setup.py": "x"}, UnreadKind.NOT_THERE, "./pyproject.toml"),
    ("COPY . .\nRUN pip install .", {"pyproject.toml": "[build-system]\n"}, UnreadKind.DYNAMIC, "./pyproject.toml"),
    (
        "COPY . .\nRUN pip install .",
        {"pyproject.toml": "[project]\nname='a'\ndynamic=['dependencies']\n"},
        UnreadKind.DYNAMIC,
        "./pyproject.toml",
    ),
    ("COPY . .\nRUN pipenv install", {"Pipfile": "[packages"}, UnreadKind.INVALID, "Pipfile"),
    ("COPY . .\nRUN conda env create -f e.yml", {"e.yml": "a: ["}, UnreadKind.INVALID, "e.yml"),
    ("COPY . .\nRUN conda install --file l.txt", {"l.txt": "@EXPLICIT\npytorch=2.3\n"}, UnreadKind.WHEEL, "l.txt"),
    ("COPY . .\nRUN pip install .[$X]", {"pyproject.toml": PROJECT}, UnreadKind.EXTRA, "an extra of pyproject.toml"),
    ("RUN ./install.sh", {"install.sh": ""}, UnreadKind.PROGRAM, "./install.sh"),
    (
        "COPY . .\nRUN ./setup.sh",
        {"setup.sh": "./install.sh\n", "install.sh": "./setup.sh\n"},
        UnreadKind.PROGRAM,
        "./setup.sh",
    ),
    (
        "COPY . .\nRUN ./setup.sh",
        {"setup.sh": "./install.sh $X\n", "install.sh": "pip install $1\n"},
        UnreadKind.PROGRAM,
        "./install.sh",
    ),
    ("COPY . .\nRUN python install.py", {"install.py": "import subprocess"}, UnreadKind.PROGRAM, "install.py"),
    ("COPY . .\nRUN python install.py", {"install.py": "os.system('x')"}, UnreadKind.PROGRAM, "install.py"),
]


def test_a_script_that_cannot_be_read_and_says_nothing_of_an_install_is_passed_over() -> None:
    assert installs("RUN ./run.sh && bash /opt/x.sh", {}) == []
    assert [i.unread[0].kind for i in installs("RUN bash /opt/setup.sh", {})] == [UnreadKind.PROGRAM]


def test_scripts_that_call_each_other_many_times_are_followed_so_far() -> None:
    files = {f"setup{n}.sh": f"./setup{n + 1}.sh\n" * 30 for n in range(8)} | {"setup8.sh": "pip install torch\n"}
    assert "torch" in names("COPY . .\nRUN ./setup0.sh", files)


@pytest.mark.parametrize(("body", "files", "kind", "name"), UNREAD, ids=[f"{i}" for i, _ in enumerate(UNREAD)])
def test_what_cannot_be_read(body: str, files: dict[str, str], kind: UnreadKind, name: str) -> None:
    (install,) = installs(body, files)
    assert [(unread.kind, unread.name) for unread in install.unread] == [(kind, name)]


def test_lists_that_name_each_other_many_times_are_not_read_to_their_end() -> None:
    files = {f"r{i}.txt": f"-r r{i + 1}.txt\n" for i in range(20)} | {"r20.txt": "torch\n"}
    (install,) = installs("COPY . .\nRUN pip install -r r0.txt", files)
    assert [unread.kind for unread in install.unread] == [UnreadKind.NOT_WHOLE]
    (install,) = installs("COPY . .\nRUN pip install -r r12.txt", files)
    assert [r.name for r in install.requirements] == ["torch"]


def test_sources_in_lists() -> None:
    lines = f"--index-url {CPU}\n--extra-index-url {URL}\n--find-links {URL}\ntorch\n"
    (install,) = installs(LIST, {"requirements.txt": lines})
    sources = install.sources
    assert sources.index is not None and (sources.index.flag, sources.index.value.text) == ("--index-url", CPU)
    assert [(s.flag, s.value.text) for s in sources.extra] == [("--extra-index-url", URL)]
    assert [(s.flag, s.value.text) for s in sources.links] == [("--find-links", URL)]
    (install,) = installs(LIST, {"requirements.txt": "--no-index\ntorch\n"})
    assert install.sources.no_index


def test_constraints_and_what_an_option_behind_a_requirement_is_worth() -> None:
    files = {"requirements.txt": f"-c limits.txt\ntorch --index-url {CPU}\n", "limits.txt": "torch==2.3.1\n"}
    (install,) = installs(LIST, files)
    assert [(r.name, r.pin) for r in install.constraints] == [("torch", "2.3.1")]
    assert install.requirements[0].ignored == f"--index-url {CPU}"
    assert install.sources.index is None
    (install,) = installs("COPY . .\nRUN pip install torch -c missing.txt", {})
    assert install.unread == ()


def test_requirements_that_may_not_hold() -> None:
    lines = "torch; python_version < '3.12'\n"
    (install,) = installs(LIST, {"requirements.txt": lines}, base="registry.example/app:1")
    assert [(r.name, r.maybe) for r in install.requirements] == [("torch", True)]
    (install,) = installs(LIST, {"requirements.txt": lines})
    assert [(r.name, r.maybe) for r in install.requirements] == [("torch", False)]
    arm = {"requirements.txt": "a; platform_machine == 'aarch64'\nb; platform_machine == 'x86_64'\n"}
    (install,) = installs(LIST, arm, platform="linux/arm64")
    assert [r.name for r in install.requirements] == ["a"]


def test_a_list_that_a_tool_exported_is_for_the_pythons_of_its_project() -> None:
    own = "; python_version >= '3.10' and python_version < '4.0'\n"
    lines = ["a", "b", "c", "torch"]
    exported = "".join(name + own for name in lines) + "old; python_version >= '3.10' and python_version < '3.12'\n"
    (install,) = installs(LIST, {"requirements.txt": exported}, base="registry.example/app:1")
    assert {r.name for r in install.requirements if r.maybe} == {"old"}
    by_hand = "".join(name + own for name in lines[1:])
    (install,) = installs(LIST, {"requirements.txt": by_hand}, base="registry.example/app:1")
    assert {r.name for r in install.requirements if r.maybe} == {"b", "c", "torch"}
    (install,) = installs(LIST, {"requirements.txt": exported + "plain\n"}, base="registry.example/app:1")
    assert {r.name for r in install.requirements if not r.maybe} == {"plain"}


def test_a_variable_in_a_list() -> None:
    (install,) = installs(f"ENV I={CPU}\n{LIST}", {"requirements.txt": "--index-url ${I}\ntorch\n"})
    assert install.sources.index is not None and install.sources.index.value.text == CPU
    (install,) = installs(LIST, {"requirements.txt": "--index-url ${I}\ntorch\n"})
    assert install.sources.index is not None and not install.sources.index.value.known


@pytest.mark.parametrize(
    ("body", "files", "index"),
    [
        ("COPY pip.conf /etc/pip.conf", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, CPU),
        ("COPY pip.conf /root/.pip/", {"pip.conf": f"[install]\nindex_url = {CPU}\n"}, CPU),
        ("COPY pip.conf /root/.config/pip/pip.conf", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, CPU),
        ("COPY pip.conf /etc/xdg/pip/", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, CPU),
        ("COPY pip.conf /etc/pip.conf", {"pip.conf": f"[freeze]\nindex-url = {CPU}\n"}, None),
        ("COPY pip.conf /etc/pip.conf", {"pip.conf": "no section\n"}, HOLE),  # pip ends there
        ("COPY pip.conf /app/pip.conf", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, None),
        ("COPY c /app/c\nENV PIP_CONFIG_FILE=/app/c", {"c": f"[global]\nindex-url = {CPU}\n"}, CPU),
        (
            "COPY pip.conf /etc/pip.conf",
            {"pip.conf": f"[global]\nindex-url = {URL}\n[install]\nindex-url = {CPU}\n"},
            CPU,
        ),
        ("USER 1000\nCOPY pip.conf /root/.pip/", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, None),
        ("USER root:root\nCOPY pip.conf /root/.pip/", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, CPU),
        ("USER 0\nCOPY pip.conf /root/.pip/", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, CPU),
        ("USER app\nCOPY pip.conf /etc/pip.conf", {"pip.conf": f"[global]\nindex-url = {CPU}\n"}, CPU),
        (f"RUN pip config set global.index-url {CPU}", {}, CPU),
        (f"RUN pip config set global.timeout 60\nRUN pip config set install.index-url {CPU}", {}, CPU),
        (f"ENV PIP_INDEX_URL={CPU}\nRUN pip config set global.index-url {URL}", {}, CPU),
    ],
)
def test_the_index_of_pips_settings(body: str, files: dict[str, str], index: str | None) -> None:
    install = installs(f"{body}\nRUN pip install torch", files)[-1]
    assert (install.sources.index and install.sources.index.value.text) == index


def test_files_by_way_of_stages() -> None:
    text = (
        "FROM scratch AS a\nCOPY r.txt /a/\nFROM scratch AS b\nCOPY --from=a /a /b\n"
        "FROM python:3.11\nCOPY --from=b /b/r.txt /c/\nRUN pip install -r /c/r.txt\n"
    )
    last = run(text, {"r.txt": "torch\n"}).stages[-1]
    assert [[r.name for r in s.requirements] for s in last.steps if isinstance(s, Install)] == [["torch"]]
    copies = [step for step in last.steps if isinstance(step, StageCopy)]
    assert [(copy.stage, copy.paths, copy.dest) for copy in copies] == [(1, ("/b/r.txt",), "/c")]


def test_the_likeliest_context_counts_first() -> None:
    files = {"a/r.txt": "torch\n", "b/r.txt": "flask\n", "b/s.txt": "numpy\n"}
    text = "FROM python:3.11\nCOPY . .\nRUN pip install -r r.txt -r s.txt\n"
    (install,) = run(text, files, ("a", "b")).stages[-1].steps
    assert isinstance(install, Install) and [r.name for r in install.requirements] == ["torch", "numpy"]


@pytest.mark.parametrize(
    ("base", "value"),
    [
        ("nvidia/cuda:12.1.0-base-ubuntu22.04", "12.1.0"),
        ("nvidia/cuda:12.1-base", "12.1"),
        ("nvidia/cuda:latest", None),
        ("registry.example/nvidia/cuda:11.8.0-runtime-ubuntu22.04", "11.8.0"),
        ("nvcr.io/nvidia/pytorch:24.01-py3", "\0"),
        ("python:3.11", None),
    ],
)
def test_what_a_base_sets(base: str, value: str | None) -> None:
    found = run(f"FROM {base}\n", {}).stages[0].env.get("CUDA_VERSION")
    assert (found.text if isinstance(found, Value) else None) == value


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("# syntax=docker/dockerfile:1\nFROM a:1\n", [("syntax", "docker/dockerfile:1", None), ("FROM", "a:1", 0)]),
        ("FROM scratch\nCOPY --from=a:1 x /y\n", [("COPY --from", "a:1", 0)]),
        ("FROM scratch\nCOPY --from=0 x /y\n", []),
        ("FROM scratch\nCOPY --from=7 x /y\n", []),
        ("FROM scratch AS a\nCOPY --from=B x /y\nFROM scratch AS b\n", []),
        ("FROM scratch\nCOPY --from=scratch x /y\n", []),
        ("FROM scratch\nONBUILD COPY --from=a:1 x /y\n", [("ONBUILD COPY --from", "a:1", 0)]),
        ("FROM scratch\nONBUILD USER x\n", []),
        ("FROM scratch\nRUN --mount=type=cache,from=a:1,target=/x y\n", [("RUN --mount", "a:1", 0)]),
        ("COPY --from=a:1 x /y\nFROM b:1\n", [("FROM", "b:1", 0)]),
        ("FROM a b c\n", [("FROM", "\0", 0)]),
        ("FROM a:1 AS X\nFROM x\n", [("FROM", "a:1", 0)]),
    ],
)
def test_images_that_are_named(text: str, uses: list[tuple[str, str, int | None]]) -> None:
    assert [(use.kind, use.value.text, use.stage) for use in run(text, {}).uses] == uses


def test_where_a_use_stands() -> None:
    text = "FROM scratch\nCOPY --from=a:1 x /y\nRUN --mount=type=bind,from=b:1,target=/x y\n"
    copy, mount = run(text, {}).uses
    for use, written, line in ((copy, "a:1", 2), (mount, "b:1", 3)):
        found = text.split("\n")[line - 1][use.span.column - 1 : use.span.end_column - 1]
        assert (use.span.line, found) == (line, written)
    assert mount.onbuild is False


def test_folders_users_and_reasons() -> None:
    text = "ARG V=1\nFROM a:$V\nARG U=me\nWORKDIR /a\nWORKDIR b\\c\nUSER $U\nENV LONG=" + "x" * 300 + "\n"
    (stage,) = run(text, {}).stages
    assert stage.user == "me"
    assert [reason.text for reason in stage.base.value.because] == ["ARG V=1"]
    (reason,) = stage.env["LONG"].because
    assert reason.text == "ENV LONG=" + "x" * 200 + "…" and (reason.line, reason.name) == (7, "LONG")


def test_kinds_of_reasons() -> None:
    text = "ARG V=1\nFROM nvidia/cuda:12.1.0-base-ubuntu22.04\nARG A=1\nENV B=$A\n"
    (stage,) = run(text, {}).stages
    assert [(r.kind, r.name) for r in stage.env["CUDA_VERSION"].because] == [("base", "")]
    assert [(r.kind, r.name, r.line) for r in stage.env["B"].because] == [("arg", "A", 3), ("env", "B", 4)]
    assert [(r.kind, r.name) for r in run("ARG V\nFROM a:$V\n", {}).stages[0].base.value.because] == [("arg", "V")]
    (none,) = run("ARG V\nFROM a:$V\n", {}).uses
    assert not none.value.known


@pytest.mark.parametrize(
    ("body", "python"),
    [
        ("FROM ubuntu:24.04\nRUN apt-get update && apt-get install -y python3-pip", "3.12"),
        ("FROM ubuntu:jammy-20240808\nRUN apt install -y --no-install-recommends git python3", "3.10"),
        ("FROM nvidia/cuda:12.8.1-runtime-ubuntu24.04\nRUN apt-get install -y python3-pip", "3.12"),
        ("FROM rocm/dev-ubuntu-22.04:6.2\nRUN apt-get install -y python3-pip", "3.10"),
        ("FROM ubuntu:24.04", None),
        ("FROM ubuntu:24.04\nRUN apt-get install -y python3.12-venv", "3.12"),
        ("FROM ubuntu:24.04\nRUN add-apt-repository ppa:deadsnakes/ppa && apt-get install -y python3.11", None),
        ("FROM ubuntu:24.04\nRUN apt-get install -y python3\nCOPY --from=python:3.13 /usr/local /usr/local", None),
        ("FROM ubuntu:24.04\nRUN apt-get install -y python3\nCOPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/uv", "3.12"),
        ("FROM acme/ubuntu-tools:24.04\nRUN apt-get install -y python3", None),
    ],
)
def test_the_python_of_a_system(body: str, python: str | None) -> None:
    stage = run(f"{body}\nRUN pip install torch\n", {}).stages[-1]
    assert [step.environment.python for step in stage.steps if isinstance(step, Install)][-1] == python


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("$(cat r.txt)", "numpy torch"),
        ("$(grep ^numpy r.txt)", "numpy"),
        ("$(grep -v torch r.txt) av", "numpy av"),
        ("$(cat r.txt | grep -v ^numpy)", "torch"),
    ],
)
def test_a_list_whose_lines_become_arguments(words: str, found: str) -> None:
    assert names(f"COPY . .\nRUN pip install {words}", {"r.txt": "numpy\ntorch==2.3.1\n"}) == found


@pytest.mark.parametrize("words", ["$(sort r.txt)", '"$(grep -v torch r.txt)"', "$(cat r.txt | sort)", "$(cat $X)"])
def test_words_of_a_list_that_something_else_makes(words: str) -> None:
    (install,) = installs(f"COPY . .\nRUN pip install {words}", {"r.txt": "numpy\ntorch==2.3.1\n"})
    assert [requirement.kind for requirement in install.requirements] == ["unknown"]

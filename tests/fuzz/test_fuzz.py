"""Hostile and damaged input: every reader and every check ends in an answer, or in an error for the user."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wxlint.core.errors import PolicyError, WxlintError
from wxlint.core.findings import Span
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.interpolation import interpolate, read_env
from wxlint.documents.compose.reader import ComposeReader
from wxlint.documents.dockerfile.reader import read_dockerfile
from wxlint.documents.dockerfile.validation import syntax_problems
from wxlint.documents.manifests.conda_environment import read_environment
from wxlint.documents.manifests.pipfile import read_pipfile
from wxlint.documents.manifests.pyproject import read_pyproject
from wxlint.documents.manifests.requirements_txt import read_requirements
from wxlint.documents.source import Source, decode
from wxlint.documents.yaml import YamlError, load, parse, plain
from wxlint.images.graph.summary import beliefs_of
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.lint.suppressions import find_suppressions
from wxlint.output import Options, formats, render
from wxlint.policy.expectations import expected_images
from wxlint.policy.image_names import named_member
from wxlint.policy.load import load_policy
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.batch.reader import read_batch

DOCKERFILE = """\
# syntax=docker/dockerfile:1
ARG REGISTRY=example
ARG VARIANT=cuda
FROM --platform=$BUILDPLATFORM ${REGISTRY}/base:${VARIANT:-cpu} AS Build
ARG CHANNEL="cu121"
ENV PIP_INDEX_URL=https://download.pytorch.org/whl/${CHANNEL} A=1
# wxlint: ignore[torch-index] a reason
RUN --mount=type=bind,from=alpine:latest,target=/m pip install \\
    torch==2.3.1 "numpy<2" pydantic>=2 \\
    # a comment
    -r requirements.txt && conda install pytorch cpuonly
COPY requirements.txt pyproject.toml ./
RUN <<EOF cat && <<-'B' sh
pip install torch
EOF
\tuv pip install whisperx --torch-backend=auto
\tB
ONBUILD COPY --from=0 /a /b
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
COPY --from=build /opt/venv /opt/venv
RUN ["/bin/sh", "-c", "apt-get install -y libcudnn8"]
USER app
"""
COMPOSE = """\
x-gpu: &gpu
  deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}
include: [other.yml]
services:
  asr:
    <<: *gpu
    image: "${REGISTRY:-example}/app-asr:${TAG:?needed}"
    build: {context: ., dockerfile: docker/asr/Dockerfile, args: {VARIANT: "${V:-cuda}"}, target: build}
    environment: [A=1, B]
    depends_on: {demux: {condition: service_completed_successfully}}
  demux:  # wxlint: ignore[latest-tag] a reason
    extends: {file: compose.yaml, service: asr}
    image: example/app-demux:latest
    gpus: !reset null
    profiles: [x]
    command: |
      # wxlint: ignore[latest-tag] text
      sh -c 'true'
"""
SHELL = """\
#!/usr/bin/env bash
set -euo pipefail
cd "$(dirname "$0")/.."
REGISTRY="${DOCKERHUB_USER:-example}"
for stage in asr demux; do
  docker build -f "docker/$stage/Dockerfile" --build-arg VARIANT=cuda -t "$REGISTRY/app-$stage:cuda" . || exit 1
done
build() { local tag=$1; shift; docker buildx build --tag "example/app:${tag,,}" "$@" .; }
build cpu --target build
case "$1" in a|b) docker push example/app:latest;; *) ;; esac
# wxlint: ignore[compose-run-gpus] a reason
docker compose run --rm --gpus all asr <<EOF
text $(echo x) `date`
EOF
if [[ -n ${X:-} && $Y == a* ]]; then docker run --gpus all "${IMAGES[@]}" "${A[0]}" ; fi
"""
BATCH = """\
@echo off
setlocal enabledelayedexpansion
set REGISTRY=example
if "%1"=="" (set TAG=cpu) else (set TAG=%1)
for %%S in (asr demux) do (
  docker build -f docker\\%%S\\Dockerfile -t %REGISTRY%/app-%%S:!TAG! . || goto :failed
)
rem wxlint: ignore[latest-tag] a reason
call :push %TAG:~0,3% ^
  more
goto :eof
:push
docker push %REGISTRY%/app:latest & docker tag a:1 "b:%2"
exit /b %ERRORLEVEL%
"""
REQUIREMENTS = """\
--index-url https://download.pytorch.org/whl/cpu
--extra-index-url=http://pypi.douban.com/
-r requirements.txt
-c "constraints.txt"
torch==2.3.1+cu121 ; python_version >= "3.8"  # wxlint: ignore[torch-index] a reason
whisperx @ git+https://github.com/m-bain/whisperX.git@v3#egg=whisperx
https://download.pytorch.org/whl/cu121/torch-2.3.1%2Bcu121-cp311-cp311-linux_x86_64.whl
-e .[gpu]
numpy>=1.24,<2 \\
    --hash=sha256:abc
${NAME}==1
"""
PYPROJECT = """\
[project]
name = "app"
dependencies = ["torch==2.3.1", "flask>=2 ; extra == 'web'"]
[project.optional-dependencies]
gpu = ["onnxruntime-gpu"]
[dependency-groups]
dev = ["pytest", {include-group = "x"}]
[tool.uv.sources]
torch = [{ index = "cpu", marker = "sys_platform == 'linux'" }, { index = "cu", extra = "gpu" }]
[[tool.uv.index]]
name = "cpu"
url = "https://download.pytorch.org/whl/cpu"
explicit = true
[tool.poetry.dependencies]
torchvision = { version = "^0.18", source = "pytorch", optional = true }
[[tool.poetry.source]]
name = "pytorch"
url = "https://download.pytorch.org/whl/cu121"
[tool.pdm]
source = [{ name = "x", url = "y" }]
"""
CONDA = """\
name: app
channels: [pytorch, nvidia]
dependencies:
  - python=3.11
  - pytorch::pytorch=2.3.1=py3.11_cuda12.1*
  - pytorch-cuda=12.1
  - pip
  - pip:
      - -r requirements.txt
      - --extra-index-url https://download.pytorch.org/whl/cu121
      - torchaudio==2.3.1
"""
ENV = """\
# comment
REGISTRY=example
TAG="a ${REGISTRY:-x} \\n b" # behind
export QUOTED='single $X'
EMPTY=
MULTI="one
two"
"""
POLICY = """\
wxlint: 1
name: example
registry: example
registry-arg: REGISTRY
image: "{registry}/app-{stage}"
dockerfile: docker/{stage}/Dockerfile
forbidden-tags: [latest]
compose: [compose.yaml]
scripts: ["*.sh", build.bat]
expect: {user: non-root, entrypoint: {args: [--help], pattern: "(?i)usage"}}
variants:
  cpu: {tag: cpu, base: base, upstream: ["python:3.11*"], torch-channel: cpu, stages: [demux], optional: [asr]}
  cuda:
    tag: cuda
    base: {stage: base, dockerfile: docker/base-cuda/Dockerfile}
    torch-channel: cu121
    stages: [asr]
    expect: {torch: required, max-size: 20 GB, cudnn: "8"}
stages:
  asr: &asr
    variants: {cpu: {build-args: {VARIANT: cpu}}}
rules:
  latest-tag: {severity: warning, paths: {"docker/**": "off"}, locked: true}
  torch-index: info
"""
PIPFILE = """[[source]]
url = "https://pypi.python.org/simple"
verify_ssl = true
name = "pypi"
[[source]]
url = "https://download.pytorch.org/whl/cpu"
name = "pytorch"
[packages]
flask = "*"
torch = {version = "==2.3.1", index = "pytorch", extras = ["opt"], markers = "sys_platform == 'linux'"}
app = {path = ".", editable = true}
whisper = {git = "https://github.com/openai/whisper.git", ref = "main"}
[dev-packages]
pytest = {version = ">=8", os_name = "== 'posix'"}
wheel = {file = "./wheels/a-1-py3-none-any.whl"}
[pipenv]
install_search_all_sources = true
[scripts]
run = "python -m app"
"""
SAMPLES = {
    "Dockerfile": DOCKERFILE,
    "compose.yaml": COMPOSE,
    "build.sh": SHELL,
    "build.bat": BATCH,
    "requirements.txt": REQUIREMENTS,
    "pyproject.toml": PYPROJECT,
    "Pipfile": PIPFILE,
    "environment.yml": CONDA,
    ".env": ENV,
    "wxlint.yaml": POLICY,
}
SCRAPS = (
    "", " ", "\t", "\n", "\r\n", "\r", "\\", "\\\n", "^\n", "`", "'", '"', "$", "${", "}", "${A:-${B", "$(", ")",
    "`x", "((", "[[", "]]", "{", "[", "]", "<<EOF", "<<-'X'", "EOF\n", "<<", ">", "<", "&&", "||", "|", ";", "&", "%",
    "%%A", "!A!", "%1", ":eof", "(", "#", "# ", ":", ": ", "- ", "? ", "*gpu", "&gpu ", "!reset ", "!!binary ",
    "<<: ", "---\n", "...\n", "|\n", ">-\n", "@", "=", "==", "--", "-", "--from=", "-t ", "-r ", ",", ".", "..", "/",
    "../", "://", "%2B", "\0", "\x01", "\x1b[31m", "\x7f", "\x85", "\xa0", "\ufeff", "\u2028", "\ufffd", "\ud7ff",
    "é", "👍🏽", "FROM ", "RUN ", "ARG ", "ENV ", "ONBUILD ", "# escape=`\n", "docker build ",
    "docker compose run --gpus all ", "pip install ", "torch", "latest", "null", "true", "1e999", "0x1F", "9" * 40,
    "a" * 300, "${A:-" * 30, "[" * 120, "{a: " * 120, "(" * 200, '"' * 51, "$(" * 60, "if true; then " * 40,
    "- " * 110, "wxlint: ignore[", "# wxlint: ignore[latest-tag]",
)  # fmt: skip
FEW = settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """A sample after a few accidents: lines lost, doubled, moved or cut, scraps put in, or nothing but scraps."""
    if draw(st.integers(0, 9)) == 0:
        return "".join(draw(st.lists(st.sampled_from(SCRAPS), max_size=12)))
    for _ in range(draw(st.integers(0, 4))):
        lines = text.splitlines(keepends=True)
        accident = draw(
            st.sampled_from(("scrap", "scrap", "replace", "lose", "double", "move", "cut", "crlf", "indent", "other"))
        )
        at = draw(st.integers(0, len(text)))
        line = at % len(lines) if lines else 0
        if accident == "scrap":
            text = text[:at] + draw(st.sampled_from(SCRAPS)) + text[at:]
        elif accident == "replace":
            text = text[:at] + draw(st.sampled_from(SCRAPS)) + text[at + draw(st.integers(1, 12)) :]
        elif accident == "cut":
            text = text[:at]
        elif accident == "crlf":
            text = text.replace("\n", "\r\n")
        elif accident == "other" and lines:
            other = draw(st.sampled_from(sorted(SAMPLES)))
            text = "".join((*lines[:line], *SAMPLES[other].splitlines(keepends=True)[:5], *lines[line:]))
        elif lines:
            changed = {"lose": [], "double": [lines[line]] * 2, "indent": ["  " + lines[line]], "move": []}[accident]
            moved = [lines[line]] if accident == "move" else []
            text = "".join((*lines[:line], *changed, *lines[line + 1 :], *moved))
    return text[:6000]


def source(text: str, path: str = "x") -> Source:
    return Source(path, decode(text.encode("utf-8", "surrogatepass")))


def inside(stretches: Sequence[tuple[int, int]], text: str) -> None:
    for start, end in stretches:
        assert 0 <= start <= end <= len(text), (start, end, len(text))


@FEW
@given(damaged(DOCKERFILE))
def test_dockerfiles(text: str) -> None:
    file = source(text, "Dockerfile")
    read = read_dockerfile(file)
    inside([(p.start, p.end) for p in syntax_problems(read)], file.text)
    for instruction in read.instructions:
        assert "".join(file.text[instruction.at(i)] for i in range(len(instruction.text))) == instruction.text
    find_suppressions(file, "dockerfile", read)


@FEW
@given(damaged(COMPOSE))
def test_yaml(text: str) -> None:
    file = source(text)
    read = parse(file)
    inside([(p.start, p.end) for p in read.problems], file.text)
    try:
        node = load(file)
    except YamlError:
        return
    if node is not None:
        inside([(node.start, node.end)], file.text)
        plain(node)


@FEW
@given(damaged(COMPOSE), damaged(COMPOSE), damaged(ENV))
def test_compose(text: str, other: str, env: str) -> None:
    files = {
        "compose.yaml": source(text, "compose.yaml"),
        "other.yml": source(other, "other.yml"),
        ".env": source(env, ".env"),
    }
    reader = ComposeReader(files.get)
    for path in ("compose.yaml", "other.yml"):
        file = reader.file(path)
        for problem in file.problems if file else ():
            lies_in(problem.span, files)
    project = reader.project(["compose.yaml", "other.yml"])
    for service in project.services:
        lies_in(service.key.span, files)
        for text_of in (service.image, service.runtime, service.platform):
            if text_of is not None:
                lies_in(text_of.place.span, files)
    find_suppressions(files["compose.yaml"], "compose")


@FEW
@given(damaged(SHELL))
def test_shell(text: str) -> None:
    file = source(text)
    for variables in (None, {"X": Value(HOLE, ("$X",)), "A": Value("a b")}):
        read = read_shell(file.text, variables, script="build.sh")
        inside([(c.start, c.end) for c in read.commands], file.text)
        inside([(w.start, w.end) for c in read.commands for w in c.words], file.text)
        inside([(start, end) for start, end, _ in read.errors], file.text)
    find_suppressions(file, "shell")


@FEW
@given(damaged(BATCH))
def test_batch(text: str) -> None:
    file = source(text)
    read = read_batch(file.text)
    inside([(c.start, c.end) for c in read.commands], file.text)
    inside([(w.start, w.end) for c in read.commands for w in c.words], file.text)
    find_suppressions(file, "batch")


@FEW
@given(damaged(REQUIREMENTS))
def test_requirements(text: str) -> None:
    file = source(text)
    inside([(line.start, line.end) for line in read_requirements(file)], file.text)
    find_suppressions(file, "requirements")


@FEW
@given(damaged(PYPROJECT), damaged(PIPFILE), damaged(CONDA))
def test_projects_and_environments(project: str, pipfile: str, environment: str) -> None:
    for file, read_project in ((source(project), read_pyproject), (source(pipfile), read_pipfile)):
        for dependency in read_project(file).dependencies:
            assert 0 <= dependency.line <= len(file.starts)
    file = source(environment)
    read = read_environment(file)
    if read is not None:
        inside([(start, end) for _, start, end in (*read.packages, *read.pip)], file.text)


@FEW
@given(damaged(ENV), st.sampled_from((HOLE, "", "a", "$A", "${B:-x}")))
def test_interpolation(text: str, value: str) -> None:
    variables = {"A": Value(value, ("$A",) * value.count(HOLE))}
    file = source(text)
    read_env(file, variables)
    found = interpolate(file.text, variables)
    assert found.value.text.count(HOLE) == len(found.value.holes)


@FEW
@given(damaged(POLICY))
def test_policies(text: str) -> None:
    file = source(text, "wxlint.yaml")
    try:
        policy = load_policy(file, Path("wxlint.yaml"))
    except PolicyError as error:
        assert error.problems
        assert all(problem.startswith("wxlint.yaml:") for problem in error.problems), error.problems
        return
    for expectation in expected_images(policy):
        named_member(policy, Value(expectation.reference.rpartition(":")[0]))
        policy.level("latest-tag", expectation.dockerfile)


@given(st.binary(max_size=200))
def test_bytes_become_text_of_the_same_lines(data: bytes) -> None:
    text = decode(data)
    assert "\0" not in text and "\r\n" not in text
    assert text.count("\n") == data.count(b"\n")
    for name in SAMPLES:
        read_dockerfile(Source(name, text))
        parse(Source(name, text))


def lies_in(span: Span, sources: Mapping[str, Source | None]) -> None:
    path, line, column, end_line, end_column = span
    file = sources.get(path)
    if file is None:  # a file that should be there, and is not
        assert (line, column) == (1, 1), span
        return
    assert 1 <= line <= end_line <= len(file.starts), span
    assert 1 <= column <= len(file.line_text(line)) + 1, span
    assert 1 <= end_column <= len(file.line_text(end_line)) + 1, span
    assert (line, column) <= (end_line, end_column), span


@contextmanager
def folder(files: dict[str, str | bytes]) -> Iterator[Path]:
    """A folder of these files as the working folder."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as name:
        for path, text in files.items():
            target = Path(name, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        os.chdir(name)
        try:
            yield Path(name)
        finally:
            os.chdir(before)


def check(paths: Sequence[str] = (".",), only: bool = False) -> None:
    """A whole run, with every output; a user error is an answer too."""
    try:
        gathered = gather(paths, only=only)
    except WxlintError as error:
        assert str(error)
        return
    report = engine.check(gathered.repository, engine.Options(scope=gathered.scope, notes=gathered.notes))
    sources = dict(report.sources)
    policy = gathered.repository.policy
    if policy is not None and policy.source is not None:
        sources[policy.path] = policy.source
    for finding in report.findings:
        lies_in(finding.span, sources)
        assert finding.message
    for name in formats():
        assert "".join(render(name, report, Options()))
    for belief in beliefs_of(gathered.repository, gathered.scope):
        assert belief.variant in ("cpu", "cuda", "rocm", "other", "unknown")


PLACES = {
    "Dockerfile": "Dockerfile",
    "docker/asr/Dockerfile": "Dockerfile",
    "docker/base-cuda/Dockerfile": "Dockerfile",
    "docker/demux/Dockerfile.cpu": "Dockerfile",
    "compose.yaml": "compose.yaml",
    "docker-compose.gpu.yml": "compose.yaml",
    "other.yml": "compose.yaml",
    "build.sh": "build.sh",
    "build.bat": "build.bat",
    "requirements.txt": "requirements.txt",
    "constraints.txt": "requirements.txt",
    "pyproject.toml": "pyproject.toml",
    "Pipfile": "Pipfile",
    ".env": ".env",
    "wxlint.yaml": "wxlint.yaml",
}


@st.composite
def repositories(draw: st.DrawFn) -> dict[str, str | bytes]:
    chosen = draw(st.lists(st.sampled_from(sorted(PLACES)), min_size=1, max_size=7, unique=True))
    return {path: draw(damaged(SAMPLES[PLACES[path]])) for path in chosen}


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(repositories(), st.booleans())
def test_whole_repositories(files: dict[str, str | bytes], only: bool) -> None:
    with folder(files):
        check(only=only)


def test_the_samples_as_they_are_are_understood() -> None:
    """The fuzz begins at files that are read to their end."""
    files = {path: SAMPLES[kind] for path, kind in PLACES.items()}
    with folder(dict(files)):
        gathered = gather(["."])
        report = engine.check(gathered.repository, engine.Options(scope=gathered.scope))
    found = {(f.rule, f.span.path) for f in report.findings}
    assert found >= {("unquoted-specifier", "docker/asr/Dockerfile"), ("latest-tag", "build.bat")}, found


HOSTILE: dict[str, dict[str, str | bytes]] = {
    "empty-files": dict.fromkeys(PLACES, ""),
    "only-byte-order-marks": dict.fromkeys(PLACES, "\ufeff"),
    "nul-bytes": dict.fromkeys(PLACES, b"\x00" * 100),
    "latin-1": {name: SAMPLES[kind].encode().replace(b"example", b"ex\xe4mple") for name, kind in PLACES.items()},
    "utf-16": {name: SAMPLES[kind].encode("utf-16") for name, kind in PLACES.items()},
    "names-with-escapes": {
        "docker/\x1b[31mred\n/Dockerfile": DOCKERFILE,
        "a%b::error::/Dockerfile": DOCKERFILE,
        "<b>&/Dockerfile": DOCKERFILE,
    },
    "terminal-escapes": {
        "Dockerfile": "FROM \x1b]0;x\x07python:latest\n",
        "compose.yaml": 'services:\n  "\\e[31m":\n    image: redis\n',
    },
    "a-stage-from-itself": {"Dockerfile": "FROM a AS a\nFROM A AS b\nCOPY --from=b / /\nFROM b AS b\nFROM b\n"},
    "images-from-each-other": {
        "a/Dockerfile": "FROM x/b:cpu\n",
        "b/Dockerfile": "FROM x/a:cpu\n",
        "build.sh": "docker build -t x/a:cpu a\ndocker build -t x/b:cpu b\n",
    },
    "requirements-in-a-circle": {
        "Dockerfile.cpu": "FROM python:3.11-slim\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "requirements.txt": "-r a.txt\n",
        "a.txt": "-r requirements.txt\ntorch\n",
    },
    "compose-in-a-circle": {
        "compose.yaml": "include: [compose.yaml]\n"
        "services:\n  a: {extends: {service: b}}\n  b: {extends: {service: a}}\n",
    },
    "aliases-that-multiply": {
        "compose.yaml": "a0: &a0 [x]\n"
        + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
        + "services: {s: {image: *a11}}\n"
    },
    "deep-yaml": {"compose.yaml": "services: " + "{a: " * 5000 + "1" + "}" * 5000},
    "deep-shell": {"build.sh": "docker build -t " + "$(echo " * 3000 + "x" + ")" * 3000 + " .\n"},
    "deep-braces": {
        "build.sh": "docker pull a:" + "${A:-" * 3000 + "x" + "}" * 3000 + "\n",
        "Dockerfile": "FROM " + "${A:-" * 3000 + "x" + "}" * 3000 + "\n",
    },
    "deep-json": {"Dockerfile": "FROM a:1\nRUN " + "[" * 20000 + "]" * 20000 + "\n"},
    "long-lines": {
        "Dockerfile": "FROM a:1\nRUN pip install " + "a" * 200_000 + " " + "b>=1 " * 3000 + "\n",
        "build.sh": "docker pull " + "x" * 200_000 + "\n",
    },
    "many-loops": {"build.sh": "for a in 1 2 3 4 5 6 7 8 9; do\n" * 12 + "docker pull x:$a\n" + "done\n" * 12},
    "a-function-that-calls-itself": {"build.sh": "f() { f; f; docker pull x:latest; }\nf\n"},
    "many-stages": {
        "Dockerfile": "ARG V\n"
        + "".join(f"FROM a:1 AS s{i}\n" for i in range(400))
        + "FROM s${V}\nCOPY --from=s399 / /\n"
    },
    "regular-expressions": {
        "Dockerfile": "FROM "
        + "a." * 5000
        + "!\nFROM "
        + "a-" * 5000
        + "_\nRUN pip install "
        + "a" * 5000
        + "[" * 500
        + "\n"
    },
}


@pytest.mark.parametrize("files", HOSTILE.values(), ids=HOSTILE)
def test_hostile_repositories(files: dict[str, str | bytes]) -> None:
    with folder(files):
        check()


def test_links_in_a_circle_and_files_that_are_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\nCOPY . .\nRUN pip install -r requirements.txt\n")
    (tmp_path / "requirements.txt").symlink_to("requirements.txt")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "Dockerfile.folder").mkdir()
    os.mkfifo(tmp_path / "Dockerfile.pipe")
    (tmp_path / "Dockerfile.broken").symlink_to("nowhere")
    check()


@pytest.mark.parametrize("head", ["RUN ", "RUN pip install ", "RUN <<E\n", "COPY ", "ENV A=", "FROM "])
@pytest.mark.parametrize(
    "unit",
    [
        "pip ",
        "x.py sed ",
        "perl a.py ",
        "apt-get install ",
        "apt-get ",
        "conda ",
        "( ",
        "(",
        "{",
        "{a,b}",
        "${",
        "$(",
        '"',
        "\\",
        "<<A ",
        "- ",
    ],
)
def test_no_line_takes_the_square_of_its_length(
    head: str, unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quadratic reading of these would take very long."""
    (tmp_path / "Dockerfile").write_text(f"FROM a:1\n{head}{unit * (120_000 // len(unit))} cuda\n")
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], no_policy=True)
    assert engine.check(gathered.repository, engine.Options()).summary.files == 1


@pytest.mark.parametrize(
    "text",
    [
        "FROM a:1\nRUN echo torch > r.txt\nRUN " + "cat r.txt >> r.txt; " * 60 + "pip install -r r.txt\n",
        "".join(
            f"FROM a:1 AS s{n}\n" + "".join(f"COPY --from=s{n - 1} /a /a\n" for _ in range(10) if n) for n in range(40)
        )
        + "RUN pip install -r /a/r.txt\n",
        "FROM a:1\n" + "ENV A=$A$A\n" * 60,
        "FROM a:1\nENV A=aa\n" + "ENV A=$A$A\n" * 60,
        "FROM a:1\nRUN cp x.txt " + "a" * 120_000 + "\n",
        "FROM a:1\nRUN tee x.txt " + "a-" * 60_000 + "\n",
        "FROM a:1\nRUN " + "a" * 120_000 + " .sh\n",
        "FROM a:1\nRUN wget -" + "o" * 120_000 + " x.sh && bash x.sh\n",
        "FROM a:1\nRUN pip install 'a" + " " * 60_000 + "!'\n",
        "FROM acpt/x-cu1-torch1." + "1" * 60_000 + "\n",
        "FROM a:1\n" + "FROM a AS b\n" * 8_000,
        "FROM a:1\n" + "COPY --from=a /x /y\n" * 8_000,
        "FROM a:1\nCOPY --from=² /x /y\nCOPY --from=" + "1" * 5_000 + " /x /y\n",
        "FROM a:1\nRUN pip install accelerate==" + "1" * 5_000 + "\n",
    ],
)
def test_no_dockerfile_takes_forever(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What doubles, or is looked for again and again: none of these ended in a minute, or was too much for memory."""
    (tmp_path / "Dockerfile").write_text(text)
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], no_policy=True)
    assert engine.check(gathered.repository, engine.Options()).summary.files == 1
    assert beliefs_of(gathered.repository, gathered.scope)

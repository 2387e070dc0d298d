"""Compose files by other names: those that scripts, `.env` files and compose files name are read like the rest."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from file_trees import write_tree
from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.source import Source
from wxlint.images.builds.compose.discovery import named_files
from wxlint.images.builds.from_scripts import read_script
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.output import Report
from wxlint.shell.bash.reader import read_shell

SERVICE = "services:\n  web:\n    image: example/web:latest\n"
GPU = "services:\n  web:\n    image: example/web:1.0-cuda\n"
DEVICE = "services:\n  web:\n    gpus: all\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "repo")
    return tmp_path / "repo"


def check(files: dict[str, str], *paths: str, only: bool = False) -> Report:
    write_tree(Path(), files)
    found = gather(paths or ["."], only=only)
    options = engine.CheckOptions(scope=found.scope, followed=found.followed, notes=found.notes)
    return engine.check(found.repository, options)


def findings(report: Report) -> list[tuple[str, str]]:
    return [(f.span.path, f.rule) for f in report.findings]


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("script", "text", "path"),
    [
        ("x.sh", "docker compose -f build.yaml build", "build.yaml"),
        ("x.sh", "docker-compose --project-name a --file=deploy/compose/nims.yaml up -d", "deploy/compose/nims.yaml"),
        ("x.sh", "podman-compose -fbuild.yaml up", "build.yaml"),
        ("x.sh", "docker stack deploy --prune -c stack.yml name", "stack.yml"),
        ("x.sh", "docker stack deploy --compose-file=stack.yml name", "stack.yml"),
        ("x.sh", "docker stack deploy name --compose-file stack.yml", "stack.yml"),
        ("x.sh", "F=build.yaml\ndocker compose -f $F up", "build.yaml"),
        ("x.sh", 'FILES=(-f build.yaml)\ndocker compose "${FILES[@]}" up', "build.yaml"),
        ("x.sh", "COMPOSE_FILE=build.yaml docker compose up", "build.yaml"),
        ("x.sh", "export COMPOSE_FILE=no.yaml:build.yaml\ndocker compose up", "build.yaml"),
        ("x.sh", "cd deploy && docker compose -f nims.yaml up", "deploy/nims.yaml"),
        ("deploy/x.sh", "docker compose -f nims.yaml up", "deploy/nims.yaml"),
        ("deploy/x.sh", 'cd "$(dirname "$0")/.."\ndocker compose -f nims.yaml up', "nims.yaml"),
        ("deploy/x.sh", "docker compose -f stack.yml up", "stack.yml"),
        (
            "deploy/x.sh",
            'D="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"\ndocker compose -f "$D/../nims.yaml" up',
            "nims.yaml",
        ),
        ("x.bat", "docker compose -f deploy\\nims.yaml up", "deploy/nims.yaml"),
    ],
)
def test_what_scripts_name(script: str, text: str, path: str) -> None:
    report = check({script: f"{text}\n", path: SERVICE})
    assert findings(report) == [(path, "latest-tag")]
    assert report.summary.files == 2


@pytest.mark.parametrize(
    ("text", "path", "content"),
    [
        ("docker compose -f no.yaml up", "build.yaml", SERVICE),
        ("docker compose -f $FILE.yaml up", "build.yaml", SERVICE),
        ("docker compose -f ../outside.yaml up", "../outside.yaml", SERVICE),
        ("docker compose -f settings.yaml up", "settings.yaml", "web: {services: {image: a:latest}}\n"),
        ("docker build -f build.yaml .", "build.yaml", SERVICE),
        ("kubectl apply -f build.yaml", "build.yaml", SERVICE),
        ("docker compose --env-file build.yaml up", "build.yaml", SERVICE),
        ("docker compose -f made.yaml up", "made.yaml", SERVICE),
    ],
)
def test_what_is_left_alone(text: str, path: str, content: str, here: Path) -> None:
    (here / ".gitignore").write_text("made.yaml\n")
    report = check({"x.sh": f"{text}\n", path: content})
    assert (findings(report), report.summary.files, report.summary.problems) == ([], 1, ())


def test_another_name_of_a_file_that_is_read_is_no_other_file(here: Path) -> None:
    (here / "stack.yml").symlink_to("compose.yaml")
    report = check({"x.sh": "docker compose -f stack.yml up\n", "compose.yaml": SERVICE})
    assert findings(report) == [("compose.yaml", "latest-tag")]


@pytest.mark.usefixtures("here")
def test_what_compose_files_name() -> None:
    files = {
        "compose.yaml": "include: [deploy/observability.yaml, missing-is-said.yaml]\n",
        "deploy/observability.yaml": "services:\n  web:\n    extends: {file: common.yml, service: base}\n"
        "    image: a/web:1.0\n",
        "deploy/common.yml": "services:\n  base: {image: a/base:latest}\n  other:\n    image: a/other:latest\n",
    }
    report = check(files)
    assert findings(report) == [
        ("compose.yaml", "syntax-error"),
        ("deploy/common.yml", "latest-tag"),
        ("deploy/common.yml", "latest-tag"),
    ]
    assert report.summary.files == 3


@pytest.mark.usefixtures("here")
def test_a_part_has_the_variables_of_what_includes_it() -> None:
    files = {
        "compose.yaml": "include: [deploy/web.yaml]\n",
        ".env": "TAG=latest\n",
        "deploy/web.yaml": "services:\n  web:\n    image: a/web:${TAG}\n",
    }
    report = check(files)
    assert findings(report) == [("deploy/web.yaml", "latest-tag")]
    assert (report.summary.bad, report.summary.unknown) == (1, 0)


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("listed", ["compose.yaml:stack.yml", "compose.yaml;./stack.yml", "'stack.yml'"])
def test_what_an_environment_file_names(listed: str) -> None:
    report = check({"compose.yaml": "services: {}\n", ".env": f"COMPOSE_FILE={listed}\n", "stack.yml": SERVICE})
    assert findings(report) == [("stack.yml", "latest-tag")]


@pytest.mark.usefixtures("here")
def test_suppressions_work_and_unused_ones_are_found() -> None:
    files = {
        "x.sh": "docker compose -f build.yaml up\n",
        "build.yaml": SERVICE.replace("latest", "latest  # wxlint: ignore[latest-tag] a demo")
        + "  other:\n    image: a/b:1  # wxlint: ignore[latest-tag] none\n",
    }
    assert findings(check(files)) == [("build.yaml", "unused-suppression")]


@pytest.mark.usefixtures("here")
def test_beside_files_given_by_name_they_are_context() -> None:
    files = {
        "x.sh": "docker compose -f build.yaml up\n",
        "build.yaml": SERVICE,
        "Dockerfile": "FROM python:3.11-slim\n",
    }
    for only in (False, True):
        report = check(files, "Dockerfile", "x.sh", only=only)
        assert (findings(report), report.summary.files) == ([], 2)


@pytest.mark.usefixtures("here")
def test_files_that_a_script_uses_together_are_judged_together() -> None:
    files = {"x.sh": "docker compose -f build.yaml -f gpu.yaml up\n", "build.yaml": GPU, "gpu.yaml": DEVICE}
    assert findings(check(files)) == []
    assert findings(check({**files, "x.sh": "docker compose -f build.yaml up\n"})) == [
        ("build.yaml", "gpu-reservation")
    ]


@pytest.mark.usefixtures("here")
def test_without_such_a_script_no_yaml_is_read() -> None:
    Path("x.sh").write_text("docker build -t a/b:1 .\n")
    Path("build.yaml").write_text(SERVICE)
    line = "import sys; from wxlint.cli.main import main; main(['check', '--format', 'json'])"
    code = f"import atexit, sys; atexit.register(lambda: print('yaml' in sys.modules, file=sys.stderr)); {line}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["summary"]["files"] == 1
    assert done.stderr.splitlines()[-1] == "False"


WORDS = (
    "docker",
    "compose",
    "stack",
    "deploy",
    "-f",
    "-c",
    "--file=",
    "build.yaml",
    "$X",
    "..",
    "/",
    " ",
    "\n",
    ":",
    "COMPOSE_FILE=",
    "~",
    "\\",
    "cd ",
    "-",
)


@given(
    st.lists(st.sampled_from(WORDS)).map("".join), st.sets(st.sampled_from(["build.yaml", "a/build.yaml", "a/.env"]))
)
def test_only_files_that_are_there_are_named_and_none_twice(text: str, there: set[str]) -> None:
    def read(path: str) -> Source | None:
        return Source(path, f"services: {{}}\n{text}") if path in there else None

    script = Source("a/x.sh", text)
    calls = read_script(script, read_shell(text, script="a/x.sh").commands, lambda paths: None).calls
    for known in (set[str](), {"build.yaml"}):
        files, lists = named_files(["a/compose.yaml"], calls, known, read)
        assert set(files) <= there - known and len(files) == len(set(files))
        assert {path for paths in lists for path in paths} <= {*files, *known}

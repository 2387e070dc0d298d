"""Hostile and damaged repositories: every check ends in an answer, or in an error for the user."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from damaged import damaged, lies_in
from fuzz_samples import DOCKERFILE, PLACES, SAMPLES
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wxlint.core.errors import WxlintError
from wxlint.images.graph.pictures.summary import beliefs_of
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather
from wxlint.output import Options, formats, render


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
    report = engine.check(gathered.repository, engine.CheckOptions(scope=gathered.scope, notes=gathered.notes))
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
        report = engine.check(gathered.repository, engine.CheckOptions(scope=gathered.scope))
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

"""The command line as people and programs use it: exit codes, streams, options."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from wxlint.cli import main as cli
from wxlint.rules import rule_names

BAD, GOOD = "FROM python:latest\n", "FROM python:3.11-slim\n"


def run(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONUTF8": "1"}
    return subprocess.run(
        [sys.executable, "-m", "wxlint", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )


def test_nothing_found_is_0(here: Path) -> None:
    (here / "Dockerfile").write_text(GOOD)
    done = run("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert "nothing found in 1 file" in done.stdout


def test_findings_are_1_and_name_the_place(here: Path) -> None:
    (here / "Dockerfile").write_text(BAD)
    done = run("check", ".")
    assert done.returncode == 1
    assert "Dockerfile:1:6: warning:" in done.stdout and "[latest-tag]" in done.stdout and "^" in done.stdout


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        ("> /dev/full", 2, "standard output: cannot be written: No space left on device"),
        (">&-", 2, "standard output is closed"),
        ("2>&-", 1, ""),
        (">&- 2>&-", 2, ""),
        ("--output /dev/full/report", 2, "/dev/full/report: cannot be written"),
    ],
)
def test_a_stream_that_takes_nothing(redirection: str, code: int, said: str, here: Path) -> None:
    """What was found is never lost without a word: exit code 1 means that the findings were shown."""
    (here / "Dockerfile").write_text(BAD)
    line = f"exec '{sys.executable}' -m wxlint check {redirection}"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert said in done.stderr


def test_output_to_what_is_no_file_is_written_and_not_replaced(here: Path) -> None:
    (here / "Dockerfile").write_text(BAD)
    (here / "real.json").write_text("old")
    (here / "link.json").symlink_to("real.json")
    assert run("check", "--format", "json", "--output", "link.json").returncode == 1
    assert (here / "link.json").is_symlink() and json.loads((here / "real.json").read_text())["schema"] == "wxlint/1"
    os.mkfifo(here / "pipe")
    reader = subprocess.Popen(["cat", "pipe"], stdout=subprocess.PIPE)
    assert run("check", "--format", "json", "--output", "pipe").returncode == 1
    assert json.loads(reader.communicate()[0])["schema"] == "wxlint/1"
    assert (here / "pipe").is_fifo()


def test_messages_that_nobody_can_hear_leave_the_exit_code(here: Path) -> None:
    line = f"exec '{sys.executable}' -m wxlint check nosuch 2>/dev/full"
    assert subprocess.run(["sh", "-c", line], check=False).returncode == 2


def test_a_reader_that_leaves_early(here: Path) -> None:
    (here / "Dockerfile").write_text("".join(f"FROM python:latest AS s{number}\n" for number in range(2000)))
    line = f"{{ '{sys.executable}' -m wxlint check; echo $? >&2; }} | head -n 1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    assert (done.stdout.count("\n"), done.stderr) == (1, "2\n")


@pytest.mark.parametrize(("level", "code"), [("error", 0), ("warning", 1), ("info", 1)])
def test_fail_on_is_a_threshold(level: str, code: int, here: Path) -> None:
    (here / "Dockerfile").write_text(
        "FROM python:3.11-slim\nRUN pip install torch --extra-index-url https://download.pytorch.org/whl/cu121\n"
    )
    assert run("check", "--fail-on", level).returncode == code


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "nowhere"),
        ("check", "--policy", "nowhere.yaml"),
        ("check", "--select", "lastest-tag"),
        ("check", "--format", "xml"),
        ("frobnicate",),
        ("check", "--max-unknown", "-1"),
        ("explain", "nothing"),
    ],
    ids=" ".join,
)
def test_what_cannot_be_done_is_2(arguments: tuple[str, ...], here: Path) -> None:
    (here / "Dockerfile").write_text(GOOD)
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stderr and "Traceback" not in done.stderr


def test_no_input_at_all_is_2(here: Path) -> None:
    (here / "empty").mkdir()
    done = run("check", "empty")
    assert done.returncode == 2 and "no Dockerfile" in done.stderr


def test_a_file_that_wxlint_does_not_read_is_2(here: Path) -> None:
    (here / "notes.adoc").write_text("= Notes\n")
    done = run("check", "notes.adoc")
    assert done.returncode == 2 and "no Dockerfile" in done.stderr


def test_a_broken_policy_is_2_with_its_place(here: Path) -> None:
    (here / "Dockerfile").write_text(GOOD)
    (here / "wxlint.yaml").write_text(
        "wxlint: 1\nimage: 'x/{stage}'\nregistry: x\nvariants:\n  cpu:\n    tga: cpu\n    stages: []\n"
    )
    done = run("check")
    assert done.returncode == 2
    assert "wxlint.yaml:6:5:" in done.stderr and "tga" in done.stderr and "tag" in done.stderr


def test_a_bug_is_3(here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "Dockerfile").write_text(GOOD)

    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("wxlint.lint.run.check", broken)
    assert cli.main(["check"]) == 3
    assert "bug in wxlint" in capsys.readouterr().err


def test_a_file_that_is_only_context_may_be_unreadable(here: Path) -> None:
    (here / "Dockerfile").write_text("FROM python:3.11-slim\n")
    (here / "other").mkdir()
    (here / "other" / "Dockerfile").write_bytes(b"#" * (9 * 2**20))
    assert run("check", "Dockerfile").returncode == 0
    assert run("check").returncode == 2


def test_without_a_repository_only_what_lies_beside_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM python:3.11-slim\n")
    (tmp_path / "compose.yaml").write_text("services: {app: {build: ., image: example/app:gpu}}\n")
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "compose.yaml").write_text("services: {app: {build: .., image: example/app:cpu}}\n")
    said = json.loads(run("images", "Dockerfile", "--format", "json").stdout)[0]["because"]
    assert not any("below" in reason for reason in said)
    from wxlint.lint.inputs import gather

    assert {i.path for i in gather(["Dockerfile"]).repository.documents.inputs} == {"Dockerfile", "compose.yaml"}


def test_one_unreadable_file_does_not_stop_the_others(here: Path) -> None:
    (here / "Dockerfile").write_text(BAD)
    (here / "Dockerfile.big").write_bytes(b"FROM x\n" + b"# filler\n" * 1_200_000)
    done = run("check", "--format", "json")
    assert done.returncode == 2
    assert [f["rule"] for f in json.loads(done.stdout)["findings"]] == ["latest-tag"]
    assert "Dockerfile.big" in done.stderr and "larger than" in done.stderr


def test_the_json_is_what_the_readme_says(here: Path) -> None:
    (here / "docker").mkdir()
    (here / "docker" / "Dockerfile").write_text("ARG TAG=latest\nFROM python:${TAG}\n")
    found = json.loads(run("check", "--format", "json", "docker").stdout)
    assert found["schema"] == "wxlint/1"
    (finding,) = found["findings"]
    assert {k: finding[k] for k in ("rule", "severity", "path", "line", "column", "end_line", "end_column")} == {
        "rule": "latest-tag", "severity": "warning", "path": "docker/Dockerfile",
        "line": 2, "column": 6, "end_line": 2, "end_column": 19,
    }  # fmt: skip
    assert finding["message"] and finding["hint"] and finding["because"] == ["ARG TAG=latest (line 1)"]
    assert found["summary"]["files"] == 1
    assert found["summary"]["references"] == {"good": 0, "bad": 1, "unknown": 0}
    assert (found["summary"]["errors"], found["summary"]["warnings"]) == (0, 1)


def test_select_and_ignore(here: Path) -> None:
    (here / "Dockerfile").write_text("FROM python:latest AS a\nFROM debian\n")
    assert run("check", "--select", "untagged-image", "--format", "json").stdout.count('"rule"') == 1
    assert run("check", "--ignore", "untagged-image,latest-tag").returncode == 0


def test_unknown_references_can_fail_a_run(here: Path) -> None:
    (here / "Dockerfile").write_text("ARG TAG\nFROM python:${TAG}\n")
    assert run("check").returncode == 0
    done = run("check", "--max-unknown", "0")
    assert done.returncode == 1 and "neither proven good nor bad" in done.stderr


def test_standard_input(here: Path) -> None:
    done = run("check", "-", stdin=BAD)
    assert done.returncode == 1 and "-:1:6:" in done.stdout
    assert run("check", "-", stdin=GOOD).returncode == 0
    assert run("check", "-", stdin="services:\n  a:\n    image: redis\n").returncode == 1


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("", "docker push a/b:latest\n", "-:1:13: warning: docker push"),
        ("", "@setlocal\r\nset T=latest\r\ndocker push a/b:%T%\r\n", "-:3:13: warning: docker push"),
        ("", "RUN docker push a/b:latest\n", "RUN stands before the first FROM"),
        ("sub/build.cmd", "set T=latest\r\ndocker push a/b:%T%\r\n", "sub/build.cmd:2:13: warning: docker push"),
        (
            "sub/Dockerfile",
            "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
            "torch_without",
        ),
    ],
)
def test_what_standard_input_is(name: str, text: str, found: str, here: Path) -> None:
    (here / "sub").mkdir()
    (here / "sub" / "Dockerfile").write_text(BAD)  # an editor has another text of it
    (here / "sub" / "requirements.txt").write_text("torch==2.3.1\n")
    done = run("check", "-", *(["--stdin-filename", name] if name else []), stdin=text)
    if found == "torch_without":
        assert done.returncode == 0 and "1 of 1 image reference resolved" in done.stdout
        beliefs = json.loads(run("images", "-", "--stdin-filename", name, "--format", "json", stdin=text).stdout)
        assert [(b["path"], b["torch"]) for b in beliefs] == [(name, "default")]
    else:
        assert done.returncode == 1 and found in done.stdout


def test_each_value_of_a_place_is_a_reference(here: Path) -> None:
    (here / "Dockerfile").write_text(GOOD)
    (here / "build.sh").write_text("for t in cpu cuda $X; do docker build -t a/b:$t .; done\n")
    summary = json.loads(run("check", "--format", "json").stdout)["summary"]
    assert summary["references"] == {"good": 3, "bad": 0, "unknown": 1}


def test_a_name_for_no_standard_input_is_2(here: Path) -> None:
    done = run("check", ".", "--stdin-filename", "Dockerfile")
    assert done.returncode == 2 and "--stdin-filename" in done.stderr


def test_output_goes_to_a_file_in_one_step(here: Path) -> None:
    (here / "Dockerfile").write_text(BAD)
    done = run("check", "--format", "sarif", "--output", "out.sarif")
    assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((here / "out.sarif").read_text())["version"] == "2.1.0"
    assert run("check", "--output", "no/such/folder/x").returncode == 2
    assert sorted(p.name for p in here.iterdir()) == [".git", "Dockerfile", "out.sarif"]


def test_output_with_a_word_that_is_no_format_is_2_and_writes_nothing(here: Path) -> None:
    (here / "Dockerfile").write_text(BAD)
    done = run("check", "--output", "json:out.json", "--output", "sarrif:out.sarif")
    assert done.returncode == 2 and "'sarrif'; known are checkstyle, github" in done.stderr
    assert run("check", "--output", "sarif:").returncode == 2
    assert sorted(p.name for p in here.iterdir()) == [".git", "Dockerfile"]


@pytest.mark.parametrize("name", ["./run:1", "C:x", ":x"])
def test_output_to_a_path_with_a_colon(here: Path, name: str) -> None:
    (here / "Dockerfile").write_text(BAD)
    assert run("check", "--output", name).returncode == 1
    assert (here / name).read_text()


def test_files_given_by_name_are_judged_alone_with_the_rest_as_context(here: Path) -> None:
    (here / "a").mkdir()
    (here / "b").mkdir()
    (here / "a" / "Dockerfile").write_text(BAD)
    (here / "b" / "Dockerfile").write_text("ARG TAG=latest\nFROM python:${TAG}\n")
    (here / "compose.yaml").write_text(
        "services:\n  b:\n    image: example/b:1\n    build:\n      context: b\n      args: {TAG: 3.11-slim}\n"
    )
    done = run("check", "--format", "json", "b/Dockerfile")
    assert done.returncode == 0, done.stdout
    assert run("check", "a/Dockerfile").returncode == 1
    assert run("check", "requirements.txt").returncode == 2
    (here / "requirements.txt").write_text("flask\n")
    assert run("check", "requirements.txt").returncode == 0


def test_a_finding_in_a_requirements_file_is_shown_for_that_file(here: Path) -> None:
    (here / "Dockerfile.cpu").write_text(
        "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    )
    (here / "requirements.txt").write_text("flask\ntorch==2.3.1\n")
    done = run("check", "--format", "json", "requirements.txt")
    assert [(f["rule"], f["path"], f["line"]) for f in json.loads(done.stdout)["findings"]] == [
        ("torch-without-index", "requirements.txt", 2)
    ]


def test_hostile_names_and_texts_reach_the_terminal_escaped(here: Path) -> None:
    name = "Dockerfile.\x1b[31mred"
    (here / name).write_text("FROM python:latest\n# \x1b]0;title\x07\n")
    (here / "Dockerfile").write_text("FROM evil\x1b[2J:latest\n")
    done = run("check")
    assert done.returncode == 1
    assert "\x1b" not in done.stdout + done.stderr and "\\x1b" in done.stdout


def test_no_colour_where_nobody_looks(here: Path) -> None:
    (here / "Dockerfile").write_text(BAD)
    assert "\x1b" not in run("check").stdout


def test_rules_and_explain(here: Path) -> None:
    listed = json.loads(run("rules", "--format", "json").stdout)
    assert [r["id"] for r in listed] == list(rule_names())
    shown = run("rules").stdout
    assert all(rule in shown for rule in rule_names())
    done = run("explain", "torch-index")
    assert done.returncode == 0 and "## Bad" in done.stdout
    assert "did you mean 'torch-index'" in run("explain", "torch-indx").stderr


def test_the_schema_is_one_and_accepts_the_reference_policy(here: Path) -> None:
    import yaml

    schema = json.loads(run("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    policy = yaml.safe_load((Path(__file__).parents[2] / "policies" / "cp-whisperx.yaml").read_text())
    jsonschema.validate(policy, schema)


def test_images_says_what_it_believes(here: Path) -> None:
    (here / "Dockerfile").write_text(
        "ARG CUDA=12.1.0\nFROM nvidia/cuda:${CUDA}-runtime-ubuntu22.04 AS gpu\n"
        "RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cu121\n"
        "FROM python:3.11-slim\n"
    )
    found = json.loads(run("images", "--format", "json").stdout)
    assert [(b["path"], b["target"], b["base"], b["variant"], b["torch"]) for b in found] == [
        ("Dockerfile", None, "python:3.11-slim", "cpu", "none"),
        ("Dockerfile", "gpu", "nvidia/cuda:12.1.0-runtime-ubuntu22.04", "cuda", "cu121"),
    ]
    assert any("ARG CUDA=12.1.0" in reason for reason in found[1]["because"])


def test_check_imports_nothing_heavy(here: Path) -> None:
    """What a hook pays at every commit: see bench/ for the times."""
    (here / "Dockerfile").write_text(
        "FROM python:3.11-slim\nRUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu\n"
    )
    code = "import sys; from wxlint.cli.main import main; main(['check']); print(','.join(sys.modules))"
    env = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE_")}  # it loads them itself
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.splitlines()[-1].split(","))
    heavy = {
        "yaml",
        "jsonschema",
        "dataclasses",
        "inspect",
        "subprocess",
        "logging",
        "importlib.metadata",
        "pytest",
        "packaging",
        "difflib",
        "tempfile",
        "hashlib",
    }
    assert not heavy & loaded


@pytest.mark.parametrize(
    "name", ["Dockerfile", "requirements.txt", "./sub/../Dockerfile", "link", "wxlint.yaml", ".env", "compose.yaml"]
)
def test_the_output_never_lands_on_what_is_checked(here: Path, name: str) -> None:
    (here / "Dockerfile").write_text(
        "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    )
    (here / "requirements.txt").write_text("torch==2.3.1\n")
    (here / "wxlint.yaml").write_text("wxlint: 1\ncompose: [compose.yaml]\n")
    (here / "compose.yaml").write_text("services: {a: {build: ., image: 'a:$TAG'}}\n")
    (here / ".env").write_text("TAG=1\n")
    (here / "sub").mkdir()
    (here / "link").symlink_to("Dockerfile")
    before = {path.name: path.read_text() for path in here.iterdir() if path.is_file()}
    done = run("check", "--output", name)
    assert done.returncode == 2 and "one of the files that are checked" in done.stderr
    assert {path.name: path.read_text() for path in here.iterdir() if path.is_file()} == before


def test_a_plan_goes_to_a_file_that_keeps_its_modes(here: Path) -> None:
    (here / "Dockerfile").write_text(GOOD)
    (here / "wxlint.yaml").write_text(
        "wxlint: 1\nname: f\nimage: 'a/{stage}'\nvariants: {cpu: {stages: [one]}}\n"
        "stages: {one: {dockerfile: Dockerfile}}\n"
    )
    (here / "build.sh").touch(0o755)
    done = run("plan", "--format", "sh", "--output", "build.sh")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert os.access("build.sh", os.X_OK) and (here / "build.sh").read_text() == run("plan", "--format", "sh").stdout
    for name in ("Dockerfile", "wxlint.yaml"):
        before = (here / name).read_text()
        assert run("plan", "--output", name).returncode == 2 and (here / name).read_text() == before

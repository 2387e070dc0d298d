"""Several families in one repository: each file under the policy nearest to it, however it is given."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint.cli.exit_codes import FAILED, FOUND, OK
from wxlint.cli.main import main

PLATFORM = "wxlint: 1\nrules: {latest-tag: warning}\nforbidden-tags: {own: [], foreign: [latest]}\n"
ASR = """\
wxlint: 1
extends: ../platform/wxlint.yaml
image: "acme/asr:{variant}"
dockerfile: Dockerfile.{variant}
exclude: [old/**]
variants: {cpu: {}, cu121: {}}
"""
FILES = {
    "platform/wxlint.yaml": PLATFORM,
    "asr/wxlint.yaml": ASR,
    "asr/Dockerfile.cpu": "FROM python:3.11-slim\n",
    "asr/Dockerfile.cu121": "FROM python:latest\nRUN pip install torch --index-url https://download.pytorch.org/whl/cpu\n",
    "asr/old/Dockerfile": "FROM python:latest\n",
    "web/pyproject.toml": '[tool.wxlint]\nimage = "acme/web"\nrules = {latest-tag = "off"}\nvariants = {cpu = {}}\n',
    "web/Dockerfile": "FROM debian:latest\n",
    "tools/Dockerfile": "FROM debian:latest\n",
}
LINES = {
    "asr": [
        "asr/Dockerfile.cu121:2:35: error: torch comes from channel cpu; asr:cu121 takes cu121 [torch-index]",
        "asr/Dockerfile.cu121:1:6: warning: FROM names python:latest: the tag 'latest' is forbidden [latest-tag]",
    ],
    "web": [],
    "tools": ["tools/Dockerfile:1:6: warning: FROM names debian:latest: the tag 'latest' is forbidden [latest-tag]"],
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    write_tree(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[str], str]:
    code = main(["check", *arguments])
    said = capsys.readouterr()
    lines = [line for line in said.out.splitlines() if line.endswith("]") and ": " in line]
    return code, lines, said.out + said.err


def test_a_run_over_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, said = check(capsys, ".")
    assert code == FOUND
    assert sorted(lines) == sorted(line for each in LINES.values() for line in each)
    assert [line.partition(":")[0] for line in lines] == ["asr/Dockerfile.cu121"] * 2 + ["tools/Dockerfile"]
    assert "1 error, 2 warnings in 4 files" in said


@pytest.mark.parametrize("family", ["asr", "web", "tools"])
def test_a_folder_and_the_files_of_a_hook_have_the_same_answer(family: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = [name for name in FILES if name.startswith(f"{family}/") and "Dockerfile" in name]
    for arguments in ([family], files):
        code, lines, _ = check(capsys, *arguments)
        assert lines == LINES[family]
        assert code == (FOUND if LINES[family] else OK)


def test_files_of_several_families_in_one_hook(capsys: pytest.CaptureFixture[str]) -> None:
    files = [name for name in FILES if "Dockerfile" in name]
    _, lines, said = check(capsys, *files)
    assert sorted(lines) == sorted(line for each in LINES.values() for line in each)
    assert "note: not looked at, by exclude in asr/wxlint.yaml: asr/old/Dockerfile" in said


def test_what_is_excluded_alone_is_a_good_answer(capsys: pytest.CaptureFixture[str]) -> None:
    code, lines, said = check(capsys, "asr/old/Dockerfile")
    assert (code, lines) == (OK, [])
    assert "not looked at, by exclude in asr/wxlint.yaml: asr/old/Dockerfile" in said


def test_a_policy_that_is_given_holds_for_everything(capsys: pytest.CaptureFixture[str]) -> None:
    _, lines, _ = check(capsys, ".", "--policy", "platform/wxlint.yaml", "--select", "latest-tag")
    assert {line.partition(":")[0] for line in lines} == {
        "asr/Dockerfile.cu121",
        "asr/old/Dockerfile",
        "tools/Dockerfile",
        "web/Dockerfile",
    }


def test_a_mistake_in_one_policy_ends_the_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "web/pyproject.toml").write_text('[tool.wxlint]\nimage = "A"\n')
    code, _, said = check(capsys, ".")
    assert code == FAILED
    assert "web/pyproject.toml:2:9: image: found" in said


def test_images_of_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "."]) == OK
    out = capsys.readouterr().out
    assert all(f"{name}: " in out for name in ("asr/Dockerfile.cpu", "web/Dockerfile", "tools/Dockerfile"))
    assert "asr/old" not in out


def test_policies_given_divide_the_files(capsys: pytest.CaptureFixture[str]) -> None:
    both = ("--policy", "asr/wxlint.yaml", "--policy", "web/pyproject.toml")
    code, lines, said = check(capsys, *both)
    assert (code, lines) == (FOUND, LINES["asr"])
    assert " in 3 files" in said
    assert check(capsys, *both, "web/Dockerfile")[:2] == (OK, [])
    assert check(capsys, *both, "asr")[1] == LINES["asr"]
    assert check(capsys, *both, ".")[1] == LINES["asr"], "a folder above stands for those below it"
    code, _, said = check(capsys, *both, "tools/Dockerfile")
    assert code == FAILED
    assert "lies below the root of none of the policies given: asr/wxlint.yaml, web/pyproject.toml" in said


def test_two_families_in_the_same_folders(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    family = 'wxlint: 1\nroot: ..\nimage: "acme/{0}:{{variant}}"\ndockerfile: {0}.Dockerfile\nvariants: {{{1}: {{}}}}\n'
    (here / "both").mkdir()
    for name, variant in (("one", "cpu"), ("two", "cu121")):
        (here / f"both/{name}.Dockerfile").write_text("FROM python:3.11-slim\nRUN pip install torch\n")
        (here / f"both/policies.{name}.yaml").write_text(family.format(f"both/{name}", variant))
    (here / "both/Dockerfile").write_text("FROM python:latest\n")
    both = ("--policy", "both/policies.one.yaml", "--policy", "both/policies.two.yaml")
    _, lines, said = check(capsys, *both, "both")
    assert [line.partition(": ")[0] for line in lines if "latest-tag" in line] == ["both/Dockerfile:1:6"]
    assert [line for line in lines if "one.Dockerfile:2" in line and "one:cpu" in line]
    assert not [line for line in lines if "two.Dockerfile" in line and "cpu image" in line]
    assert " in 3 files" in said


@pytest.mark.parametrize("command", ["images", "graph", "explain"])
def test_every_command_takes_them_all(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = [command, "asr/Dockerfile.cpu", "."] if command == "explain" else [command]
    assert main([*words, "--policy", "asr/wxlint.yaml", "--policy", "web/pyproject.toml"]) == OK
    said = capsys.readouterr().out
    assert "asr/Dockerfile.cpu" in said and ("web/Dockerfile" in said) == (command != "explain")
    assert main([command, "asr/Dockerfile.cpu"] if command == "explain" else [command, "."]) == OK
    assert "asr/Dockerfile.cpu" in capsys.readouterr().out


def test_one_page_for_all(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--html", "page.html"]) == OK
    text = (here / "page.html").read_text()
    assert all(name in text for name in ("asr/Dockerfile.cpu", "web/Dockerfile", "tools/Dockerfile"))


def test_plans_of_all_families(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan"]) == OK
    said = capsys.readouterr().out
    assert said.index("asr: 2 images") < said.index("web: 1 image")
    assert main(["plan", "web", "asr/Dockerfile.cpu", "--format", "json"]) == OK
    assert [one["family"] for one in json.loads(capsys.readouterr().out)["plans"]] == ["web", "asr"]
    assert main(["plan", "web", "--select", "cpu"]) == OK
    assert "asr" not in capsys.readouterr().out
    for words, why in (
        (["plan", "--format", "sh"], "choose one with --policy asr/wxlint.yaml or --policy "),
        (["plan", "--select", "cu12"], "no image is called 'cu12'; did you mean 'cu121'?"),
        (["plan", "--variant", "rocm"], "have no variant 'rocm'; they have cpu, cu121"),
        (["plan", "--part", "version=1"], "have no such part; they have none"),
        (["plan", "--build-arg", "X=1"], "declares the build argument X"),
        (["plan", "asr", "--policy", "web/pyproject.toml"], "give --policy web/pyproject.toml, or paths: asr"),
        (["plan", "tools"], "no policy found from tools up or below"),
        (["plan", "nowhere"], "nowhere: no such file or folder"),
    ):
        assert main(words) == FAILED
        assert why in capsys.readouterr().err


def test_a_family_is_behind_the_one_whose_images_it_is_built_from(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "asr/Dockerfile.cpu").write_text("FROM acme/web:cpu\n")
    assert main(["plan"]) == OK
    said = capsys.readouterr().out
    assert said.index("web: 1 image") < said.index("asr: 2 images")


def test_the_library_takes_them_all() -> None:
    from wxlint import api

    assert {finding.span.path for finding in api.check(["."]).findings} == {"asr/Dockerfile.cu121", "tools/Dockerfile"}
    given = api.check(policy=["asr/wxlint.yaml", "web/pyproject.toml"])
    assert {finding.span.path for finding in given.findings} == {"asr/Dockerfile.cu121"}
    assert {belief.path for belief in api.images(policy=["asr/wxlint.yaml", "web/pyproject.toml"])} == {
        "asr/Dockerfile.cpu", "asr/Dockerfile.cu121", "web/Dockerfile",
    }  # fmt: skip

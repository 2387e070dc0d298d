"""The command convention that all stages share: command line, exit codes, manifest, folders."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stagekit import FailedError, InputError, Job, MissingError, NotReadyError, Result, Stage, Takes, run
from stagekit.command import folder_name


def one_file(job: Job) -> Result:
    made = job.work / "made.txt"
    made.write_text(job.source, encoding="utf-8")
    return Result({"made": made}, {"words": list(job.words)})


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def film(here: Path) -> str:
    (here / "in").mkdir()
    (here / "in" / "Movie Name.mp4").write_bytes(b"")
    return "in/Movie Name.mp4"


def test_a_stage_leaves_its_files_and_a_manifest(film: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(Stage("demux", Takes.MEDIA, one_file), [film]) == 0
    manifest = Path("out/Movie_Name/demux/manifest.json")
    assert capsys.readouterr().out.strip() == str(manifest)
    assert json.loads(manifest.read_text(encoding="utf-8")) == {
        "schema": "cp-whisperx/1",
        "stage": "demux",
        "source": film,
        "outputs": {"made": "made.txt"},
        "facts": {"words": []},
    }
    assert (manifest.parent / "made.txt").read_text(encoding="utf-8") == film
    assert [path.name for path in Path("out/Movie_Name").iterdir()] == ["demux"]


def test_a_later_stage_writes_beside_the_earlier_ones(here: Path) -> None:
    (here / "out" / "movie").mkdir(parents=True)
    assert run(Stage("asr", Takes.FOLDER, one_file), ["out/movie"]) == 0
    assert Path("out/movie/asr/manifest.json").is_file()


def test_a_title_names_the_folder_and_carries_the_year(here: Path) -> None:
    assert run(Stage("tmdb", Takes.TITLE, one_file), ["Movie: Title", "2024"]) == 0
    manifest = json.loads(Path("out/Movie_Title/tmdb/manifest.json").read_text(encoding="utf-8"))
    assert (manifest["source"], manifest["facts"]) == ("Movie: Title", {"words": ["2024"]})


def test_out_says_where(here: Path) -> None:
    assert run(Stage("tmdb", Takes.TITLE, one_file), ["Movie", "--out", "elsewhere"]) == 0
    assert Path("elsewhere/tmdb/made.txt").is_file()


@pytest.mark.parametrize(
    ("takes", "words"),
    [(Takes.MEDIA, ["in/none.mp4"]), (Takes.FOLDER, ["out/none"]), (Takes.TITLE, ["?!"])],
    ids=["no such film", "no such folder", "a title that names no folder"],
)
def test_an_input_that_cannot_be_used_is_exit_2(takes: Takes, words: list[str], here: Path) -> None:
    assert run(Stage("any", takes, one_file), words) == 2
    assert not Path("out").exists()


@pytest.mark.parametrize(("error", "code"), [(InputError, 2), (NotReadyError, 3), (MissingError, 4), (FailedError, 5)])
def test_a_failure_has_its_exit_code_and_leaves_nothing(
    error: type[Exception], code: int, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(job: Job) -> Result:
        one_file(job)
        raise error("because")

    (here / "out").mkdir()
    assert run(Stage("mux", Takes.FOLDER, fails), ["out"]) == code
    assert capsys.readouterr().err == "mux: because\n"
    assert list(Path("out").iterdir()) == []


def test_a_failure_keeps_the_result_of_an_earlier_run(here: Path) -> None:
    def fails(job: Job) -> Result:
        raise FailedError("later")

    (here / "out").mkdir()
    assert run(Stage("mux", Takes.FOLDER, one_file), ["out"]) == 0
    assert run(Stage("mux", Takes.FOLDER, fails), ["out"]) == 5
    assert Path("out/mux/made.txt").is_file()


def test_a_second_run_replaces_the_first(here: Path) -> None:
    def other(job: Job) -> Result:
        made = job.work / "other.txt"
        made.write_text("", encoding="utf-8")
        return Result({"other": made})

    (here / "out").mkdir()
    assert run(Stage("mux", Takes.FOLDER, one_file), ["out"]) == 0
    assert run(Stage("mux", Takes.FOLDER, other), ["out"]) == 0
    assert sorted(path.name for path in Path("out/mux").iterdir()) == ["manifest.json", "other.txt"]


def test_a_folder_that_cannot_be_written_is_exit_2(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "out").mkdir()
    (here / "out" / "movie").write_bytes(b"a file where the folder belongs")
    assert run(Stage("tmdb", Takes.TITLE, one_file), ["movie"]) == 2
    assert "cannot write to out/movie" in capsys.readouterr().err


def test_need_names_the_stage_to_run_first(tmp_path: Path) -> None:
    with pytest.raises(NotReadyError, match="run asr first"):
        Job("mux", "", (), tmp_path, tmp_path).need("asr", "transcript")


@pytest.mark.parametrize(
    "manifest",
    ["{", "[]", '{"outputs": {"made": "gone.txt"}}', '{"outputs": {"made": "../secret"}}', '{"outputs": null}'],
)
def test_a_manifest_that_cannot_be_used_says_so(manifest: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside the stage's folder", encoding="utf-8")
    (tmp_path / "asr").mkdir()
    (tmp_path / "asr" / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(NotReadyError, match="run asr again"):
        Job("mux", "", (), tmp_path, tmp_path).need("asr", "made")


@given(st.text())
def test_a_folder_name_is_one_plain_part_of_a_path(title: str) -> None:
    try:
        name = folder_name(title)
    except InputError:
        return
    assert Path(name).parts == (name,)
    assert not name.startswith((".", "-"))
    assert "\0" not in name

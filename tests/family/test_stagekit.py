"""The command convention that all stages share: command line, exit codes, manifest, folders."""

from __future__ import annotations

import json
import multiprocessing
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stagekit import FailedError, InputError, Job, MissingError, NotReadyError, Result, Stage, Takes, run
from stagekit.command import film_folder, folder_name
from stagekit.errors import BusyError
from stagekit.manifest import close_job, leave_job, open_job, stale
from stagekit.models import at_commit, pinned


def visible(folder: str) -> list[str]:
    """What a stage has left for others."""
    return sorted(path.name for path in Path(folder).iterdir() if not path.name.startswith("."))


def job(folder: Path, stage: str = "mux") -> Job:
    return Job(stage, "", (), folder, folder, None, {})


def written(**fields: object) -> str:
    """A manifest with some fields other than they should be."""
    whole = {"schema": "cp-whisperx/2", "stage": "asr", "source": "", "words": [], "reads": {}, "facts": {}}
    return json.dumps({**whole, "outputs": {"made": "made.txt"}, **fields})


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
    written = json.loads(manifest.read_text(encoding="utf-8"))
    assert re.fullmatch("sampled-sha256:[0-9a-f]{64}", written.pop("reads")[film])
    assert written == {
        "schema": "cp-whisperx/2",
        "stage": "demux",
        "source": film,
        "words": [],
        "outputs": {"made": "made.txt"},
        "facts": {"words": []},
    }
    assert (manifest.parent / "made.txt").read_text(encoding="utf-8") == film
    assert visible("out/Movie_Name") == ["demux"]


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
    assert visible("out") == []


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
        job(tmp_path).need("asr", "transcript")


@pytest.mark.parametrize(
    "manifest",
    [
        "{",
        "[]",
        written(outputs={"made": "gone.txt"}),
        written(outputs={"made": "../secret"}),
        written(outputs=None),
        written(outputs={}),
        written(schema="cp-whisperx/99"),
        written(facts={"seconds": float("nan")}),
        written(reads={"demux/audio": 3}),
        written(more=1),
    ],
)
def test_a_manifest_that_cannot_be_used_says_so(manifest: str, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("outside the stage's folder", encoding="utf-8")
    (tmp_path / "asr").mkdir()
    (tmp_path / "asr" / "manifest.json").write_text(manifest, encoding="utf-8")
    with pytest.raises(NotReadyError, match="run asr again"):
        job(tmp_path).need("asr", "made")


@given(st.text())
def test_a_folder_name_is_one_plain_part_of_a_path(title: str) -> None:
    try:
        name = folder_name(title)
    except InputError:
        return
    assert Path(name).parts == (name,)
    assert not name.startswith((".", "-"))
    assert "\0" not in name


@pytest.mark.parametrize(
    ("film", "folder"),
    [
        ("in/movie.mp4", "out/movie"),
        ("in/Movie Name (2024).mp4", "out/Movie_Name_2024"),
        ("in/series a/ep01.mkv", "out/series_a/ep01"),
        ("in/series b/ep01.mkv", "out/series_b/ep01"),
        ("elsewhere/movie.mp4", "out/movie"),
    ],
)
def test_films_of_different_folders_have_folders_of_their_own(film: str, folder: str) -> None:
    assert film_folder(film) == Path(folder)


def test_a_folder_that_holds_another_film_is_refused(film: str, capsys: pytest.CaptureFixture[str]) -> None:
    stage = Stage("demux", Takes.MEDIA, one_file)
    assert run(stage, [film]) == 0
    Path("in/Movie Name.mkv").write_bytes(b"")
    assert run(stage, ["in/Movie Name.mkv"]) == 2
    assert f"out/Movie_Name holds the results of {film}: give --out" in capsys.readouterr().err
    assert run(stage, ["in/Movie Name.mkv", "--out", "out/other"]) == 0


def leave(folder: Path, stage: str, text: str, reads: tuple[tuple[str, str], ...] = ()) -> None:
    """Runs a stage that reads what earlier ones recorded, and writes a text."""
    made = open_job(stage, str(folder), (), folder)
    for name, output in reads:
        made.find(name, output)
    (made.work / "made.txt").write_text(text, encoding="utf-8")
    close_job(made, Result({"made": made.work / "made.txt"}))
    leave_job(made)


def test_a_result_is_stale_when_what_it_read_has_changed(here: Path) -> None:
    out = Path("out/movie")
    reads = (("asr", "made"), ("second-pass-translation", "made"))
    assert stale(out, "mux", "out/movie") == "it has not run"
    leave(out, "asr", "one")
    leave(out, "mux", "film", reads)
    assert stale(out, "mux", "out/movie") == ""
    leave(out, "asr", "one")  # made again, and the same
    assert stale(out, "mux", "out/movie") == ""
    leave(out, "asr", "two")
    assert stale(out, "mux", "out/movie") == "asr/made has changed"
    leave(out, "mux", "film", reads)
    leave(out, "second-pass-translation", "zwei")  # optional, and run only now
    assert stale(out, "mux", "out/movie") == "second-pass-translation/made is new"
    assert stale(out, "mux", "out/other").startswith("it was made of out/movie")
    (out / "asr" / "made.txt").unlink()
    assert "run asr again" in stale(out, "mux", "out/movie")
    (out / "mux" / "manifest.json").write_text("{", encoding="utf-8")
    assert "cannot be used" in stale(out, "mux", "out/movie")


def test_a_film_that_has_changed_makes_demux_stale(film: str) -> None:
    assert run(Stage("demux", Takes.MEDIA, one_file), [film]) == 0
    assert stale(Path("out/Movie_Name"), "demux", film) == ""
    Path(film).write_bytes(b"another")
    assert stale(Path("out/Movie_Name"), "demux", film) == f"{film} has changed"


def hold(folder: Path, ready: multiprocessing.synchronize.Event, end: multiprocessing.synchronize.Event) -> None:
    held = open_job("demux", "", (), folder)
    (held.work / "half.wav").write_text("half", encoding="utf-8")
    ready.set()
    end.wait(60)


def test_two_runs_of_a_stage_do_not_meet_and_a_killed_one_leaves_nothing(here: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready, end = context.Event(), context.Event()
    other = context.Process(target=hold, args=(here / "out", ready, end))
    other.start()
    try:
        assert ready.wait(60)
        with pytest.raises(BusyError, match="another run of demux is at work"):
            open_job("demux", "", (), here / "out")
        assert len(list((here / "out").glob("demux.partial-*/half.wav"))) == 1
    finally:
        other.kill()
        other.join()
    leave_job(open_job("demux", "", (), here / "out"))
    assert visible("out") == []


def test_models_are_fetched_without_an_input(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    stage = Stage("asr", Takes.FOLDER, one_file, lambda: fetched.append("model"))
    monkeypatch.setenv("HF_HOME", str(here / "none"))
    assert run(stage, ["--fetch-models"]) == 0
    assert fetched == ["model"] and list(here.iterdir()) == []


def test_what_was_fetched_is_what_later_runs_take(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", str(here / "hf"))
    monkeypatch.setenv("PYANNOTE_CACHE", str(here / "pyannote"))
    assert (pinned("acme/asr"), at_commit("acme/vad")) == ("acme/asr", "acme/vad")

    def fetch() -> None:
        for cache, model, commit in (("hf/hub", "asr", "a1"), ("pyannote", "vad", "b2")):
            folder = here / cache / f"models--acme--{model}"
            (folder / "snapshots" / commit).mkdir(parents=True, exist_ok=True)
            (folder / "refs").mkdir(exist_ok=True)
            (folder / "refs" / "main").write_text(commit)

    stage = Stage("asr", Takes.FOLDER, one_file, fetch)
    assert run(stage, ["--fetch-models"]) == 0
    asr = here / "hf" / "hub" / "models--acme--asr"
    assert pinned("acme/asr") == str(asr / "snapshots" / "a1")
    assert (at_commit("acme/asr"), at_commit("acme/vad")) == ("acme/asr@a1", "acme/vad@b2")
    assert (at_commit("acme/vad@other"), at_commit(str(asr))) == ("acme/vad@other", str(asr))
    # The hub's main moves on, and somebody else's run has seen it: this pipeline stays where it was.
    (asr / "snapshots" / "c3").mkdir()
    (asr / "refs" / "main").write_text("c3")
    assert run(stage._replace(fetch=lambda: None), ["--fetch-models"]) == 0
    assert at_commit("acme/asr") == "acme/asr@a1"
    # A commit that is not in the cache any more is loaded by name again.
    (asr / "snapshots" / "a1").rmdir()
    assert (pinned("acme/asr"), at_commit("acme/asr")) == ("acme/asr", "acme/asr")
    (here / "hf" / "commits.json").write_text("{")
    with pytest.raises(FailedError, match=r"commits\.json cannot be read"):
        pinned("acme/asr")

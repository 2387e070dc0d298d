"""What pipeline.py works out around the containers: folders, stages, what is stale, settings. Docker is a recorder."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from stagekit.errors import InputError
from stagekit.manifest import Result, close_job, leave_job, open_job

import pipeline

# Writes down how it was called, and leaves what STAGE would have left, or ends with the exit code that is set for it.
DOCKER = """#!/usr/bin/env python3
import json, os, sys
from pathlib import Path
words = sys.argv[sys.argv.index("-T") + 1:]
with open("calls.txt", "a") as calls:
    print(json.dumps([*words, os.environ.get("HF_HUB_OFFLINE", "")]), file=calls)
print("a word of", words[0])
code = json.loads(os.environ.get("CODES", "{}")).get(words[0], 0)
if code or words[1:] == ["--fetch-models"]:
    print("something is missing", file=sys.stderr)
    raise SystemExit(code)
sys.path.insert(0, os.environ["STAGEKIT"])
from stagekit.manifest import Result, close_job, film_digest, leave_job, open_job
folder = Path(words[words.index("--out") + 1] if "--out" in words else words[1])
more = tuple(words[2:words.index("--out")]) if "--out" in words else ()
job = open_job(words[0], words[1], more, folder)
if words[0] == "demux":
    job.reads[words[1]] = film_digest(Path(words[1]))
for stage, output in json.loads(os.environ.get("READS", "{}")).get(words[0], []):
    job.find(stage, output)
name = {"demux": "audio", "tmdb": "film", "subtitle-gen": "subtitles"}.get(words[0], "transcript")
(job.work / "made.txt").write_text(os.environ.get("TEXT", words[0]))
close_job(job, Result({name: job.work / "made.txt"}))
leave_job(job)
"""
READS = {
    "asr": [("demux", "audio"), ("tmdb", "film")],
    "subtitle-gen": [("second-pass-translation", "transcript"), ("asr", "transcript")],
    "mux": [("subtitle-gen", "subtitles"), ("demux", "audio")],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout's folder with a film, and a docker that records."""
    (tmp_path / "in" / "series").mkdir(parents=True)
    (tmp_path / "in" / "movie.mp4").write_bytes(b"film")
    (tmp_path / "bin").mkdir()
    docker = tmp_path / "bin" / "docker"
    docker.write_text(DOCKER, encoding="utf-8")
    docker.chmod(docker.stat().st_mode | stat.S_IXUSR)
    for name, value in {
        "PATH": f"{docker.parent}{os.pathsep}{os.environ['PATH']}",
        "STAGEKIT": str(Path(pipeline.__file__).parent / "docker" / "common"),
        "READS": json.dumps(READS),
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("STAGE_USER", raising=False)
    monkeypatch.setattr(pipeline, "ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def started(place: Path) -> list[str]:
    """The stages that were started since this was asked last."""
    calls = place / "calls.txt"
    lines = calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []
    calls.unlink(missing_ok=True)
    return [json.loads(line)[0] for line in lines]


def go(*words: str) -> int:
    return pipeline.main(["-i", "in/movie.mp4", "--variant", "cpu", *words])


def test_all_stages_run_once_and_then_none(place: Path) -> None:
    assert go() == 0
    assert started(place) == [stage for stage in pipeline.STAGES if stage not in pipeline.OPTIONAL]
    assert go() == 0
    assert started(place) == []
    assert (place / "out/movie/logs/asr.log").read_text(encoding="utf-8").splitlines()[0] == "a word of asr"


def test_what_reads_a_changed_result_runs_again_and_nothing_else(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert go() == 0
    started(place)
    monkeypatch.setenv("TEXT", "another")
    assert go("--only", "asr") == 0
    assert started(place) == ["asr"]
    assert go() == 0
    assert started(place) == ["subtitle-gen", "mux"]
    assert go("--optional") == 0
    assert started(place) == [
        "second-pass-translation",
        "lyrics-detection",
        "subtitle-gen",
    ]  # whose result is as before


def test_another_film_under_the_same_name_begins_anew(place: Path) -> None:
    assert go("--only", "demux") == 0
    (place / "in" / "movie.mp4").write_bytes(b"longer film")
    assert go("--only", "asr") == 0
    started(place)
    assert go() == 0
    assert started(place)[0] == "demux"


def test_from_a_stage_on_all_run_again(place: Path) -> None:
    assert go() == 0
    started(place)
    assert go("--from", "subtitle-gen") == 0
    assert started(place) == ["subtitle-gen", "mux"]


def test_a_corrupt_manifest_is_made_again(place: Path) -> None:
    assert go() == 0
    started(place)
    (place / "out/movie/diarization/manifest.json").write_text("{", encoding="utf-8")
    assert go() == 0
    assert started(place) == ["diarization"]


def test_a_film_goes_on_without_what_is_dispensable(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODES", json.dumps({"tmdb": 4}))
    assert go() == 0
    assert "pre-ner" not in (stages := started(place)) and stages[-1] == "mux"
    said = capsys.readouterr().out
    assert "[2/10] tmdb: left out, for the reason above" in said
    assert "pre-ner: left out, since tmdb left nothing" in said
    assert "something is missing" in (place / "out/movie/logs/tmdb.log").read_text(encoding="utf-8")


@pytest.mark.parametrize(("stage", "code"), [("asr", 4), ("tmdb", 5), ("demux", 2)])
def test_a_failure_ends_the_run_with_its_code(
    place: Path, stage: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CODES", json.dumps({stage: code}))
    assert go() == code
    assert started(place)[-1] == stage
    assert f"{stage}: failed with exit code {code}; the same command resumes here" in capsys.readouterr().err


def test_a_stage_whose_need_was_left_out_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go("--skip", "asr") == 3
    assert "subtitle-gen: needs asr, which left nothing" in capsys.readouterr().err


def test_a_dry_run_starts_nothing_and_says_why(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert go("--only", "demux") == 0
    started(place)
    assert go("--dry-run", "--from", "subtitle-gen") == 0
    assert started(place) == []
    said = capsys.readouterr().out
    assert "demux: done before\n" in said and "tmdb: it has not run\n" in said and "mux: asked for\n" in said


def test_models_are_fetched_with_the_hub_allowed(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert pipeline.main(["--fetch-models", "--optional"]) == 0
    calls = [json.loads(line) for line in (place / "calls.txt").read_text(encoding="utf-8").splitlines()]
    stages = ("pyannote-vad", "diarization", "asr", "second-pass-translation", "lyrics-detection")
    assert calls == [[stage, "--fetch-models", "0"] for stage in stages]
    monkeypatch.setenv("CODES", json.dumps({"asr": 4}))
    assert pipeline.main(["--fetch-models"]) == 4


def test_an_unknown_target_language_is_refused_before_asr_runs(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRANSLATION_TARGET", "klingon")
    with pytest.raises(SystemExit) as left:
        go("--optional")
    assert left.value.code == 2
    assert "no translation for the language 'klingon'" in capsys.readouterr().err
    assert started(place) == []
    assert go() == 0  # without the translation it does not matter


def test_the_user_is_written_for_compose_by_hand_once(place: Path) -> None:
    (place / ".env").write_text("HF_TOKEN=x", encoding="utf-8")
    assert pipeline.settings({})["STAGE_USER"] == f"{os.getuid()}:{os.getgid()}"
    assert pipeline.settings({"A": "b"})["HF_TOKEN"] == "x"
    assert (place / ".env").read_text(encoding="utf-8") == f"HF_TOKEN=x\nSTAGE_USER={os.getuid()}:{os.getgid()}\n"
    (place / ".env").write_text("STAGE_USER=7:7\n", encoding="utf-8")
    assert pipeline.settings({})["STAGE_USER"] == "7:7"
    assert pipeline.settings({"STAGE_USER": "8:8"})["STAGE_USER"] == "8:8"


def test_two_series_do_not_share_a_folder(place: Path) -> None:
    assert pipeline.film("in/series/ep01.mkv").folder == "out/series/ep01"
    job = open_job("demux", "in/movie.mp4", (), place / "out" / "movie")
    (job.work / "audio.wav").write_bytes(b"")
    close_job(job, Result({"audio": job.work / "audio.wav"}))
    leave_job(job)
    assert pipeline.film("in/movie.mp4").folder == "out/movie"
    with pytest.raises(InputError, match="holds the results of in/movie.mp4"):
        pipeline.film("in/movie.mkv")


def test_each_stage_gets_what_its_command_line_takes() -> None:
    film = pipeline.Film("in/Movie Name.mp4", "out/Movie_Name", "Movie Name", "2024")
    assert film.arguments("demux") == ["in/Movie Name.mp4", "--out", "out/Movie_Name"]
    assert film.arguments("tmdb") == ["Movie Name", "2024", "--out", "out/Movie_Name"]
    assert film.arguments("asr") == ["out/Movie_Name"]


def test_without_a_gpu_the_override_is_added() -> None:
    assert pipeline.compose("cuda") == ["docker", "compose", "-f", "docker-compose.yml"]
    assert pipeline.compose("cpu")[-1] == "docker-compose.cpu.yml"


@pytest.mark.parametrize("where", ["outside.mp4", "in/no-such-film.mp4"])
def test_a_film_that_the_containers_cannot_see_is_refused(
    where: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "outside.mp4").write_bytes(b"")
    with pytest.raises(SystemExit) as left:
        pipeline.main(["-i", where])
    assert left.value.code == 2
    assert "the containers see that folder only" in capsys.readouterr().err

"""The CPU part of the family for real: images built by the script, stages run by compose, results read by ffprobe."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from family_kit import REGISTRY, ROOT, Family, program

import pipeline

pytestmark = pytest.mark.engine

CPU = ("demux", "tmdb", "pre-ner", "post-ner", "subtitle-gen", "mux")
LINES = [
    {"start": 0.2, "end": 1.0, "text": "Where is Jon Snoow?", "speaker": "A"},
    {
        "start": 1.2,
        "end": 2.8,
        "text": "He left Winterfel with a wolf and nobody has seen either of them since.",
        "speaker": "B",
    },
]
FILM = {
    "title": "Movie Title",
    "cast": [{"name": "Kit Harington", "character": "Jon Snow"}],
    "crew": [{"name": "A Director", "job": "Director"}],
}


def image(stage: str) -> str:
    return f"{REGISTRY}/cp-whisperx-app-{stage}:cpu"


def make_film(family: Family, name: str = "movie.mp4") -> None:
    """Two seconds and a bit of test picture and tone, made by the ffmpeg of the demux image."""
    sources = ("-f", "lavfi", "-i", "testsrc=duration=3:size=160x120:rate=10", "-f", "lavfi", "-i", "sine=duration=3")
    done = program(
        *("docker", "run", "--rm", "--user", "0", "-v", f"{family.folder / 'in'}:/made", "--entrypoint", "ffmpeg"),
        *(image("demux"), "-v", "error", *sources, "-pix_fmt", "yuv420p", f"/made/{name}"),
    )
    assert done.code == 0, done.err


def streams(family: Family, path: Path) -> list[dict[str, Any]]:
    """What ffprobe finds in a result."""
    done = program(
        *("docker", "run", "--rm", "-v", f"{family.folder / 'out'}:/out:ro", "--entrypoint", "ffprobe", image("demux")),
        *("-v", "error", "-of", "json", "-show_streams", f"/out/{path.relative_to(family.folder / 'out')}"),
    )
    assert done.code == 0, done.err
    return list(json.loads(done.out)["streams"])


def leave(family: Family, stage: str, output: str, value: Any) -> None:
    """Leaves a stage's result as if it had run: for the stages whose models this machine may not have."""
    folder = family.folder / "out" / "movie" / stage
    folder.mkdir(parents=True)
    (folder / "made.json").write_text(json.dumps(value), encoding="utf-8")
    manifest = {"schema": "cp-whisperx/2", "stage": stage, "source": "out/movie", "words": [], "reads": {}}
    manifest |= {"outputs": {output: "made.json"}, "facts": {}}
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


def test_demux_gives_a_wav_that_ffprobe_reads(family: Family) -> None:
    make_film(family)
    done = family.stage("demux", "in/movie.mp4")
    assert (done.code, done.out.strip()) == (0, "out/movie/demux/manifest.json"), done.err
    (audio,) = streams(family, family.folder / "out/movie/demux/audio.wav")
    assert (audio["codec_name"], audio["sample_rate"], audio["channels"]) == ("pcm_s16le", "16000", 1)
    assert 2.9 < float(audio["duration"]) < 3.2


def test_demux_subtitle_gen_mux(family: Family) -> None:
    make_film(family)
    leave(family, "asr", "transcript", {"language": "en", "segments": LINES})
    for stage, given in (("demux", "in/movie.mp4"), ("subtitle-gen", "out/movie"), ("mux", "out/movie")):
        done = family.stage(stage, given)
        assert done.code == 0, done.err
    srt = (family.folder / "out/movie/subtitle-gen/movie.srt").read_text(encoding="utf-8")
    assert srt.split("\n\n")[0] == "1\n00:00:00,200 --> 00:00:01,120\nWhere is Jon Snoow?"
    assert "- He left Winterfel with a wolf and\nnobody has seen either of them since." in srt
    made = streams(family, family.folder / "out/movie/mux/movie.mkv")
    assert [stream["codec_type"] for stream in made] == ["video", "audio", "subtitle"]
    assert made[2]["codec_name"] == "subrip"


def test_names_from_the_film_set_the_transcript_right(family: Family) -> None:
    leave(family, "tmdb", "film", FILM)
    leave(family, "asr", "transcript", {"language": "en", "segments": LINES})
    for stage in ("pre-ner", "post-ner"):
        done = family.stage(stage, "out/movie")
        assert done.code == 0, done.err
        assert "no spaCy model" in done.err
    names = json.loads((family.folder / "out/movie/pre-ner/names.json").read_text(encoding="utf-8"))["names"]
    assert {"Jon Snow", "Kit Harington", "A Director"} <= set(names)
    lines = json.loads((family.folder / "out/movie/post-ner/transcript.json").read_text(encoding="utf-8"))["segments"]
    assert lines[0]["text"] == "Where is Jon Snow?"
    assert lines[1] == LINES[1]


def test_tmdb_against_a_server_that_answers_like_the_service(family: Family) -> None:
    served = Path(__file__).parent / "tmdb_server.py"
    done = program(
        *("docker", "run", "--rm", "-e", "TMDB_API_KEY=good", "-v", f"{served}:/tmp/tmdb_server.py:ro"),
        *("--entrypoint", "python", image("tmdb"), "/tmp/tmdb_server.py", "Movie Title", "2024"),
    )
    assert done.code == 0, done.err
    film = json.loads(done.out)
    assert (film["title"], film["released"], film["cast"]) == (
        "Movie Title",
        "2024-05-01",
        [{"name": "Kit Harington", "character": "Jon Snow"}],
    )
    assert [who["job"] for who in film["crew"]] == ["Director"]


@pytest.mark.parametrize(
    ("key", "title", "code", "message"),
    [
        ("", "Movie Title", 4, "TMDB_API_KEY is not set"),
        ("bad", "Movie Title", 4, "refuses this TMDB_API_KEY"),
        ("good", "Nothing", 5, "knows no film 'Nothing'"),
        ("good", "Broken", 5, "answered 500 for /search/movie"),
    ],
)
def test_tmdb_says_why_it_cannot(cpu_images: None, key: str, title: str, code: int, message: str) -> None:
    served = Path(__file__).parent / "tmdb_server.py"
    done = program(
        *("docker", "run", "--rm", "-e", f"TMDB_API_KEY={key}", "-v", f"{served}:/tmp/tmdb_server.py:ro"),
        *("--entrypoint", "python", image("tmdb"), "/tmp/tmdb_server.py", title),
    )
    assert done.code == code, done.err
    assert message in done.err


@pytest.mark.parametrize(
    ("stage", "given", "code", "message"),
    [
        ("demux", "in/none.mp4", 2, "no such file: in/none.mp4"),
        ("demux", "in/no-film.mp4", 2, "in/no-film.mp4 cannot be read: ffprobe failed"),
        ("mux", "out/movie", 3, "run demux first"),
        ("subtitle-gen", "out/movie", 3, "run asr first"),
    ],
)
def test_a_stage_says_what_is_wrong(family: Family, stage: str, given: str, code: int, message: str) -> None:
    (family.folder / "out" / "movie").mkdir()
    (family.folder / "in" / "no-film.mp4").write_text("text", encoding="utf-8")
    done = family.stage(stage, given)
    assert (done.code, [each.name for each in (family.folder / "out" / "movie").iterdir() if each.name[0] != "."]) == (
        code,
        [],
    )
    assert message in done.err


def test_the_pipeline_makes_a_film_with_subtitles_and_resumes(family: Family) -> None:
    make_film(family)
    skipped = [word for stage in ("silero-vad", "pyannote-vad", "diarization", "asr") for word in ("--skip", stage)]
    words = ("python3", "pipeline.py", "-i", "in/movie.mp4", "--variant", "cpu", *skipped)
    first = program(*words, cwd=family.folder)
    assert first.code == 3, first.err
    assert "TMDB_API_KEY is not set" in first.out
    assert "[2/6] tmdb: left out" in first.out and "pre-ner: left out, since tmdb left nothing" in first.out
    assert "subtitle-gen: needs asr" in first.err

    leave(family, "tmdb", "film", FILM)
    leave(family, "asr", "transcript", {"language": "en", "segments": LINES})
    second = program(*words, "--skip", "tmdb", cwd=family.folder)
    assert second.code == 0, second.err
    assert "demux: done before" in second.out
    made = streams(family, family.folder / "out/movie/mux/movie.mkv")
    assert [stream["codec_type"] for stream in made] == ["video", "audio", "subtitle"]
    third = program(*words, "--skip", "tmdb", cwd=family.folder)
    assert third.code == 0 and third.out.count("done before") == 5, third.out


def ffmpeg(family: Family, *words: str) -> None:
    """Makes a file in the folder in/, with the ffmpeg of the demux image."""
    done = program(
        *("docker", "run", "--rm", "--user", "0", "-v", f"{family.folder / 'in'}:/made", "-w", "/made"),
        *("--entrypoint", "ffmpeg", image("demux"), "-v", "error", "-y", *words),
    )
    assert done.code == 0, done.err


def cue_times(srt: str) -> list[tuple[float, float]]:
    """The times of an SRT file, in seconds."""
    clock = r"(\d+):(\d+):(\d+),(\d+)"
    return [
        tuple(int(h) * 3600 + int(m) * 60 + int(s) + int(ms) / 1000 for h, m, s, ms in re.findall(clock, line))  # type: ignore[misc]
        for line in srt.splitlines()
        if " --> " in line
    ]


def voices(family: Family, path: str) -> list[float]:
    """When silence ends in a file, in seconds."""
    done = program(
        *(
            "docker",
            "run",
            "--rm",
            "--user",
            "0",
            "-v",
            f"{family.folder}:/f:ro",
            "--entrypoint",
            "ffmpeg",
            image("demux"),
        ),
        *("-i", f"/f/{path}", "-af", "silencedetect=noise=-40dB:d=1", "-f", "null", "-"),
    )
    return [float(each) for each in re.findall(r"silence_end: ([\d.]+)", done.err)]


def test_two_voices_with_an_offset_and_a_pause_come_out_on_time(family: Family) -> None:
    """Speech by ffmpeg's own synthesiser: a track that begins at 3 s, a pause of 2 s, and another voice."""
    one, two = ("flite=text='Where is Jon Snow?':voice=slt", "flite=text='He left Winterfell with a wolf.':voice=kal")
    joined = "[1:a]apad=pad_dur=2[a];[a][2:a]concat=n=2:v=0:a=1[said]"
    ffmpeg(
        family,
        *("-f", "lavfi", "-i", "color=size=160x120:rate=10:duration=12", "-f", "lavfi", "-i", f"{one}"),
        *("-f", "lavfi", "-i", two, "-filter_complex", joined, "-map", "[said]", "-c:a", "pcm_s16le", "said.wav"),
    )
    ffmpeg(
        family,
        *("-f", "lavfi", "-i", "color=size=160x120:rate=10:duration=12", "-itsoffset", "3", "-i", "said.wav"),
        *("-map", "0:v", "-map", "1:a", "-c:a", "aac", "-pix_fmt", "yuv420p", "movie.mp4"),
    )
    assert family.stage("demux", "in/movie.mp4").code == 0
    facts = json.loads((family.folder / "out/movie/demux/manifest.json").read_text(encoding="utf-8"))["facts"]
    assert facts["start"] == pytest.approx(3.0, abs=0.1)  # less what an AAC track has before its first sample
    (second,), begins = (voices(family, path) for path in ("in/said.wav", "out/movie/demux/audio.wav"))
    assert begins[1] == pytest.approx(3.0 + second, abs=0.05)
    # asr's part, whose models no hub can be asked for here: lines at the times at which the voices are heard.
    lines = [
        {"start": begins[0], "end": begins[0] + 1.2, "text": "Where is Jon Snow?", "speaker": "A"},
        {"start": begins[1], "end": begins[1] + 2.0, "text": "He left Winterfell with a wolf.", "speaker": "B"},
    ]
    leave(family, "asr", "transcript", {"language": "en", "segments": lines})
    for stage in ("subtitle-gen", "mux"):
        done = family.stage(stage, "out/movie")
        assert done.code == 0, done.err
    read = program(
        *("docker", "run", "--rm", "-v", f"{family.folder / 'out'}:/out:ro", "--entrypoint", "ffmpeg", image("demux")),
        *("-v", "error", "-i", "/out/movie/mux/movie.mkv", "-map", "0:s:0", "-f", "srt", "-"),
    )
    times = cue_times(read.out)
    assert [start for start, _ in times] == pytest.approx(begins[:2], abs=0.05)
    assert all(1.0 - 0.001 <= end - start <= 7.0 for start, end in times)


def test_a_film_that_is_not_whole_is_refused(family: Family) -> None:
    make_film(family)
    whole = (family.folder / "in" / "movie.mp4").read_bytes()
    ffmpeg(family, "-i", "movie.mp4", "-c", "copy", "-movflags", "faststart", "front.mp4")
    front = (family.folder / "in" / "front.mp4").read_bytes()
    (family.folder / "in" / "half.mp4").write_bytes(front[: len(front) * 6 // 10])
    (family.folder / "in" / "headless.mp4").write_bytes(whole[: len(whole) // 2])
    half = family.stage("demux", "in/half.mp4")
    assert half.code == 2 and "is not whole: its audio should end at 3." in half.err, half.err
    headless = family.stage("demux", "in/headless.mp4")
    assert headless.code == 2 and "in/headless.mp4 cannot be read" in headless.err, headless.err


def test_mux_keeps_what_the_film_has_and_names_what_it_adds(family: Family) -> None:
    make_film(family)
    (family.folder / "in" / "old.srt").write_text("1\n00:00:00,500 --> 00:00:01,500\nHallo\n", encoding="utf-8")
    (family.folder / "in" / "note.txt").write_text("attached", encoding="utf-8")
    language = ("-metadata:s:s:0", "language=deu", "-disposition:s:0", "default")
    with_mkv = ("-map", "0", "-map", "1", "-attach", "note.txt", "-metadata:s:t", "mimetype=text/plain")
    ffmpeg(family, "-i", "movie.mp4", "-i", "old.srt", *with_mkv, "-c", "copy", *language, "old.mkv")
    ffmpeg(family, "-i", "movie.mp4", "-i", "old.srt", "-c", "copy", "-c:s", "mov_text", *language, "old.mp4")
    leave(family, "asr", "transcript", {"language": "en", "segments": LINES})
    for name, kinds in {
        "old.mkv": ["video", "audio", "subtitle", "attachment", "subtitle"],
        "old.mp4": ["video", "audio", "subtitle", "subtitle"],
    }.items():
        for stage, words in {
            "demux": (f"in/{name}", "--out", f"out/{name}"),
            "subtitle-gen": ("out/movie", "--out", f"out/{name}"),
            "mux": (f"out/{name}",),
        }.items():
            if stage == "subtitle-gen":
                shutil.copytree(family.folder / "out" / "movie" / "asr", family.folder / "out" / name / "asr")
                words = (f"out/{name}",)
            done = family.stage(stage, *words)
            assert done.code == 0, done.err
        made = streams(family, family.folder / "out" / name / "mux" / "old.mkv")
        assert sorted(stream["codec_type"] for stream in made) == sorted(kinds), name
        old, new = [stream for stream in made if stream["codec_type"] == "subtitle"]
        assert (old["tags"]["language"], new["tags"]["language"], new["tags"]["title"]) == ("deu", "eng", "English")
        assert (old["disposition"]["default"], new["disposition"]["default"]) == (0, 1)


def test_a_film_in_which_nobody_speaks_gets_an_empty_track(family: Family) -> None:
    make_film(family)
    leave(family, "asr", "transcript", {"language": "", "segments": []})
    for stage, given in (("demux", "in/movie.mp4"), ("subtitle-gen", "out/movie"), ("mux", "out/movie")):
        done = family.stage(stage, given)
        assert done.code == 0, done.err
    made = streams(family, family.folder / "out/movie/mux/movie.mkv")
    assert [stream["codec_type"] for stream in made] == ["video", "audio", "subtitle"]


def test_what_is_no_transcript_is_refused(family: Family) -> None:
    leave(family, "asr", "transcript", {"language": "en", "segments": [{"start": 0, "end": 1, "text": None}]})
    done = family.stage("subtitle-gen", "out/movie")
    assert done.code == 3
    assert "out/movie/asr/made.json cannot be used" in done.err and "run asr again" in done.err


def test_a_title_is_read_from_a_file_name(cpu_images: None) -> None:
    served = Path(__file__).parent / "tmdb_server.py"
    done = program(
        *("docker", "run", "--rm", "-e", "TMDB_API_KEY=good", "-v", f"{served}:/tmp/tmdb_server.py:ro"),
        *("--entrypoint", "python", image("tmdb"), "/tmp/tmdb_server.py", "Movie.Title.2024.1080p.BluRay"),
    )
    assert done.code == 0, done.err
    assert json.loads(done.out)["title"] == "Movie Title"


@pytest.mark.parametrize("stage", CPU)
def test_an_image_runs_as_nobody_special_and_can_be_looked_into(cpu_images: None, stage: str) -> None:
    look = "import os, sys; print(os.getuid(), os.environ['STAGE_VARIANT'], sys.version_info[:2])"
    done = program("docker", "run", "--rm", image(stage), "python", "-c", look)
    assert (done.code, done.out.strip()) == (0, "1000 cpu (3, 11)"), done.err


def test_a_later_install_cannot_bring_cuda(cpu_images: None, tmp_path: Path) -> None:
    """torch asked for in a CPU stage, without the CPU index: the constraint refuses the default index's build."""
    (tmp_path / "Dockerfile").write_text(
        f'FROM {image("demux")}\nUSER root\nRUN pip install "torch"\n', encoding="utf-8"
    )
    done = program("docker", "build", str(tmp_path))
    assert done.code != 0
    assert "torch==2.3.1+cpu" in done.out + done.err


def test_a_base_that_fails_names_what_it_blocks(cpu_images: None) -> None:
    script = str(ROOT / "scripts" / "build-all-images.sh")
    done = program(script, "cpu", env={"BUILD_ARGS": "--build-arg PYTHON_IMAGE=localhost/there-is-no:such-image"})
    assert done.code == 1
    assert f"base:cpu failed; blocked: {' '.join(f'{stage}:cpu' for stage in CPU)}\n" in done.err
    assert "built 0:" in done.out
    assert "failed 1: base:cpu\nnot tried 6:" in done.err


def test_the_registry_reaches_every_build(cpu_images: None) -> None:
    script = str(ROOT / "scripts" / "build-all-images.sh")
    done = program(script, "cpu", env={"DOCKERHUB_USER": "localhost:5000/wxlint-test"})
    names = [f"localhost:5000/wxlint-test/cp-whisperx-app-{stage}:cpu" for stage in ("base", *CPU)]
    try:
        assert done.code == 0, done.err[-2000:]
        assert done.out.split("built 7:")[1].split() == [f"{stage}:cpu" for stage in ("base", *CPU)]
        assert program("docker", "image", "inspect", *names).code == 0
    finally:
        program("docker", "rmi", *names)


def test_the_cpu_override_as_compose_reads_it(family: Family) -> None:
    files = ("-f", "docker-compose.yml", "-f", "docker-compose.cpu.yml")
    done = family.compose(*files, "--profile", "optional", "config", "--format", "json", env={"DOCKERHUB_USER": "me"})
    assert done.code == 0, done.err
    services = json.loads(done.out)["services"]
    assert {service["image"] for service in services.values()} == {
        f"me/cp-whisperx-app-{stage}:cpu" for stage in pipeline.STAGES
    }
    assert not [name for name, service in services.items() if "deploy" in service]
    assert {service["build"]["args"]["REGISTRY"] for service in services.values()} == {"me"}


def test_a_cpu_image_of_a_gpu_stage_needs_the_cpu_index(cpu_images: None) -> None:
    """From pip's own index comes a CUDA build, which the constraints of base:cpu refuse."""
    words = ("--build-arg", "VARIANT=cpu", "--build-arg", "TORCH_INDEX_URL=", "-f", "docker/asr/Dockerfile", ".")
    done = program("docker", "build", *words)
    assert done.code != 0
    assert "torch==2.3.1+cpu" in done.out + done.err

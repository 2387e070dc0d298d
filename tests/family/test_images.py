"""The CPU part of the family for real: images built by the script, stages run by compose, results read by ffprobe."""

from __future__ import annotations

import json
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
    manifest = {"schema": "cp-whisperx/1", "stage": stage, "outputs": {output: "made.json"}}
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
    assert srt.split("\n\n")[0] == "1\n00:00:00,200 --> 00:00:01,000\nWhere is Jon Snoow?"
    assert "- He left Winterfel with a wolf and nobody\nhas seen either of them since." in srt
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
        ("demux", "in/no-film.mp4", 5, "ffprobe failed"),
        ("mux", "out/movie", 3, "run demux first"),
        ("subtitle-gen", "out/movie", 3, "run asr first"),
    ],
)
def test_a_stage_says_what_is_wrong(family: Family, stage: str, given: str, code: int, message: str) -> None:
    (family.folder / "out" / "movie").mkdir()
    (family.folder / "in" / "no-film.mp4").write_text("text", encoding="utf-8")
    done = family.stage(stage, given)
    assert (done.code, list((family.folder / "out" / "movie").iterdir())) == (code, [])
    assert message in done.err


def test_the_pipeline_goes_on_where_it_stopped(family: Family) -> None:
    make_film(family, "Movie Title (2024).mp4")
    skipped = [word for stage in ("silero-vad", "pyannote-vad", "diarization", "asr") for word in ("--skip", stage)]
    words = ("python3", "pipeline.py", "-i", "in/Movie Title (2024).mp4", "--variant", "cpu", *skipped)
    first = program(*words, cwd=family.folder)
    assert first.code == 4, first.err
    assert "TMDB_API_KEY is not set" in first.err
    assert "[2/6] tmdb: failed with exit code 4" in first.err

    (family.folder / "out" / "movie").symlink_to("Movie_Title_2024")
    leave(family, "tmdb", "film", FILM)
    leave(family, "asr", "transcript", {"language": "en", "segments": LINES})
    second = program(*words, cwd=family.folder)
    assert second.code == 0, second.err
    assert "demux: done before" in second.out
    assert "tmdb: done before" in second.out
    made = streams(family, family.folder / "out/Movie_Title_2024/mux/Movie Title (2024).mkv")
    assert [stream["codec_type"] for stream in made] == ["video", "audio", "subtitle"]


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

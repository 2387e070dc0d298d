"""The GPU stages for real, with torch for CUDA 12.1, computing on the CPU where there is no GPU.

Models come from a hub, which the machine that runs this may not reach: tiny ones with random weights take their
place, made inside the images and loaded from the mounted folder, so that every line of a stage runs.

    BUILD_ARGS="--build-arg TORCH_INDEX_URL=" pytest -m heavy tests/family     # torch from pip's own index
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from family_kit import REGISTRY, ROOT, Done, Family, program

pytestmark = [pytest.mark.engine, pytest.mark.heavy]

CUDA = ("silero-vad", "pyannote-vad", "diarization", "asr", "second-pass-translation", "lyrics-detection")
SETTINGS = {
    "silero-vad": {},
    "pyannote-vad": {"VAD_MODEL": "/models/segmentation.bin"},
    "diarization": {"DIARIZATION_MODEL": "/models/diarization.yaml"},
    "asr": {"WHISPER_MODEL": "/models/whisper"},
    "second-pass-translation": {"TRANSLATION_MODEL": "/models/translation", "TRANSLATION_TARGET": "de"},
    "lyrics-detection": {"LYRICS_MODEL": "/models/lyrics"},
}
TINY = (
    ("asr", "whisper"),
    ("asr", "segmentation"),
    ("diarization", "diarization"),
    ("second-pass-translation", "translation"),
    ("lyrics-detection", "lyrics"),
)


def image(stage: str) -> str:
    return f"{REGISTRY}/cp-whisperx-app-{stage}:cuda"


@pytest.fixture(scope="session")
def cuda_images(cpu_images: None) -> None:
    """base:cuda and the GPU stages, built by the script that users run."""
    done = program(str(ROOT / "scripts" / "build-all-images.sh"), "cuda", "optional")
    assert done.code == 0, (done.out + done.err)[-3000:]


@pytest.fixture(scope="session")
def models(cuda_images: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of tiny models, as compose mounts it at /models."""
    folder = tmp_path_factory.mktemp("models")
    maker = Path(__file__).parent / "tiny_models.py"
    for stage, kind in TINY:
        done = program(
            *(
                "docker",
                "run",
                "--rm",
                "--user",
                "0",
                "-v",
                f"{folder}:/models",
                "-v",
                f"{maker}:/tmp/tiny_models.py:ro",
            ),
            *("--entrypoint", "python", image(stage), "/tmp/tiny_models.py", kind, "/models"),
        )
        assert done.code == 0, f"{kind}: {done.err[-2000:]}"
    return folder


@pytest.fixture
def talk(family: Family, models: Path) -> Iterator[Family]:
    """A film in which somebody speaks from the third second on, through demux; stages as on a host without a GPU."""
    speech = "flite=text='Where is John Snow? He left Winterfell with a wolf.':voice=slt,aresample=16000"
    done = program(
        *("docker", "run", "--rm", "--user", "0", "-v", f"{family.folder / 'in'}:/made", "--entrypoint", "ffmpeg"),
        *(f"{REGISTRY}/cp-whisperx-app-demux:cpu", "-v", "error", "-f", "lavfi", "-i", speech),
        *("-f", "lavfi", "-i", "testsrc=size=160x120:rate=10", "-af", "adelay=2000", "-shortest"),
        *("-pix_fmt", "yuv420p", "/made/talk.mp4"),
    )
    assert done.code == 0, done.err
    services = {
        stage: {
            "environment": {"STAGE_DEVICE": "cpu", "HF_HUB_OFFLINE": "1", **settings},
            "volumes": [f"{models}:/models"],
        }
        for stage, settings in SETTINGS.items()
    }
    text = json.dumps({"services": services}, indent=1)
    # No reservation, as docker-compose.cpu.yml has it, but the CUDA images.
    text = text.replace('"environment"', '"deploy": !reset null,\n"environment"')
    (family.folder / "no-gpu.yml").write_text(text, encoding="utf-8")
    assert family.stage("demux", "in/talk.mp4").code == 0
    yield family


def result(talk: Family, stage: str, name: str) -> Any:
    """Runs a stage on the film and reads one of its files."""
    done = talk.compose("-f", "docker-compose.yml", "-f", "no-gpu.yml", "run", "--rm", "-T", stage, "out/talk")
    assert done.code == 0, done.err[-3000:]
    return json.loads((talk.folder / "out" / "talk" / stage / name).read_text(encoding="utf-8"))


def leave_transcript(talk: Family) -> None:
    """Leaves asr's result as if it had run."""
    folder = talk.folder / "out" / "talk" / "asr"
    folder.mkdir()
    lines = [{"start": 2.0, "end": 3.0, "text": "where is john snow"}]
    (folder / "made.json").write_text(json.dumps({"language": "en", "segments": lines}), encoding="utf-8")
    manifest = {"schema": "cp-whisperx/2", "stage": "asr", "source": "out/talk", "words": [], "reads": {}, "facts": {}}
    text = json.dumps({**manifest, "outputs": {"transcript": "made.json"}})
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def alone(talk: Family, stage: str, *options: str) -> Done:
    """Runs a stage's image by `docker run`, without a GPU."""
    mounted = ("--user", f"{os.getuid()}:{os.getgid()}", "-v", f"{talk.folder / 'out'}:/data/out")
    return program("docker", "run", "--rm", *mounted, *options, image(stage), "out/talk")


@pytest.mark.parametrize("stage", CUDA)
def test_torch_is_the_cuda_12_1_build(cuda_images: None, stage: str) -> None:
    look = "import os, torch; print(os.getuid(), torch.__version__, torch.version.cuda)"
    done = program("docker", "run", "--rm", image(stage), "python", "-c", look)
    assert (done.code, done.out.strip()) == (0, "1000 2.3.1+cu121 12.1"), done.err


@pytest.mark.parametrize("stage", ["silero-vad", "pyannote-vad"])
def test_speech_is_found_where_it_is(talk: Family, stage: str) -> None:
    regions = result(talk, stage, "speech.json")["regions"]
    assert 1.8 < regions[0]["start"] < 2.5
    assert all(region["start"] < region["end"] for region in regions)


def test_speakers_and_their_lines(talk: Family) -> None:
    turns = result(talk, "diarization", "turns.json")["regions"]
    assert turns
    assert turns[0]["speaker"] == "SPEAKER_00"
    transcript = result(talk, "asr", "transcript.json")
    assert transcript["segments"]
    assert {line.get("speaker") for line in transcript["segments"]} <= {turn["speaker"] for turn in turns}
    for stage in ("subtitle-gen", "mux"):
        done = talk.stage(stage, "out/talk")
        assert done.code == 0, done.err


def test_translation(talk: Family) -> None:
    leave_transcript(talk)
    translated = result(talk, "second-pass-translation", "transcript.json")
    assert (translated["language"], [line["start"] for line in translated["segments"]]) == ("de", [2.0])


def test_lyrics(talk: Family) -> None:
    assert isinstance(result(talk, "lyrics-detection", "songs.json")["regions"], list)


@pytest.mark.parametrize("stage", CUDA)
def test_without_a_gpu_a_cuda_image_says_what_to_do(talk: Family, stage: str) -> None:
    leave_transcript(talk)
    done = alone(talk, stage, "-e", "TRANSLATION_TARGET=de")
    assert done.code == 4, done.err
    assert "CUDA is not available" in done.err


def test_a_model_that_is_not_there_is_named(talk: Family) -> None:
    done = alone(talk, "diarization", "-e", "STAGE_DEVICE=cpu", "-e", "HF_HUB_OFFLINE=1")
    assert done.code == 4, done.err
    assert "the model pyannote/speaker-diarization-3.1 is not there" in done.err
    assert "mount a cache that holds it at /models/huggingface" in done.err


def test_a_reservation_is_fatal_without_a_gpu(talk: Family) -> None:
    """Why docker-compose.cpu.yml exists. Where there is a GPU, this says so and is skipped."""
    done = talk.stage("silero-vad", "out/talk")
    if done.code == 0:
        pytest.skip("this host has a GPU")
    assert "could not select device driver" in done.err

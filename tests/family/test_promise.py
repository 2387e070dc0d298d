"""The build-time assertion at the end of each Dockerfile, and the choice of a device."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from stagekit import FailedError, MissingError
from stagekit.models import device, load
from stagekit.promise import main, torch_cuda


@pytest.fixture
def image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An image's site-packages, in place of those of the Python that runs the tests."""
    library = [path for path in sys.path if not path.endswith(("site-packages", "dist-packages"))]
    monkeypatch.setattr(sys, "path", [str(tmp_path), *library])
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    return tmp_path


def put_torch(image: Path, cuda: str | None) -> None:
    (image / "torch").mkdir()
    (image / "torch" / "__init__.py").write_text("raise RuntimeError('imported')\n", encoding="utf-8")
    (image / "torch" / "version.py").write_text(f"cuda = {cuda!r}\nhip = None\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("variant", "words", "cuda", "code"),
    [
        ("cpu", ["cpu"], "absent", 0),
        ("cpu", ["cpu", "torch"], "absent", 1),
        ("cpu", ["cpu", "torch"], None, 0),
        ("cpu", ["cpu"], "12.1", 1),
        ("cuda", ["cuda", "torch"], "12.1", 0),
        ("cuda", ["cuda", "torch"], "12.4", 1),
        ("cuda", ["cuda", "torch"], None, 1),
        ("cuda", ["cuda", "torch"], "absent", 1),
        ("cpu", ["cuda", "torch"], "12.1", 1),
        ("cpu", [], "absent", 2),
    ],
)
def test_promise(
    variant: str, words: list[str], cuda: str | None, code: int, image: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STAGE_VARIANT", variant)
    if cuda != "absent":
        put_torch(image, cuda)
    assert main(words) == code


def test_torch_is_read_and_not_imported(image: Path) -> None:
    put_torch(image, "12.1")
    assert torch_cuda() == "12.1"
    assert "torch" not in sys.modules


def test_cuda_libraries_break_a_cpu_promise(
    image: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAGE_VARIANT", "cpu")
    put_torch(image, None)
    # As cu13 names them: without a "cu12" to look for.
    folder = image / "nvidia_cuda_runtime-13.0.0.dist-info"
    folder.mkdir()
    metadata = "Metadata-Version: 2.1\nName: nvidia-cuda-runtime\nVersion: 13.0.0\n"
    (folder / "METADATA").write_text(metadata, encoding="utf-8")
    assert main(["cpu"]) == 1
    assert "nvidia-cuda-runtime" in capsys.readouterr().err


def test_a_cpu_image_computes_on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGE_DEVICE", raising=False)
    monkeypatch.setenv("STAGE_VARIANT", "cpu")
    assert device() == "cpu"


def test_a_cuda_image_without_a_gpu_says_what_to_do(image: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STAGE_DEVICE", raising=False)
    monkeypatch.setenv("STAGE_VARIANT", "cuda")
    (image / "torch.py").write_text("class cuda:\n    is_available = staticmethod(lambda: False)\n", encoding="utf-8")
    with pytest.raises(MissingError, match=r"--gpus all.*docker-compose\.cpu\.yml.*STAGE_DEVICE=cpu"):
        device()
    sys.modules.pop("torch", None)


def test_the_device_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STAGE_VARIANT", "cuda")
    monkeypatch.setenv("STAGE_DEVICE", "cpu")
    assert device() == "cpu"


def test_a_model_that_cannot_be_loaded_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HOME", "/models/huggingface")

    def unreachable() -> str:
        raise OSError("We couldn't connect\nand more")

    with pytest.raises(
        MissingError,
        match=r"model m is not there: We couldn't connect\nfetch it with .*--fetch-models.* at /models/huggingface",
    ):
        load("m", unreachable)
    with pytest.raises(MissingError, match="terms must be accepted"):
        load("m", lambda: None)
    assert load("m", lambda: "loaded") == "loaded"


class LocalEntryNotFoundError(Exception):
    """As huggingface_hub names it."""


def test_only_what_is_missing_is_called_missing() -> None:
    def not_in_the_cache() -> str:
        try:
            raise LocalEntryNotFoundError("no such snapshot")
        except LocalEntryNotFoundError as error:
            raise OSError("the file cannot be had") from error

    def broken() -> str:
        raise ValueError("the weights have another shape")

    with pytest.raises(MissingError, match="model m is not there"):
        load("m", not_in_the_cache)
    with pytest.raises(FailedError, match="model m could not be loaded: the weights have another shape"):
        load("m", broken)

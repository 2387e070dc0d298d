"""A stage from an image that the repository publishes under tags that only its workflow knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint import api

CPU = "FROM python:3.12-slim\nRUN pip install torch==2.7.1 --index-url https://download.pytorch.org/whl/cpu\n"
STEP = "      - uses: docker/build-push-action@v6\n        with: {{push: true, file: {file}, tags: '{tags}'}}\n"
META = "${{ steps.meta.outputs.tags }}"


def torch(root: Path, base: str, *steps: str, dockerfile: str = CPU) -> str:
    """What an image of Dockerfile.dev is believed to hold, beside a workflow of these steps."""
    workflow = (
        "on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n"
        "      - id: meta\n        uses: docker/metadata-action@v5\n        with: {images: registry.example/acme/app}\n"
    )
    (root / ".github" / "workflows").mkdir(parents=True)
    (root / ".github" / "workflows" / "publish.yml").write_text(workflow + "".join(steps))
    (root / "Dockerfile").write_text(dockerfile)
    (root / "Dockerfile.gpu").write_text(CPU.replace("whl/cpu", "whl/cu128"))
    (root / "Dockerfile.dev").write_text(f"FROM {base}\nRUN pip install pytest\n")
    return next(image.torch for image in api.images([root]) if image.path.endswith("Dockerfile.dev"))


@pytest.mark.parametrize("tag", [":latest", ":main", ""])
def test_a_moving_tag_is_of_the_one_build(tmp_path: Path, tag: str) -> None:
    step = STEP.format(file="Dockerfile", tags=META)
    assert torch(tmp_path, f"registry.example/acme/app{tag}", step) == "cpu"


@pytest.mark.parametrize("base", ["acme/app:1.0", "acme/app:latest-gpu", "acme/other:latest"])
def test_another_tag_or_name_is_not(tmp_path: Path, base: str) -> None:
    step = STEP.format(file="Dockerfile", tags=META)
    assert torch(tmp_path, f"registry.example/{base}", step) == "unknown"


def test_of_two_dockerfiles_it_is_not_known_which(tmp_path: Path) -> None:
    steps = STEP.format(file="Dockerfile", tags=META), STEP.format(file="Dockerfile.gpu", tags=META)
    assert torch(tmp_path, "registry.example/acme/app:latest", *steps) == "unknown"


def test_tags_that_are_known_are_all(tmp_path: Path) -> None:
    step = STEP.format(file="Dockerfile", tags="registry.example/acme/app:1.0")
    assert torch(tmp_path, "registry.example/acme/app:latest", step) == "unknown"


def test_an_image_built_from_itself_ends(tmp_path: Path) -> None:
    step = STEP.format(file="Dockerfile", tags=META)
    own = "FROM registry.example/acme/app:latest\nRUN pip install flask\n"
    assert torch(tmp_path, "registry.example/acme/app:latest", step, dockerfile=own) == "unknown"

"""The accelerator that a tag, an image's name, a Dockerfile's path or a stage names, and which of these counts."""

from __future__ import annotations

import pytest

from wxlint.core.values import HOLE, Value
from wxlint.images.graph.names.hints import (
    NameHint,
    expected_by_names,
    from_path,
    from_reference,
    said_by,
    said_by_tag,
)
from wxlint.images.model.reference import Reference, parse_reference


def reference(text: str, *holes: str) -> Reference:
    found = parse_reference(Value(text, holes))
    assert found is not None
    return found


def words(found: list[NameHint]) -> list[tuple[str, str]]:
    assert {one.reason.kind for one in found} <= {"name"}
    return [(one.accelerator, one.reason.text) for one in found]


PATHS = [
    ("Dockerfile", []),
    ("Dockerfile.cpu", [("cpu", "file name 'Dockerfile.cpu'")]),
    ("cpu.Dockerfile", [("cpu", "file name 'cpu.Dockerfile'")]),
    ("docker/gpu/Containerfile-cpu", [("cpu", "file name 'Containerfile-cpu'")]),
    ("gpu/Dockerfile", [("cuda", "folder 'gpu'")]),
    ("gpu/app/Dockerfile", [("cuda", "folder 'gpu'")]),
    ("gpu/cpu/Dockerfile", [("cpu", "folder 'cpu'")]),
    ("gpu/a/b/Dockerfile", []),
    ("nvidia/Dockerfile", [("cuda", "folder 'nvidia'")]),
    ("gpu/cpu-gpu/Dockerfile", []),
    ("gpu/Dockerfile.cpu-gpu", []),
    ("gpu/Dockerfile.dev", [("cuda", "folder 'gpu'")]),
]


@pytest.mark.parametrize(("path", "said"), PATHS)
def test_a_path(path: str, said: list[tuple[str, str]]) -> None:
    assert words(from_path(path)) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("asr-gpu", [("cuda", "tag 'asr-gpu'")]),
        ("cpu-gpu", []),
        ("asr", []),
        (f"{HOLE}cpu", [("cpu", "tag '*cpu'")]),
    ],
)
def test_one_name(text: str, said: list[tuple[str, str]]) -> None:
    assert words(said_by(text, "tag")) == said


TAGS = [
    # reference, what fills its unknown parts, what its tag says
    ("a:1.0-cpu", (), [("cpu", "image tag '1.0-cpu'")]),
    ("a:latest", (), []),
    ("a-cpu", (), []),
    (f"a:{HOLE}-cpu", ("$VERSION",), [("cpu", "image tag '*-cpu'")]),
    (f"a:{HOLE}cpu", ("$VERSION",), []),
    (f"a:cpu{HOLE}", ("$SUFFIX",), []),
    (f"a:cpu-{HOLE}", ("$V",), [("cpu", "image tag 'cpu-*'")]),
    (f"a:cpu.{HOLE}_x", ("$V",), [("cpu", "image tag 'cpu.*_x'")]),
    (f"a:{HOLE}x-cpu", ("$V",), []),
    (f"a:{HOLE}-cpu", ("$GPU_TAG",), []),
    (f"a:{HOLE}-cpu", ("$CPU_TAG",), [("cpu", "image tag '*-cpu'")]),
    (f"{HOLE}/a:{HOLE}-cpu", ("$GPU_REGISTRY", "$V"), [("cpu", "image tag '*-cpu'")]),
    (f"a:{HOLE}-{HOLE}-cpu", ("$V", "$W"), [("cpu", "image tag '*-*-cpu'")]),
    (f"a:{HOLE}", ("$TAG",), []),
]


@pytest.mark.parametrize(("text", "holes", "said"), TAGS)
def test_a_tag(text: str, holes: tuple[str, ...], said: list[tuple[str, str]]) -> None:
    assert words(said_by_tag(reference(text, *holes))) == said


def test_no_image_says_nothing() -> None:
    assert said_by_tag(None) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("r/asr-gpu:cpu", [("cpu", "image tag 'cpu'")]),
        ("r/asr-gpu:1.0", [("cuda", "image name 'asr-gpu'")]),
        ("r/asr-gpu", [("cuda", "image name 'asr-gpu'")]),
        ("gpu/asr:1.0", []),
    ],
)
def test_an_image(text: str, said: list[tuple[str, str]]) -> None:
    assert words(from_reference(reference(text), "image")) == said


def test_names_have_to_agree() -> None:
    cpu, other = from_path("cpu/Dockerfile"), from_path("Dockerfile.gpu")
    assert expected_by_names([]) == (None, ())
    assert expected_by_names([*cpu, *other]) == (None, ())
    accelerator, because = expected_by_names([*cpu, *from_path("Dockerfile.cpu")])
    assert (accelerator, [reason.text for reason in because]) == ("cpu", ["folder 'cpu'", "file name 'Dockerfile.cpu'"])

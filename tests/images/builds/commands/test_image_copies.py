"""Copies of images: what each tool copies, and the names that it gives."""

from __future__ import annotations

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.from_scripts import read_script
from wxlint.shell.bash.reader import read_shell

A, B = "example/asr:1.0-cpu", "registry.example/asr:1.0-cuda"


def copied(line: str) -> list[tuple[str, bool]]:
    """The images of a line, and whether each is a name that it gives."""
    source = Source("copy.sh", line + "\n")
    script = read_script(source, read_shell(source.text).commands, lambda _: None)
    assert all(line[u.span.column - 1 : u.span.end_column - 1] for u in script.uses)
    return [(use.value.shown(), use.produces) for use in script.uses if use.kind == "image copy"]


@pytest.mark.parametrize(
    "line",
    [
        f"skopeo copy docker://{A} docker://{B}",
        f"skopeo copy --all --src-creds u:p -f oci docker://{A} docker://{B}",
        f"sudo skopeo copy docker://{A} docker://{B}",
        f"crane copy {A} {B}",
        f"crane cp --platform linux/amd64 {A} {B}",
        f"regctl image copy {A} {B}",
        f"docker buildx imagetools create -t {B} {A}",
        f"docker buildx imagetools create --builder b --tag={B} {A}",
        f"docker manifest create --insecure {B} {A}",
        f"docker manifest create {B} --amend {A}",
        f"buildah push --format oci {A} docker://{B}",
        f"podman push {A} docker://{B}",
    ],
)
def test_one_image_that_gets_another_name(line: str) -> None:
    assert copied(line) == [(A, False), (B, True)]


@pytest.mark.parametrize(
    ("line", "images"),
    [
        (f"crane tag {A} cuda", [(A, False), ("example/asr:cuda", True)]),
        ("crane tag registry.example:5000/asr@sha256:00 $V-cuda", [
            ("registry.example:5000/asr@sha256:00", False), ("registry.example:5000/asr:$V-cuda", True)
        ]),
        ("crane tag $REPO/asr:$OLD $NEW", [("$REPO/asr:$OLD", False), ("$REPO/asr:$NEW", True)]),
        (f"crane push image.tar {B}", [(B, True)]),
        (f"docker buildx imagetools create -t {B} -t x/y:2 {A}", [(A, False), (B, True), (A, False), ("x/y:2", True)]),
        (f"docker manifest create {B} x/y:amd64 x/y:arm64", [("x/y:amd64", False), ("x/y:arm64", False), (B, True)]),
        (f"skopeo copy docker-daemon:{A} docker://{B}", [(B, True)]),
        (f"skopeo copy docker://{A} oci:out", [(A, False)]),
        (f"docker buildx imagetools create -t {B} $(printf 'x/y@sha256:%s ' *)", [(B, True)]),
        (f"crane copy {A} $DEST", [(A, False)]),
        (f"skopeo inspect docker://{A}", []),
        (f"docker buildx imagetools inspect {A}", []),
        (f"docker manifest push {A}", []),
        (f"docker push {A}", []),
        (f"crane copy {A}", []),
        ("skopeo", []),
    ],
)  # fmt: skip
def test_what_is_copied(line: str, images: list[tuple[str, bool]]) -> None:
    assert copied(line) == images

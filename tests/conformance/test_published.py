"""Published images are judged: brought by tag or by digest from a real registry, also from one that fails."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from ended_runs import CODES, LIMIT, Left, started_run, wait_for
from own_registry import OwnRegistry, own_registry, way_to
from small_family import POLICY, STAGE, Family, docker, family, need_engine

pytestmark = pytest.mark.engine
OTHER = "sha256:" + "0" * 64


class Published(NamedTuple):
    """A family whose images are in a registry, and in the engine under no name. digest: of one:cpu there."""

    registry: OwnRegistry
    made: Family
    digest: str

    def run(self, *arguments: str, host: str = "") -> tuple[int, dict[str, str], str]:
        """(exit code, verdict of `exists` by image, output); host: another way to the registry."""
        done = self.made.pytest(
            *("-q", "-k", "exists or entrypoint", "--wx-report", "report.json", *arguments),
            env={"TEST_REGISTRY": f"{host or self.registry.host}/t"},
        )
        if not (self.made.folder / "report.json").is_file():
            return done.returncode, {}, done.stdout + done.stderr
        report = json.loads((self.made.folder / "report.json").read_text())
        found = {i["image"]: c["verdict"] for i in report["images"] for c in i["checks"] if c["name"] == "exists"}
        return done.returncode, found, done.stdout + done.stderr

    def forget(self) -> None:
        """Remove the family's images from the engine, whatever way they came."""
        listing = ("images", "--digests", "--format", "{{.Repository}} {{.Tag}} {{.Digest}}")
        for line in docker(*listing).splitlines():
            name, tag, digest = line.split()
            if self.made.prefix in name:
                for each in (f"{name}:{tag}", f"{name}@{digest}"):
                    subprocess.run(["docker", "rmi", "-f", each], capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    need_engine()
    policy = POLICY.replace(
        'image: "{prefix}-', 'registry: r\nregistry-env: TEST_REGISTRY\nimage: "{{registry}}/{prefix}-'
    )
    with (
        own_registry(tmp_path_factory.mktemp("registry")) as registry,
        family(tmp_path_factory.mktemp("family"), {"one": STAGE}, policy) as made,
    ):
        made.write("noise.bin", "".join(f"{number}\n" for number in range(1_000_000)))
        text = STAGE.replace("{prefix}-base", "${REGISTRY}/{prefix}-base").replace("{prefix}", made.prefix)
        made.write("docker/one/Dockerfile", f"ARG REGISTRY={registry.host}/t\n{text}COPY noise.bin /noise.bin\n")
        env = {"TEST_REGISTRY": f"{registry.host}/t"}
        # The older builder keeps no layers of an image that is removed: they are to come from the registry.
        done = made.pytest("-q", "-k", "exists", env={**env, "DOCKER_BUILDKIT": "0"})
        assert done.returncode == 0, done.stdout
        for image in ("base:cpu", "one:cpu"):
            pushed = docker("push", f"{registry.host}/t/{made.prefix}-{image}")
        digest = re.search(r"digest: (sha256:[0-9a-f]{64})", pushed)
        assert digest is not None, pushed
        published = Published(registry, made, digest[1])
        yield published
        published.forget()


@pytest.fixture
def published(built: Published) -> Published:
    built.forget()
    (built.made.folder / "report.json").unlink(missing_ok=True)
    return built


def test_by_tag(published: Published) -> None:
    code, verdicts, output = published.run("--wx-pull")
    assert (code, verdicts) == (0, {"base:cpu": "PASS", "one:cpu": "PASS"}), output


def test_by_digest(published: Published) -> None:
    code, verdicts, output = published.run("--wx-pull", "--wx-digest", f"one:cpu={published.digest}")
    assert (code, verdicts["one:cpu"]) == (0, "PASS"), output
    code, verdicts, output = published.run("--wx-build", "never", "--wx-digest", f"one:cpu={published.digest}")
    assert (code, verdicts["one:cpu"]) == (0, "PASS"), output
    docker("tag", "python:3.11-slim", f"{published.registry.host}/t/{published.made.prefix}-one:cpu")
    code, verdicts, output = published.run("--wx-build", "never", "--wx-digest", f"one:cpu={published.digest}")
    assert (code, verdicts["one:cpu"]) == (1, "FAIL"), output
    assert "is another, sha256:" in output


def test_another_digest_is_not_there(published: Published) -> None:
    code, verdicts, output = published.run("--wx-pull", "--wx-digest", f"one:cpu={OTHER}")
    assert (code, verdicts) == (1, {"base:cpu": "PASS", "one:cpu": "FAIL"}), output
    assert "manifest unknown" in output or "not found" in output


def test_content_that_is_changed_on_the_way_is_refused(published: Published) -> None:
    with way_to(published.registry.host, lambda piece: piece.replace(b"layers", b"Layers")) as host:
        code, verdicts, output = published.run("--wx-pull", "--wx-digest", f"one:cpu={published.digest}", host=host)
    assert (code, verdicts["one:cpu"]) == (1, "FAIL"), output


def test_an_image_that_is_not_published_fails(published: Published) -> None:
    docker("pull", "-q", f"{published.registry.host}/t/{published.made.prefix}-one:cpu")
    made = published.made
    text = made.policy.read_text()
    try:
        made.write("wxlint.yaml", text.replace("-{stage}", "-{stage}-no"))
        code, verdicts, output = published.run("--wx-pull")
    finally:
        made.write("wxlint.yaml", text)
    assert (code, verdicts) == (1, {"base:cpu": "FAIL", "one:cpu": "FAIL"}), output


def test_a_registry_that_is_gone_blames_no_image(published: Published) -> None:
    published.registry.stop()
    try:
        code, verdicts, output = published.run("--wx-pull")
    finally:
        published.registry.start()
    assert (code, verdicts) == (1, {"base:cpu": "ERROR", "one:cpu": "ERROR"}), output
    assert "connection refused" in output


def test_a_registry_that_dies_midway_blames_no_image(published: Published) -> None:
    sent = 0

    def dies(piece: bytes) -> bytes | None:
        nonlocal sent
        sent += len(piece)
        if sent > 300_000:
            published.registry.stop()
            return None
        return piece

    try:
        with way_to(published.registry.host, dies) as host:
            code, verdicts, output = published.run("--wx-pull", host=host)
    finally:
        published.registry.start()
    assert (code, verdicts["one:cpu"]) == (1, "ERROR"), output
    assert " 0 FAIL" in output
    assert "a layer broke off, and the registry does not answer any more" in output


def test_a_layer_that_breaks_off_once_is_no_fault(published: Published) -> None:
    sent = 0

    def breaks(piece: bytes) -> bytes | None:
        nonlocal sent
        before, sent = sent, sent + len(piece)
        return None if before <= 300_000 < sent else piece

    with way_to(published.registry.host, breaks) as host:
        code, verdicts, output = published.run("--wx-pull", host=host)
    assert (code, verdicts) == (0, {"base:cpu": "PASS", "one:cpu": "PASS"}), output
    assert sent > 300_000


@pytest.mark.parametrize("number", CODES)
def test_a_run_that_is_ended_while_it_pulls_leaves_nothing(published: Published, number: signal.Signals) -> None:
    sent, goes_on = 0, threading.Event()

    def stalls(piece: bytes) -> bytes:
        nonlocal sent
        sent += len(piece)
        if sent > 300_000:
            goes_on.wait(LIMIT)
        return piece

    try:
        with (
            way_to(published.registry.host, stalls) as host,
            started_run(published.made, "--wx-pull", env={"TEST_REGISTRY": f"{host}/t"}) as run,
        ):
            assert wait_for(lambda: sent > 300_000, LIMIT), run.output()
            ended = run.end(number)
    finally:
        goes_on.set()
    assert (ended.code, ended.left) == (CODES[number], Left())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--wx-digest", f"one:cpu={OTHER}"), "with --wx-pull, or --wx-build never"),
        (("--wx-pull", "--wx-digest", "one:cpu"), "IMAGE=sha256:"),
        (("--wx-pull", "--wx-digest", f"ome:cpu={OTHER}"), "no image is called ome:cpu; did you mean"),
    ],
)
def test_options_that_make_no_sense(published: Published, arguments: tuple[str, ...], words: str) -> None:
    code, _, output = published.run(*arguments)
    assert (code, words in output) == (4, True), output

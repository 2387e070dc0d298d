"""Published images are judged: brought by tag or by digest from a real registry, also from one that fails."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from ended_runs import CODES, Left
from own_registry import way_to
from published import MIDWAY, Published, published_family
from small_family import docker, need_engine

pytestmark = pytest.mark.engine
OTHER = "sha256:" + "0" * 64


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    need_engine()
    with published_family(tmp_path_factory.mktemp("published")) as found:
        yield found


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
    _, (code, verdicts, output) = published.without_registry()
    assert (code, verdicts["one:cpu"]) == (1, "ERROR"), output
    assert " 0 FAIL" in output
    assert "a layer broke off, and the registry does not answer any more" in output


def test_a_layer_that_breaks_off_once_is_no_fault(published: Published) -> None:
    sent = 0

    def breaks(piece: bytes) -> bytes | None:
        nonlocal sent
        before, sent = sent, sent + len(piece)
        return None if before <= MIDWAY < sent else piece

    with way_to(published.registry.host, breaks) as host:
        code, verdicts, output = published.run("--wx-pull", host=host)
    assert (code, verdicts) == (0, {"base:cpu": "PASS", "one:cpu": "PASS"}), output
    assert sent > MIDWAY


@pytest.mark.parametrize("number", CODES)
def test_a_run_that_is_ended_while_it_pulls_leaves_nothing(published: Published, number: signal.Signals) -> None:
    ended = published.ended_while_pulling(number)
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

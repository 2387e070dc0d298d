"""The page in a real browser: accessible, in light and in dark, with and without its script, fetching nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from before_family import family
from file_trees import write_tree

from wxlint.cli.main import main

CHROMIUM = shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
api = pytest.importorskip("playwright.sync_api", reason="no playwright here")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="no axe here")

QUIET = ("--no-sandbox", "--disable-quic", "--disable-background-networking", "--disable-component-update")
CHECKS = [
    {"name": name, "verdict": verdict, "code": "x", "reason": f"because {name}", "evidence": {}}
    for name, verdict in zip("abcde", ("PASS", "FAIL", "SKIP", "UNPROVEN", "ERROR"))
]
VERDICTS = {
    "schema": "wxlint-report/1",
    "engine": {"available": False, "reason": "none"},
    "images": [{"image": "asr:cuda", "policy": "p", "reference": "x/asr:cuda", "digest": None, "checks": CHECKS}],
    "counts": {"PASS": 1, "FAIL": 1, "SKIP": 1, "UNPROVEN": 1, "ERROR": 1},
}
LAYERS = {
    "reference": "x/asr:cuda",
    "layers": [{"bytes": 3_000_000_000, "cuda_bytes": 2_000_000_000, "created_by": "RUN pip install torch"}],
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of a family of 14, with everything that a page can have."""
    root = tmp_path_factory.mktemp("small")
    write_tree(root, family())
    (root / "v.json").write_text(json.dumps(VERDICTS))
    (root / "i.json").write_text(json.dumps(LAYERS))
    return written(root, "--policy", "policies/family.yaml", "--verdicts", "v.json", "--inspected", "i.json")


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of 200 images on five bases, every tenth with a finding."""
    root = tmp_path_factory.mktemp("large")
    lines = ["services:"]
    for number in range(200):
        folder = root / f"service-{number}"
        folder.mkdir()
        base = (
            "python:3.11-slim" if number < 5 else f"acme/service-{number % 5}:{'latest' if number % 10 == 0 else 'cpu'}"
        )
        (folder / "Dockerfile").write_text(f"FROM {base}\n")
        lines += [f"  s{number}:", f"    image: acme/service-{number}:cpu", f"    build: ./service-{number}"]
    (root / "compose.yaml").write_text("\n".join(lines) + "\n")
    return written(root, "--path", ".")


def written(root: Path, *words: str) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        (root / ".git").mkdir()
        assert main(["report", "--html", "out.html", *words]) == 0
    return root / "out.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with api.sync_playwright() as started:
        running = started.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        yield running
        running.close()


def opened(browser: Any, file: Path, **settings: Any) -> Any:
    page = browser.new_context(**settings).new_page()
    page.goto(file.as_uri())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["small", "large"])
def test_axe_finds_nothing(browser: Any, request: pytest.FixtureRequest, size: str, scheme: str) -> None:
    # axe is put into the page, which the page's own policy forbids
    page = opened(browser, request.getfixturevalue(size), color_scheme=scheme, bypass_csp=True)
    result = axe.Axe().run(page)
    assert result.violations_count == 0, result.generate_report()
    assert len(result.response["passes"]) > 15


def test_dark_is_dark_and_light_is_light(browser: Any, small: Path) -> None:
    def brightness(scheme: str, element: str, name: str) -> int:
        page = opened(browser, small, color_scheme=scheme)
        colour = page.evaluate(f"getComputedStyle(document.querySelector({element!r})).{name}")
        return sum(map(int, colour.removeprefix("rgb(").removesuffix(")").split(",")))

    for element, name in (("body", "backgroundColor"), (".picture svg > rect", "fill"), (".picture g > rect", "fill")):
        assert brightness("dark", element, name) < 300 < 600 < brightness("light", element, name)


@pytest.mark.parametrize("size", ["small", "large"])
def test_everything_is_there_without_the_script(browser: Any, request: pytest.FixtureRequest, size: str) -> None:
    page = opened(browser, request.getfixturevalue(size), java_script_enabled=False)
    for things in ("article", "[data-image]"):
        found = page.locator(things)
        assert found.count() > 15
        assert all(each.is_visible() for each in found.all()[:20])
    assert not page.locator(".filter").is_visible()


def test_reasons_open_without_the_script(browser: Any, small: Path) -> None:
    page = opened(browser, small, java_script_enabled=False)
    assert not page.locator("details li").first.is_visible()
    page.locator("summary").first.click()
    assert page.locator("details li").first.is_visible()


def test_the_filter_hides_what_does_not_fit(browser: Any, small: Path) -> None:
    page = opened(browser, small)
    whole = page.locator("article").count()
    assert page.locator("#shown").inner_text() == f"20 of 20 images, {whole} of {whole} findings"
    page.get_by_label("Word").fill("DIARIZATION")
    left = page.locator("article:visible").count()
    assert 0 < left < whole
    assert page.locator("#shown").inner_text() == f"1 of 20 images, {left} of {whole} findings"
    assert all("diarization" in each.text_content() for each in page.locator("article:visible").all())
    page.keyboard.press("Enter")  # goes nowhere
    assert page.locator("#shown").inner_text() == f"1 of 20 images, {left} of {whole} findings"


@pytest.mark.parametrize("size", ["small", "large"])
def test_nothing_else_is_fetched_and_no_message_is_logged(
    browser: Any, request: pytest.FixtureRequest, size: str
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.on("console", lambda each: said.append(each.text))
    page.on("pageerror", lambda each: said.append(str(each)))
    file = request.getfixturevalue(size)
    page.goto(file.as_uri(), wait_until="networkidle")
    assert asked == [file.as_uri()]
    assert said == []


@pytest.mark.parametrize("width", [320, 800, 1600])
def test_only_the_parts_for_it_scroll_sideways(browser: Any, small: Path, width: int) -> None:
    page = opened(browser, small, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width

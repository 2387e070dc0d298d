"""The library: what it promises to those who embed it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from wxlint import api


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim\nRUN pip install flask>=2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_gives_findings_and_their_fixes(tree: Path) -> None:
    report = api.check(["."], fixes=True)
    (finding,) = report.findings
    assert (finding.rule, finding.severity, finding.span.line) == ("unquoted-specifier", api.Severity.ERROR, 2)
    assert finding.fix is not None and finding.fix.edits[0].text == '"flask>=2"'
    assert api.check([tree], ignore=["unquoted-specifier"]).findings == ()
    assert api.check(["."]).findings[0].fix is None


def test_a_text_stands_for_a_file(tree: Path) -> None:
    texts = {"Dockerfile.cpu": "FROM python:latest\r\n"}
    assert [finding.rule for finding in api.check(["."], texts=texts).findings] == ["latest-tag"]


def test_images(tree: Path) -> None:
    (belief,) = api.images([Path("Dockerfile.cpu")])
    assert (belief.path, belief.variant, belief.base) == ("Dockerfile.cpu", "cpu", "python:3.11-slim")


def test_policy_and_errors(tree: Path) -> None:
    Path("wxlint.yaml").write_text("wxlint: 1\nimage: x/{stage}\nvariants: {cpu: {stages: [a]}}\n")
    assert list(api.load_policy("wxlint.yaml").variants) == ["cpu"]
    Path("wxlint.yaml").write_text("wxlint: 1\nvariants: 3\n")
    with pytest.raises(api.PolicyError):
        api.load_policy("wxlint.yaml")
    for wrong in (lambda: api.check(["nowhere"]), lambda: api.inspect("nowhere.tar"), lambda: api.check(["-"])):
        with pytest.raises(api.WxlintError):
            wrong()


def test_everything_public_is_there() -> None:
    assert all(hasattr(api, name) for name in api.__all__)


def test_check_does_not_import_what_it_does_not_need(tree: Path) -> None:
    """Fixes, formats, pages and the editor's server are for those who ask for them."""
    code = (
        "import sys; sys.argv = ['wxlint', 'check', '--no-cache', 'Dockerfile.cpu']\n"
        "from wxlint.cli.main import main; main()\n"
        "rooms = ('fixes', 'beginning', 'page', 'editor', 'api', 'core.fix')\n"
        "bad = [m for m in sys.modules if any(m.startswith(f'wxlint.{r}') for r in rooms)]\n"
        "print('BAD', bad)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "BAD []"

"""The documentation says what the program does."""

from __future__ import annotations

import pkgutil
import re
import shutil
from importlib import import_module
from pathlib import Path

import pytest

import wxlint
from wxlint.cli.main import main
from wxlint.facts._docs import page as facts_page
from wxlint.facts.tables import table
from wxlint.policy.schema import schema_text
from wxlint.rules import rule_names
from wxlint.rules._docs import pages, write

ROOT = Path(__file__).resolve().parents[2]


def test_the_rule_pages_are_fresh() -> None:
    """When this fails: python -m wxlint.rules._docs"""
    folder = ROOT / "docs" / "rules"
    assert {p.name: p.read_text(encoding="utf-8") for p in folder.glob("*.md")} == pages()


def test_the_page_of_facts_is_fresh() -> None:
    """When this fails: python -m wxlint.facts._docs"""
    assert (ROOT / "docs" / "what-wxlint-knows.md").read_text(encoding="utf-8") == facts_page()


def test_the_page_of_facts_has_every_package_and_every_table() -> None:
    text = facts_page()
    for name in ("accelerated", "accelerated_builds", "carriers", "torch_needs"):
        assert all(f"`{row['name']}" in text for row in table(name)), name
    assert all(f"`{path.stem}`" in text for path in (ROOT / "wxlint" / "facts").glob("*.csv"))


def test_stale_pages_are_taken_out(tmp_path: Path) -> None:
    (tmp_path / "gone.md").write_text("an older rule")
    write(tmp_path)
    assert {p.stem for p in tmp_path.iterdir()} == {*rule_names(), "README"}


PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "docker/README.md")


@pytest.mark.parametrize("page", [*PAGES, *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))])
def test_links_lead_somewhere(page: str) -> None:
    path = ROOT / page
    for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_every_rule_is_in_the_schema() -> None:
    text = schema_text()
    assert all(f'"{name}"' in text for name in rule_names())


def test_the_readme_shows_what_the_program_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The edits that the README names, made in a copy of the reference family."""
    readme = (ROOT / "README.md").read_text()
    sample = re.search(r"^    \$ wxlint check docker/\n((?:    .*\n)+)", readme, re.MULTILINE)
    assert sample is not None and "With the cpu index in a GPU stage and `:latest` in a CPU stage" in readme
    for part in ("docker", "policies", "scripts"):
        shutil.copytree(ROOT / part, tmp_path / part)
    for path in ROOT.glob("docker-compose*.yml"):
        shutil.copy(path, tmp_path)
    (tmp_path / ".git").mkdir()
    edit(tmp_path / "docker/asr/Dockerfile", "download.pytorch.org/whl/cu121", "download.pytorch.org/whl/cpu")
    edit(tmp_path / "docker/demux/Dockerfile", "-base:cpu", "-base:latest")

    monkeypatch.chdir(tmp_path)
    assert main(["check", "docker/"]) == 1
    printed = capfd.readouterr().out.rstrip("\n")
    shown = re.sub("(?m)^    ", "", sample[1]).rstrip("\n")
    pattern = "(?:.*\n)*".join(map(re.escape, shown.split("...\n")))
    assert re.fullmatch(pattern, printed), printed


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, path
    path.write_text(text.replace(old, new))


def rooms() -> list[str]:
    """Every package of the program, as `documents/compose`."""
    found = pkgutil.walk_packages(wxlint.__path__, "wxlint.", onerror=lambda _: None)
    return [m.name.partition(".")[2].replace(".", "/") for m in found if m.ispkg]


def test_every_room_says_its_purpose_in_one_line() -> None:
    purposes = {
        room: (import_module("wxlint." + room.replace("/", ".")).__doc__ or "").split("\n")[0] for room in rooms()
    }
    assert {room: line for room, line in purposes.items() if not line.endswith((".", ":"))} == {}
    assert len(set(purposes.values())) == len(purposes)


def test_the_architecture_names_every_room() -> None:
    """Tables may say more than the packages; a room that is missing, or gone, is what goes stale."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    named = set(re.findall(r"^\| `([a-z_/]+)/` \|", text, re.MULTILINE))
    assert named == set(rooms())


_MODULE = re.compile(
    r"`(?:wxlint\.)?((?:cli|lint|rules|output|plan|conformance|inspection|images|policy|shell|documents|discovery|facts"
    r"|core)(?:\.[a-z_]+)+)`"
)


def _is_there(name: str) -> bool:
    """Whether a name below wxlint is a package, a module, or something that a module has."""
    path = ROOT / "wxlint" / name.replace(".", "/")
    inside, _, last = name.rpartition(".")
    return path.is_dir() or path.with_suffix(".py").is_file() or hasattr(import_module(f"wxlint.{inside}"), last)


@pytest.mark.parametrize("page", ["architecture.md", "../CONTRIBUTING.md"])
def test_modules_that_the_documentation_names_are_there(page: str) -> None:
    named = set(_MODULE.findall((ROOT / "docs" / page).read_text()))
    assert named
    assert {name for name in named if not _is_there(name)} == set()

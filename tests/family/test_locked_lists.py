"""The locked lists of the images: what their names ask for, in the family's releases, each with its hashes."""

from __future__ import annotations

from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

DOCKER = Path(__file__).parents[2] / "docker"
LISTS = sorted(DOCKER.glob("*/requirements.txt"))
WITH_TORCH = {
    canonicalize_name(line.rpartition(" ")[2])
    for line in (DOCKER / "locked.in").read_text().splitlines()
    if line.startswith("# not locked: ")
}


def releases(path: Path) -> dict[str, str]:
    found = {}
    for line in path.read_text().splitlines():
        if line.startswith((" ", "#")) or not line:
            continue
        requirement = Requirement(line.removesuffix("\\").strip())
        found[canonicalize_name(requirement.name)] = str(requirement.specifier)
    return found


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_a_list_holds_what_the_image_names_in_the_familys_releases(path: Path) -> None:
    found, family = releases(path), releases(DOCKER / "locked.txt")
    assert found and all(specifier.startswith("==") for specifier in found.values())
    assert releases(path.with_name("requirements.in")).keys() <= found.keys()
    shared = found.keys() & family.keys()
    assert {name: found[name] for name in shared} == {name: family[name] for name in shared}
    if '"torch==' in (path.parent / "Dockerfile").read_text():
        assert not found.keys() & WITH_TORCH  # they come with torch, from its index


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.parent.name)
def test_every_release_has_hashes_and_pip_is_told_to_take_no_other(path: Path) -> None:
    logical = path.read_text().replace("\\\n", " ").splitlines()
    assert [line for line in logical if "--hash=sha256:" not in line] == []
    installs = (path.parent / "Dockerfile").read_text()
    assert f"COPY docker/{path.parent.name}/requirements.txt" in installs
    assert "--require-hashes -r /opt/requirements.txt" in installs


def test_every_image_that_installs_has_a_list() -> None:
    installing = {path.parent.name for path in DOCKER.glob("*/Dockerfile") if "pip install" in path.read_text()}
    assert {path.parent.name for path in LISTS} == installing

"""Builds and uses in commands of the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_by_scripts import tags
from file_trees import write_tree

from wxlint.documents.source import Source
from wxlint.images.builds.from_prose import is_name_of, prose_script


def test_commands_of_blocks_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path, {"Dockerfile": "FROM debian\n", "app/Dockerfile": "FROM debian\n"})
    monkeypatch.chdir(tmp_path)
    text = """\
docker build -t prose:1 .
```console
$ docker build -t example/app:1 \\
    -f app/Dockerfile .
docker build -t printed:1 .
$ docker run <image>
```
```python
docker build -t python:1 .
```
```
docker build -t example/app:<tag> .
```
"""
    found = prose_script(Source("README.md", text), str(tmp_path))
    assert tags(found) == ["example/app:1", "example/app:<tag>"]
    assert [build.dockerfile for build in found.builds] == ["app/Dockerfile", "Dockerfile"]
    assert [build.span.line for build in found.builds if build.span is not None] == [3, 12]


def test_paths_start_where_the_document_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tree(tmp_path / "asr-main", {"images/cpu/Dockerfile": "FROM debian\n", "docs/tool/keep": ""})
    monkeypatch.chdir(tmp_path / "asr-main")
    own = "git clone https://git.example/us/asr.git\ncd asr/images\n"
    theirs = "git clone git@git.example:them/tool\ncd tool\n"
    build = "docker build -f cpu/Dockerfile -t a:1 .\n"

    def dockerfiles(*blocks: str) -> list[tuple[str, bool]]:
        text = "".join(f"```sh\n{block}```\n" for block in blocks)
        found = prose_script(Source("docs/install.md", text), str(tmp_path / "asr-main"))
        return [(each.dockerfile, bool(each.wanted)) for each in found.builds]

    assert dockerfiles(build) == [("", True)]
    assert dockerfiles(own + build) == [("images/cpu/Dockerfile", False)]
    assert dockerfiles(own, build) == [("images/cpu/Dockerfile", False)]
    assert dockerfiles("cd ../images\n", build) == [("images/cpu/Dockerfile", False)]
    assert dockerfiles("cd $HOME\n" + build) == [("", False)]
    assert dockerfiles(theirs + build) == [("", False)]
    assert dockerfiles(theirs, build) == [("", False)]
    assert dockerfiles(build, theirs) == [("", True)]


@pytest.mark.parametrize(
    ("folder", "name", "own"),
    [
        ("asr", "asr", True),
        ("asr-main", "ASR", True),
        ("us+asr", "asr", True),
        ("kserve", "serve", False),
        ("asr2", "asr", False),
    ],
)
def test_a_clone_of_this_repository(folder: str, name: str, own: bool) -> None:
    assert is_name_of(f"/src/{folder}", name) is own

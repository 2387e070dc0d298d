"""Which files are found, by their names, contents, folders and links."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.file_trees import found, index, make
from wxlint.discovery.find_files import discover
from wxlint.discovery.git_index import GitRepository

not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Dockerfile", "dockerfile"),
        ("dockerfile", "dockerfile"),
        ("Dockerfile.cuda", "dockerfile"),
        ("Dockerfile.cuda-12.1", "dockerfile"),
        ("asr.Dockerfile", "dockerfile"),
        ("asr.dockerfile", "dockerfile"),
        ("Containerfile", "dockerfile"),
        ("Containerfile.rocm", "dockerfile"),
        ("compose.yaml", "compose"),
        ("compose.override.yml", "compose"),
        ("compose.gpu.dev.yaml", "compose"),
        ("gpu.compose.yml", "compose"),
        ("docker-compose_gpu.yml", "compose"),
        ("docker-compose.yml", "compose"),
        ("docker-compose-gpu.yaml", "compose"),
        ("docker-compose.cpu.yml", "compose"),
        ("build.sh", "shell"),
        ("build.bash", "shell"),
        ("build.bat", "batch"),
        ("build.CMD", "batch"),
    ],
)
def test_a_name_tells_the_kind(tmp_path: Path, name: str, kind: str) -> None:
    make(tmp_path, name, text="")
    files, problems, *_ = discover([tmp_path])
    assert ([(file.path.name, file.kind) for file in files], problems) == ([(name, kind)], [])


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile.dockerignore",
        "Dockerfile.md",
        "Dockerfile.j2",
        "Dockerfile.cuda.tmpl",
        "Dockerfile.template",
        "Dockerfile.in",
        "Dockerfile.erb",
        "Dockerfile.orig",
        "Dockerfile-notes.md",
        "compose.json",
        "docker-compose.yml.j2",
        "requirements.txt",
        "sh",
        "gnu-compose.yaml",
    ],
)
def test_a_name_that_is_none_of_ours(tmp_path: Path, name: str) -> None:
    make(tmp_path, name, text="FROM scratch\n")
    assert found(tmp_path, below=tmp_path) == []


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("Dockerfile.py", "# syntax=docker/dockerfile:1\nARG A=1\n\nFROM python:3.11\n", "dockerfile"),
        ("Dockerfile.py", "import jinja2\n", None),
        ("Dockerfile-gpu", "FROM scratch\n", "dockerfile"),
        ("Dockerfile_gpu.txt", "\ufeffFROM scratch\n", "dockerfile"),
        ("Dockerfile-howto", "Write FROM first.\n", None),
        ("DockerfileGPU", "FROM scratch\n", "dockerfile"),
        ("CPUDockerfile", "FROM scratch\n", "dockerfile"),
        ("makeDockerfile", "#!/bin/bash\necho FROM scratch\n", None),
        ("Dockerfiles", "Ours are in docker/.\n", None),
        ("lz-Dockerfile", "FROM scratch\n", "dockerfile"),
        ("CPUDockerfile", "FROM scratch\n", "dockerfile"),
        ("cuda12.4Dockerfile", "FROM scratch\n", "dockerfile"),
        ("GPUDockerfile", "See the other one.\n", None),
        ("about_dockerfile", "How we write ours.\n", None),
        ("dockerfile cpu", "FROM scratch\n", "dockerfile"),
        ("Dockerfile.txt", "FROM a\r\n", "dockerfile"),
        ("Dockerfile.tf", "# TensorFlow\nARG TAG\nFROM a:${TAG}\n", "dockerfile"),
        ("Dockerfile.tf", 'resource "docker_image" "a" {\n}\n', None),
        ("Dockerfile.hcl", "FROM a\n", "dockerfile"),
        ("Dockerfile.rs", "FROM a\n", "dockerfile"),
        ("Dockerfile.rs", "pub fn from() {}\n", None),
        ("Dockerfile.yaml", "FROM: a\n", None),
        ("values.yaml", "image: {repository: acme/asr, tag: 1.0}\n", "helm"),
        ("values.yaml", 'asr:\n  image: { pullPolicy: Always,"repository": "acme/asr",\n    "tag": x }\n', "helm"),
        ("values.yaml", "images:\n  - repository: acme/asr\n", "helm"),
        ("values.yaml", "a: {b: c}\nrepositories: {name: x}\n", None),
        ("composer.yml", "name: acme/app\n", None),
        ("composegpu.yml", "services:\n  a: {image: b}\n", "compose"),
        ("compose_run_gpus.yaml", "- id: a\n  files:\n    compose.yml: |\n      services:\n", None),
        ("compose_gpu.yaml", '{"services": {}}\n', "compose"),
        ("compose-gpu.yaml", '"services":\n  a: {image: b}\n', "compose"),
        ("gnu-compose.yaml", "include:\n- a.yml\n", "compose"),
        ("dev_compose.yml", "\ufeffservices: {}\n", "compose"),
        ("compose-notes.yml", "about: compose\n", None),
        ("docker-composed.yml", "a: b\n", None),
    ],
)
def test_the_content_decides_about_a_doubtful_name(tmp_path: Path, name: str, text: str, kind: str | None) -> None:
    make(tmp_path, name, text=text)
    assert [file.kind for file in discover([tmp_path]).files] == ([] if kind is None else [kind])


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("build", "#!/usr/bin/env bash\ndocker build .\n", "shell"),
        ("build", "#!/bin/sh -e\n", "shell"),
        ("build", "#!/usr/bin/env python3\n", "other"),
        ("image", "# the image\nFROM python:3.11\n", "dockerfile"),
        ("stack.yml", "name: x\nservices:\n  a: {}\n", "compose"),
        ("values.yml", "x:\n  services: 1\n", "other"),
        ("build.txt", "@echo off\r\n", "batch"),
        ("Dockerfile.md", "FROM scratch\n", "dockerfile"),
        ("empty", "", "other"),
        ("run.py", "from os import path\n", "other"),
        ("run.py", "from os import path\nrun(['docker', 'build', '.'])\n", "python"),
    ],
)
def test_a_file_given_by_name_is_taken_whatever_it_is(tmp_path: Path, name: str, text: str, kind: str) -> None:
    make(tmp_path, name, text=text)
    files, problems, *_ = discover([tmp_path / name])
    assert ([(file.path, file.kind) for file in files], problems) == ([(tmp_path / name, kind)], [])


@pytest.mark.parametrize(
    ("path", "text", "read"),
    [
        ("pipeline.py", "run(['docker', 'compose', 'up'])\n", True),
        ("scripts/a.py", 'os.system("docker build .")\n', True),
        ("apps/asr/docker/build.py", "run(['podman', 'build', '.'])\n", True),
        ("pipeline.py", "import docker  # docker\n", False),
        ("docker/asr/asr.py", "run(['docker', 'compose', 'up'])\n", False),
        ("src/app.py", "run(['docker', 'compose', 'up'])\n", False),
    ],
)
def test_a_program_that_runs_containers(tmp_path: Path, path: str, text: str, read: bool) -> None:
    make(tmp_path, path, text=text)
    assert [file.kind for file in discover([tmp_path]).files] == (["python"] if read else [])


@pytest.mark.parametrize(
    ("name", "mode", "text", "found"),
    [
        ("build", 0o755, "#!/usr/bin/env bash\ndocker build .\n", True),
        ("build", 0o755, "#!/bin/sh -e\ndocker build .\n", True),
        ("build", 0o644, "#!/bin/sh\ndocker build .\n", False),
        ("build", 0o755, "#!/usr/bin/env python3\n", False),
        ("build", 0o755, "\x7fELF", False),
        ("build.d", 0o755, "#!/bin/sh\n", False),
    ],
)
def test_a_program_without_an_ending(tmp_path: Path, name: str, mode: int, text: str, found: bool) -> None:
    (tmp_path / name).write_text(text)
    (tmp_path / name).chmod(mode)
    (tmp_path / "link").symlink_to(name)
    (tmp_path / "folder").mkdir()
    assert [(f.path.name, f.kind) for f in discover([tmp_path]).files] == ([(name, "shell")] if found else [])
    (tmp_path / ".gitignore").write_text(f"{name}\n")
    (tmp_path / ".git").mkdir()
    assert discover([tmp_path]).files == []


def test_order_and_duplicates(tmp_path: Path) -> None:
    make(tmp_path, "b/Dockerfile", "a/Dockerfile", "a/x/Dockerfile", "a-b/Dockerfile", "Dockerfile")
    wanted = ["Dockerfile", "a/Dockerfile", "a/x/Dockerfile", "a-b/Dockerfile", "b/Dockerfile"]
    assert found(tmp_path, below=tmp_path) == wanted
    assert found(tmp_path / "a", tmp_path, tmp_path / "a/Dockerfile", below=tmp_path) == wanted


def test_paths_are_shown_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "docker/asr/Dockerfile")
    monkeypatch.chdir(tmp_path)
    assert [str(file.path) for file in discover([Path()]).files] == ["docker/asr/Dockerfile"]
    assert [str(file.path) for file in discover([Path("docker")]).files] == ["docker/asr/Dockerfile"]
    monkeypatch.chdir(tmp_path / "docker")
    assert [str(file.path) for file in discover([Path("../docker/asr")]).files] == ["../docker/asr/Dockerfile"]


def test_folders_that_are_not_entered(tmp_path: Path) -> None:
    make(
        tmp_path, "node_modules/x/Dockerfile", ".git/Dockerfile", "__pycache__/a.sh", "env/bin/a.sh", "venv/Dockerfile"
    )
    make(tmp_path, "env/pyvenv.cfg")
    assert found(tmp_path, below=tmp_path) == ["venv/Dockerfile"]
    assert found(tmp_path / "env", below=tmp_path) == ["env/bin/a.sh"]


def test_another_repository_inside_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "Dockerfile", "sub/.git", "sub/Dockerfile")
    assert found(tmp_path, below=tmp_path) == ["Dockerfile"]
    assert found(tmp_path / "sub", below=tmp_path) == ["sub/Dockerfile"]


def test_a_folder_of_repositories(tmp_path: Path) -> None:
    make(tmp_path, "a/.git/HEAD", "a/Dockerfile", "a/out/Dockerfile", "b/.git/HEAD", "b/out/Dockerfile")
    make(tmp_path, "a/.gitignore", text="out/\n")
    make(tmp_path, ".gitignore", text="Dockerfile\n")
    assert found(tmp_path, below=tmp_path) == ["a/Dockerfile", "b/out/Dockerfile"]


def test_links(tmp_path: Path) -> None:
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    make(tree, "real/Dockerfile", "real/image.txt")
    make(outside, "Dockerfile")
    (tree / "loop").symlink_to(tree)
    (tree / "folder").symlink_to(outside)
    (tree / "Dockerfile.same").symlink_to("real/Dockerfile")
    (tree / "Dockerfile.link").symlink_to("real/image.txt")
    (tree / "Dockerfile.link2").symlink_to("real/image.txt")
    (tree / "Dockerfile.out").symlink_to(outside / "Dockerfile")
    (tree / "Dockerfile.gone").symlink_to("nothing")
    (tree / "Dockerfile.self").symlink_to("Dockerfile.self")
    files, problems, notes, _ = discover([tree])
    assert [file.path.relative_to(tree).as_posix() for file in files] == ["Dockerfile.link", "real/Dockerfile"]
    assert problems == [
        f"{tree}/Dockerfile.out: a link that leads out of the tree; give the file itself by name to have it read"
    ]
    assert notes == [f"{tree}/Dockerfile.{name}: a link that leads nowhere" for name in ("gone", "self")]
    named = discover([tree / "Dockerfile.gone"])
    assert (named.problems, named.notes) == ([f"{tree}/Dockerfile.gone: there is no such file or folder"], [])
    assert found(tree / "folder", below=tree) == ["folder/Dockerfile"]
    assert found(tree / "folder", tree / "Dockerfile.out", below=tree) == ["Dockerfile.out"]


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "Dockerfile")
    os.mkfifo(tmp_path / "notes.txt")
    (tmp_path / "x.sh").mkdir()
    assert discover([tmp_path])[:3] == ([], [f"{tmp_path}/Dockerfile: not a regular file; not read"], [])
    assert discover([tmp_path / "Dockerfile", tmp_path / "no\x1bne"])[:3] == (
        [],
        [
            f"{tmp_path}/Dockerfile: neither a file nor a folder",
            f"{tmp_path}/no\\x1bne: there is no such file or folder",
        ],
        [],
    )


def test_a_link_that_goes_away_while_it_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "Dockerfile", "real.txt")
    (tmp_path / "Dockerfile.link").symlink_to("real.txt")

    def gone(path: str, *_: object, **__: object) -> str:
        Path(path).unlink()
        raise FileNotFoundError(2, "No such file or directory", path)

    monkeypatch.setattr(os, "readlink", gone)
    files, problems, notes, _ = discover([tmp_path])
    assert [file.path.name for file in files] == ["Dockerfile"]
    assert (problems, notes) == ([], [f"{tmp_path}/Dockerfile.link: a link that leads nowhere"])
    (tmp_path / "Dockerfile.link").symlink_to("real.txt")
    assert discover([tmp_path / "Dockerfile.link"]).problems == [
        f"{tmp_path}/Dockerfile.link: there is no such file or folder"
    ]


@pytest.mark.parametrize("name", ["index", "config", "commondir", "info/exclude", "HEAD"])
@pytest.mark.parametrize("kind", ["pipe", "device", "sparse", "folder"])
def test_a_git_folder_out_of_an_archive(tmp_path: Path, name: str, kind: str) -> None:
    """Nothing in it blocks or fills memory, and what may have been left out for it is a problem."""
    tree = tmp_path / "tree"
    make(tree, "Dockerfile", "ignored/Dockerfile")
    make(tree, ".gitignore", text="ignored/\n")
    path = tree / ".git" / name
    path.parent.mkdir(parents=True)
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    else:
        path.touch()
        os.truncate(path, 20 << 30)
    files, problems, *_ = discover([tree])
    assert [file.path for file in files] == [tree / "Dockerfile"]
    expected = {"index": f"{path}: cannot be read: ", "info/exclude": f"{path}: cannot be read: larger"}.get(name)
    if expected is not None and (name == "index" or kind == "sparse"):
        assert len(problems) == 1
        assert problems[0].startswith(expected)
    else:
        assert problems == []


@pytest.mark.parametrize("kind", ["pipe", "sparse"])
@pytest.mark.parametrize("name", [".git", "dir/commondir"])
def test_a_git_file_out_of_an_archive(tmp_path: Path, kind: str, name: str) -> None:
    make(tmp_path, "Dockerfile")
    if name != ".git":
        make(tmp_path, ".git", text="gitdir: dir\n")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.touch()
        os.truncate(path, 20 << 30)
    assert found(tmp_path, below=tmp_path) == ["Dockerfile"]


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        (b"ignored/Dockerfile", True),
        (b"ignored/../../outside/Dockerfile", False),
        (b"ignored/link/Dockerfile", False),
    ],
)
def test_an_index_names_no_file_outside_the_tree(tmp_path: Path, path: bytes, taken: bool) -> None:
    tree = tmp_path / "tree"
    make(tree, "ignored/Dockerfile", ".git/HEAD")
    make(tree, ".gitignore", text="ignored/\n")
    make(tmp_path, "outside/Dockerfile")
    (tree / "ignored/link").symlink_to(tmp_path / "outside")
    (tree / ".git/index").write_bytes(index(path))
    files, problems, *_ = discover([tree])
    assert [file.path for file in files] == ([tree / "ignored/Dockerfile"] if taken else [])
    assert problems == []


def test_an_index_whose_paths_grow_is_not_followed(tmp_path: Path) -> None:
    """Version 4 writes each path as a change of the one before: 60 KB more each time would be gigabytes."""
    entries = (bytes(62) + b"\0" + b"x" * 60_000 + b"\0") * 2_000
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/index").write_bytes(b"DIRC" + (4).to_bytes(4, "big") + (2_000).to_bytes(4, "big") + entries)
    repository = GitRepository(str(tmp_path), str(tmp_path / ".git"), str(tmp_path / ".git"))
    assert [len(path) for path in repository.tracked()] == [60_000]


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"d\xe9mux.Dockerfile")
    (tmp_path / name).write_text("FROM scratch\n")
    assert [file.path.name for file in discover([tmp_path]).files] == [name]
    _, problems, *_ = discover([tmp_path / "caf\udce9"])
    assert problems == [f"{tmp_path}/caf\\udce9: there is no such file or folder"]


@not_root
def test_what_cannot_be_read_is_said_and_stops_nothing(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "a/Dockerfile", "b/Dockerfile", "b/.gitignore", "b/Dockerfile.txt")
    for path in ("a", "b/.gitignore", "b/Dockerfile.txt"):
        (tmp_path / path).chmod(0)
    files, problems, *_ = discover([tmp_path])
    (tmp_path / "a").chmod(0o700)
    assert [file.path for file in files] == [tmp_path / "b/Dockerfile"]
    reason = "cannot be read: Permission denied"
    assert problems == [f"{tmp_path}/{path}: {reason}" for path in ("a", "b/.gitignore", "b/Dockerfile.txt")]


def test_a_gitignore_that_is_too_large_is_said(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "Dockerfile")
    with (tmp_path / ".gitignore").open("wb") as file:
        file.truncate(5 * 1024 * 1024)
    files, problems, *_ = discover([tmp_path])
    assert [file.path.name for file in files] == ["Dockerfile"]
    assert problems == [f"{tmp_path}/.gitignore: cannot be read: larger than 4 MiB"]


def test_very_deep_folders(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["d"] * 300)
    deep.mkdir(parents=True)
    make(deep, "Dockerfile")
    assert found(tmp_path, below=deep) == ["Dockerfile"]

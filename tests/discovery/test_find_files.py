"""Which files are found. Git itself, in repositories made here, says what it ignores."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wxlint.discovery.file_kinds import kind_of, kind_of_text
from wxlint.discovery.find_files import discover
from wxlint.discovery.git_index import Repository
from wxlint.discovery.gitignore import fits_below

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


def make(root: Path, *files: str, text: str = "FROM scratch\n") -> None:
    for file in files:
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def found(*paths: Path, below: Path) -> list[str]:
    files, problems, *_ = discover(paths)
    assert problems == []
    return [file.path.relative_to(below).as_posix() for file in files]


def git(root: Path, *args: str) -> bytes:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(root)}
    command = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-c", "init.defaultBranch=main", *args)
    return subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True).stdout


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
        "MyDockerfile",
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
        ("Dockerfiles", "Ours are in docker/.\n", None),
        ("lz-Dockerfile", "FROM scratch\n", "dockerfile"),
        ("about_dockerfile", "How we write ours.\n", None),
        ("dockerfile cpu", "FROM scratch\n", "dockerfile"),
        ("Dockerfile.txt", "FROM a\r\n", "dockerfile"),
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
    ],
)
def test_a_file_given_by_name_is_taken_whatever_it_is(tmp_path: Path, name: str, text: str, kind: str) -> None:
    make(tmp_path, name, text=text)
    files, problems, *_ = discover([tmp_path / name])
    assert ([(file.path, file.kind) for file in files], problems) == ([(tmp_path / name, kind)], [])


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


def index(*paths: bytes, version: int = 2) -> bytes:
    """A git index with these entries, no more of them filled in than is read."""
    data = b"DIRC" + version.to_bytes(4, "big") + len(paths).to_bytes(4, "big")
    for path in paths:
        entry = bytes(62) + path
        data += entry + bytes(8 - len(entry) % 8)
    return data + bytes(20)


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
    repository = Repository(str(tmp_path), str(tmp_path / ".git"), str(tmp_path / ".git"))
    assert [len(path) for path in repository.tracked()] == [60_000]


def test_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"d\xe9mux.Dockerfile")
    (tmp_path / name).write_text("FROM scratch\n")
    assert [file.path.name for file in discover([tmp_path]).files] == [name]
    _, problems, *_ = discover([tmp_path / "caf\udce9"])
    assert problems == [f"{tmp_path}/caf\\udce9: there is no such file or folder"]


@not_root
def test_what_cannot_be_read_is_said_and_stops_nothing(tmp_path: Path) -> None:
    make(tmp_path, "a/Dockerfile", "b/Dockerfile", "b/.gitignore", "b/Dockerfile.txt")
    for path in ("a", "b/.gitignore", "b/Dockerfile.txt"):
        (tmp_path / path).chmod(0)
    files, problems, *_ = discover([tmp_path])
    (tmp_path / "a").chmod(0o700)
    assert [file.path for file in files] == [tmp_path / "b/Dockerfile"]
    reason = "cannot be read: Permission denied"
    assert problems == [f"{tmp_path}/{path}: {reason}" for path in ("a", "b/.gitignore", "b/Dockerfile.txt")]


def test_a_gitignore_that_is_too_large_is_said(tmp_path: Path) -> None:
    make(tmp_path, "Dockerfile")
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


def test_ignored_without_a_repository(tmp_path: Path) -> None:
    make(tmp_path, "out/Dockerfile", "a/out/Dockerfile", "a/Dockerfile", "a/b.sh")
    make(tmp_path, ".gitignore", text="/out/\n*.sh\n")
    make(tmp_path, "a/.gitignore", text="!b.sh\n")
    assert found(tmp_path, below=tmp_path) == ["a/Dockerfile", "a/b.sh", "a/out/Dockerfile"]


def test_rules_from_above_the_folder_that_is_given(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "docker/a/Dockerfile", "docker/out/Dockerfile", "docker/b.sh", "docker/c.bat")
    make(tmp_path, ".gitignore", text="docker/out\n*.bat\n")
    make(tmp_path, ".git/info/exclude", text="b.sh\n")
    assert found(tmp_path / "docker", below=tmp_path) == ["docker/a/Dockerfile"]
    assert found(tmp_path / "docker/out", tmp_path / "docker/b.sh", below=tmp_path) == [
        "docker/b.sh",
        "docker/out/Dockerfile",
    ]


@needs_git
@pytest.mark.parametrize("version", ["2", "4"])
def test_what_is_tracked_is_not_ignored(tmp_path: Path, version: str) -> None:
    git(tmp_path, "init", "-q")
    tracked = ["build/Dockerfile", "build/gpu/Dockerfile", "x/Dockerfile", "x/asr.sh"]
    make(tmp_path, *tracked, "build/Dockerfile.new", "x/new.sh", "build/node_modules/a/Dockerfile")
    git(tmp_path, "add", ".")
    git(tmp_path, "rm", "-q", "--cached", "build/Dockerfile.new", "x/new.sh")
    git(tmp_path, "update-index", "--index-version", version)
    make(tmp_path, ".gitignore", text="build/\n*.sh\n")
    assert found(tmp_path, below=tmp_path) == tracked


@needs_git
def test_what_is_tracked_with_long_hashes(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--object-format=sha256")
    make(tmp_path, "build/Dockerfile", "build/gpu/Dockerfile")
    git(tmp_path, "add", ".")
    make(tmp_path, ".gitignore", text="build/\n")
    assert found(tmp_path, below=tmp_path) == ["build/Dockerfile", "build/gpu/Dockerfile"]


@needs_git
def test_a_worktree_has_the_excludes_and_its_own_index(tmp_path: Path) -> None:
    main, other = tmp_path / "main", tmp_path / "other"
    make(main, "Dockerfile", "out/Dockerfile")
    git(main, "init", "-q")
    git(main, "add", ".")
    git(main, "commit", "-q", "-m", "first")
    git(main, "worktree", "add", "-q", str(other))
    make(main, ".git/info/exclude", text="out/\n*.sh\n")
    make(other, "a.sh", "out/Dockerfile.new")
    assert found(other, below=other) == ["Dockerfile", "out/Dockerfile"]


@pytest.mark.parametrize(
    "index", [b"", b"DIRC", b"DIRC\0\0\0\2\xff\xff\xff\xff" + b"\0" * 500, b"DIRC\0\0\0\4\0\0\0\7" + b"\xff" * 600]
)
def test_a_damaged_index_tracks_nothing(tmp_path: Path, index: bytes) -> None:
    make(tmp_path, ".git/config", "out/Dockerfile", "Dockerfile")
    (tmp_path / ".git/index").write_bytes(index)
    make(tmp_path, ".gitignore", text="out\n")
    assert found(tmp_path, below=tmp_path) == ["Dockerfile"]


NAMES = (
    "a.sh",
    "b.sh",
    "d.sh",
    "-.sh",
    "ab.sh",
    "a-b.sh",
    "[a].sh",
    "a\\b.sh",
    "é.sh",
    "#x.sh",
    "!y.sh",
    "a b.sh",
    "a .sh",
)
FOLDERS = ("", "a", "a/b", "a/b/a", "b", "b/a", "ab/a.sh", "x y", "x y/ab", "x ")
PIECES = (
    "a",
    "b",
    "ab",
    "x",
    "y",
    "*",
    "**",
    "***",
    "?",
    "/",
    "//",
    "**/",
    "/**",
    "/**/",
    ".sh",
    "*.sh",
    "\\",
    "\\/",
    " ",
    "#",
    "!",
)
BRACKETS = (
    "[ab]",
    "[!a]",
    "[^b]",
    "[a-c]",
    "[]a]",
    "[a/b]",
    "[[:alpha:]]",
    "[[:punct:]-]",
    "[[:no:]]",
    "[",
    "]",
    "[\\]a]",
    "[b-a]",
)
LINES = st.lists(st.sampled_from((*PIECES, *PIECES, *BRACKETS, "\t", "\r", "é")), max_size=6).map("".join)
FILES = st.lists(st.one_of(LINES, LINES.map("!{}".format)), max_size=5).map("\n".join)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    git(root, "init", "-q")
    make(root, *(f"{folder}/{name}".lstrip("/") for folder in FOLDERS for name in NAMES))
    return root


def as_git(tree: Path, top: str, inner: str = "", exclude: str = "") -> None:
    (tree / ".gitignore").write_bytes(top.encode())
    (tree / "a/.gitignore").write_bytes(inner.encode())
    (tree / ".git/info/exclude").write_bytes(exclude.encode())
    kept = git(tree, "ls-files", "-z", "--others", "--exclude-standard").split(b"\0")
    wanted = sorted(os.fsdecode(path) for path in kept if path.endswith(b".sh"))
    assert sorted(found(tree, below=tree)) == wanted


@needs_git
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(top=FILES, inner=FILES, exclude=FILES)
def test_as_git_ignores(tree: Path, top: str, inner: str, exclude: str) -> None:
    as_git(tree, top, inner, exclude)


@needs_git
@pytest.mark.parametrize(
    "pattern",
    [
        *(
            "a",
            "a/",
            "/a",
            "/a/",
            "a/b",
            "/b/a",
            "b/*",
            "*",
            "/*",
            "*.sh",
            "a/*.sh",
            "a/**",
            "**/a",
            "**/b/",
            "a/**/a",
            "a/**/ab.sh",
        ),
        *(
            "**",
            "/**",
            "**/",
            "**/**",
            "a**/b.sh",
            "a**b.sh",
            "*/**/b.sh",
            "**\\/**",
            "**\\/b.sh",
            "a\\/b",
            "//",
            "/",
            "a//b",
            "\\",
        ),
        *(
            "?.sh",
            "??.sh",
            "a?b.sh",
            "???????.sh",
            "[ab].sh",
            "[!a].sh",
            "[^a]*.sh",
            "[a-c-e].sh",
            "[c-a].sh",
            "[]a].sh",
            "[a/b].sh",
        ),
        *(
            "[[:alpha:]].sh",
            "[[:alpha:]-z].sh",
            "[[:no:]]*.sh",
            "[[:alpha].sh",
            "\\[a].sh",
            "[[]a].sh",
            "[a.sh",
            "[\\]a].sh",
            "[a-\\c].sh",
        ),
        *(
            "#x.sh",
            "\\#x.sh",
            "!y.sh",
            "\\!y.sh",
            "a .sh",
            "b.sh ",
            "b.sh\\ ",
            "x ",
            "x\\ ",
            "x\\  ",
            "x y",
            "a\\b.sh",
            "a\\\\b.sh",
            "b.sh\r",
            "b.sh\t",
            "\ufeffb.sh",
        ),
        *(
            "*.sh\n!a.sh",
            "a\n!a/b",
            "a/*\n!a/b",
            "!a.sh\n*.sh",
            "ab/a.sh\n!a.sh",
            "*\n!*/\n!a.sh",
            "\n\n  \nb.sh",
            "é.sh",
            "?.sh\n!??.sh",
        ),
    ],
)
def test_as_git_ignores_by_one_file(tree: Path, pattern: str) -> None:
    as_git(tree, pattern)
    as_git(tree, "", inner=pattern)
    as_git(tree, "*.sh", inner=f"!{pattern}", exclude=pattern)


@needs_git
def test_a_gitignore_that_is_a_link_is_not_read(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "Dockerfile", "rules")
    (tmp_path / "rules").write_text("Dockerfile\n")
    (tmp_path / ".gitignore").symlink_to("rules")
    assert b"Dockerfile" in git(tmp_path, "ls-files", "--others", "--exclude-standard")
    assert found(tmp_path, below=tmp_path) == ["Dockerfile"]


@pytest.mark.parametrize("pattern", ["*a" * 60 + "b", "**/" * 60 + "b", "[a]*" * 60 + "b"])
def test_no_pattern_takes_forever(tmp_path: Path, pattern: str) -> None:
    make(tmp_path, f"{'a/' * 60}{'a' * 200}.sh")
    make(tmp_path, ".gitignore", text=pattern)
    assert len(found(tmp_path, below=tmp_path)) == 1


@pytest.mark.parametrize(
    ("glob", "path", "fits"),
    [
        ("legacy/**", "legacy/asr/Dockerfile", True),
        ("legacy/", "legacy/asr/Dockerfile", True),
        ("legacy", "docker/legacy/Dockerfile", True),
        ("/legacy", "docker/legacy/Dockerfile", False),
        ("legacy/**", "docker/legacy/Dockerfile", False),
        ("*.sh", "scripts/build.sh", True),
        ("docker/*/Dockerfile", "docker/asr/Dockerfile", True),
        ("docker/*", "docker/a/b/Dockerfile", True),
        ("Dockerfile/", "docker/Dockerfile", False),
    ],
)
def test_globs_of_a_policy(glob: str, path: str, fits: bool) -> None:
    assert fits_below(glob, path) is fits


def test_kind_of_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        kind_of(str(tmp_path / "none"))


def test_blank_lines_and_comments_before_text_are_passed_once() -> None:
    """Each line in one way only: with two, 60 blank lines took longer than anybody waits."""
    for text in ("\n" * 60 + "x", "# c\n\n" * 60 + "x", "ARG a\n\n" * 60 + "x"):
        assert kind_of_text("Dockerfile.txt", text) == "other"
    assert kind_of_text("Dockerfile.txt", "\n # c\n\nARG a\n\n  # d\nFROM a\n") == "dockerfile"


@pytest.mark.parametrize(
    "text", ["include:\n  - a: b\n", "services:\n  web: {}\n", "a: 1\n", "apiVersion: v1\nkind: List\n"]
)
def test_yaml_by_any_name_is_read_only_as_a_manifest(tmp_path: Path, text: str) -> None:
    (tmp_path / "matrix.yml").write_text(text)
    (tmp_path / "pod.yml").write_text("apiVersion: v1\nkind: Pod\nspec: {containers: [{image: a}]}\n")
    assert [(file.path.name, file.kind) for file in discover([tmp_path]).files] == [("pod.yml", "kubernetes")]

"""What git ignores and what it tracks, with git itself as the judge."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.differential.gitignore import BRACKETS, FOLDERS, NAMES, PIECES
from tests.support.file_trees import found, git, make
from wxlint.discovery.file_kinds import kind_of, kind_of_text
from wxlint.discovery.find_files import discover, is_part
from wxlint.discovery.gitignore import fits_below

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    git(root, "init", "-q")
    make(root, *(f"{folder}/{name}".lstrip("/") for folder in FOLDERS for name in NAMES))
    return root


@pytest.mark.parametrize("rules", ["/out/\n*.sh\n", "*\n", "Dockerfile\n"])
def test_an_unpacked_archive_holds_what_was_tracked(tmp_path: Path, rules: str) -> None:
    make(tmp_path, "out/Dockerfile", "a/Dockerfile", "a/b.sh")
    make(tmp_path, ".gitignore", text=rules)
    every = ["a/Dockerfile", "a/b.sh", "out/Dockerfile"]
    assert found(tmp_path, below=tmp_path) == every
    assert all(is_part(str(tmp_path / path), str(tmp_path)) for path in every)


def test_a_file_of_any_name_is_part_of_a_tree_where_its_folders_are(tmp_path: Path) -> None:
    make(tmp_path, ".git/HEAD", "a/image", "out/b/image", "c/image.tmp", "sub/.git", "sub/image", "venv/pyvenv.cfg")
    make(tmp_path, "venv/bin/image", "node_modules/image")
    make(tmp_path, ".gitignore", text="out/\n*.tmp\n")
    left_out = ["out/b/image", "c/image.tmp", "sub/image", "venv/bin/image", "node_modules/image", "../image"]
    assert [path for path in ["a/image", *left_out] if is_part(str(tmp_path / path), str(tmp_path))] == ["a/image"]


@needs_git
def test_what_is_tracked_is_part_though_it_is_ignored(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    make(tmp_path, "out/image", "out/made")
    make(tmp_path, ".gitignore", text="out/\n")
    git(tmp_path, "add", "-f", "out/image")
    top = str(tmp_path)
    assert is_part(f"{top}/out/image", top) and not is_part(f"{top}/out/made", top)


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


LINES = st.lists(st.sampled_from((*PIECES, *PIECES, *BRACKETS, "\t", "\r", "é")), max_size=6).map("".join)
FILES = st.lists(st.one_of(LINES, LINES.map("!{}".format)), max_size=5).map("\n".join)


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

"""Which files a .dockerignore keeps out. What is expected was compared with builds of an engine."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.discovery import dockerignore
from wxlint.discovery.dockerignore import parse, path_matcher


def kept(text: str, *paths: str) -> list[str]:
    """The paths that stay in the context."""
    ignored = parse(text)
    return [path for path in paths if not ignored(path)]


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("a", "a", True),
        ("a", "b/a", False),
        ("a", "a/b", True),
        ("/a", "a", True),
        ("a/", "a/b", True),
        ("./a", "a", True),
        ("../a", "a", False),
        ("b/../a", "a", True),
        ("*.txt", "a.txt", True),
        ("*.txt", "b/a.txt", False),
        ("**/*.txt", "a.txt", True),
        ("**/*.txt", "b/c/a.txt", True),
        ("**test", "contest", True),  # nothing but text behind it: the end of the path
        ("**test", "a/contest", True),
        ("**test*", "contest.py", False),  # else whole segments
        ("**test*", "a/test.py", True),
        ("a/**", "a/b", True),
        ("a/**", "a", False),
        ("a**", "ab/c", True),
        ("a/**/b", "a/b", True),
        ("a/**/b", "a/c/d/b", True),
        ("**", "a/b", True),
        ("?", "a", True),
        ("?/b", "a/b", True),
        ("a?b", "a/b", False),
        ("[a-c]x", "bx", True),
        ("[^a]x", "ax", False),
        ("a[^b]c", "a/c", True),  # a class leaves nothing out, the separator neither
        ("[!a]", "!", True),
        ("[\\]a]", "]", True),
        ("[a\\-x]", "-", True),
        ("[a\\-x]", "b", False),
        ("[[:alpha:]]", "a", True),
        ("[x]**/\\", "x$", True),  # a backslash at the end meets the `$` of the expression
        ("[x]*\\", "x$y/z", True),
        ("[x]*\\", "x", False),
        ("[*]", "*", False),  # `*` is rewritten within brackets too
        ("a.b", "axb", False),
        ("a+b", "aab", False),
        ("a\\*", "a*", True),
        ("a\\*", "ab", False),
        ("\\d", "1", True),
        ("\\d", "d", False),
        (" a ", "a", True),
        ("./a/ //", "a", True),
        ("/ a", "a", True),
        ("a b", "a b", True),
        ("#a", "#a", False),
        ("\\#a", "#a", True),
    ],
)
def test_one_pattern(pattern: str, path: str, matches: bool) -> None:
    assert kept(f"{pattern}\n", path) == ([] if matches else [path])


@pytest.mark.parametrize("pattern", ["[", "[]", "[]a]", "[a", "[a-", "[a-]", "[-a]", "[^]", "a\\", "[a\\", "[z-a]"])
def test_a_pattern_that_the_engine_refuses_is_left_out(pattern: str) -> None:
    assert path_matcher(pattern) is None
    assert kept(f"{pattern}\nb\n", "a", "b", pattern) == ["a", pattern]


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        ("a*[", True),
        ("[a-d]/*x[]b]", True),
        ("*x[", False),
        ("?*[", False),
        (".*[", False),
        ("\\.*[", False),
        ("[.]*[", False),
        ("[!-/]*[", False),
        ("[^a]*[", False),
        ("[^.]*[a]", True),
        ("[z-a]*x[]y]", True),
        ("[a][.]*x[]y]", True),
        (".*a*[]x]", True),
    ],
)
def test_the_engine_looks_at_the_form_of_what_it_compares_with_one_dot(pattern: str, taken: bool) -> None:
    assert dockerignore._is_valid(pattern) is taken


def test_the_last_pattern_that_matches_decides() -> None:
    assert kept("*\n!a\n!b\nb\n", "a", "b", "c", "a/x") == ["a", "a/x"]
    assert kept("a\n!a/b\n", "a/b", "a/b/c", "a/c") == ["a/b", "a/b/c"]
    assert kept("!a\na\n", "a") == []
    assert kept("**\n!**/*.py\n", "a.py", "b/a.py", "b/a.txt") == ["a.py", "b/a.py"]
    assert kept("a\n./!a\n", "a") == ["a"]  # what is a mark is found when the path is tidied up
    assert kept("!../../a\n", "a", "b") == ["b"]
    assert kept("a\n!../a\n", "a") == []
    assert kept("a/b\n!a\n", "a/b", "a/b/c", "a/c") == ["a/c"]  # nothing to keep in `a` itself: not asked below it


def test_line_ends_comments_and_empty_lines() -> None:
    assert kept("a\r\n\r\n  # b\n#c\n\n!\n d\n", "a", "b", "#c", "c", "d", "# b") == ["b", "#c", "c"]


PATTERN = st.lists(st.sampled_from(["a", "b", "/", "*", "**", "**/", "?", "[ab]", "[^a]", "\\*", "."]), max_size=9)
PATHS = st.lists(st.sampled_from(["a", "b", "c", "*", "ab", "a.b"]), min_size=1, max_size=5)


@given(PATTERN, PATHS)
@settings(deadline=None, max_examples=400)
def test_both_ways_to_match_agree(pattern: list[str], parts: list[str]) -> None:
    atoms = dockerignore._atoms(dockerignore._expression("".join(pattern)))
    automaton = dockerignore._automaton(atoms)
    assert automaton is not None
    path = "/".join(parts)
    assert automaton(path) == (re.fullmatch("".join(atoms), path) is not None)


@pytest.mark.parametrize(
    "pattern",
    ["**/" * 6 + "b", "**/a" * 30 + "/b", "*a" * 60 + "b", "a**" * 30 + "b", "?*" * 60 + "b", "[a]*" * 60 + "b"],
)
def test_no_pattern_tries_every_way(pattern: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted are the characters that are compared: at most one for each step of the pattern and place in a path."""
    compared = 0
    compile_ = re.compile

    class Counting:
        def __init__(self, text: str, flags: int = 0) -> None:
            self.pattern = compile_(text, flags)

        def fullmatch(self, text: str) -> object:
            nonlocal compared
            compared += 1
            return self.pattern.fullmatch(text)

    monkeypatch.setattr(re, "compile", Counting)
    path = "/".join(["a" * 20] * 20)
    assert kept(pattern, path) == [path]
    assert compared <= (len(pattern) + 2) * sum(len(path) - 21 * n for n in range(20))


def test_folders_are_matched_once() -> None:
    ignored = parse("**/x\n")
    calls = 0
    matches = ignored.patterns[0].matches

    def counting(path: str) -> bool:
        nonlocal calls
        calls += 1
        return matches(path)

    ignored.patterns = (ignored.patterns[0]._replace(matches=counting),)
    for n in range(100):
        assert not ignored(f"{'a/' * 50}{n}")
    assert calls == 150


IGNORES = [
    ("*.log", "a.log", True),
    ("*.log", "deep/a.log", False),
    ("**/*.log", "deep/er/a.log", True),
    ("**/*.log", "a.log", True),
    ("node_modules", "node_modules/x/y", True),
    ("/out/", "out/x", True),
    ("*\n!docker", "docker/base/Dockerfile", False),
    ("*\n!docker", "src/x", True),
    ("*\n!docker\ndocker/**/Dockerfile", "docker/base/Dockerfile", True),
    ("# a.log", "# a.log", False),
    ("a?c", "abc", True),
    ("a[b-d]c", "acc", True),
    ("a[b-d]c", "aec", False),
    ("!a", "a", False),
    ("a\\*b", "a*b", True),
    ("a\\*b", "axb", False),
    ("foo/../bar", "bar", True),
    ("  x  ", "x", True),
    ("[", "[", False),
    ("a", "/a", True),
    ("a", "//a/b", True),
]


@pytest.mark.parametrize(("patterns", "path", "ignored"), IGNORES)
def test_lists_of_patterns(patterns: str, path: str, ignored: bool) -> None:
    assert parse(patterns)(path) == ignored


@given(st.text(max_size=40), st.text(alphabet="ab/.*", min_size=1, max_size=12))
def test_any_text_is_taken(patterns: str, path: str) -> None:
    parse(patterns)(path)

"""Image references: the grammar of the distribution project, with parts that may be unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.core.values import HOLE, Value
from wxlint.images.graph.producers import same_name
from wxlint.images.model.reference import parse_reference

DIGEST = "sha256:" + "0123456789abcdef" * 4

WHOLE = [
    # text, registry, path, tag, digest
    ("python", "", "python", None, None),
    ("python:3.11-slim", "", "python", "3.11-slim", None),
    ("library/python:3", "", "python", "3", None),
    ("docker.io/python", "", "python", None, None),
    ("docker.io/library/python:3", "", "python", "3", None),
    ("index.docker.io/rajiup/app:cpu", "", "rajiup/app", "cpu", None),
    ("rajiup/app:cpu", "", "rajiup/app", "cpu", None),
    ("localhost/app", "localhost", "app", None, None),
    ("localhost:5000/app", "localhost:5000", "app", None, None),
    ("localhost:5000/app:1", "localhost:5000", "app", "1", None),
    ("ghcr.io/astral-sh/uv:0.4", "ghcr.io", "astral-sh/uv", "0.4", None),
    ("registry.example.com:8443/a/b/c:x_y.z-1", "registry.example.com:8443", "a/b/c", "x_y.z-1", None),
    ("10.0.0.1:5000/app:1", "10.0.0.1:5000", "app", "1", None),
    ("[::1]:5000/app:1", "[::1]:5000", "app", "1", None),
    ("Registry/app:1", "Registry", "app", "1", None),
    (f"python@{DIGEST}", "", "python", None, DIGEST),
    (f"python:3@{DIGEST}", "", "python", "3", DIGEST),
    (f"localhost:5000/a/b@{DIGEST}", "localhost:5000", "a/b", None, DIGEST),
    ("a__b/c--d.e_f", "", "a__b/c--d.e_f", None, None),
    ("app:Latest", "", "app", "Latest", None),
    ("app:_x", "", "app", "_x", None),
    ("app:" + "t" * 128, "", "app", "t" * 128, None),
    ("foo:5000/app", "foo:5000", "app", None, None),
    ("my_host.local/app:1", "", "my_host.local/app", "1", None),
    ("library/foo/bar", "", "library/foo/bar", None, None),
    ("docker.io/library/foo/bar:1", "", "library/foo/bar", "1", None),
    ("registry-1.docker.io/library/python", "registry-1.docker.io", "library/python", None, None),
    ("ghcr.io/library/python", "ghcr.io", "library/python", None, None),
    ("test.com:5000", "", "test.com", "5000", None),
    ("a" * 255, "", "a" * 255, None, None),
    ("f" * 63, "", "f" * 63, None, None),
    ("feedfacebeef", "", "feedfacebeef", None, None),
    ("a581cfd68af", "", "a581cfd68af", None, None),
    ("me/a581cfd68afa", "", "me/a581cfd68afa", None, None),
    (f"python@sha512:{'0a' * 64}", "", "python", None, f"sha512:{'0a' * 64}"),
]


@pytest.mark.parametrize(("text", "registry", "path", "tag", "digest"), WHOLE, ids=[row[0][:40] for row in WHOLE])
def test_parts(text: str, registry: str, path: str, tag: str | None, digest: str | None) -> None:
    found = parse_reference(Value(text))
    assert found is not None
    assert (found.registry, found.path, found.tag, found.digest) == (registry, path, tag, digest)
    assert found.tag_known and found.name_known
    assert found.untagged == (tag is None and digest is None)
    assert found.shown() == text


NOT_ONE = [
    "",
    " ",
    "Python",
    "rajiup/App",
    "python:",
    "python:.x",
    "python:-x",
    "python:a b",
    "python:" + "t" * 129,
    "a//b",
    "/a",
    "a/",
    "-a",
    "a-",
    "a..b",
    "a___b",
    "_a",
    "a_",
    "python@",
    "python@sha256",
    "python@sha256:xyz",
    "a:b:c",
    "http://example.com/a",
    "a b",
    ":tag",
    "@sha256:" + "0" * 64,
    "python:é",
    "pythön",
    "$HOME/app",
    "{{ image }}",
    "a/b:c/d",
    "python@sha256:abc",
    "python@sha256:" + "A" * 64,
    "python@md5:" + "0" * 32,
    "do..cker/app",
    "do-.x/app",
    "f" * 64,
    "a581cfd68afa",  # the short form of an image's ID
    "sha256:" + "0" * 64,
    "a" * 256,
    "x.y/" + "a" * 256,
    "foo_bar.com:8080/app",
    "[::1]",
    "[::1%eth0]:5000/app",
    "[1.2.3.4]/app",
    "localhost:/app",
    "a:b/c",
    "xn--é.com/app",
]


@pytest.mark.parametrize("text", NOT_ONE, ids=[text[:30] or "empty" for text in NOT_ONE])
def test_what_is_no_reference(text: str) -> None:
    assert parse_reference(Value(text)) is None


UPSTREAM = [
    ("python:3.11", "python"),
    ("docker.io/library/python", "python"),
    ("registry-1.docker.io/library/python", "python"),
    ("registry.example.com/proxy/library/python:3", "python"),
    ("localhost:5000/library/python", "python"),
    ("registry-1.docker.io/nvidia/cuda", "nvidia/cuda"),
    ("nvcr.io/nvidia/cuda", "nvcr.io/nvidia/cuda"),
    ("registry.example.com/python", "registry.example.com/python"),
    ("library/foo/bar", "library/foo/bar"),
    ("registry.example.com/mylibrary/python", "registry.example.com/mylibrary/python"),
]


@pytest.mark.parametrize(("text", "name"), UPSTREAM)
def test_the_upstream_of_a_mirrored_official_image(text: str, name: str) -> None:
    found = parse_reference(Value(text))
    assert found is not None and found.upstream == name


UNKNOWN = [
    # text with ? for an unknown part, path, tag, tag_known, name_known
    ("?", HOLE, None, False, False),
    ("python:?", "python", HOLE, False, True),
    ("python:3.?-slim", "python", f"3.{HOLE}-slim", False, True),
    ("python?", f"python{HOLE}", None, False, False),
    ("?/python", f"{HOLE}/python", None, True, False),
    ("?/python:3", f"{HOLE}/python", "3", True, False),
    ("?:3", HOLE, "3", True, False),
    ("rajiup/app-?:cpu", f"rajiup/app-{HOLE}", "cpu", True, False),
    ("localhost:5000/?", HOLE, None, False, False),
]


@pytest.mark.parametrize(("text", "path", "tag", "tag_known", "name_known"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_unknown_parts(text: str, path: str, tag: str | None, tag_known: bool, name_known: bool) -> None:
    found = parse_reference(Value(text.replace("?", HOLE), ("${X}",) * text.count("?")))
    assert found is not None
    assert (found.path, found.tag, found.tag_known, found.name_known) == (path, tag, tag_known, name_known)
    assert not found.untagged or tag_known
    assert found.shown() == text.replace("?", "${X}")


def test_an_unknown_part_may_hold_the_digest() -> None:
    found = parse_reference(Value(f"python@{HOLE}", ("${D}",)))
    assert found is not None and found.digest is not None and not found.untagged


name = st.from_regex(r"[a-z0-9]{1,5}([._-][a-z0-9]{1,4})?", fullmatch=True)
tag = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,9}", fullmatch=True)
registry = st.one_of(st.just(""), st.sampled_from(("ghcr.io/", "localhost:5000/", "localhost/", "r.example.com/")))


@given(registry, st.lists(name, min_size=1, max_size=3).map("/".join), st.one_of(st.none(), tag), st.booleans())
def test_what_is_put_together_comes_apart(host: str, path: str, label: str | None, digest: bool) -> None:
    text = host + path + (f":{label}" if label else "") + (f"@{DIGEST}" if digest else "")
    found = parse_reference(Value(text))
    assert found is not None
    assert (found.tag, found.digest) == (label, DIGEST if digest else None)
    if host or "." not in path.partition("/")[0]:
        assert found.registry == host.rstrip("/")


@given(registry, st.lists(name, min_size=1, max_size=3).map("/".join), st.one_of(st.none(), tag), st.data())
def test_a_hole_never_makes_a_reference_a_wrong_one(
    host: str, path: str, label: str | None, data: st.DataObject
) -> None:
    """Whatever stretch of a reference is unknown, it may still be that reference, and no part of it is
    called known that is not."""
    text = host + path + (f":{label}" if label else "")
    start = data.draw(st.one_of(st.just(0), st.integers(len(host), len(text))))
    end = data.draw(st.integers(start, len(text)))
    whole = parse_reference(Value(text))
    found = parse_reference(Value(text[:start] + HOLE + text[end:], ("${X}",)))
    assert whole is not None
    assert found is not None
    assert not found.untagged or whole.untagged
    if found.tag_known:
        assert found.tag == whole.tag


@given(st.text(alphabet=st.sampled_from("abA1.:/@-_ \0[]é"), max_size=25))
def test_any_text_has_an_answer(text: str) -> None:
    found = parse_reference(Value(text, ("x",) * text.count(HOLE)))
    assert found is None or found.value.text == text


SAME = [
    ("rajiup/app", "rajiup/app", True),
    ("docker.io/rajiup/app", "rajiup/app", True),
    ("docker.io/library/python", "python", True),
    ("rajiup/app", "other/app", False),
    ("?/app", "rajiup/app", True),
    ("?/app", "ghcr.io/rajiup/app", True),
    ("?/app", "rajiup/apple", False),
    ("?/app", "rajiup/my-app", False),
    ("?/app", "?/app", True),
    ("?/app", "?/other", False),
    ("?", "rajiup/app", False),
]


@pytest.mark.parametrize(("one", "other", "same"), SAME)
def test_names_that_can_mean_one_image(one: str, other: str, same: bool) -> None:
    a, b = (parse_reference(Value(t.replace("?", HOLE), ("${R}",) * t.count("?"))) for t in (one, other))
    assert a is not None and b is not None
    assert same_name(a, b) == same_name(b, a) == same

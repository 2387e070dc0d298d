"""pylock.toml: what PEP 751 says of each distribution, as uv writes it, and files that are none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.manifests.pylock import NAME, Pinned, read_pylock
from wxlint.documents.source import Source

CPU = "https://download.pytorch.org/whl/cpu"
HEAD = 'lock-version = "1.0"\ncreated-by = "uv"\nrequires-python = ">=3.11"\n\n'
BY_UV = f"""{HEAD}[[packages]]
name = "Flask"
version = "3.0.0"
index = "https://registry.example/simple"
wheels = [{{ url = "https://registry.example/flask-3.0.0-py3-none-any.whl", hashes = {{ sha256 = "0" }} }}]

[[packages]]
name = "torch"
version = "2.6.0+cpu"
marker = "sys_platform == 'linux'"
wheels = [
    {{ url = "{CPU}/torch-2.6.0%2Bcpu-cp311-cp311-linux_x86_64.whl", hashes = {{ sha256 = "0" }} }},
    {{ url = "{CPU}/torch-2.6.0%2Bcpu-cp312-cp312-linux_x86_64.whl", hashes = {{ sha256 = "0" }} }},
]

[[packages]]
name = "torch"
version = "2.6.0"
marker = "sys_platform == 'darwin'"
wheels = [{{ url = "https://registry.example/packages/x/torch-2.6.0-cp311-none-macosx_11_0_arm64.whl" }}]

[[packages]]
name = "own"
vcs = {{ type = "git", url = "https://registry.example/own.git", commit-id = "0" }}

[[packages]]
name = "here"
directory = {{ path = "libs/here" }}
"""


def test_what_uv_writes() -> None:
    source = Source("pylock.toml", BY_UV)
    read = read_pylock(source)
    assert read.problem is None
    assert [(p.name, p.version, p.marker) for p in read.packages] == [
        ("flask", "3.0.0", ""),
        ("torch", "2.6.0+cpu", "sys_platform == 'linux'"),
        ("torch", "2.6.0", "sys_platform == 'darwin'"),
        ("own", "", ""),
        ("here", "", ""),
    ]
    assert [p.index.rpartition("/")[0] or p.index for p in read.packages] == [
        "https://registry.example",
        CPU,
        "https://registry.example/packages/x",
        "",
        "",
    ]
    assert [source.position(p.start)[0] for p in read.packages] == [6, 12, 21, 27, 31]


NAMES = {
    "pylock.toml": True,
    "pylock.gpu.toml": True,
    "pylock..toml": False,
    "pylock.a.b.toml": False,
    "mypylock.toml": False,
    "pylock.toml.txt": False,
}


@pytest.mark.parametrize("name", NAMES)
def test_the_names_that_such_a_file_has(name: str) -> None:
    assert (NAME.fullmatch(name) is not None) == NAMES[name]


INVALID = [
    ("lock-version = ", "Invalid value"),
    ("", "lock-version is None"),
    ('lock-version = "2.0"', "lock-version is '2.0'"),
    ("lock-version = 1", "lock-version is 1"),
    ('lock-version = "1.0"\n[[packages]]\nversion = "1"', "without a name"),
    ('lock-version = "1.0"\npackages = [1]', "without a name"),
]


@pytest.mark.parametrize(("text", "problem"), INVALID, ids=[row[1] for row in INVALID])
def test_what_is_no_such_file(text: str, problem: str) -> None:
    read = read_pylock(Source("pylock.toml", text))
    assert read.packages == () and read.problem is not None and problem in read.problem


_WORD = st.text("abcXYZ019", min_size=1, max_size=6)
_PACKAGES = st.lists(st.tuples(_WORD, _WORD, st.sampled_from(("", CPU)), st.sampled_from(("", "os_name == 'posix'"))))


@given(_PACKAGES)
def test_each_package_is_read_as_it_was_written(packages: list[tuple[str, str, str, str]]) -> None:
    text = HEAD
    for name, version, index, marker in packages:
        text += f'[[packages]]\nname = "{name}"\nversion = "{version}"\n'
        text += f'index = "{index}"\n' if index else ""
        text += f'marker = "{marker}"\n' if marker else ""
    read = read_pylock(Source("pylock.toml", text))
    assert read.problem is None
    wanted = [Pinned(name.lower(), version, index, marker, 0) for name, version, index, marker in packages]
    assert [package._replace(start=0) for package in read.packages] == wanted
    assert all(text[p.start :].lower().startswith(p.name) for p in read.packages)


@given(st.text(max_size=200))
def test_it_never_raises(text: str) -> None:
    read_pylock(Source("pylock.toml", text))
    read_pylock(Source("pylock.toml", HEAD + text))

"""Environment markers where the Python or the machine is known, or is not; each known answer is that of the
packaging library."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker

from wxlint.images.installs.markers import Environment, applies

ARM = Environment("3.11", "aarch64")


@pytest.mark.parametrize(
    ("marker", "environment", "holds"),
    [
        ("python_version < '3.9'", Environment("3.8"), True),
        ("python_version < '3.9'", Environment("3.10"), False),
        ("python_version < '3.9'", Environment(), None),
        ("python_version >= '3'", Environment(), True),
        ("python_full_version < '3.11.5'", Environment("3.11"), None),
        ("python_full_version < '3.11'", Environment("3.11"), False),
        ("python_full_version >= '3.11'", Environment("3.11"), True),
        ("python_full_version >= '3.11.0'", Environment("3.11"), True),
        ("python_full_version > '3.11'", Environment("3.11"), None),
        ("'3.12' > python_full_version", Environment("3.11"), True),
        ("python_full_version == '3.11.*'", Environment("3.11"), True),
        ("python_full_version != '3.10.4'", Environment("3.11"), True),
        ("python_full_version == '3.11.4'", Environment("3.11"), None),
        ("python_full_version != '3.11'", Environment("3.11"), None),
        ("python_full_version ~= '3.8'", Environment("3.11"), True),
        ("python_full_version ~= '3.11.4'", Environment("3.11"), None),
        ("python_full_version in '3.11.4 3.11.5'", Environment("3.11"), None),
        ("python_full_version == '3.1'", Environment("3.11"), False),
        ("python_full_version < '3.11.5'", Environment("3.11.4"), True),
        ("platform_machine == 'aarch64'", ARM, True),
        ("platform_machine == 'aarch64'", Environment("3.11", None), None),
        ("platform_machine == 'aarch64' or sys_platform == 'linux'", Environment(), True),
        ("platform_machine == 'aarch64' and sys_platform == 'win32'", Environment(), False),
        ("implementation_name == 'pypy'", ARM, False),
        ("python_version in '3.10 3.11'", ARM, True),
        ("python_version not in '3.10 3.11'", ARM, False),
        ("'linux' == sys_platform", ARM, True),
        ("platform_release >= '5'", ARM, None),
        ("not a marker", ARM, None),
        ("platform_machine == 'x86_64' and 'gpu' == ex", ARM, None),
        ("os.name == 'posix'", ARM, True),
        ("(" * 200, ARM, None),
    ],
)
def test_what_is_known(marker: str, environment: Environment, holds: bool | None) -> None:
    assert applies(marker, environment) is holds


NAMES = ("python_version", "sys_platform", "platform_machine", "os_name", "implementation_name", "extra")
VALUES = ("3.8", "3.11", "3.12", "linux", "win32", "x86_64", "aarch64", "posix", "cpython", "gpu")
TERM = st.builds(
    "{} {} '{}'".format, st.sampled_from(NAMES), st.sampled_from(("==", "!=", "<", ">=", "in")), st.sampled_from(VALUES)
)
MARKER = st.recursive(TERM, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner))


@given(MARKER)
def test_a_known_answer_is_right(marker: str) -> None:
    values = {
        "python_version": "3.11",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "os_name": "posix",
        "implementation_name": "cpython",
        "extra": "",
    }
    found = applies(marker, Environment("3.11", "x86_64"))
    try:
        right = Marker(marker).evaluate(values)
    except (InvalidMarker, Exception):  # such as a comparison that has no meaning
        return
    assert found in (right, None)


VERSIONS = ("3", "3.8", "3.11", "3.12", "3.8.1", "3.11.0", "3.9rc1")
PREFIXES = ("3.*", "3.8.*", "3.11.*", "3.12.*")
COMPARISON = st.one_of(
    st.tuples(st.sampled_from(("==", "!=", "<", "<=", ">", ">=", "~=", "===")), st.sampled_from(VERSIONS)),
    st.tuples(st.sampled_from(("==", "!=")), st.sampled_from(PREFIXES)),
).filter(lambda pair: pair != ("~=", "3"))
KNOWN = st.one_of(
    st.builds(lambda pair: f"python_version {pair[0]} '{pair[1]}'", COMPARISON),
    st.builds(lambda pair: f"python_full_version {pair[0]} '{pair[1]}'", COMPARISON),
    st.builds(
        "{} {} '{}'".format,
        st.sampled_from(("sys_platform", "platform_machine", "os_name", "platform_system", "implementation_name")),
        st.sampled_from(("==", "!=")),
        st.sampled_from(("linux", "Linux", "win32", "x86_64", "aarch64", "posix", "cpython")),
    ),
    st.builds(
        "{} {} '{}'".format,
        st.sampled_from(("sys_platform", "platform_machine", "python_version")),
        st.sampled_from(("in", "not in")),
        st.sampled_from(("linux darwin", "win32", "x86_64", "arm64 aarch64", "3.8 3.11", "3.1")),
    ),
    st.builds("extra {} '{}'".format, st.sampled_from(("==", "!=")), st.sampled_from(("gpu", "cpu"))),
)
KNOWN_MARKER = st.recursive(
    KNOWN, lambda inner: st.builds("({} {} {})".format, inner, st.sampled_from(("and", "or")), inner), max_leaves=6
)


@given(KNOWN_MARKER, st.sampled_from(("3.8.1", "3.11.0", "3.12.3")), st.sampled_from(("x86_64", "aarch64")))
def test_where_everything_is_known_the_answer_is(marker: str, python: str, machine: str) -> None:
    values = {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "sys_platform": "linux",
        "platform_system": "Linux",
        "platform_machine": machine,
        "os_name": "posix",
        "implementation_name": "cpython",
        "extra": "gpu",
    }
    assert applies(marker, Environment(python, machine), ("gpu",)) is Marker(marker).evaluate(values)


@pytest.mark.parametrize(
    ("marker", "extras", "holds"),
    [
        ("extra == 'gpu'", (), False),
        ("extra == 'gpu'", ("gpu",), True),
        ("extra != 'gpu'", ("gpu",), False),
        ("'gpu' == extra", ("gpu",), True),
        ("extra == 'G_P.u'", ("g-p-u",), True),
        ("extra == 'gpu'", ("\0",), None),
        ("extra == 'gpu'", ("gpu", "\0"), True),
        ("extra in 'gpu'", ("gpu",), None),
        ("", (), True),
        ("os.name == 'posix'", (), True),
        ("sys.platform == 'win32'", (), False),
        ("platform_python_implementation == 'CPython'", (), True),
        ("python_version == '3.11' and", (), None),
        ("(python_version == '3.11'", (), None),
        ("python_version == '3.11')", (), None),
        ("python_version = '3.11'", (), None),
        ("python_version == 'x'", (), None),
        ("sys_platform < 'x'", (), None),
        (" and ".join(["os_name == 'posix'"] * 100), (), True),
        (" and ".join(["os_name == 'posix'"] * 110), (), None),
        ("(" * 40 + "os_name == 'posix'" + ")" * 40, (), True),
    ],
)
def test_extras_and_what_is_no_marker(marker: str, extras: tuple[str, ...], holds: bool | None) -> None:
    assert applies(marker, Environment("3.11", "x86_64"), extras) is holds

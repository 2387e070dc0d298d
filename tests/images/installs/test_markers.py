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

"""What distributions require of one another, as `pip check` would say."""

from __future__ import annotations

import pytest

from wxlint.conformance.checks.pip_check import broken_requirements

REQUIREMENTS = [
    ({"a": ("1.0", ["b>=2"]), "b": ("2.1", [])}, []),
    ({"a": ("1.0", ["b>=2"]), "b": ("1.9", [])}, ["a 1.0 requires b>=2, and b 1.9 is installed"]),
    ({"a": ("1.0", ["B_C>=2"])}, ["a 1.0 requires B_C>=2, which is not installed"]),
    ({"a": ("1.0", ["b; extra == 'x'"])}, []),
    ({"a": ("1.0", ["b; sys_platform == 'win32'"])}, []),
    ({"a": ("1.0", ["b; python_version < '3.12'"])}, ["a 1.0 requires b, which is not installed"]),
    ({"torchaudio": ("2.3.1+cu121", ["torch (==2.3.1)"]), "torch": ("2.3.1+cu121", [])}, []),
    ({"a": ("1.0", ["b>=2"]), "b": ("2.1rc1", [])}, []),
    ({"a": ("1.0", ["this is ! no requirement"])}, []),
]


@pytest.mark.parametrize(("installed", "wrong"), REQUIREMENTS)
def test_requirements(installed: dict[str, tuple[str, list[str]]], wrong: list[str]) -> None:
    listed = [
        {"name": name, "version": version, "requires": requires} for name, (version, requires) in installed.items()
    ]
    assert broken_requirements(listed, {"sys_platform": "linux", "python_version": "3.11"}) == wrong

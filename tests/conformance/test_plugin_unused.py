"""The pytest plugin in a repository that does not use it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from small_family import pytest_command


def test_a_pytest_that_does_not_use_it_imports_nothing(tmp_path: Path) -> None:
    # all but the first to tell whether workflow.yml is a policy
    allowed = "pytest_plugin policy policy.find core core.disk core.errors core.patterns core.tuples"
    own = {f"wxlint.{name}" for name in allowed.split()}
    (tmp_path / "test_x.py").write_text(
        f"import sys\ndef test_x():\n    assert {{n for n in sys.modules if n.startswith('wxlint.')}} <= {own}\n"
    )
    (tmp_path / "other.yaml").write_text("services: {}\n")
    (tmp_path / "workflow.yml").write_text("jobs:\n  wxlint:\n    steps: []\n")
    env = {**os.environ, "PYTHONPATH": ""}
    done = subprocess.run(pytest_command("-q", "."), cwd=tmp_path, capture_output=True, text=True, env=env, timeout=120)
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert "wxlint" not in done.stdout


def test_the_entry_imports_no_module_but_pytest() -> None:
    code = (
        "import pytest, sys; before = set(sys.modules); import wxlint.pytest_plugin; "
        "print(sorted(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['wxlint', 'wxlint.pytest_plugin']"


def test_options_and_markers_are_explained(tmp_path: Path) -> None:
    done = subprocess.run(pytest_command("--help"), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert all(
        option in done.stdout
        for option in (
            "--gpu",
            "--wx-gpu",
            "--wx-build",
            "--wx-engine",
            "--wx-select",
            "--wx-arg",
            "--wx-allow",
            "--wx-timeout",
            "--wx-report",
        )
    )
    done = subprocess.run(pytest_command("--markers"), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "wx_gpu" in done.stdout and "wx_image" in done.stdout


def test_a_repository_s_own_gpu_option_stays_its_own(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--gpu', action='store_true', dest='theirs')\n"
    )
    (tmp_path / "test_x.py").write_text(
        "def test_x(pytestconfig):\n"
        "    assert (pytestconfig.getoption('theirs'), pytestconfig.getoption('wx_gpu')) == (True, False)\n"
    )
    done = subprocess.run(pytest_command("-q", "--gpu", "."), cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_gpu_is_short_for_our_own_where_nobody_has_it(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_x(pytestconfig):\n    assert pytestconfig.getoption('wx_gpu')\n")
    for option in ("--gpu", "--wx-gpu"):
        command = pytest_command("-q", option, ".")
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stdout + done.stderr

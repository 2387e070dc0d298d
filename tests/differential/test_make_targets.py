"""Which targets make has a rule for, against GNU make."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wxlint.lint.inputs import gather
from wxlint.rules import load_rule

RULES = """VARIANTS = cpu cuda
NAME = app
.PHONY: phony
plain: needed
	docker build .
image-%:
	docker build -t $* .
$(NAME)-push double::
	docker push x
$(addprefix run-,$(VARIANTS)):
	docker run x
$(patsubst %,test-%,$(VARIANTS)): ; docker run x
ifdef NEVER
hidden:
	docker run x
endif
needed:
	true
"""
CALLED = (
    "plain needed phony image-cpu image- app-push double run-cpu run-rocm test-cuda test-x hidden gone .gone there prog"
)


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
@pytest.mark.parametrize("name", CALLED.split())
def test_a_target_is_there_as_make_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "Makefile").write_text(f"{RULES}all:\n\tmake {name}\n")
    (tmp_path / "there").write_text("")
    (tmp_path / "prog.c").write_text("int main() { return 0; }\n")
    monkeypatch.chdir(tmp_path)
    ran = subprocess.run(["make", "-n", name], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    found = [*load_rule("unknown-make-target").check(gather(["."], no_policy=True).repository)]
    assert bool(found) == ("No rule to make target" in ran.stderr), ran.stderr

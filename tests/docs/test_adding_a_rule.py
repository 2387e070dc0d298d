"""The page on adding a rule, step by step, in a copy of the program."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIGEST = "sha256:" + "0" * 64


def test_a_rule_is_added_as_the_page_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "adding-a-rule.md").read_text(encoding="utf-8")
    docs, code = (textwrap.dedent(block) for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL))
    for words, image in (
        ("(a fenced `dockerfile` block that the rule must report)", f"python:3.11@{DIGEST}"),
        ("(one that it must not)", f"python@{DIGEST}"),
    ):
        assert words in docs
        docs = docs.replace(words, f"```dockerfile\nFROM {image}\n```")
    shutil.copytree(ROOT / "wxlint", tmp_path / "wxlint", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "docs" / "rules").mkdir(parents=True)
    (tmp_path / "wxlint" / "rules" / "moving_digest.py").write_text(f"{docs}\n{code}", encoding="utf-8")
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11@{DIGEST} AS a\nFROM python@{DIGEST}\nCOPY --from=a /x /x\n")

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"PYTHONPATH": str(tmp_path)}
        env.pop("COVERAGE_PROCESS_CONFIG", None)  # the copy is not what is measured
        return subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, env=env, capture_output=True, text=True)

    made = run("wxlint.rules._docs")
    assert made.returncode == 0, made.stderr
    written = (tmp_path / "docs" / "rules" / "moving-digest.md").read_text(encoding="utf-8")
    assert "An image reference has a tag beside its digest." in written
    shown = run("wxlint", "check", "--no-cache", "--concise", "--select", "moving-digest", "Dockerfile")
    assert shown.stdout.splitlines()[0] == (
        f"Dockerfile:1:6: info: FROM names python:3.11@{DIGEST}: the digest decides [moving-digest]"
    ), shown.stderr
    assert shown.stdout.count("[moving-digest]") == 1

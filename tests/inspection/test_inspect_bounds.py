"""Archives made to take long or much memory: each is refused or answered after a bounded number of steps."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import make_image as make
import pytest

from wxlint.core.errors import ImageError
from wxlint.inspection import file_system, layers
from wxlint.inspection.dockerfile_lines import HistoryEntry, match_history, shell_command
from wxlint.inspection.explain import dependants
from wxlint.inspection.file_kinds import Metadata, RequiresDist, classify
from wxlint.inspection.inspector import run_inspect
from wxlint.inspection.report import render_text


def refused(tmp_path: Path, data: bytes) -> str:
    """The refusal, by a process of its own with a limit, since what is tested may never end."""
    path = tmp_path / "a.tar"
    path.write_bytes(data)
    command = [sys.executable, "-I", "-m", "wxlint", "inspect", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2, done.stdout
    return done.stderr


@pytest.mark.parametrize("body", [b"9=a\n", b"12345678901 path=a\n", b"0 path=a\n", b" =\n"])
def test_a_pax_header_without_a_length_is_damaged(tmp_path: Path, body: bytes) -> None:
    header = make.member("pax", body, flag=b"x")
    assert "damaged pax header" in refused(tmp_path, make.docker_save([make.Layer(header + make.tar())]))


def test_extras_count_for_the_memory_they_take(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(layers, "MAX_WEIGHT", 1_000_000)
    requires = [f"a{number}[{','.join('x' * 200)}]" for number in range(100)]
    members = make.distribution("many", "1", requires)
    path = tmp_path / "a.tar"
    path.write_bytes(make.docker_save([make.Layer(make.tar(*(make.member(*item) for item in members.items())))]))
    with pytest.raises(ImageError, match="more members, links or whiteouts"):
        run_inspect(str(path))


def test_a_long_chain_of_extras_is_followed_once() -> None:
    chain = [Metadata(f"d{n}", "1", (RequiresDist(f"d{n + 1}", ("e",), ("e",) if n else ()),)) for n in range(5000)]
    found = dependants(chain[::-1])
    assert len(found) == 5000
    assert found["d5000"] == ("d4999",)


def test_an_extra_that_nobody_needs_requires_nothing() -> None:
    assert dependants([Metadata("a", "1", (RequiresDist("b", (), ("dev",)),))]) == {}


def test_the_same_layer_of_whiteouts_many_times(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(file_system, "MAX_STEPS", 10_000)
    layer = make.Layer(make.tar(*(make.member(f"a/b/c/d/.wh.{number}") for number in range(50))))
    path = tmp_path / "a.tar"
    path.write_bytes(make.docker_save([layer] * 100))
    with pytest.raises(ImageError, match="more than 10000 parts of paths"):
        run_inspect(str(path))


@pytest.mark.parametrize(
    "created_by",
    [
        "|1 " + "/" * 200_000,
        "|1 " + "/sh " * 50_000,
        'COPY ["' + '\\"' * 100_000,
        "RUN --" + "-" * 200_000,
        "RUN --a" + "-a=" * 60_000,
        "[" * 100_000,
    ],
    ids=["slashes", "shells", "quotes", "dashes", "flags", "brackets"],
)
def test_a_long_history_entry_is_compared_in_one_pass(created_by: str) -> None:
    code = (
        "import sys; from wxlint.inspection.dockerfile_lines import HistoryEntry, match_history, shell_command\n"
        "text = sys.stdin.read(); shell_command(text)\n"
        "match_history([HistoryEntry(text, False)] * 20, [('FROM', 'FROM x', 1), *[('RUN', 'RUN ' + text, 2)] * 20])"
    )
    subprocess.run([sys.executable, "-c", code], input=created_by, text=True, check=True, timeout=60)


@pytest.mark.parametrize(
    ("created_by", "command"),
    [
        ("|2 A=1 B=/x /bin/sh -c make", "make"),
        ("RUN |1 A=1 /bin/sh -c make # buildkit", "make"),
        ('/bin/sh -c #(nop)  CMD ["a"]', 'CMD ["a"]'),
        ("/bin/sh -c make", "make"),
        ("RUN rm", "RUN rm"),
        ("COPY a /b # buildkit", "COPY a /b"),
        ("|1 PATH=/usr/bin/bash /bin/bash -o pipefail -c a b", "a b"),
    ],
)
def test_the_command_of_a_layer(created_by: str, command: str) -> None:
    assert shell_command(created_by) == command


def test_an_exec_form_is_compared_by_its_words() -> None:
    instructions = [("FROM", "FROM x", 1), ("RUN", 'RUN ["pip", "install", "a b"]', 2)]
    assert match_history([HistoryEntry("RUN pip install a b # buildkit", False)], instructions).lines == (2,)


def test_a_name_longer_than_any_file_system_allows_is_of_no_interest() -> None:
    assert classify("usr/lib/libcudart" + "_static" * 600 + ".so", "libcudart" + "_static" * 600 + ".so") is None


HOSTILE = [
    "::error::x",
    "##[error]x",
    "##vso[task.complete result=Failed;]",
    "\x1b[2J",
    "a\n::stop-commands::x",
    "\u202e",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_nothing_of_an_image_reaches_the_terminal_as_a_command(tmp_path: Path, hostile: str) -> None:
    torch = make.torch_version(f"2.2.1+cu121{hostile}".replace("\n", " "), "12.1")
    layer = make.Layer(make.tar(make.member(f"{make.SITE}/torch/version.py", torch)), hostile)
    path = tmp_path / "a.tar"
    path.write_bytes(make.docker_save([layer], tags=[hostile]))
    text = render_text(run_inspect(str(path)))
    assert "##" not in text and "\x1b" not in text and "\u202e" not in text
    assert not any(line.lstrip().startswith("::") for line in text.splitlines())

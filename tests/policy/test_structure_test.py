"""container-structure-test files as `expect`: what is the same, and that nothing is dropped in silence."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.cli.main import main
from wxlint.core.errors import InputError
from wxlint.documents.source import Source
from wxlint.documents.yaml import load, plain
from wxlint.policy.expect_block import block, in_one_line
from wxlint.policy.go_patterns import UnlikePythonError, python_pattern
from wxlint.policy.load import load_policy
from wxlint.policy.structure_test import Converted, convert

POLICY = "wxlint: 1\nimage: app\nvariants: {cpu: {}}\n"


def converted(text: str) -> Converted:
    found = convert(Source("tests.yaml", 'schemaVersion: "2.0.0"\n' + textwrap.dedent(text)))
    source = Source("wxlint.yaml", POLICY + block(found.expect))
    load_policy(source, Path("/nowhere/wxlint.yaml"))
    tree = load(source)
    assert tree is not None
    assert plain(tree)["expect"] == found.expect
    return found


WHOLE = """\
globalEnvVars:
  - {key: LANG, value: C.UTF-8}
commandTests:
  - name: a tool
    command: ffmpeg
    args: [-version]
    expectedOutput: ["^ffmpeg version 6"]
    excludedError: [Traceback]
    envVars: [{key: HOME, value: /tmp}]
    exitCode: 3
    teardown: []
fileExistenceTests:
  - {name: program, path: /app/main.py, shouldExist: true, permissions: "-rwxr-x--x", uid: 1000, gid: 50}
  - {name: keys, path: /root/.ssh/, shouldExist: false}
  - {name: there, path: /srv}
fileContentTests:
  - {name: imports, path: /app/main.py, expectedContents: ["^import"], excludedContents: ["(?i)password"]}
metadataTest:
  envVars: [{key: A, value: b}, {key: PATH, value: ^/opt, isRegex: true}]
  unboundEnvVars: [{key: HF_TOKEN}]
  labels: [{key: org.x, value: "1"}]
  entrypoint: [python, /app/main.py]
  cmd: []
  exposedPorts: ["8080"]
  unexposedPorts: ["22"]
  volumes: [/data]
  unmountedVolumes: [/tmp]
  workdir: /app
  user: app
"""
EXPECT: dict[str, Any] = {
    "files": {
        "/app/main.py": {"mode": "0751", "owner": "1000:50", "content": ["^import"], "no-content": ["(?i)password"]},
        "/root/.ssh": False,
        "/srv": True,
    },
    "env": {"A": "b", "PATH": {"pattern": "^/opt"}, "HF_TOKEN": False},
    "labels": {"org.x": "1"},
    "exec": ["python", "/app/main.py"],
    "cmd": [],
    "ports": {"8080": True, "22": False},
    "volumes": {"/data": True, "/tmp": False},
    "workdir": "/app",
    "user": "app",
    "commands": [
        {
            "name": "a tool",
            "command": ["ffmpeg", "-version"],
            "env": {"LANG": "C.UTF-8", "HOME": "/tmp"},
            "exit-code": 3,
            "stdout": ["^ffmpeg version 6"],
            "no-stderr": ["Traceback"],
        }
    ],
}


def test_all_that_a_policy_can_say_is_converted() -> None:
    found = converted(WHOLE)
    assert (found.expect, found.notes) == (EXPECT, ())


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("licenseTests: [{debian: true}]", 2, "'licenseTests' of a test file"),
        ("commandTests:\n- {name: a, command: b, setup: [[c]]}", 3, "'a': it is left out, since each command"),
        ("commandTests:\n- {name: a, command: b, args: [c], wait: 3}", 3, "'wait' of a commandTest"),
        ("commandTests:\n- {name: a}", 3, "'a': it has no command"),
        ("commandTests:\n- {name: a, command: b, exitCode: 300}", 3, "'300' is not a number"),
        ("commandTests:\n- {command: b, envVars: [{key: PATH, value: '$PATH:/x'}]}", 3, "expands '$PATH:/x'"),
        ("containerRunOptions:\n  user: root", 3, "containerRunOptions.user"),
        ("containerRunOptions:\n  bindMounts: [/a:/b]", 3, "'bindMounts' of containerRunOptions"),
        ("fileExistenceTests:\n- {name: a, path: b}", 3, "'b' is not an absolute path"),
        ("fileExistenceTests:\n- {name: a, path: /b/../c}", 3, "'/b/../c' is not an absolute path"),
        ("fileExistenceTests:\n- {name: a, path: /b, permissions: Lrwxrwxrwx}", 3, "is not permissions"),
        ("fileExistenceTests:\n- {name: a, path: /b, isExecutableBy: any}", 3, "'isExecutableBy'"),
        ("fileExistenceTests:\n- {name: a, path: /b, gid: 1}", 3, "a group beside its user"),
        ("fileExistenceTests:\n- {path: /b}\n- {path: /b, shouldExist: false}", 4, "asked for in two ways"),
        ("fileContentTests:\n- path: /b\n  expectedContents:\n  - '[[:alpha:]]'", 5, "[:alpha:]"),
        ("metadataTest:\n  exposedPorts: [http]", 3, "'http' is not what a policy takes under `ports`"),
        ("metadataTest: []", 2, "a metadataTest is a mapping"),
        ("commandTests: {}", 2, "a list is expected"),
    ],
)
def test_what_cannot_be_converted_is_said_by_line(text: str, line: int, words: str) -> None:
    found = converted(text)
    assert [note.line for note in found.notes if words in note.text] == [line], found.notes


def test_commands_that_would_run_otherwise_are_left_out() -> None:
    for before in ("globalEnvVars: [{key: PATH, value: '/x:$PATH'}]", "containerRunOptions: {user: root}"):
        found = converted(f"{before}\ncommandTests:\n- {{name: a, command: b}}\n")
        assert "commands" not in found.expect
        assert any("'a': it is left out" in note.text for note in found.notes)


def test_capabilities_hold_for_every_command() -> None:
    found = converted("containerRunOptions: {capabilities: [CAP_CHOWN]}\ncommandTests:\n- {command: b}\n- {command: c}")
    assert [each["capabilities"] for each in found.expect["commands"]] == [["CHOWN"], ["CHOWN"]]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("-rw-r--r--", "0644"),
        ("drwx------", "0700"),
        ("urwxr-xr-x", "4755"),
        ("dtrwxrwxrwx", "1777"),
        ("----------", "0000"),
    ],
)
def test_permissions(text: str, mode: str) -> None:
    found = converted(f"fileExistenceTests:\n- {{path: /b, permissions: '{text}'}}")
    assert found.expect["files"]["/b"] == {"mode": mode}


@pytest.mark.parametrize("text", ["a: b", "[]", "", 'schemaVersion: "1.0.0"', "schemaVersion: [", "schemaVersion: {}"])
def test_other_files_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"tests\.yaml"):
        convert(Source("tests.yaml", text))


@pytest.mark.parametrize(
    ("go", "fits", "fails"),
    [
        ("a$", ["a", "ba"], ["a\n"]),
        (r"a\z", ["a"], ["a\n"]),
        ("(?m)^a$", ["a\nb", "b\na"], ["ab"]),
        (r"\$[$]a\.", ["$$a."], ["$a."]),
        ("[]$]", ["]", "$"], ["a"]),
        (r"[^\]]", ["a"], ["]"]),
        ("(?P<n>x)(?i:Y)", ["xy"], ["Xy"]),
    ],
)
def test_patterns_mean_in_python_what_they_mean_in_go(go: str, fits: list[str], fails: list[str]) -> None:
    pattern = python_pattern(go)
    assert [text for text in (*fits, *fails) if re.search(pattern, text)] == fits


@pytest.mark.parametrize(
    "go", [r"\pL", r"[\pL]", r"\Qa.b\E", r"\x{263a}", "[[:digit:]]", "(?U)a", "(?<n>a)", "a(?i)b", "(", "[a", "a**"]
)
def test_patterns_that_python_does_not_have_are_refused(go: str) -> None:
    with pytest.raises(UnlikePythonError):
        python_pattern(go)


WORDS = st.text("ab/$.-'\"\\:#{}[]\n\x7f\u2028\U0001f600 ", max_size=6)


@given(
    command=st.lists(WORDS, min_size=1, max_size=3),
    path=WORDS,
    key=WORDS,
    value=WORDS,
    pattern=WORDS,
)
def test_whatever_is_in_it_the_block_is_a_policy_s_and_says_the_same(
    command: list[str], path: str, key: str, value: str, pattern: str
) -> None:
    text = (
        f"commandTests:\n- {{command: {in_one_line(command[0])}, args: {in_one_line(command[1:])},"
        f" name: {in_one_line(value)}}}\n"
        f"fileContentTests:\n- {{path: {in_one_line('/' + path)}, expectedContents: {in_one_line([pattern])}}}\n"
        f"metadataTest:\n  labels: [{{key: {in_one_line(key)}, value: {in_one_line(value)}}}]\n"
        f"  envVars: [{{key: {in_one_line(key)}, value: {in_one_line(pattern)}, isRegex: true}}]\n"
    )
    found = converted(text)
    assert found.expect or found.notes


def test_the_command_prints_the_block_and_says_what_is_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "t.yaml"
    file.write_text('schemaVersion: "2.0.0"\nlicenseTests: []\nmetadataTest: {workdir: /app}\n')
    assert main(["init", "--from-structure-test", str(file)]) == 1
    shown = capsys.readouterr()
    assert shown.out == 'expect:\n  workdir: "/app"\n'
    assert shown.err == f"{file}:2: 'licenseTests' of a test file cannot be converted\n"
    file.write_text('schemaVersion: "2.0.0"\n')
    output = tmp_path / "expect.yaml"
    assert main(["init", "--from-structure-test", str(file), "--output", str(output)]) == 0
    assert output.read_text() == "expect: {}\n"
    assert main(["init", "--from-structure-test", str(file), "--output", str(file)]) == 2
    assert file.read_text() == 'schemaVersion: "2.0.0"\n'

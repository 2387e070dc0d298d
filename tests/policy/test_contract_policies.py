"""The contract of an image under `expect`: as it is read, merged, and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.core.errors import PolicyError
from wxlint.documents.source import read
from wxlint.policy.contract import Contract, FileRule, TextRule
from wxlint.policy.expectations import expected_images
from wxlint.policy.load import load_policy
from wxlint.policy.model import Expectation

HEAD = """\
wxlint: 1
image: "small-{stage}"
"""
TAIL = """\
variants:
  cpu: {base: base, stages: [one]}
"""


def expectations(folder: Path, text: str) -> dict[str, Expectation]:
    (folder / "wxlint.yaml").write_text(text)
    policy = load_policy(read(folder / "wxlint.yaml", "wxlint.yaml"), folder / "wxlint.yaml")
    return {each.image: each for each in expected_images(policy)}


def contract(folder: Path, said: str) -> Contract:
    found = expectations(folder, f"{HEAD}{TAIL}stages: {{one: {{expect: {said}}}}}\n")["one:cpu"].contract
    assert found is not None
    return found


def test_an_expect_without_one_has_none(tmp_path: Path) -> None:
    assert expectations(tmp_path, HEAD + "expect: {user: app}\n" + TAIL)["one:cpu"].contract is None


def test_every_form(tmp_path: Path) -> None:
    found = contract(
        tmp_path,
        '{files: {/a: true, /b: false, /c: {mode: "0644", owner: "1:2", content: [x], no-content: [y]}},'
        " env: {A: v, B: false, C: {pattern: p}}, labels: {a.b/c: true}, workdir: /app,"
        ' ports: {"80": true, 53/udp: false}, volumes: {/data: true}, cmd: [], exec: [python],'
        " commands: [{command: [a, b], stdout: [x], capabilities: [CHOWN], writable: true}],"
        ' packages: {numpy: ">=1,<2", torch: false, any: true}}',
    )
    assert found.files == {
        "/a": FileRule(),
        "/b": FileRule(False),
        "/c": FileRule(True, "0644", "1:2", ("x",), ("y",)),
    }
    assert found.env == {"A": TextRule(value="v"), "B": TextRule(False), "C": TextRule(pattern="p")}
    assert found.labels == {"a.b/c": TextRule()}
    assert (found.workdir, found.cmd, found.exec, found.volumes) == ("/app", (), ("python",), {"/data": True})
    assert found.ports == {"80/tcp": True, "53/udp": False}
    assert found.packages == {"numpy": ">=1,<2", "torch": None, "any": ""}
    assert found.commands is not None
    command = found.commands[0]
    assert (command.name, command.stdout, command.capabilities, command.writable) == ("a b", ("x",), ("CHOWN",), True)


def test_maps_are_merged_name_by_name_and_lists_as_a_whole(tmp_path: Path) -> None:
    text = (
        f"{HEAD}expect: {{env: {{A: far, B: far}}, cmd: [far], workdir: /far}}\n{TAIL}"
        "stages: {one: {expect: {env: {A: near}, cmd: []}}}\n"
    )
    found = expectations(tmp_path, text)["one:cpu"].contract
    assert found is not None
    assert found.env == {"A": TextRule(value="near"), "B": TextRule(value="far")}
    assert (found.cmd, found.workdir) == ((), "/far")


def test_a_base_takes_over_what_is_no_promise_to_users(tmp_path: Path) -> None:
    text = HEAD + 'expect: {env: {A: v}, cmd: [x], exec: [x], packages: {a: true}, ports: {"1": true}}\n' + TAIL
    found = expectations(tmp_path, text)["base:cpu"].contract
    assert found == Contract(env={"A": TextRule(value="v")})


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("{files: {a: true}}", "an absolute path in the image"),
        ("{files: {/../a: true}}", "with no .. in it"),
        ("{files: {/a: {mode: 0644}}}", "mode"),
        ('{files: {/a: {mode: "0999"}}}', "octal digits"),
        ("{files: {/a: {content: [(]}}}", "no regular expression"),
        ("{env: {A: 1}}", "found the number 1"),
        ("{env: {A: {pattern: (}}}", "expect.env.A.pattern: no regular expression"),
        ("{ports: {x: true}}", "a port in quotes"),
        ("{commands: [{command: []}]}", "a list that is not empty"),
        ("{commands: [{stdout: [a]}]}", '"command" is missing'),
        ("{commands: [{command: [a], stdout: [(]}]}", "commands.0.stdout.0: no regular expression"),
        ("{commands: [{command: [a], capabilities: [ALL]}]}", "not ALL"),
        ("{entrypoint: {capabilities: [CAP_CHOWN]}}", "without CAP_"),
        ("{packages: {numpy: 1.26}}", "packages.numpy"),
        ('{packages: {numpy: "1.26"}}', "version specifiers"),
    ],
)
def test_what_is_refused(tmp_path: Path, said: str, words: str) -> None:
    with pytest.raises(PolicyError) as refused:
        contract(tmp_path, said)
    assert words in str(refused.value)

"""Command lines of Python programs, followed through names, branches and loops."""

from __future__ import annotations

import pytest

from wxlint.core.values import HOLE
from wxlint.documents.source import Source
from wxlint.images.builds.python.from_python import python_script


def lines(text: str) -> list[str]:
    """The docker command lines of a program, unknown parts as `?`."""
    found = python_script(Source("run.py", text), lambda paths: None)
    return [" ".join(word.value.text.replace(HOLE, "?") for word in call.docker.command.words) for call in found.calls]


GROWS = """\
import subprocess

def run(service, gpu, args):
    cmd = ["docker", "compose", "run"]
    if gpu:
        cmd.extend(["--gpus", "all"])
    cmd += ["-e", f"A={args}"]
    cmd.append(service)
    log.debug(" ".join(cmd))
    return subprocess.run(cmd, check=False)
"""


def test_a_list_that_grows() -> None:
    assert lines(GROWS) == ["docker compose run --gpus all -e A=? ?"]
    found = python_script(Source("run.py", GROWS), lambda paths: None)
    (call,) = found.calls
    assert (call.span.line, call.span.column, call.span.end_column) == (4, 12, 38)
    flag = next(option for option in call.docker.options if option.name == "--gpus")
    assert GROWS[flag.start : flag.end] == '"all"'


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param('c = ["docker", "pull"]\nif x:\n    c += ["a:1"]\nelse:\n    c += ["b:2"]\nrun(c)',
                     ["docker pull a:1", "docker pull b:2"], id="two branches"),
        pytest.param('c = ["docker", "pull", "a:1"]\nif x:\n    c = ["docker", "pull", "b:2"]\n    return 1\nrun(c)',
                     ["docker pull a:1"], id="a branch that ends"),
        pytest.param('c = ["docker", "pull"]\nfor v in ("cpu", "gpu"):\n    run([*c, f"a:{v}"])',
                     ["docker pull a:cpu", "docker pull a:gpu"], id="rounds that are written out"),
        pytest.param('for v in versions:\n    run(["docker", "pull", f"a:{v}"])', ["docker pull a:?"],
                     id="other rounds"),
        pytest.param('t = "1"\nfor v in versions:\n    run(["docker", "pull", "a:" + t])\n    t = v',
                     ["docker pull a:?"], id="a text that a round changes"),
        pytest.param('t = "1"\nif x:\n    t = "2"\nrun(["docker", "pull", "a:" + t])', ["docker pull a:?"],
                     id="a text that a branch changes"),
        pytest.param('t = "1"\nt += "-cpu"\nrun(["docker", "pull", f"a:{t}"])', ["docker pull a:1-cpu"],
                     id="a longer text"),
        pytest.param('c = ["docker", "pull"]\nfill(c)\nrun(c)', ["docker pull ?"], id="given to a function"),
        pytest.param('c = ["docker", "pull"]\nc.insert(1, "x")\nrun(c)', [], id="another method"),
        pytest.param('c = ["docker", "pull", "a:1"]\nc[2] = "b:1"\nrun(c)', [], id="a word is replaced"),
        pytest.param('run("docker pull a:1".split())', ["docker pull a:1"], id="a text that is split"),
        pytest.param('run(shlex.split("docker pull a:1"))', ["docker pull a:1"], id="split as a shell does"),
        pytest.param('c = "docker pull a:1"\nos.system(c)', ["docker pull a:1"], id="a text for a shell"),
        pytest.param('return ["docker", "pull", "a:1"]', ["docker pull a:1"], id="returned"),
        pytest.param('print(["docker", "pull", "a:1"])\nx = ["docker", "pull", "a:1"]', [], id="not run"),
        pytest.param('try:\n    c = ["docker", "pull", "a:1"]\nexcept E:\n    c = ["docker", "pull", "b:1"]\nrun(c)',
                     ["docker pull a:1", "docker pull b:1"], id="an exception"),
        pytest.param('match x:\n    case 1:\n        t = "1"\n    case _:\n        t = "2"\nrun(["docker", "pull", t])',
                     ["docker pull ?"], id="cases"),
        pytest.param('with a(["docker", "pull", "x"]) as c, run(["docker", "pull", "a:1"]):\n    pass',
                     ["docker pull a:1"], id="with"),
        pytest.param('self.cmd = ["docker", "pull", "a:1"]\nrun(self.cmd)', [], id="an attribute"),
    ],
)  # fmt: skip
def test_names(body: str, expected: list[str]) -> None:
    inner = "\n".join(f"    {line}" for line in body.splitlines())
    assert lines(f"def f(self, x, versions):\n{inner}\n") == expected


def test_names_of_the_module_are_seen_in_functions() -> None:
    text = 'BASE = ["docker", "pull"]\nA = "a:1"\ndef f():\n    run([*BASE, A])\ndef g(B):\n    run(BASE + [B])\n'
    assert lines(text) == ["docker pull a:1", "docker pull ?"]


def test_more_lists_and_rounds_than_are_followed() -> None:
    many = "".join(f'    if a{n}:\n        c += ["{n}a"]\n    else:\n        c += ["{n}b"]\n' for n in range(5))
    assert lines(f'def f():\n    c = ["docker", "pull"]\n{many}    run(c)\n') == []
    rounds = "".join(f'{"    " * n}for v{n} in ("a", "b", "c", "d"):\n' for n in range(6))
    found = lines(f'{rounds}{"    " * 6}run(["docker", "pull", f"{{v0}}{{v3}}"])\n')
    assert set(found) == {f"docker pull {v}?" for v in "abcd"}


def test_a_chain_of_operators_is_bounded() -> None:
    (line,) = lines(f'run(["docker", "pull", {" + ".join(["x"] * 300)}])\n')
    assert line.startswith("docker pull ?")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("if a:\n    pass\n" + "elif a:\n    pass\n" * 900, id="a long chain of branches"),
        pytest.param("a = 1\n" * 70_000, id="a long program"),
    ],
)
def test_what_is_too_much_is_not_read(text: str) -> None:
    assert lines(f'{text}run(["docker", "pull", "a:1"])\n') == []

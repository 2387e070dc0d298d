"""How command lines come about in Python programs: what runs one, and what happens to names on the way."""

from __future__ import annotations

import pytest

from wxlint.core.values import HOLE
from wxlint.documents.source import Source
from wxlint.images.builds.python.from_python import python_script


def lines(body: str) -> list[str]:
    """The docker command lines of a function, unknown parts as `?`."""
    inner = "\n".join(f"    {line}" for line in body.splitlines())
    found = python_script(Source("run.py", f"def f(self, x):\n{inner}\n"), lambda paths: None)
    return [" ".join(word.value.text.replace(HOLE, "?") for word in call.docker.command.words) for call in found.calls]


PULL = '["docker", "pull", "a:1"]'
RUNNERS = [
    f"subprocess.run({PULL})",
    f"subprocess.check_call({PULL})",
    f"subprocess.check_output({PULL})",
    f"subprocess.Popen({PULL})",
    f"subprocess.run(args={PULL})",
    f"go_exec(cmd={PULL})",
    f"invoke(command={PULL}, cwd='x')",
    f"os.spawn({PULL})",
    f"sudo({PULL})",
    f"local({PULL})",
    f"sh({PULL})",
    f"docker({PULL})",
    f"podman({PULL})",
    f"self.execute({PULL})",
    'session.run("docker", "pull", "a:1")',
    'os.system("docker pull a:1")',
    'subprocess.getoutput("docker pull a:1")',
    'c.run("docker pull a:1", pty=True)',
    "x = run(" + PULL + ")",
    "x: int = run(" + PULL + ")",
    "x += run(" + PULL + ")",
    "return run(" + PULL + ")",
    "if run(" + PULL + "):\n    pass",
    "for line in run(" + PULL + "):\n    pass",
    "while run(" + PULL + "):\n    break",
    "with run(" + PULL + "):\n    pass",
    "match run(" + PULL + "):\n    case _:\n        pass",
    "try:\n    run(" + PULL + ")\nfinally:\n    pass",
    "try:\n    pass\nfinally:\n    run(" + PULL + ")",
    "try:\n    pass\nexcept E:\n    run(" + PULL + ")",
    "try:\n    pass\nexcept E:\n    pass\nelse:\n    run(" + PULL + ")",
    "for a in x:\n    pass\nelse:\n    run(" + PULL + ")",
    "for a in ('b',):\n    pass\nelse:\n    run(" + PULL + ")",
    "assert run(" + PULL + ")",
    "async def g():\n    await run(" + PULL + ")",
    "class A:\n    def g(self):\n        run(" + PULL + ")",
    "return " + PULL,
    "return tuple(" + PULL + ") if 0 else run(" + PULL + ")",
]


@pytest.mark.parametrize("body", RUNNERS)
def test_what_runs_a_command(body: str) -> None:
    assert lines(body) == ["docker pull a:1"]


@pytest.mark.parametrize(
    "body",
    [
        f"print({PULL})",
        f"log.info({PULL})",
        f"x = {PULL}",
        f"collect({PULL})",
        "return None",
        'run("ls")',
        "run()",
        "run(**x)",
        "run(1)",
        "localise(" + PULL + ")",
    ],
)
def test_what_runs_none(body: str) -> None:
    assert lines(body) == []


ON_THE_WAY = [
    # what a program does, the command lines
    ("c = ('docker', 'pull', 'a:1')\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker'] + ['pull'] + ['a:1']\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull'] + x\nrun(c)", ["docker pull ?"]),
    ("c = x + ['docker', 'pull', 'a:1']\nrun(c)", []),
    ("c = ['docker', *['pull', 'a:1']]\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull', *x]\nrun(c)", ["docker pull ?"]),
    ("c = ['docker', 'pull']\nc.append('a:1')\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull']\nc.extend(['a:1'])\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull']\nc.extend(x)\nrun(c)", ["docker pull ?"]),
    ("c = ['docker', 'pull']\nc += ['a:1']\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull']\nc += x\nrun(c)", ["docker pull ?"]),
    ("c = ['docker', 'pull', 'a:1']\nc.clear()\nrun(c)", []),
    ("c = ['docker', 'pull', 'a:1']\nd = c.copy()\nc.index('pull')\nc.count('x')\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull', 'a:1']\nlen(c)\nstr(c)\nlist(c)\ntuple(c)\nrepr(c)\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull', 'a:1']\nprint(c)\nlogger.warning(c)\nlog.error(c)\necho(c)\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull']\nd = fill(c)\nrun(c)", ["docker pull ?"]),
    ("c = ['docker', 'pull', 'a:1']\nc, d = x\nrun(c)", []),
    ("c = ['docker', 'pull', 'a:1']\nc = x\nrun(c)", []),
    ("c = d = ['docker', 'pull', 'a:1']\nrun(d)", ["docker pull a:1"]),
    ("c: list = ['docker', 'pull', 'a:1']\nrun(c)", ["docker pull a:1"]),
    ("c: list\nrun(['docker', 'pull', 'a:1'])", ["docker pull a:1"]),
    ("t = 'a'\nrun(['docker', 'pull', t + ':1'])", ["docker pull a:1"]),
    ("t = 'a'\nt += x\nrun(['docker', 'pull', t])", ["docker pull a?"]),
    ("t = x\nt += 'a'\nrun(['docker', 'pull', t])", ["docker pull ?a"]),
    ("t = 'a:1'\nrun(['docker', 'pull', f'r/{t}'])", ["docker pull r/a:1"]),
    ("t = 'a:1'\nrun(['docker', 'pull', f'{t:>9}'])", ["docker pull ?"]),
    ("t = 'a:1'\nrun(['docker', 'pull', t.lower()])", ["docker pull ?"]),
    ("t = 'a:1'\nt -= 1\nrun(['docker', 'pull', 'b:' - t])", ["docker pull ?"]),
    ("if x:\n    t = 'a:1'\nrun(['docker', 'pull', t])", ["docker pull ?"]),
    ("t = 'a:1'\nif x:\n    t = 'b:1'\n    raise E\nrun(['docker', 'pull', t])", ["docker pull a:1"]),
    ("t = 'a:1'\nfor y in x:\n    if y:\n        t = 'b:1'\n        continue\nrun(['docker', 'pull', t])",
     ["docker pull ?"]),
    ("t = 'a:1'\ntry:\n    t = 'b:1'\nexcept E:\n    raise\nrun(['docker', 'pull', t])", ["docker pull b:1"]),
    ("t = 'a:1'\ntry:\n    return\nexcept E:\n    t = 'c:1'\nrun(['docker', 'pull', t])", ["docker pull c:1"]),
    ("t = 'a:1'\nwith x as t:\n    run(['docker', 'pull', 'b:1'])", ["docker pull b:1"]),
    ("c = ['docker', 'pull']\nif x:\n    c += ['-q']\nc += ['a:1']\nrun(c)", ["docker pull -q a:1"]),
    ("c = ['docker', 'pull']\nfor y in x:\n    c += ['a:1']\nrun(c)", ["docker pull a:1"]),
    ("c = ['docker', 'pull']\nwhile x:\n    c = ['docker', 'push', 'a:1']\nrun(c)", ["docker pull", "docker push a:1"]),
    ("for t in ['a:1', 'b:1']:\n    run(['docker', 'pull', t])", ["docker pull a:1", "docker pull b:1"]),
    ("for t in ['a:1', x]:\n    run(['docker', 'pull', t])", ["docker pull ?"]),
    ("for t in 'a b'.split():\n    run(['docker', 'pull', t])", ["docker pull a", "docker pull b"]),
    ("for t, u in [('a', '1')]:\n    run(['docker', 'pull', t])", ["docker pull ?"]),
    ("run('docker pull a:1'.split())", ["docker pull a:1"]),
    ("run('docker pull a:1'.split(' '))", []),
    ("run('docker pull a:1'.split(sep=None))", []),
    ("run('docker pull a:1'.rsplit())", []),
    ("run(shlex.split('docker pull a:1'))", ["docker pull a:1"]),
    ("run(shlex.split('docker pull \"a:1\"'))", ["docker pull \"a:1\""]),
    ("run(shlex.split(x))", []),
    ("run(re.split('docker pull a:1'))", []),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), ON_THE_WAY, ids=[row[0] for row in ON_THE_WAY])
def test_what_happens_on_the_way(body: str, expected: list[str]) -> None:
    assert lines(body) == expected


def test_where_a_command_runs_and_a_text_comes_from() -> None:
    text = "D = 'app'\ndef f():\n    t = 'a:1'\n    run(['docker', 'pull', t], cwd=D)\n    run('docker pull b:1')\n"
    found = python_script(Source("run.py", text), lambda paths: None)
    assert [call.docker.command.cwd and call.docker.command.cwd.text for call in found.calls] == ["app", None]
    (use, _) = found.uses
    assert [(reason.kind, reason.text, reason.line, reason.name) for reason in use.value.because] == [
        ("variable", "t=a:1", 3, "t")
    ]

"""What a setup.py hands to setup(), read without running it; each case is held against what Python hands over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.documents.manifests.setup_py import SetupCall, read_setup_py
from wxlint.documents.manifests.setup_values import Lined, Listed, SetupText
from wxlint.documents.source import Source

HEAD = "import os, sys, io, platform\nfrom pathlib import Path\nfrom setuptools import setup, find_packages\n"
LIST = "torch>=2.1,<2.3\n# a comment\n\nnumpy\n"


def read(text: str) -> SetupCall:
    return read_setup_py(Source("setup.py", text))


def texts(listed: Listed | None) -> list[str]:
    """The requirements, those of files as the file `LIST` has them."""
    found: list[str] = []
    for item in listed.items if listed is not None else ():
        found += [item.text] if isinstance(item, SetupText) else ["torch>=2.1,<2.3", "numpy"]
    return found


KNOWN = [
    "setup(install_requires=['torch>=2', 'numpy'])",
    "setup(install_requires=('torch', 'numpy'), extras_require={'gpu': ['cupy-cuda12x'], 'all': ['x', 'y']})",
    "setup(install_requires='torch\\nnumpy')",
    "BASE = ['numpy']\nsetup(install_requires=BASE + ['torch'])",
    "base = ['numpy']\nbase += ['torch']\nbase.append('av')\nbase.extend(['x'])\nsetup(install_requires=base)",
    "E = {}\nE['a'] = ['x']\nE['b'] = ['y']\nE['all'] = E['a'] + E['b']\nsetup(install_requires=[], extras_require=E)",
    "with open('requirements.txt') as f:\n    r = f.read().splitlines()\nsetup(install_requires=r)",
    "setup(install_requires=open('requirements.txt').readlines())",
    "r = [l.strip() for l in open('requirements.txt') if l.strip() and not l.startswith('#')]\n"
    "setup(install_requires=r)",
    "def req(path):\n    with open(os.path.join(path)) as f:\n"
    "        return [l.rstrip() for l in f if not (l.isspace() or l == '' or l.startswith('#'))]\n"
    "setup(install_requires=req('requirements.txt'))",
    "def req(path):\n    with open(path, 'r') as fd:\n        return [r.strip() for r in fd.readlines()]\n"
    "setup(install_requires=req('requirements.txt'))",
    "HERE = os.path.abspath(os.path.dirname(__file__))\n"
    "def req(name='requirements.txt'):\n    return io.open(os.path.join(HERE, name)).read().split('\\n')\n"
    "setup(install_requires=req())",
    "setup(install_requires=(Path(__file__).parent / 'requirements.txt').read_text().splitlines())",
    "def load():\n    found = []\n    with open('requirements.txt') as f:\n        for line in f:\n"
    "            line = line.strip()\n            if not line or line.startswith('#'):\n                continue\n"
    "            found.append(line)\n    return found\nsetup(install_requires=load())",
    "if sys.platform == 'win32':\n    r = ['windows']\nelse:\n    r = ['linux']\nsetup(install_requires=r)",
    "r = ['a']\nif sys.platform.startswith('win'):\n    r += ['b']\nsetup(install_requires=r)",
    "def main():\n    setup(install_requires=['torch'])\nif __name__ == '__main__':\n    main()",
    "kwargs = dict()\nargs = {'install_requires': ['torch']}\nsetup(name='a', **args)",
    "V = '2.1.0'\nsetup(install_requires=['torch==' + V, f'torchaudio=={V}'])",
    "def req(paths):\n    found = []\n    for p in paths:\n        with open(p) as f:\n"
    "            found.extend([l.strip() for l in f])\n    return found\n"
    "setup(install_requires=req(['requirements.txt']))",
    "setup(install_requires=list(filter(None, open('requirements.txt').read().splitlines())))",
    "args = dict(name='a', install_requires=['torch'])\nsetup(**args)",
    "more = {'install_requires': ['torch']}\nsetup(**dict(name='a', **more))",
    "r = []\nif os.path.exists('requirements.txt'):\n    r = open('requirements.txt').read().splitlines()\n"
    "setup(install_requires=r)",
    "p = Path(__file__).parent / 'requirements.txt'\nr = []\nif p.is_file():\n    r = p.read_text().splitlines()\n"
    "setup(install_requires=r)",
]


@pytest.mark.parametrize("body", KNOWN, ids=range(len(KNOWN)))
def test_what_is_read_is_what_setup_gets(body: str, tmp_path: Path) -> None:
    found = read(HEAD + body)
    assert not found.problem
    assert found.requires is not None and found.requires.whole

    (tmp_path / "requirements.txt").write_text(LIST)
    spy = (
        "import json, runpy, sys, types\nsetuptools = sys.modules['setuptools'] = types.ModuleType('setuptools')\n"
        "setuptools.find_packages = None\nsetuptools.setup = lambda **k: print(json.dumps(\n"
        "    {n: k.get(n) for n in ('install_requires', 'extras_require')}))\n"
        "runpy.run_path('setup.py', run_name='__main__')\n"
    )
    (tmp_path / "setup.py").write_text(HEAD + body)
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-c", spy], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    given = json.loads(shown.stdout)
    lines = given["install_requires"]
    lines = lines.split("\n") if isinstance(lines, str) else lines
    assert texts(found.requires) == [line.strip() for line in lines if line.strip() and line.strip()[0] != "#"]
    assert {name: texts(listed) for name, listed in found.extras} == (given["extras_require"] or {})


OPEN = [
    "setup(install_requires=compute())",
    "if os.environ.get('X'):\n    r = ['a']\nelse:\n    r = ['b']\nsetup(install_requires=r)",
    "if os.path.exists('x'):\n    setup(install_requires=['a'])",
    "r = [l for l in open('requirements.txt') if 'torch' not in l]\nsetup(install_requires=r)",
    "r = [l.replace('==', '>=') for l in open('requirements.txt')]\nsetup(install_requires=r)",
    "args = {}\nargs.update(load())\nsetup(**args)",
    "r = ['a']\ndef more():\n    r.append('b')\nmore()\nsetup(install_requires=r)",
    "r = ['a']\nq = r\nq.append('b')\nsetup(install_requires=r)",
    "r = ['a']\nwhile r:\n    r.append('b')\n    break\nsetup(install_requires=r)",
    "import subprocess\nsubprocess.check_call([sys.executable, '-m', 'pip', 'install', 'torch'])\nsetup()",
    "os.system('pip install torch')\nsetup(install_requires=[])",
    "def f():\n    return f()\nsetup(install_requires=f())",
    "x = ('a' 'b'\n",
    "print('no setup')",
]


@pytest.mark.parametrize("body", OPEN, ids=range(len(OPEN)))
def test_what_is_computed_is_not_known(body: str) -> None:
    found = read(HEAD + body)
    assert found.problem or found.requires is None or not found.requires.whole


def test_a_part_that_is_known_is_kept_beside_one_that_is_not() -> None:
    found = read(HEAD + "r = ['torch<2.3']\nif os.environ.get('X'):\n    r += ['a']\nsetup(install_requires=r)")
    assert found.requires == Listed((SetupText("torch<2.3", 4),), whole=False)


def test_the_helper_that_openmmlab_projects_share() -> None:
    body = (
        "def parse_requirements(fname='requirements.txt', with_version=True):\n    def parse_line(line):\n"
        "        yield 1\n"
        "    def parse_require_file(fpath):\n        yield 1\n    def gen_packages_items():\n        yield 1\n"
        "    return list(gen_packages_items())\n"
        "setup(install_requires=parse_requirements('requirements/runtime.txt'))"
    )
    found = read(HEAD + body)
    assert found.requires is not None
    assert [item.path for item in found.requires.items if isinstance(item, Lined)] == ["requirements/runtime.txt"]


WORDS = st.sampled_from(
    "setup ( ) [ ] { } = + , : . ' \" \n \n  if for in def return with as open lambda * ** f'{x}' r 'a' x[0] "
    "install_requires= not and # while try except import global \\ 1".split(" ")
)


@settings(max_examples=200, deadline=None)
@given(st.lists(WORDS, max_size=40).map(" ".join))
def test_any_text_is_read(text: str) -> None:
    assert isinstance(read(text), SetupCall)


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "[" * 300 + "]" * 300,
        "x = " + "+".join(["a"] * 9_000),
        "x = " + "-" * 15_000 + "1",
        "r = ['a']\n" + "r += r\n" * 200 + "setup(install_requires=r)",
        "def f(n):\n    f(n)\n    f(n)\nf(1)\nsetup(install_requires=[])",
        "\0",
        "a" * 600_000,
    ],
    ids=["brackets", "sums", "signs", "doubling", "calls", "zero", "long"],
)
def test_what_would_take_for_ever_is_given_up(text: str) -> None:
    assert read(text).problem

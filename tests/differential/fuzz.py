"""Real files, damaged: no reader and no check may crash, hang or eat memory.

    python -m tests.differential.fuzz [--seconds 60] [--seed 1] FOLDER...

Files of the folders that wxlint reads are seeds. A case is one of them with a few mutations (cut, doubled, shuffled,
joined with another, characters and words of its format put in), read by its reader alone or checked as a repository
with neighbours. Each case runs in a child, where each command may take 5 s of CPU, and 500 MB; cases are numbered, so
that `--case N` runs one again and shows it. Exit 1 where there was any crash, hang or overrun.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

SECONDS = 5
MEGABYTES = 500
LARGEST = 200_000
"""Bytes of a seed."""

Read = Callable[[str], object]
WORDS = {
    "dockerfile": "FROM AS RUN COPY --from= ARG ENV WORKDIR ONBUILD << EOF \\\n $ ${ } ${A:-} ${A##*} \" ' # [ ] {{ @@",
    "shell": "$( ) ` \" ' ${ } ${A[@]} ${A//} (( )) [[ ]] case esac do done for in fi function { } | & ; << EOF \\\n",
    "batch": '% %% ! ^ ( ) if else for %%a in do goto : call set setlocal exit /b " & | > %~dp0 %A:~1,2%',
    "compose": "{ } [ ] : - & * << !reset !override | > \" ' ${A:-} ${A:?} extends include services image build \t",
    "requirements": "-r -c -e --index-url --extra-index-url ; == >= @ [ ] # \\\n ${A} --hash=sha256: git+https:// .whl",
    "toml": '[ ] [[ ]] = . { } " \' """ # , dependencies tool.uv.sources extra include-group',
    "workflow": "{ } [ ] : - & * > | \" ' ${{ }} ${{ matrix.a }} jobs steps run uses with strategy env if: on: \t",
    "make": "$( ) $$ ${ } : := += ?= define endef ifeq endif include .PHONY @ - \t \\\n # %",
    "hcl": 'target group variable { } = [ ] "${ } " << EOT , for : if ? # // function',
    "gitlab": "{ } [ ] : - & * << !reference | > \" ' $A ${A} extends include script image services parallel matrix \t",
    "just": "{{ }} := : @ - \" ' ` + # = [ ] export \\\n #!/bin/sh",
    "powershell": "$ ${ } $( ) ` \" ' @( @{ { } ( ) ; | # <# #> param foreach if function = @' '@ & $env:A",
    "taskfile": "{ } [ ] : - {{ }} {{.A}} vars cmds tasks dir > | \" ' \t",
    "helm": "{ } [ ] : - repository tag image registry digest global \" ' \t",
    "kubernetes": "{ } [ ] : - & * --- containers image resources limits nvidia.com/gpu: kind apiVersion \" ' \t",
    "kustomize": "{ } [ ] : - & * images newTag newName resources patches path patch | > \" ' \t",
    "skaffold": "{ } [ ] : - & * {{.A}} build artifacts image docker dockerfile context buildArgs profiles \" ' \t",
    "devcontainer": '{ } [ ] : , " // /* */ image build dockerfile args context target',
    "python": '( ) [ ] { } " \' f" , = def import * ** lambda : # \\ run subprocess \t',
    "policy": "{ } [ ] : - & * > | \" ' family images tags expect {tag} {stage} pattern rules \t",
    "ignore": "** / * ! [ ] [! ] \\ # ? . ..",
    "conda": "- : pip dependencies channels = { } & * << !!python \" '",
}
NOISE = "\0 \ufeff \u202e \x1b[0m \r\n \t é 😀 \ud7ff \x85 \u2028"


class Seed(NamedTuple):
    path: Path
    kind: str
    text: str


class Outcome(NamedTuple):
    """what: ok, crash, hang or memory. detail: the end of what the child wrote."""

    what: str
    detail: str


_NAMED = {
    "pyproject.toml": "toml",
    "pipfile": "toml",
    "makefile": "make",
    "wxlint.yaml": "policy",
    "cp-whisperx.yaml": "policy",
    ".dockerignore": "ignore",
}
_SUFFIXES = {
    ".sh": "shell",
    ".bash": "shell",
    ".bat": "batch",
    ".cmd": "batch",
    ".yml": "compose",
    ".yaml": "compose",
    ".mk": "make",
    ".hcl": "hcl",
    ".ps1": "powershell",
    ".just": "just",
}


_BY_NAME = (
    ("gitlab", ".gitlab-ci", ".yml"),
    ("just", "justfile", ""),
    ("taskfile", "taskfile", ""),
    ("helm", "values", ".yaml"),
    ("kustomize", "kustomization", ".yaml"),
    ("skaffold", "skaffold", ".yaml"),
    ("devcontainer", "devcontainer", ".json"),
    ("python", "noxfile", ".py"),
    ("python", "tasks", ".py"),
)
"""Formats by how a name starts and ends."""


def kind_of(path: Path) -> str:
    """Return the format of a file by its name; empty for those that no reader takes."""
    name = path.name.lower()
    if name in _NAMED:
        return _NAMED[name]
    if path.parent.name == "workflows" and path.suffix in (".yml", ".yaml"):
        return "workflow"
    if name.endswith(".dockerignore"):
        return "ignore"
    for kind, start, end in _BY_NAME:
        if name.startswith(start) and name.endswith(end):
            return kind
    if "dockerfile" in name or "containerfile" in name:
        return "dockerfile"
    if "environment" in name and path.suffix in (".yml", ".yaml"):
        return "conda"
    if "requirements" in name and path.suffix in (".txt", ".in"):
        return "requirements"
    if path.suffix in (".yml", ".yaml") and {"k8s", "kubernetes", "manifests", "deploy"} & set(path.parts):
        return "kubernetes"
    return _SUFFIXES.get(path.suffix, "")


def seeds(folders: Sequence[Path]) -> list[Seed]:
    found = []
    for path in sorted(path for folder in folders for path in folder.rglob("*")):
        kind = kind_of(path)
        if kind and path.is_file() and not path.is_symlink() and 0 < path.stat().st_size <= LARGEST:
            found.append(Seed(path, kind, path.read_bytes().decode("utf-8", "replace")))
    return found


def mutated(seed: Seed, others: Sequence[Seed], chance: random.Random) -> str:
    """Return the text of a seed with one to six mutations."""
    text = seed.text
    for _ in range(chance.choice((1, 1, 1, 2, 3, 6))):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.choice((1, 2, 8, 40, 400)))
        word = chance.choice(WORDS[seed.kind].split(" ") if chance.random() < 0.8 else NOISE.split(" "))
        how = chance.randrange(8)
        if how == 0:
            text = text[:start] + text[end:]
        elif how == 1:
            text = text[:start] + text[start:end] * chance.choice((2, 3, 50)) + text[end:]
        elif how == 2:
            text = text[:start]
        elif how == 3:
            other = chance.choice(others).text
            at = chance.randrange(len(other) + 1)
            text = text[:start] + other[at : at + chance.choice((20, 200, 2000))] + text[start:]
        elif how == 4:
            text = text[:start] + word * chance.choice((1, 2, 30, 300)) + text[start:]
        elif how == 5:
            text = text[:start] + word + text[end:]
        elif how == 6:
            lines = text.splitlines(True)
            chance.shuffle(lines)
            text = "".join(lines)
        else:
            text = text[:start] + chance.choice("\"'`$(){}[]\\#%!^&|;<>:=@*?~\n") + text[start:]
    return text[: 2 * LARGEST]


def readers() -> dict[str, Read]:
    """Return the reader of each format, by itself."""
    from wxlint.core.cache import NO_CACHE
    from wxlint.core.errors import PolicyError
    from wxlint.discovery.dockerignore import parse
    from wxlint.documents.compose.reader import ComposeReader
    from wxlint.documents.dockerfile.reader import read_dockerfile
    from wxlint.documents.dockerfile.validation import syntax_problems
    from wxlint.documents.github.workflow import read_action, read_workflow
    from wxlint.documents.gitlab import read_pipeline
    from wxlint.documents.hcl.reader import read_hcl
    from wxlint.documents.makefile import read_makefile
    from wxlint.documents.manifests.conda_environment import read_environment
    from wxlint.documents.manifests.pipfile import read_pipfile
    from wxlint.documents.manifests.pyproject import read_pyproject
    from wxlint.documents.manifests.requirements_txt import read_requirements
    from wxlint.documents.source import Source
    from wxlint.images.builds.from_devcontainer import devcontainer_script
    from wxlint.images.builds.from_just import just_script
    from wxlint.images.builds.from_yaml_tools import skaffold_script, taskfile_script
    from wxlint.images.builds.helm.from_helm import helm_script
    from wxlint.images.builds.kubernetes.from_kubernetes import Kubernetes
    from wxlint.images.builds.python.from_python import python_script
    from wxlint.policy.load import load_policy
    from wxlint.shell.bash.reader import read_shell
    from wxlint.shell.batch.reader import read_batch
    from wxlint.shell.powershell import read_powershell

    def policy(text: str) -> object:
        with suppress(PolicyError):
            return load_policy(Source("wxlint.yaml", text), Path("wxlint.yaml"))
        return None

    def manifests(text: str, name: str) -> object:
        found = Kubernetes([Source(name, text)], read=lambda path: Source(path, text))
        return list(found.uses()), list(found.running)

    def find(paths: list[str]) -> str | None:
        return paths[0] if paths else None

    return {
        "kubernetes": lambda text: manifests(text, "app.yaml"),
        "kustomize": lambda text: manifests(text, "kustomization.yaml"),
        "skaffold": lambda text: skaffold_script(Source("skaffold.yaml", text), find, NO_CACHE),
        "gitlab": lambda text: list(read_pipeline(Source("a.yml", text), lambda _: None).jobs),
        "just": lambda text: just_script(Source("justfile", text), find),
        "powershell": lambda text: list(read_powershell(text, "a.ps1")),
        "taskfile": lambda text: taskfile_script(Source("Taskfile.yml", text), find, NO_CACHE),
        "helm": lambda text: helm_script(Source("values.yaml", text), NO_CACHE, lambda path: None),
        "devcontainer": lambda text: devcontainer_script(Source("devcontainer.json", text), find),
        "python": lambda text: python_script(Source("tasks.py", text), find),
        "workflow": lambda text: (read_workflow(Source("a.yml", text)), read_action(Source("a.yml", text))),
        "make": lambda text: read_makefile(Source("Makefile", text)),
        "hcl": lambda text: read_hcl(Source("docker-bake.hcl", text)),
        "policy": policy,
        "ignore": lambda text: [parse(text)(path) for path in ("a", "a/b/c.txt", "src/x" * 20)],
        "dockerfile": lambda text: list(syntax_problems(read_dockerfile(Source("Dockerfile", text)))),
        "shell": lambda text: (read_shell(text, script="a.sh"), read_shell(text, flavor="dash")),
        "batch": lambda text: read_batch(text, script="a.bat"),
        "compose": lambda text: ComposeReader(lambda path: Source(path, text)).project(["compose.yml"]),
        "requirements": lambda text: read_requirements(Source("requirements.txt", text)),
        "toml": lambda text: (read_pyproject(Source("p.toml", text)), read_pipfile(Source("Pipfile", text))),
        "conda": lambda text: read_environment(Source("environment.yml", text)),
    }


_NAMES = {
    "dockerfile": "Dockerfile",
    "shell": "build.sh",
    "batch": "build.bat",
    "compose": "compose.yml",
    "requirements": "requirements.txt",
    "toml": "pyproject.toml",
    "conda": "environment.yml",
    "workflow": ".github/workflows/a.yml",
    "make": "Makefile",
    "hcl": "docker-bake.hcl",
    "gitlab": ".gitlab-ci.yml",
    "just": "justfile",
    "powershell": "build.ps1",
    "taskfile": "Taskfile.yml",
    "helm": "values.yaml",
    "kubernetes": "deploy/app.yaml",
    "kustomize": "deploy/kustomization.yaml",
    "skaffold": "skaffold.yaml",
    "devcontainer": "devcontainer.json",
    "python": "tasks.py",
    "policy": "wxlint.yaml",
    "ignore": ".dockerignore",
}
_AROUND = """FROM python:3.11
COPY . .
RUN pip install -r requirements.txt && pip install . && conda env create -f environment.yml && bash build.sh
"""


def check(kind: str, text: str, neighbours: Sequence[Seed]) -> None:
    """Run `wxlint check`, and `images`, on a repository that holds the text and files beside it."""
    from wxlint.cli.main import main

    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        files = {"Dockerfile": _AROUND, **{_NAMES[seed.kind]: seed.text for seed in neighbours}, _NAMES[kind]: text}
        for name, content in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content.encode("utf-8", "surrogatepass"))
        for command in (["check", "--no-cache", "--jobs", "1", "."], ["images", "--no-cache", "."]):
            allow_seconds()
            code = main(command)
            if code not in (0, 1, 2):
                raise RuntimeError(f"exit {code} of {command[0]}")
        os.chdir("/")


def allow_seconds() -> None:
    """Let this process run for SECONDS of CPU from now on: each command of a case has as much."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(usage.ru_utime + usage.ru_stime) + SECONDS, hard))


def run(case: Callable[[], object]) -> Outcome:
    """Run a case in a child, within the bounds."""
    outlet, inlet = os.pipe()
    pid = os.fork()
    if not pid:
        code = 1
        try:
            os.close(outlet)
            null = os.open(os.devnull, os.O_RDWR)
            os.dup2(null, 0)
            os.dup2(null, 1)
            os.dup2(inlet, 2)
            allow_seconds()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            case()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(inlet)
    with open(outlet, "rb") as pipe:
        written = pipe.read()
    _, status, usage = os.wait4(pid, 0)
    code = os.waitstatus_to_exitcode(status)
    detail = written.decode("utf-8", "replace")[-1500:]
    if code < 0:
        return Outcome("hang" if code == -signal.SIGXCPU else "crash", f"signal {-code}")
    if code:
        return Outcome("crash", detail)
    if usage.ru_maxrss > MEGABYTES * 1024:
        return Outcome("memory", f"{usage.ru_maxrss // 1024} MB")
    return Outcome("ok", detail)


class Fuzzer:
    """Makes and runs numbered cases of one seed and one set of files."""

    def __init__(self, files: Sequence[Seed], seed: int) -> None:
        self.files, self.seed, self.readers = files, seed, readers()
        kinds = sorted({file.kind for file in files})
        self.by_kind = {kind: [file for file in files if file.kind == kind] for kind in kinds}

    def make(self, number: int) -> tuple[str, str, Path, Callable[[], object]]:
        """Return the name of what reads the case, its text, the file it was made from, and the case."""
        chance = random.Random(f"{self.seed} {number}")
        kind = chance.choice(list(self.by_kind))
        file = chance.choice(self.by_kind[kind])
        text = mutated(file, self.by_kind[kind], chance)
        if chance.random() < 0.5:
            return kind, text, file.path, lambda: self.readers[kind](text)
        neighbours = [chance.choice(self.by_kind[other]) for other in self.by_kind if chance.random() < 0.4]
        return f"check with {kind}", text, file.path, lambda: check(kind, text, neighbours)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=int, help="run this case alone, and print it")
    parser.add_argument("--keep", type=Path, help="write the texts of bad cases into this folder")
    arguments = parser.parse_args()
    files = seeds(arguments.folders)
    if not files:
        parser.error("no file that wxlint reads")
    fuzzer = Fuzzer(files, arguments.seed)
    import wxlint.lint.run  # noqa: F401  - once, before the children

    if arguments.case is not None:
        _, text, path, case = fuzzer.make(arguments.case)
        print(text, path, run(case), sep="\n")
        return 0
    counts: Counter[tuple[str, str]] = Counter()
    end = time.monotonic() + arguments.seconds
    number = 0
    while time.monotonic() < end:
        name, text, path, case = fuzzer.make(number)
        outcome = run(case)
        counts[name, outcome.what] += 1
        if outcome.what != "ok":
            print(f"case {number}: {name}, from {path}: {outcome.what}\n{outcome.detail}", flush=True)
            if arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / f"{arguments.seed}-{number}").write_text(text, "utf-8", "surrogatepass")
        number += 1
    names = sorted({name for name, _ in counts})
    print(f"{len(files)} files, seed {arguments.seed}, {number} cases\n{'':24} {'ok':>8} crash  hang memory")
    for name in names:
        print(
            f"{name:24} {counts[name, 'ok']:8} {''.join(f'{counts[name, w]:6}' for w in ('crash', 'hang', 'memory'))}"
        )
    return 1 if any(what != "ok" for _, what in counts) else 0


if __name__ == "__main__":
    sys.exit(main())

"""A package manager looks for packages of a release that has left its mirrors.

## Why

When a release of a distribution has ended, its packages move to an archive, and its images still look where they were:
`apt-get update` on Debian 10 (buster) ends with `does not have a Release file`, `yum` on CentOS 7 with
`Could not resolve host`. Ubuntu's releases between the long ones go the same way; 18.04, 20.04
and the other long ones stay. A tag like `python:3.8-slim-buster` or `nvidia/cuda:11.8.0-devel-centos7` says which
release it stands on. `python:2.7` and `python:3.7.9` do not, but were last built on Debian 10.

Nothing is said where something before may tell the package manager of another place: lists of sources, a copied
`/etc`, a mirror, a proxy, a script. Stages on one that cannot be built are not reported again. It is a warning where
nobody has looked at a build that failed, and information in a stage that the build does not go through.

## Bad

```dockerfile
FROM python:3.8-slim-buster
RUN apt-get update && apt-get install -y git
```

```dockerfile
FROM nvidia/cuda:11.8.0-devel-centos7
RUN yum install -y git
```

## Good

```dockerfile
FROM python:3.8-slim-bookworm
RUN apt-get update && apt-get install -y git
```

```dockerfile
FROM python:3.8-slim-buster
COPY sources.list /etc/apt/sources.list
RUN apt-get update && apt-get install -y git
```

```dockerfile
FROM nvidia/cuda:11.8.0-devel-rockylinux8
RUN yum install -y git
```
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.images.graph.image_stages import stages_of_build
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem
from wxlint.rules._system_packages import base_of_packages

if TYPE_CHECKING:
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.images.evaluation.commands import RunCommand
    from wxlint.images.model.records import Evaluated, Stage

SEVERITY = Severity.ERROR
SUMMARY = "packages of a release that has left its mirrors"
HINT = "take a base on a release that is supported, or name the archive of old releases first"
WEIGHT = 1

_APT = ("apt-get", "apt", "aptitude")
_YUM = ("yum", "dnf", "microdnf")
_VERBS = {
    "apt": ("update", "install", "build-dep"),
    "yum": ("install", "update", "upgrade", "makecache", "groupinstall", "reinstall", "distro-sync", "builddep"),
}
_LISTS = late(
    r"(?i)sources\.list|\betc/apt\b|\betc/yum|yum\.repos|\.(?:list|sources|repo)\b|debian\.org|ubuntu\.com|centos\.org"
    r"|mirror|archive\.debian|old-releases|snapshot\.|vault\.|config-manager|able-?repo|repofrom|dir::etc|acquire::"
    r"|https?_proxy|apt.?(?:proxy|cacher)"
)
"""What tells a package manager of another place, or may."""
_SCRIPT = late(r"\.(?:sh|bash)\b")
_SHELLS = ("sh", "bash", "dash", "zsh", "ash", "source", ".", "ansible-playbook", "make", "eval", "xargs", "find")
"""Programs that may run anything."""
_SYSTEM = ("/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/")
_ROOTS = ("", "/etc")
_ARCHIVE = late(r"\.(?:tar|t[bgx]z|gz|xz|bz2)$")
_FILES = {"centos": "/etc/yum.repos.d"}
"""Where a package manager's mirrors are named; apt's else."""


def check(repository: Repository) -> Iterator[Problem]:
    for evaluated in repository.evaluated:
        yield from _dockerfile(repository, evaluated)


def _dockerfile(repository: Repository, evaluated: Evaluated) -> Iterator[Problem]:
    """Yield the first command of each stage that finds no packages, where no stage below it has one: the build ends
    there. What may have told the package manager of another place leaves the stage and those on it alone."""
    through = stages_of_build(evaluated)
    bases: dict[int, tuple[Stage, Mapping[str, str]]] = {}  # of stages for whose packages nothing has asked yet
    for stage in evaluated.stages:
        if stage.external:
            row = _row(repository, evaluated, stage) if not stage.parents else None
            base = (stage, row) if row is not None else None
        else:
            base = bases.get(stage.parents[0]) if len(stage.parents) == 1 else None
        if base is None:
            continue
        first, open_still = _first(evaluated, stage, base[1])
        if first is not None:
            problem = _problem(first, *base)
            yield problem if stage.index in through else problem._replace(severity=Severity.INFO)
        elif open_still:
            bases[stage.index] = base


def _row(repository: Repository, evaluated: Evaluated, stage: Stage) -> Mapping[str, str] | None:
    """The row of a stage's distribution, where that has left its mirrors."""
    reference = base_of_packages(repository, evaluated, stage)
    if reference is None or not (reference.tag or reference.untagged):
        return None
    return facts.moved_archive(reference.upstream, reference.tag or "latest")


def _first(evaluated: Evaluated, stage: Stage, row: Mapping[str, str]) -> tuple[RunCommand | None, bool]:
    """Return the first command of a stage that looks for packages, None where there is none, and whether the packages
    are still looked for at their old place at the end of the stage."""
    for instruction in evaluated.instructions_of(stage):
        if instruction.keyword == "RUN":
            first, open_still = _run(evaluated, instruction, row)
            if first is not None or not open_still:
                return first, open_still
        elif any(map(_LISTS.search, _texts(instruction))) or _brings_folder(instruction):
            return None, False
    return None, True


def _texts(instruction: Instruction) -> tuple[str, ...]:
    return (instruction.text, *(doc.body for doc in instruction.heredocs))


def _run(evaluated: Evaluated, instruction: Instruction, row: Mapping[str, str]) -> tuple[RunCommand | None, bool]:
    """Return what `_first` does, of one RUN."""
    from wxlint.images.evaluation.commands import commands_of

    if _LISTS.search(instruction.text, 0, instruction.args_at):  # what is mounted
        return None, False
    for ran in commands_of(evaluated.dockerfile.source, instruction):
        if _LISTS.search(ran.text, 0, ran.command.end) or _SCRIPT.search(ran.text, 0, ran.command.end):
            return None, False
        if _runs_anything(ran):
            return None, False
        if _looks_for_packages(ran, row["distribution"]) and ran.must_succeed:
            return ran, True
    return None, not any(_LISTS.search(text) or _SCRIPT.search(text) for text in _texts(instruction))


def _looks_for_packages(ran: RunCommand, distribution: str) -> bool:
    """Whether a command asks the distribution's repositories for something."""
    from wxlint.shell.wrappers import unwrap

    manager, *words = (word.value.text for word in unwrap(ran.command).words)
    managers, verbs = (_YUM, _VERBS["yum"]) if distribution == "centos" else (_APT, _VERBS["apt"])
    place = next((place for place, word in enumerate(words) if word in verbs), None)
    if manager.rpartition("/")[2] not in managers or place is None:
        return False
    named = [word for word in words[place + 1 :] if not word.startswith("-")]
    return not named or not all("/" in word for word in named)


def _runs_anything(ran: RunCommand) -> bool:
    """Whether a command starts a program of which nobody knows what it does to the lists of repositories."""
    from wxlint.shell.wrappers import unwrap

    program = unwrap(ran.command).words[0].value
    own = "/" in program.text and not program.text.startswith(_SYSTEM)
    return own or not program.known or program.text.rpartition("/")[2] in _SHELLS


def _brings_folder(instruction: Instruction) -> bool:
    """Whether a COPY or an ADD brings a folder or an archive to where lists of repositories may be in it."""
    if instruction.keyword not in ("COPY", "ADD"):
        return False
    words = [word.strip("[]\"',") for word in instruction.args.split()]
    *sources, dest = [word for word in words if word] or [""]
    if dest.rstrip("/") not in _ROOTS:
        return False
    names = [one.rstrip("/").rpartition("/")[2].strip(".") for one in sources]
    return any("." not in name or (instruction.keyword == "ADD" and _ARCHIVE.search(name)) for name in names)


def _problem(ran: RunCommand, stage: Stage, row: Mapping[str, str]) -> Problem:
    """The finding of a command. stage: that which names the base."""
    from wxlint.shell.wrappers import unwrap

    manager = unwrap(ran.command).words[0].value.text.rpartition("/")[2]
    since = f"in {row['since']} they left" if row["since"] else "they have left"
    text = f"{manager} finds no packages of {row['said']}: {since} the mirrors that it asks"
    lists = _FILES.get(row["distribution"], "/etc/apt")
    hint = f"take a base on {row['instead']}, or name the archive of old releases in {lists} first"
    because = (reason_at("image", f"FROM {stage.base.value.shown()}", stage.base.span),)
    return Problem(ran.span(), text, because, hint, None if row["confidence"] == "verified" else Severity.WARNING)

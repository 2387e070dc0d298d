"""What a command line means: which files are read, which of them are spoken of, and under which policy."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError, UsageError
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.find_files import BATCH, DOCKERFILE, OTHER, SHELL, discover, kind_of_text
from wxlint.documents.dockerfile.reader import KEYWORDS
from wxlint.documents.source import MAX_BYTES, Source, decode
from wxlint.images.graph.repository import Input, Repository

if TYPE_CHECKING:
    from wxlint.policy.model import Policy

_MARKS = (".git", ".hg")
_FOLLOWED = late(
    r"(?i)(?:requirements|constraints)[^/]*\.(?:txt|in)$|(?:^|/)(?:pyproject\.toml|Pipfile)$|\.ya?ml$|\.(?:ba)?sh$"
)
"""Files that are read only where a Dockerfile or a policy leads to them; a hook may give them by name."""


class Gathered(NamedTuple):
    """repository: what was read. scope: paths whose findings are shown; None for all. notes: what else was read, and why.

    followed: folders in which files that Dockerfiles lead to (requirements, pyproject) are spoken of too.
    """

    repository: Repository
    scope: frozenset[str] | None
    notes: tuple[str, ...]
    followed: tuple[str, ...] = ()


def gather(
    paths: Sequence[str],
    policy_path: str | None = None,
    no_policy: bool = False,
    only: bool = False,
    stdin: bytes | None = None,
    stdin_name: str = "",
) -> Gathered:
    """Read what `paths` ask for.

    A folder that holds Dockerfiles of the policy's family brings in the compose files and scripts the policy names. Files given by name
    are spoken of alone, the rest of the repository being context. No path: the policy's root, else the working folder.
    stdin_name: the file that standard input stands for; shown, and its name tells the kind. Raises UsageError, InputError or PolicyError.
    """
    named = [Path(p) for p in paths if p != "-"]
    for path in named:
        if not os.path.lexists(path):
            raise InputError(f"{path}: no such file or folder")
    start = named[0] if named else Path(stdin_name) if stdin_name else Path.cwd()
    policy = None if no_policy else _policy(policy_path, start)
    if not paths:
        named = [policy.root if policy else Path.cwd()]
    root = policy.root if policy else repository_root(named[0] if paths == [] else start)
    folders = [p for p in named if p.is_dir()]
    files = [p for p in named if not p.is_dir()]
    found, problems = discover(named) if named else ([], [])
    asked = {_shown(f.path): f.kind for f in found}
    sources: dict[str, Source] = {}
    if os.path.isdir(stdin_name):
        raise UsageError(f"--stdin-filename: {stdin_name} is a folder; it takes the name of a file")
    if stdin is not None:
        if len(stdin) > MAX_BYTES:
            raise InputError(f"standard input: larger than {MAX_BYTES // 2**20} MiB")
        shown = _shown(Path(stdin_name)) if stdin_name else "-"
        sources[shown] = Source(shown, decode(stdin))
        asked[shown] = guess_kind(sources[shown].text, os.path.basename(shown))
        if stdin_name:
            files = [*files, Path(stdin_name)]
    inputs = dict(asked)
    scope: set[str] | None = None
    notes: list[str] = []
    if files or stdin is not None or only:
        scope = set(asked)
    dockerfiles = {_shown(policy.root / e.dockerfile) for e in policy.expectations()} if policy else set()
    family = _family_files(policy) if policy else set()
    context = _context(family | dockerfiles if policy else None, root, folders, files, problems)
    brought = {path: kind for path, kind in context.items() if path not in inputs}
    inputs.update(brought)
    followed = tuple(_shown(folder) for folder in folders)
    if scope is None and policy is not None and brought:
        extra = sorted(p for p in brought if p in family)
        if dockerfiles & set(asked):
            followed = (_shown(root),)
            if extra:
                notes.append(
                    f"also read {', '.join(extra)}: named by {policy.path} for the family in {', '.join(map(_shown, folders))}"
                )
            scope = {*asked, *extra, policy.path}
        else:
            scope = set(asked)
    if not any(kind != "other" or _FOLLOWED.search(path) for path, kind in asked.items()):
        where = ", ".join(_shown(p) for p in named)
        raise InputError(
            f"{where}: no Dockerfile, compose file or script found; wxlint reads Dockerfile*, *.Dockerfile, *-Dockerfile, Containerfile*, compose*.y[a]ml, docker-compose*.y[a]ml, *.sh, *.bash, *.bat, *.cmd and shell scripts that may be run"
        )
    repository = Repository([Input(p, k) for p, k in sorted(inputs.items())], root, policy, sources)
    repository.problems.extend(problems)
    return Gathered(repository, None if scope is None else frozenset(scope), tuple(notes), followed)


def _policy(given: str | None, start: Path) -> Policy | None:
    from wxlint.policy.find import find_policy

    path = Path(given) if given is not None else find_policy(start)
    if path is None:
        return None
    from wxlint.documents.source import read
    from wxlint.policy.model import load_policy

    return load_policy(read(path, _shown(path)), path)


def _context(
    family: set[str] | None, root: Path, folders: list[Path], files: list[Path], problems: list[str]
) -> dict[str, str]:
    """Files that are read besides those asked for. family: what the policy names; None without one."""
    found: dict[str, str] = {}
    if family is not None:
        wanted = [Path(p) for p in sorted(family) if os.path.isfile(p)]
        if wanted:
            listed, trouble = discover(wanted)
            found.update((_shown(f.path), f.kind) for f in listed)
            problems.extend(trouble)
    elif files and not folders:
        # Without a repository around them, only what lies beside: nobody wants a whole home folder read.
        listed, _ = discover([root] if is_repository(root) else _beside(files))
        found.update((_shown(f.path), f.kind) for f in listed if f.kind != "other")
    return found


def _beside(files: list[Path]) -> list[Path]:
    """The files in the folders of these files, not those in folders below."""
    found: list[Path] = []
    for folder in sorted({path.parent for path in files}):
        with suppress(OSError):  # a folder that may be entered but not listed: what was named is read all the same
            found += [entry for entry in sorted(folder.iterdir()) if entry.is_file()]
    return found


def _family_files(policy: Policy) -> set[str]:
    """The compose files and scripts that the policy names."""
    globs = [
        *policy.compose,
        *policy.scripts,
        *(path for variant in policy.variants.values() for path in variant.compose),
    ]
    return {_shown(policy.root / path) for path in policy.files(globs)[0]}


def repository_root(start: Path) -> Path:
    """The folder with .git above a path, else the working folder when the path lies in it, else the path's own folder."""
    start = start if start.is_dir() else start.parent
    for folder in (start.resolve(), *start.resolve().parents):
        if is_repository(folder):
            return folder
    cwd = Path.cwd()
    return cwd if start.resolve().is_relative_to(cwd) else start


def is_repository(folder: Path) -> bool:
    """Whether a version control system keeps its data in the folder."""
    return any((folder / mark).exists() for mark in _MARKS)


def _shown(path: Path) -> str:
    """A path as people see it: relative to the working folder, with `/`."""
    text = os.path.normpath(path)
    if os.path.isabs(text) or text.startswith(".."):
        text = os.path.relpath(text)
    return text.replace(os.sep, "/")


def guess_kind(text: str, name: str = "-") -> str:
    """The kind of a text that stands for a file of this name: a Dockerfile when neither name nor text says anything else."""
    kind = kind_of_text(name, text)
    if kind != OTHER or _FOLLOWED.search(name):
        return kind
    first = re.search(r"(?m)^[ \t]*([A-Za-z]+)\b", text)
    if (
        first
        and first[1].upper() in KEYWORDS
        or not re.search(r"(?m)^[ \t]*@?(?:sudo[ \t]+)?(?:docker|podman|nerdctl|buildah)\b", text)
    ):
        return DOCKERFILE
    return BATCH if re.search(r"(?im)^[ \t]*@?(?:setlocal|set[ \t]+\w+=|goto[ \t]|rem[ \t])|%\w+%", text) else SHELL


def read_stdin(paths: Sequence[str], name: str = "") -> bytes | None:
    """Standard input when `-` is among the paths. Raises UsageError when it is there twice, or is not there and has a name."""
    if name and "-" not in paths:
        raise UsageError("--stdin-filename names standard input, which is read when `-` is among the paths")
    if list(paths).count("-") > 1:
        raise UsageError("`-` (standard input) can be given once")
    if "-" not in paths:
        return None
    import sys

    return sys.stdin.buffer.read(MAX_BYTES + 1)

"""What a command line means: which files are read, which of them are in scope, and under which policy."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core import disk
from wxlint.core.cache import NO_CACHE, Cache
from wxlint.core.errors import FileProblem, InputError
from wxlint.core.paths import is_below, look_anew, shown
from wxlint.core.reading import working_folder
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.file_kinds import FOLLOWED, OTHER, OTHER_PIPELINES, PROSE
from wxlint.discovery.find_files import discover
from wxlint.documents.source import Source
from wxlint.images.graph.documents import Input
from wxlint.images.graph.family import Family
from wxlint.images.graph.repository import Repository

if TYPE_CHECKING:
    from wxlint.lint.policy_files import PolicyFiles
    from wxlint.policy.model import Policy

_MARKS = (".git", ".hg")
POLICY_NAMES = ("wxlint.yaml", "wxlint.yml", ".wxlint.yaml", ".wxlint.yml", "pyproject.toml", "policies")
"""Names of which a folder has one where it has a policy of its own."""
_READS = (
    "wxlint reads Dockerfile*, *.Dockerfile, *-Dockerfile, Containerfile*, compose.y[a]ml, compose.*.y[a]ml, "
    "docker-compose*.y[a]ml, *.compose.y[a]ml, .github/workflows/*.y[a]ml, .gitlab-ci.yml, bake files, "
    "Makefiles, justfiles, Taskfiles, Kubernetes manifests, Helm values, skaffold.yaml, devcontainer.json, tox.ini, "
    "*.md and *.rst given by name, *.sh, *.bash, *.bat, *.cmd, *.ps1 and shell scripts that may be run"
)


class Gathered(NamedTuple):
    """repository: what was read. scope: paths whose findings are shown; None for all.

    notes: what else was read, and why. followed: folders in which the files that Dockerfiles lead to (requirements,
    pyproject) are in scope too. families: folders below the given ones that have a policy of their own, left out.
    """

    repository: Repository
    scope: frozenset[str] | None
    notes: tuple[str, ...]
    followed: tuple[str, ...] = ()
    families: tuple[str, ...] = ()


def gather(
    paths: Sequence[str],
    policy_path: str | None = None,
    no_policy: bool = False,
    only: bool = False,
    stdin: bytes | None = None,
    stdin_name: str = "",
    cache: Cache = NO_CACHE,
    texts: Mapping[str, Source] | None = None,
) -> Gathered:
    """Read what the arguments of a command name.

    A folder that holds Dockerfiles of the policy's family brings in the compose files and scripts the policy names.
    Files given by name are in scope alone, the rest of the repository being context.

    Args:
        paths: files, folders, `-`; none for the policy's root, else the working folder.
        policy_path: the policy file; found by walking up from the first path when None.
        no_policy: use none.
        only: the scope is the given paths, and nothing that the policy names.
        stdin: what was read of standard input.
        stdin_name: the file that standard input stands for; shown, and its name tells the kind.
        cache: what earlier runs read.
        texts: what stands for files of the disk, by path as shown: a buffer of an editor, a change not yet written.

    Raises UsageError, InputError or PolicyError.
    """
    look_anew()
    folder = working_folder()
    named = [Path(path) for path in paths if path != "-"]
    for path in named:
        if not disk.lexists(path):
            raise InputError(f"{path}: no such file or folder")
    start = named[0] if named else Path(stdin_name) if stdin_name else folder
    policy = None if no_policy else _policy(policy_path, start, cache)
    if not paths:
        named = [policy.root if policy else folder]
    root = policy.root if policy else repository_root(start if paths else named[0])
    folders = [path for path in named if disk.is_folder(path)]
    files = [path for path in named if not disk.is_folder(path)]
    found = discover(named, () if no_policy or policy_path is not None else POLICY_NAMES)
    given = {shown(file.path): file.kind for file in found.files}
    families = _families(found.marked, policy, given) if found.marked else {}
    given = {path: kind for path, kind in given.items() if not _is_below_any(path, families)}
    sources: dict[str, Source] = dict(texts or {})
    if stdin is not None:
        from wxlint.lint.standard_input import as_file

        source, kind = as_file(stdin, stdin_name, shown(Path(stdin_name)))
        sources[source.path] = source
        given[source.path] = kind
        files += [Path(stdin_name)] if stdin_name else []
    images = Family(policy, root)
    family = _of_policy(policy, images) if policy else None
    context, problems = _context(family, root, folders, files)
    brought = {path: kind for path, kind in context.items() if path not in given}
    notes = [*found.notes, *_unread_pipelines(given)]
    if policy and policy.exclude:
        given, brought, note = _without_excluded(policy, given, brought)
        notes += [note] if note and (files or not given) else []
    if family:
        given.update((path, kind) for path, kind in family.listed.items() if given.get(path) == OTHER)
    gathered = _scope(given, brought, policy, family, folders, narrow=bool(files or stdin is not None or only))
    by_name = {shown(path) for path in files}
    left_out = families or policy and policy.exclude and found.files
    if not left_out and not any(_is_read(path, kind, by_name) for path, kind in given.items()):
        where = ", ".join(shown(path) for path in named)
        raise InputError(f"{where}: no Dockerfile, compose file or script found; {_READS}")
    inputs = [Input(path, kind) for path, kind in sorted({**given, **brought}.items())]
    repository = Repository.of(inputs, root, policy, sources, cache, images)
    repository.sources.problems.extend(FileProblem("", problem) for problem in (*found.problems, *problems))
    return Gathered(repository, gathered.scope, (*gathered.notes, *notes), gathered.followed, tuple(families))


def _is_read(path: str, kind: str, by_name: Collection[str]) -> bool:
    """Whether a given file is one to check: a document counts where it is given by name, since every folder has one."""
    return kind not in (OTHER, PROSE) or kind == PROSE and path in by_name or FOLLOWED.search(path) is not None


def _families(marked: Iterable[str], policy: Policy | None, given: Collection[str]) -> dict[str, Path]:
    """The folders, as shown, that have another policy and files of their own, the outermost of them; with the policy.

    marked: folders that may be such.
    """
    from wxlint.policy.find import policies_in

    own = disk.real(policy.path) if policy else ""
    found: dict[str, Path] = {}
    for folder in marked:
        for one in policies_in(os.path.abspath(folder)):
            if disk.real(one.policy) != own:
                found.setdefault(shown(Path(one.folder)), one.policy)
    return {
        folder: path
        for folder, path in found.items()
        if not _is_below_any(folder, found, itself=False) and any(_is_below_any(one, [folder]) for one in given)
    }


def _is_below_any(path: str, folders: Collection[str], *, itself: bool = True) -> bool:
    """Whether a path lies in one of the folders."""
    return any(is_below(path, folder) or itself and path == folder for folder in folders)


def _without_excluded(
    policy: Policy, given: dict[str, str], brought: dict[str, str]
) -> tuple[dict[str, str], dict[str, str], str]:
    """What is left of both when what the policy excludes is taken out, and a word on what was given."""
    out = {path for path in (*given, *brought) if policy.excludes(_below_root(policy, path))}
    named = sorted(out.intersection(given))
    note = f"not looked at, by exclude in {policy.path}: {', '.join(named[:3])}" if named else ""
    note += f" and {len(named) - 3} more" if len(named) > 3 else ""
    kept = [{path: kind for path, kind in one.items() if path not in out} for one in (given, brought)]
    return kept[0], kept[1], note


def _below_root(policy: Policy, path: str) -> str:
    return os.path.relpath(path, policy.root).replace(os.sep, "/")


def _unread_pipelines(given: dict[str, str]) -> Iterator[str]:
    """Yield what is to be said of files given by name that belong to a program whose form is not read."""
    for path, kind in given.items():
        program = OTHER_PIPELINES.get(os.path.basename(path).lower().lstrip("."))
        if kind == OTHER and program:
            yield f"{path} is not read: wxlint knows no form of {program}"


class _Scope(NamedTuple):
    """As in Gathered."""

    scope: frozenset[str] | None
    notes: tuple[str, ...]
    followed: tuple[str, ...]


def _scope(
    given: dict[str, str],
    brought: dict[str, str],
    policy: Policy | None,
    family: PolicyFiles | None,
    folders: list[Path],
    narrow: bool,
) -> _Scope:
    """What is shown. narrow: only what was given by name."""
    followed = tuple(shown(folder) for folder in folders)
    if narrow:
        return _Scope(frozenset(given), (), followed)
    if not brought:
        return _Scope(None, (), followed)
    if policy is None or family is None or family.dockerfiles.isdisjoint(given):
        return _Scope(frozenset(given), (), followed)
    extra = sorted(path for path in brought if path in family.listed)
    notes = []
    if extra:
        where = ", ".join(followed)
        notes.append(f"also read {', '.join(extra)}: named by {policy.path} for the family in {where}")
    return _Scope(frozenset((*given, *extra, policy.path)), tuple(notes), (shown(policy.root),))


def _policy(given: str | None, start: Path, cache: Cache) -> Policy | None:
    from wxlint.policy.find import find_policy

    path = given if given is not None else find_policy(start)
    return None if path is None else load_given(path, cache)


def _of_policy(policy: Policy, images: Family) -> PolicyFiles:
    from wxlint.lint.policy_files import files_of

    return files_of(policy, images)


def load_given(given: str | Path, cache: Cache = NO_CACHE) -> Policy:
    """The policy in a file. Raises PolicyError and InputError."""
    from wxlint.documents.source import read
    from wxlint.policy.load import load_policy

    path = Path(given)
    return load_policy(read(path, shown(path)), path, cache)


def _context(
    family: PolicyFiles | None, root: Path, folders: list[Path], files: list[Path]
) -> tuple[dict[str, str], list[str]]:
    """Files that are read besides those given, with their kinds, and what could not be read of the policy's own."""
    if family is not None:
        wanted = [Path(path) for path in sorted(family.named | family.compose_beside) if disk.is_file(path)]
        listed, problems, *_ = discover(wanted)
        kinds = ((shown(file.path), file.kind) for file in listed)
        return {path: family.listed.get(path, kind) for path, kind in kinds}, problems
    top = disk.real(root)
    if any(disk.real(folder) == top for folder in folders):
        return {}, []
    # Without a repository around them, only what lies beside: nobody wants a whole home folder read.
    listed, *_ = discover([root] if is_repository(root) else [] if folders else _beside(files))
    return {shown(file.path): file.kind for file in listed if file.kind != OTHER}, []


def _beside(files: list[Path]) -> list[Path]:
    """The files in the folders of these files, not those in folders below."""
    found: list[Path] = []
    for folder in sorted({path.parent for path in files}):
        with suppress(OSError):  # a folder that may be entered but not listed: what was named is read all the same
            found += [path for name in disk.names(folder) if disk.is_file(path := folder / name)]
    return found


def repository_root(start: Path) -> Path:
    """The folder with .git above a path.

    Without one: the working folder when the path lies in it, else the path's own folder.
    """
    start = start if disk.is_folder(start) else start.parent
    resolved = Path(disk.real(start))
    for folder in (resolved, *resolved.parents):
        if is_repository(folder):
            return folder
    cwd = Path.cwd()
    return cwd if resolved.is_relative_to(cwd) else start


def is_repository(folder: Path) -> bool:
    """Whether a version control system keeps its data in the folder."""
    return any(disk.exists(folder / mark) for mark in _MARKS)

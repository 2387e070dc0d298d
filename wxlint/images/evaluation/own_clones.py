"""What a RUN clones. Of the very repository that its Dockerfile lies in, the files are those of the checkout."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.documents.dockerfile.reader import Instruction
from wxlint.documents.source import Source
from wxlint.images.evaluation.default_shell import shell_texts
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.files.copied_files import Copy
from wxlint.images.evaluation.open_stage import OpenStage

_CLONE = late(r"\bgit\s+clone\b([^;&|)\n]*)")
_FETCHED = late(r"\bgit\s+(?:-C\s+([^\s;&|]+)\s+)?remote\s+add\s+(?:-\S+\s+)*\S+\s+([^\s;&|)]+)")
"""`git init` with a remote, which one commit is then fetched from."""
_ADDRESS = late(r"(?:https?://|ssh://|git://)?(?:[^\s/@]+@)?[\w.-]+[/:](?:\d+/)?([\w.-]+)/([\w.-]+?)(?:\.git)?/?", re.I)
_MOVES = late(
    r"\bgit\s+(?:-C\s+\S+\s+)?(?:(?:checkout|switch)\b(?!\s+[\"']?(?:main|master)[\"']?\s*(?:$|[;&|\n\\]))"
    r"|(?:reset|fetch|pull|apply|am|revert|cherry-pick|submodule\s+foreach)\b)"
)
_COPIES = late(r"(?:^|[;&|\n])\s*(?:cp\s+-\w*[aRr]\w*|mv)\s+(?:-\w+\s+)*([\w./-]+)\s+([\w./-]+)\s*(?=$|[;&|\n])")
_CD = late(r"(?:^|[;&|\n(])\s*cd\s+([^\s;&|)]+)")
_REMOTE = late(r"^\s*(?:push)?url\s*=\s*(\S+)", re.I | re.M)
_VARIABLE = late(r"\$(?:\{(\w+)\}|(\w+))")
_OF_CI = late(
    r"\$\{\{\s*github\.(?:ref_name|ref|sha|head_ref)\s*\}\}"
    r"|\$\{?(?:GITHUB_(?:SHA|REF_NAME)|CI_COMMIT_(?:SHA|REF_NAME|TAG))\}?"
)
"""What CI calls the commit that it builds: the checkout itself."""
_BRANCHES = ("main", "master", "HEAD")
_VALUED = frozenset(
    ("-o", "--origin", "--depth", "--reference", "-c", "--config", "-j", "--jobs", "--filter", "--template", "-u")
)
Read = Callable[[str], "Source | None"]


class Clone(NamedTuple):
    """A folder, absolute, that holds another repository. owner, name: in lower case. main: at its main branch."""

    folder: str
    owner: str
    name: str
    main: bool


def cloned_files(stage: OpenStage, instruction: Instruction, files: Files) -> list[Copy]:
    """What a RUN clones of the repository itself, which stands there from now on; other clones are noted."""
    found = []
    for text, _ in shell_texts(instruction):
        for clone in clones(text, stage.workdir, stage.visible):
            if files.is_own is None or not files.is_own(clone.owner, clone.name):
                at = "" if clone.main else "@another"
                files.note_clone(stage.index, clone.folder, f"{clone.owner}/{clone.name}{at}")
            elif clone.main:
                found.append(Copy(".", clone.folder, None, True, cloned=True))
        files.clones[stage.index] = moved_clones(files.clones.get(stage.index, {}), text, stage.workdir)
    return found


def moved_clones(known: Mapping[str, str], text: str, workdir: str) -> dict[str, str]:
    """The clones of a stage after the commands of a RUN: checked out at another commit, or copied.

    Args:
        known: what each folder holds, as `Files.note_clone` takes it.
    """
    found = dict(known)
    if _MOVES.search(text):
        found = {folder: project if "@" in project else f"{project}@another" for folder, project in found.items()}
    for match in _COPIES.finditer(text):
        source, target = in_image(workdir, match[1].rstrip("/")), in_image(workdir, match[2])
        if source in found:
            into = match[2].endswith(("/", ".")) or f"{workdir}/".startswith(f"{target}/")
            found[posixpath.join(target, posixpath.basename(source)) if into else target] = found[source]
    return found


def clones(text: str, workdir: str, variables: Mapping[str, Value]) -> list[Clone]:
    """What the commands of a RUN clone, and where to. variables: those that it sees."""

    def known(match: re.Match[str]) -> str:
        value = variables.get(match[1] or match[2])
        return value.text if value is not None and value.known else match[0]

    text = _VARIABLE.sub(known, text)
    moves = _MOVES.search(text) is not None
    found = []
    for match in _CLONE.finditer(text):
        given, main = _arguments(match[1].split())
        address = _ADDRESS.fullmatch(given[0].strip("\"'")) if given else None
        if address is not None:
            folder = given[1].strip("\"'") if len(given) > 1 else address[2]
            found.append((match, folder, address, main and not moves))
    for match in _FETCHED.finditer(text):
        address = _ADDRESS.fullmatch(match[2].strip("\"'"))
        if address is not None:
            found.append((match, (match[1] or ".").strip("\"'"), address, False))
    return [
        Clone(path, address[1].lower(), address[2].lower(), main)
        for match, folder, address, main in found
        if (path := _folder(text, match, workdir, folder))
    ]


def _folder(text: str, command: re.Match[str], workdir: str, named: str) -> str:
    """The absolute path of a folder that a command names; "" where that is not known."""
    entered = _CD.findall(text, 0, command.start())
    path = in_image(workdir, *(word.strip("\"'") for word in entered), named)
    return path if path.startswith("/") and not set("$`~*") & set(path) else ""


def own_project(url: str, is_own: Callable[[str, str], bool]) -> bool:
    """Whether `git+https://...` is this repository itself, at its main branch or at what CI builds."""
    address, _, fragment = url.partition("+")[2].partition("#")
    scheme, slashes, rest = address.partition("://")
    rest, at, ref = rest.rpartition("@") if "@" in rest.partition("/")[2] else (rest, "", "")
    found = _ADDRESS.fullmatch(f"{scheme}{slashes}{rest}")
    if found is None or "subdirectory" in fragment or (at and ref not in _BRANCHES and not _OF_CI.fullmatch(ref)):
        return False
    return is_own(found[1].lower(), found[2].lower())


def _arguments(words: list[str]) -> tuple[list[str], bool]:
    """What `git clone` is given besides options, and whether it takes the main branch."""
    found: list[str] = []
    main = True
    waiting = words[::-1]
    while waiting:
        word = waiting.pop().strip("\\")
        name, equals, value = word.partition("=")
        if name in ("-b", "--branch", "--revision"):
            branch = value if equals else waiting.pop() if waiting else ""
            main = branch.strip("\"'") in _BRANCHES
        elif word in _VALUED:
            waiting[-1:] = []
        elif word and not word.startswith("-"):
            found.append(word)
    return found, main


def names_of(root: str, folder: str, read: Read) -> Callable[[str, str], bool]:
    """A test of whether an owner and a name, in lower case, are those of the repository at a root.

    Its remotes say so. Without any, its folder has both names, or the name while its README has the address.

    Args:
        folder: the root as a path that `read` takes, "" or ending in "/".
    """
    config = read(f"{folder}.git/config")
    if config is not None:
        remotes = {
            (found[1].lower(), found[2].lower())
            for url in _REMOTE.findall(config.text)
            if (found := _ADDRESS.fullmatch(url)) is not None
        }
        if remotes:
            return lambda owner, name: (owner, name) in remotes
    base = posixpath.basename(root).lower()

    def is_own(owner: str, name: str) -> bool:
        if base in (f"{owner}{between}{name}" for between in ("+", "-", "_", "__", "--")):
            return True
        if base != name:
            return False
        readme = read(f"{folder}README.md") or read(f"{folder}README.rst")
        return readme is not None and f"github.com/{owner}/{name}" in readme.text.lower()

    return is_own

"""Which files are read: found below folders, or given by name; what git ignores is left out, without running git.

Below a folder: no links to folders, no other repository (a submodule), no virtual environment; a file that is a link
only when it leads to a file of the same tree, and each file once.
"""

from __future__ import annotations

import os
import re
import stat
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from pathlib import Path

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.discovery.git_index import repository, rules_in
from wxlint.discovery.gitignore import Rules, is_ignored

DOCKERFILE, COMPOSE, SHELL, BATCH, OTHER = "dockerfile", "compose", "shell", "batch", "other"

_NAME = late(
    r"""(?P<dockerfile>   (?:dockerfile|containerfile)(?:\.(?P<suffix>.+))? | .*\.(?:dockerfile|containerfile) )
      | (?P<maybe>        (?:dockerfile|containerfile)[^.].* | .+[-_ ](?:dockerfile|containerfile) )
      | (?P<compose>      (?:docker-)?compose(?P<letter>[a-z])?.*\.ya?ml )
      | (?P<shell>        .+\.(?:sh|bash) )
      | (?P<batch>        .+\.(?:bat|cmd) )""",
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_NO_DOCKERFILE = frozenset(
    (
        *("dockerignore", "containerignore", "md", "markdown", "rst", "adoc", "html", "pdf", "png", "svg"),
        *(
            "j2",
            "jinja",
            "jinja2",
            "tmpl",
            "tpl",
            "template",
            "in",
            "erb",
            "mustache",
            "hbs",
            "ejs",
            "m4",
            "mako",
            "gotmpl",
        ),
        *("json", "yaml", "yml", "toml", "ini", "cfg", "conf", "lock", "csv", "xml", "properties", "hcl", "tf"),
        *("orig", "rej", "bak", "swp", "swo", "patch", "diff", "log", "sha256", "sig", "asc", "gz", "zip"),
    )
)
"""Suffixes behind `Dockerfile.` of what is about a Dockerfile, or makes one, and is none."""
_MAYBE_DOCKERFILE = frozenset(
    (
        *("txt", "py", "rb", "js", "ts", "go", "rs", "java", "kt", "pl", "php", "lua", "r", "cs"),
        *("sh", "bash", "zsh", "ps1", "bat", "cmd"),
    )
)
"""Suffixes that name the language of an image (Dockerfile.go) or of a generator: the content decides."""

_ENDS = (".yml", ".yaml", ".sh", ".bash", ".bat", ".cmd")
_SKIPPED = frozenset((".git", ".hg", ".svn", "node_modules", "__pycache__"))
_HEAD = 65536
_FROM = late(
    r"(?:\s*(?:#[^\n]*)?\n)*(?:[ \t]*ARG[ \t][^\n]*\n(?:\s*(?:#[^\n]*)?\n)*)*[ \t]*FROM[ \t]+\S", re.IGNORECASE
)
_SERVICES = late(r"""^(?:services|include)["']?[ \t]*:""", re.MULTILINE)
_SHEBANG = late(r"#![^\n]*\b(?:sh|bash|dash|ash|ksh|zsh)\b")
_ECHO_OFF = late(r"\s*@?echo[ \t]+off\b|\s*(?:@?rem[ \t]|::)", re.IGNORECASE)


class Found(NamedTuple):
    """kind: dockerfile, compose, shell or batch; other for a file given by name that is none of these."""

    path: Path
    kind: str


def discover(paths: Sequence[Path]) -> tuple[list[Found], list[str]]:
    """The files below `paths` and the files among them, sorted, each once; and what could not be read ("path: reason").

    A file given by name is taken even when git ignores it.
    """
    search = _Search()
    for path in paths:
        search.start(str(path))
    found = sorted(search.found.values(), key=lambda file: file.path.parts)
    return found, sorted(search.problems)


def kind_of(path: str) -> str:
    """The kind of a file, from its name, then from how it starts. Raises OSError when that cannot be read."""
    name = os.path.basename(path)
    kind, sure = _kind(name)
    return kind if kind and sure else kind_of_text(name, _head(path))


def kind_of_text(name: str, text: str) -> str:
    """The kind of a text, from the name of its file where that tells, then from how it starts; other when neither does."""
    kind, sure = _kind(name)
    if kind:
        return kind if sure or _confirms(kind, text) else OTHER
    for kind, pattern in ((SHELL, _SHEBANG), (DOCKERFILE, _FROM), (BATCH, _ECHO_OFF)):
        if pattern.match(text):
            return kind
    return COMPOSE if _SERVICES.search(text) else OTHER


def _may_be_ours(name: str) -> bool:
    """A fast first look, since nearly all files of a tree are none of ours."""
    name = name.lower()
    return name.endswith(_ENDS) or "dockerfile" in name or "containerfile" in name


def _kind(name: str) -> tuple[str, bool]:
    """The kind that a file's name tells, "" for none, and whether the name is enough."""
    match = _NAME.fullmatch(name)
    if match is None:
        return "", True
    if match["maybe"] is not None:
        kind, suffix = DOCKERFILE, name.rpartition(".")[2].lower() if "." in name else "txt"
    elif match["dockerfile"] is not None:
        kind, suffix = DOCKERFILE, (match["suffix"] or "").rpartition(".")[2].lower()
    elif match["compose"] is not None:
        return COMPOSE, match["letter"] is None  # composer.yml is none
    else:
        return match.lastgroup or "", True
    return (
        ("", True) if suffix in _NO_DOCKERFILE else (kind, suffix not in _MAYBE_DOCKERFILE and match["maybe"] is None)
    )


def _confirms(kind: str, text: str) -> bool:
    return bool(_SERVICES.search(text) if kind == COMPOSE else _FROM.match(text))


def _head(path: str) -> str:
    with open(path, "rb") as file:
        return file.read(_HEAD).decode("utf-8-sig", "replace").replace("\r\n", "\n")


def _printable(path: str) -> str:
    """A path for a message, whatever bytes it is made of."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)


class _Tree:
    """What one walk stays inside: a repository, or the folder given when that lies in none."""

    def __init__(self, real: str) -> None:
        self.repository = repository(real)
        self.root = self.repository.root if self.repository else real
        self._tracked: list[bytes] | None = None

    def tracked(self, base: bytes) -> Iterator[bytes]:
        """The tracked paths below a folder ("a/b/")."""
        if self._tracked is None:
            self._tracked = self.repository.tracked() if self.repository else []
        for n in range(bisect_left(self._tracked, base), len(self._tracked)):
            if not self._tracked[n].startswith(base):
                break
            yield self._tracked[n]

    def is_tracked(self, path: bytes) -> bool:
        return next(self.tracked(path), b"") == path


class _Folder(NamedTuple):
    """path: as shown. real: as it is. base: relative to the tree's root, "" or "a/b/". rules: those from above."""

    path: str
    real: str
    base: bytes
    rules: Rules | None


class _Search:
    """found: by real path, so that each file comes once."""

    def __init__(self) -> None:
        self.found: dict[str, Found] = {}
        self.problems: set[str] = set()

    def problem(self, path: str, reason: str | OSError) -> None:
        if isinstance(reason, OSError):
            reason = f"cannot be read: {reason.strerror or reason}"
        self.problems.add(f"{_printable(path)}: {reason}")

    def start(self, path: str) -> None:
        """One path as given."""
        real = os.path.realpath(path)
        try:
            mode = os.stat(real).st_mode
            if stat.S_ISREG(mode):
                self.found[real] = Found(Path(path), kind_of(path))
        except (FileNotFoundError, ValueError):
            self.problem(path, "there is no such file or folder")
        except OSError as error:
            self.problem(path, error)
        else:
            if stat.S_ISDIR(mode):
                self.walk(path, real)
            elif not stat.S_ISREG(mode):
                self.problem(path, "neither a file nor a folder")

    def walk(self, path: str, real: str) -> None:
        """Everything below one folder, in one tree."""
        tree = _Tree(real)
        below = os.path.relpath(real, tree.root)
        base = b"" if below == "." else os.fsencode(below) + b"/"
        rules = None
        try:
            rules = tree.repository.rules(real) if tree.repository else None
        except OSError as error:
            self.problem(error.filename or path, error)
        links: list[tuple[str, str]] = []
        waiting = [_Folder(path, real, base, rules)]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder.real) as entries:
                    inside = {entry.name: entry for entry in entries}
            except OSError as error:
                self.problem(folder.path, error)
                continue
            if folder.real != real:
                if "pyvenv.cfg" in inside:
                    continue
                if ".git" in inside:  # another repository: read as one of its own when it lies in none
                    if tree.repository is None:
                        self.walk(folder.path, folder.real)
                    continue
            if ".gitignore" in inside:
                try:
                    folder = folder._replace(rules=rules_in(folder.real, folder.base, folder.rules))
                except OSError as error:
                    self.problem(os.path.join(folder.path, ".gitignore"), error)
            for name, entry in inside.items():
                if entry.is_dir(follow_symlinks=False):
                    if name not in _SKIPPED:
                        waiting += self.below(tree, folder, name)
                elif _may_be_ours(name) and _kind(name)[0] and not self.is_ignored(tree, folder, name):
                    shown = os.path.join(folder.path, name)
                    if entry.is_symlink():
                        links.append((shown, entry.path))
                    elif entry.is_file(follow_symlinks=False):
                        self.take(shown, entry.path)
                elif "." not in name and _is_program(entry) and not self.is_ignored(tree, folder, name):
                    self.found.setdefault(entry.path, Found(Path(folder.path, name), SHELL))
        for shown, link in sorted(links):
            self.link(shown, link, tree.root)

    def below(self, tree: _Tree, folder: _Folder, name: str) -> list[_Folder]:
        """The folder to read next; none when it is ignored, though what is tracked in it is taken."""
        base = folder.base + os.fsencode(name)
        path, real = os.path.join(folder.path, name), os.path.join(folder.real, name)
        inside = _Folder(path, real, base + b"/", folder.rules)
        if not is_ignored(base, True, folder.rules):
            return [inside]
        for tracked in tree.tracked(inside.base):
            *folders, name = os.fsdecode(tracked[len(inside.base) :]).split("/")
            file = os.path.join(real, *folders, name)
            if _kind(name)[0] and not _SKIPPED.intersection(folders) and _is_regular(file):
                self.take(os.path.join(path, *folders, name), file)
        return []

    def is_ignored(self, tree: _Tree, folder: _Folder, name: str) -> bool:
        path = folder.base + os.fsencode(name)
        return is_ignored(path, False, folder.rules) and not tree.is_tracked(path)

    def take(self, shown: str, real: str) -> None:
        if real in self.found:
            return
        kind, sure = _kind(os.path.basename(shown))
        if not sure:
            try:
                kind = kind_of(real)
            except OSError as error:
                self.problem(shown, error)
                return
        if kind not in ("", OTHER):
            self.found[real] = Found(Path(shown), kind)

    def link(self, shown: str, link: str, root: str) -> None:
        real = os.path.realpath(link)
        if not os.path.exists(real):
            self.problem(shown, "a link that leads nowhere")
        elif os.path.commonpath((real, root)) != root:
            self.problem(shown, "a link that leads out of the tree; give the file itself by name to have it read")
        elif _is_regular(real):
            self.take(shown, real)


def _is_program(entry: os.DirEntry[str]) -> bool:
    """Whether a file without an ending is a shell script: one that may be run, and names a shell in its first line."""
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
        if not (stat.S_ISREG(mode) and mode & 0o111):
            return False
        with open(entry.path, "rb") as file:
            return _SHEBANG.match(file.read(128).decode("latin-1")) is not None
    except OSError:
        return False


def _is_regular(path: str) -> bool:
    try:
        return stat.S_ISREG(os.lstat(path).st_mode)
    except OSError:
        return False

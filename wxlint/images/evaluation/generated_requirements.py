"""Requirements files that a RUN makes: exported from a project, compiled, put together, copied or written out.

Only what a command says by itself is followed; a file that anything else touches is not known.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.images.installs.model import Lines, Place, read_arguments

if TYPE_CHECKING:
    from wxlint.shell.model import Command

_LISTS = (".txt", ".in")
_PROGRAMS = frozenset("cat cp mv echo printf poetry pdm uv pipenv pip-compile python python3".split())
_OUTPUT = frozenset(("-o", "--output", "--output-file"))
_GROUPS = frozenset("--extra -E --extras --with --group -G --only".split())
_VALUED = (
    _OUTPUT
    | _GROUPS
    | frozenset(
        "-f --format --without --python -p --index-url -i --extra-index-url --find-links --no-emit-package".split()
    )
)
_MAKES = late(r"\b(?:cat|cp|mv|echo|printf|export|compile|requirements|lock)\b")
_MOST = 20_000
_LOOKS = frozenset(
    "cat head tail ls grep egrep wc less diff test [ [[ chmod chown stat file cmp md5sum sha256sum du find echo printf true".split()
)
"""Programs that leave a file that they name as it is, unless their output goes there."""


def may_make(text: str) -> bool:
    """A quick look: whether the commands of a RUN may make a list of requirements."""
    return (".txt" in text or ".in" in text or "pip-compile" in text) and _MAKES.search(text) is not None


def is_maker(command: Command) -> bool:
    """Whether `made_by` has to be asked about a command."""
    return command.words[0].value.text.rpartition("/")[2] in _PROGRAMS


def made_by(command: Command, place: Place) -> tuple[str, Lines | None] | None:
    """The path of the requirements file that a command makes, as written, and what it then holds: None when that is not known.

    None when the command makes no such file.
    """
    words = list(command.words)
    name = words[0].value.text.rpartition("/")[2]
    if name in ("python", "python3"):  # python -m poetry, python -m piptools compile
        if len(words) < 3 or words[1].value.text != "-m":
            return None
        words = words[2:]
        name = words[0].value.text
    if name == "piptools":
        if len(words) < 2 or words[1].value.text != "compile":
            return None
        name, words = "pip-compile", words[1:]
    arguments = read_arguments(words[1:], frozenset() if name in ("cat", "cp", "mv") else _VALUED)
    given = [word.value.text for word in arguments.positional]
    options = [(option, value.text if value else "") for option, value, _, _ in arguments.options]
    target, appends = _redirected(command)
    if name in ("cp", "mv"):
        if target or len(given) != 2 or not given[0].endswith(_LISTS):
            return None
        source, target = given
        if target.endswith(("/", ".")):
            target = posixpath.join(target, posixpath.basename(source))
        return target, _all([source], place)
    if not target:
        target = next((value for option, value in reversed(options) if option in _OUTPUT), "")
    lines = _content(name, given, options, command, place)
    if lines is None:
        return (target, None) if target.endswith(_LISTS) else None
    if not target and name == "pip-compile":
        target = posixpath.splitext(given[-1] if given else "requirements.in")[0] + ".txt"
        target = "requirements.txt" if given and given[-1].endswith(("pyproject.toml", "setup.py")) else target
    if not target.endswith(_LISTS):
        return None
    before = place.requirements(target, False, command.start) if appends else Lines()
    return target, merged([before, lines])


def _content(
    name: str, given: list[str], options: list[tuple[str, str]], command: Command, place: Place
) -> Lines | None:
    """What a command writes; None when that is no list of requirements, or not known."""
    verb = given[0] if given else ""
    if name == "cat":
        bodies = [redirect.target.value for redirect in command.redirects if redirect.operator in ("<<", "<<-")]
        if bodies and not given:
            return None if bodies[-1].holes else place.written(bodies[-1].text)
        return _all(given, place) if given and all(path.endswith(_LISTS) for path in given) else None
    if name in ("echo", "printf"):
        texts = [word.value.text for word in command.words[1:]]
        text = " ".join(texts[1:] if texts and texts[0] in ("-e", "-n", "-en", "-ne") else texts)
        return place.written(text.replace("\\n", "\n")) if HOLE not in text and "%" not in text else None
    groups = tuple(
        value.lower() for option, value in options if option in _GROUPS for value in value.replace(",", " ").split()
    )
    if any(option in ("--all-extras", "--all-groups", "--with-dev") for option, _ in options):
        groups = ("*",)
    if name in ("poetry", "pdm", "uv") and verb == "export":
        return place.project(".", groups)
    if name == "pipenv" and verb in ("requirements", "lock"):
        dev = any(option in ("--dev", "-d") for option, _ in options)
        return place.pipfile("Pipfile", ("packages", "dev-packages") if dev else ("packages",))
    if name == "uv" and given[:2] == ["pip", "compile"]:
        given = given[2:]
    elif name != "pip-compile":
        return None
    found = []
    for path in given or ["requirements.in"]:
        folder, _, last = path.rpartition("/")
        found.append(place.project(folder or ".", groups) if last == "pyproject.toml" else _all([path], place))
    return merged(found)


def touched(command: Command) -> list[str]:
    """What a command that is no installer may write, move or remove, as written; ending in * where it may be all of a folder."""
    target, _ = _redirected(command)
    found = [target] if target else []
    name = command.words[0].value.text.rpartition("/")[2]
    given = [word.value.text for word in command.words[1:] if not word.value.text.startswith("-")]
    if name == "find":
        acts = any(word.value.text in ("-exec", "-execdir", "-delete", "-ok") for word in command.words)
        return found + [f"{path.rstrip('/')}/*" for path in given[:1] if acts]
    if name in _LOOKS:
        return found
    recursive = name in ("rm", "mv", "cp", "rsync", "chroot")
    return (
        found
        + given
        + [f"{path.rstrip('/')}/*" for path in given if recursive and not path.endswith(_LISTS) and "*" not in path]
    )


def merged(parts: list[Lines]) -> Lines:
    """All of them together; the last index counts. Too many are not known: commands that double a file must not fill memory."""
    if sum(len(part.requirements) + len(part.missing) + len(part.extra) for part in parts) > _MOST:
        return Lines(missing=("a file of too many lines",))
    return Lines(
        tuple(r for part in parts for r in part.requirements),
        next((part.index for part in reversed(parts) if part.index is not None), None),
        tuple(s for part in parts for s in part.extra),
        tuple(s for part in parts for s in part.links),
        tuple(r for part in parts for r in part.constraints),
        tuple(m for part in parts for m in part.missing),
        any(part.no_index for part in parts),
    )


def _all(paths: list[str], place: Place) -> Lines:
    return merged([place.requirements(path, False, 0) for path in paths])


def _redirected(command: Command) -> tuple[str, bool]:
    """The file that standard output goes to, "" for none, and whether it is added to."""
    for redirect in reversed(command.redirects):
        if redirect.operator in (">", ">>", ">|", "1>", "1>>"):
            return redirect.target.value.text, redirect.operator.endswith(">>")
    return "", False

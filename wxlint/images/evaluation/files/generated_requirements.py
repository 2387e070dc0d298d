"""Requirements files that a RUN makes: exported from a project, compiled, put together, filtered, copied or written
out.

Only what a command says by itself is followed; a file that anything else touches is not known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE
from wxlint.images.evaluation.files.written_files import redirected
from wxlint.images.installs.call import InstallContext
from wxlint.images.installs.model import Groups, Lines, Sources, Unread, UnreadKind, joined
from wxlint.images.installs.options import Arguments, read_arguments
from wxlint.shell.python_modules import module_run

if TYPE_CHECKING:
    from wxlint.images.evaluation.files.line_edits import Edit
    from wxlint.shell.model import Command, Word

_LISTS = (".txt", ".in")
_PROGRAMS = frozenset("cat cp mv echo printf grep egrep sed poetry pdm uv pipenv pip-compile python python3".split())
_OUTPUT = ("-o", "--output", "--output-file")
_GROUPS = ("--extra", "-E", "--extras", "--with", "--group", "-G", "--only")
_VALUED = frozenset((*_OUTPUT, *_GROUPS)) | frozenset(
    "-f --format --without --python -p --index-url -i --index --default-index --extra-index-url --find-links"
    " --no-emit-package".split()
)
_MAKES = late(r"\b(?:cat|cp|mv|echo|printf|grep|egrep|sed|export|compile|requirements|lock)\b")
_BUILDS = late(r"-m\s+build\b|\b(?:uv|poetry|pdm|flit)\s+build\b|\bpyproject-build\b|\bbdist_wheel\b|\bpip3?\s+wheel\b")
_PIPE = late(r"[\s\\]*\|(?!\|)[\s\\]*")
_MOST = 20_000
_MOST_PIPED = 20
"""Programs of a pipeline that are followed back from one; what a longer one writes is not known."""


def may_make(text: str) -> bool:
    """A quick look: whether the commands of a RUN may make a list of requirements."""
    return (".txt" in text or ".in" in text or "pip-compile" in text) and _MAKES.search(text) is not None


def may_build(text: str) -> bool:
    """A quick look: whether the commands of a RUN may build a wheel."""
    return ("build" in text or "wheel" in text) and _BUILDS.search(text) is not None


def is_maker(command: Command) -> bool:
    """Whether `made_by` may find that a command makes a list."""
    return command.words[0].value.text.rpartition("/")[2] in _PROGRAMS


class Made(NamedTuple):
    """A list that a command makes. path: as written. lines: what it then holds; None where that is not known."""

    path: str
    lines: Lines | None


class _Call(NamedTuple):
    """A program with its arguments. target, appends: where its output goes. fed: what it reads the output of, through
    pipes, the first program first."""

    name: str
    words: tuple[Word, ...]
    arguments: Arguments
    command: Command
    context: InstallContext
    target: str
    appends: bool
    fed: tuple[Command, ...] = ()

    @property
    def given(self) -> list[str]:
        return [word.value.text for word in self.arguments.positional]


def piped_into(commands: Sequence[Command], number: int, text: str) -> tuple[Command, ...]:
    """The commands whose output the command of a number reads through pipes, the first one first."""
    first, earliest = number, max(number - _MOST_PIPED, 0)
    while first > earliest and _PIPE.fullmatch(text, commands[first - 1].end, commands[first].start):
        first -= 1
    return tuple(commands[first:number])


def made_by(command: Command, context: InstallContext, fed: tuple[Command, ...] = ()) -> Made | None:
    """The requirements file that a command makes; None when it makes none. fed: as `piped_into` gives it."""
    words = _program(command.words)
    if not words:
        return None
    call = _call(command, words, context, fed)
    name, target, appends = call.name, call.target, call.appends
    if name in ("cp", "mv"):
        return _copied(call)
    if name == "sed" and call.arguments.has("-i", "--in-place"):
        path, lines = _filtered(call)
        return Made(path, lines) if path.endswith(_LISTS) and not re.search(r"[*?\[]", path) else None
    if not target:
        chosen = call.arguments.last(*_OUTPUT)
        target = chosen.text if chosen is not None else ""
    lines = _content(call)
    if lines is None:
        return Made(target, None) if target.endswith(_LISTS) else None
    if not target and name == "pip-compile":
        target = _compiled_name(call.given)
    if not target.endswith(_LISTS):
        return None
    before = [context.requirements(target, {})] if appends else []
    return Made(target, merged([*before, lines]))


def written_by(text: str, context: InstallContext) -> Lines | None:
    """The requirements that `cat`, `grep`, `sed` or a pipeline of them write of a file; None where no list is known."""
    from wxlint.shell.bash.reader import read_shell

    commands = list(read_shell(text, {}).commands)
    while len(commands) > 1 and _joins_lines([word.value.text for word in commands[-1].words]):
        commands.pop()
    fed = piped_into(commands, len(commands) - 1, text) if commands else ()
    if not commands or len(fed) < len(commands) - 1 or any(any(redirected(one)) for one in commands):
        return None
    call = _call(commands[-1], commands[-1].words, context, fed)
    return _WRITERS[call.name](call) if call.name in ("cat", "grep", "egrep", "sed") else None


def _joins_lines(words: list[str]) -> bool:
    return words in (["xargs"], ["xargs", "echo"]) or (words[0] == "tr" and words[1:] in (["\\n", " "], ["\n", " "]))


def _call(command: Command, words: tuple[Word, ...], context: InstallContext, fed: tuple[Command, ...] = ()) -> _Call:
    """A command as a call of the program that its words name."""
    name = words[0].value.text.rpartition("/")[2]
    valued = _VALUED if name not in _READERS_OF_FLAGS else frozenset(("-e", "--expression", "--regexp"))
    target, appends = redirected(command)
    return _Call(name, words, read_arguments(words[1:], valued), command, context, target, appends, fed)


_READERS_OF_FLAGS = frozenset(("cat", "cp", "mv", "grep", "egrep", "sed"))
"""Programs whose short options are not those of tools that export lists."""


def _program(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The program behind `python -m`; empty for a module that makes no list."""
    name = words[0].value.text.rpartition("/")[2]
    if name in ("python", "python3"):  # python -m poetry, python -m piptools compile
        run = module_run(words[1:])
        if run is None:
            return ()
        words = run.words
        name = words[0].value.text
    if name == "piptools":
        if len(words) < 2 or words[1].value.text != "compile":
            return ()
        compile_ = words[1]
        return (compile_._replace(value=compile_.value._replace(text="pip-compile")), *words[2:])
    return words


def _compiled_name(given: list[str]) -> str:
    """Where pip-compile writes by itself."""
    if given and given[-1].endswith(("pyproject.toml", "setup.py")):
        return "requirements.txt"
    return posixpath.splitext(given[-1] if given else "requirements.in")[0] + ".txt"


def _copied(call: _Call) -> Made | None:
    if call.target or len(call.given) != 2 or not call.given[0].endswith(_LISTS):
        return None
    source, target = call.given
    if target.endswith(("/", ".")):
        target = posixpath.join(target, posixpath.basename(source))
    return Made(target, _all([source], call.context))


def _content(call: _Call) -> Lines | None:
    """What a command writes; None when that is no list of requirements, or not known."""
    if call.name in _WRITERS:
        return _WRITERS[call.name](call)
    verb = call.given[0] if call.given else ""
    if call.name in ("poetry", "pdm", "uv") and verb == "export":
        return call.context.project(".", _groups(call), call.name)
    if call.name == "pipenv" and verb in ("requirements", "lock"):
        names = ("packages", "dev-packages") if call.arguments.has("--dev", "-d") else ("packages",)
        return call.context.pipfile("Pipfile", Groups(names))
    if call.name == "uv" and call.given[:2] == ["pip", "compile"]:
        return _compiled(call, call.given[2:], "uv")
    return _compiled(call, call.given, "pip") if call.name == "pip-compile" else None


def _groups(call: _Call) -> Groups:
    names = tuple(name for text in call.arguments.texts(*_GROUPS) for name in text.lower().replace(",", " ").split())
    every = call.arguments.has("--all-groups", "--with-dev")
    return Groups(names, every_extra=call.arguments.has("--all-extras"), every_group=every)


def _compiled(call: _Call, paths: list[str], tool: str) -> Lines:
    found = []
    for path in paths or ["requirements.in"]:
        folder, _, last = path.rpartition("/")
        if last == "pyproject.toml":
            found.append(call.context.project(folder or ".", _groups(call), tool))
        else:
            found.append(_all([path], call.context))
    return _with_written_sources(merged(found), call, tool)


def _with_written_sources(lines: Lines, call: _Call, tool: str) -> Lines:
    """With the indexes that a compiler writes into its output: pip-compile unless it is told not to, uv if told."""
    from wxlint.images.installs.pip import INDEX_FLAGS, LINK_FLAGS, given_sources  # only where something is compiled

    arguments, context = call.arguments, call.context
    if arguments.has("--no-emit-index-url") or (tool == "uv" and not arguments.has("--emit-index-url")):
        return lines
    index = given_sources(arguments, context, *INDEX_FLAGS)
    extra = given_sources(arguments, context, "--extra-index-url", "--index")
    given = Sources(index[-1] if index else None, extra, given_sources(arguments, context, *LINK_FLAGS))
    return lines._replace(sources=given.then(lines.sources))


def _cat(call: _Call) -> Lines | None:
    bodies = [redirect.target.value for redirect in call.command.redirects if redirect.operator in ("<<", "<<-")]
    if bodies and not call.given:
        body = bodies[-1]  # an empty one stands behind the RUN, in a heredoc of the Dockerfile
        return call.context.written(body.text) if body.text and not body.holes else None
    if not call.given or not all(path.endswith(_LISTS) for path in call.given):
        return None
    return _all(call.given, call.context)


def _echo(call: _Call) -> Lines | None:
    texts = [word.value.text for word in call.words[1:]]
    text = " ".join(texts[1:] if texts and texts[0] in ("-e", "-n", "-en", "-ne") else texts)
    return call.context.written(text.replace("\\n", "\n")) if HOLE not in text and "%" not in text else None


def _printf(call: _Call) -> Lines | None:
    from wxlint.shell.bash.text_programs import formatted  # few Dockerfiles have one

    text = formatted([word.value for word in call.words[1:]])
    return call.context.written(text.text) if text is not None and text.known else None


def _filter(call: _Call) -> Lines | None:
    return _filtered(call)[1]


_WRITERS: dict[str, Callable[[_Call], Lines | None]] = {
    "cat": _cat,
    "echo": _echo,
    "printf": _printf,
    "grep": _filter,
    "egrep": _filter,
    "sed": _filter,
}


def _filtered(call: _Call) -> tuple[str, Lines | None]:
    """`grep -v PATTERN FILE`, `sed '/PATTERN/d' FILE`, `cat FILE | grep -v PATTERN`: the file that is read, and what is
    left of its lines."""
    from wxlint.images.evaluation.files.line_edits import in_turn

    path, edit = _own_edit(call)
    edits = [edit]
    for before in () if path else reversed(call.fed):
        writer = _call(before, before.words, call.context)
        path, edit = _own_edit(writer)
        edits.insert(0, edit if not writer.target else None)  # what goes into a file does not come through the pipe
        if path:
            break
    known = [edit for edit in edits if edit is not None]
    if not path or len(known) < len(edits):
        return path, None
    return path, call.context.edited(path, in_turn(known))


def _own_edit(call: _Call) -> tuple[str, Edit | None]:
    """The file that a filter reads, "" for its input, and what it leaves of each line; None where that is not known."""
    if call.name not in ("cat", "grep", "egrep", "sed"):
        return "", None
    if call.name == "cat":
        return (call.given[0], str) if len(call.given) == 1 and not call.arguments.options else ("", None)
    patterns = call.arguments.texts("-e", "--expression", "--regexp")
    given = call.given
    if not patterns and given:
        patterns, given = given[:1], given[1:]
    path = given[0] if given else ""
    if len(given) > 1 or not patterns:
        return path, None
    flags = {option.name for option in call.arguments.options}
    return path, _edit(call, patterns, flags) if flags <= _FLAGS else None


_FLAGS = frozenset("-v --invert-match -i --ignore-case -e -E -r --in-place --regexp --expression".split())
"""The options of grep and sed that are followed."""


def _edit(call: _Call, patterns: list[str], flags: set[str]) -> Edit | None:
    """What a filter leaves of each line; None where that is not known."""
    from wxlint.images.evaluation.files.line_edits import grep_edit, sed_edit

    extended = call.name == "egrep" or bool(flags & {"-E", "-r"})
    if call.name == "sed":
        return sed_edit(patterns, extended=extended)
    removes, ignore_case = bool(flags & {"-v", "--invert-match"}), bool(flags & {"-i", "--ignore-case"})
    return grep_edit(patterns, removes=removes, extended=extended, ignore_case=ignore_case)


def merged(parts: list[Lines]) -> Lines:
    """All of them together. Too many are not known: commands that double a file must not fill memory."""
    if sum(len(part.requirements) + len(part.unread) + len(part.sources.extra) for part in parts) > _MOST:
        return Lines(unread=(Unread(UnreadKind.NOT_WHOLE, "a file that a RUN makes"),))
    return joined([Lines(), *parts])


def _all(paths: list[str], context: InstallContext) -> Lines:
    return merged([context.requirements(path, {}) for path in paths])

"""What Python programs build and use: noxfile.py, tasks.py and their like, and programs that run containers.

The file is parsed, never run. A command is a list of texts (`subprocess.run([...])`), texts one after the other
(`session.run("docker", "build", ...)`), or one text that a shell reads (`c.run("docker build ...")`). What names hold
is followed in the order of the statements (see `flow`); a name of the module counts where it is given once.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import reason_at
from wxlint.core.values import HOLE
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import PROGRAMS, Script
from wxlint.images.builds.python.flow import Flow, Start
from wxlint.images.model.embedded_shell import EmbeddedText
from wxlint.shell.model import Command

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.commands.docker_cli import DockerCommand
    from wxlint.images.builds.github.actions import Find

_MOST_CHARACTERS = 400_000
"""Characters of a program; a longer one is generated, and not read."""
_BETWEEN = late(r"(?:[\s,]|#[^\n]*\n)*")
"""What stands between the words of one list."""


def python_script(source: Source, find: Find) -> Script:
    """What a file does with images. find: the first of several paths that is a known Dockerfile."""
    if len(source.text) > _MOST_CHARACTERS:
        return Script((), (), ())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the file, for who runs it
            tree = ast.parse(source.text)
        reader = _Reader(source, tree)
        commands = tuple(reader.commands())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Script((), (), ())  # not ours to report
    script = _named(read_script(source, commands, find), reader)
    if not any(_takes_a_service(call.docker) for call in script.calls):
        return script
    from wxlint.images.builds.python.columns import columns

    return script._replace(columns=columns(tree, source))


def _takes_a_service(docker: DockerCommand) -> bool:
    """Whether a command line starts a service of compose whose name it takes from elsewhere."""
    return docker.verb in ("compose run", "compose up", "compose exec") and any(
        word.value.text == HOLE for word in docker.arguments[:1]
    )


def _named(script: Script, reader: _Reader) -> Script:
    """The builds with the functions that make them."""
    builds = []
    for build in script.builds:
        name = reader.function_at(build.span.line) if build.span is not None else ""
        own = reason_at("build", f"{name}()" if name else "docker build", build.span, name)
        builds.append(build._replace(built_by=(own, *build.built_by[1:])))
    return script._replace(builds=tuple(builds))


class _Reader:
    def __init__(self, source: Source, tree: ast.Module) -> None:
        self.source, self.tree = source, tree
        self.functions = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]

    def function_at(self, line: int) -> str:
        """The innermost function around a line."""
        found = [(f.lineno, f.name) for f in self.functions if f.lineno <= line <= (f.end_lineno or f.lineno)]
        return max(found)[1] if found else ""

    def commands(self) -> Iterator[Command]:
        """The command lines, in the order of the file."""
        shared = _shared(self.tree)
        starts: list[Start] = []
        for body in (self.tree.body, *(function.body for function in self.functions)):
            flow = Flow(self.source, shared)
            flow.follow(body)
            starts += flow.starts
        for start in sorted(dict.fromkeys(starts), key=lambda start: start.first):
            if start.text is not None:
                yield from self._shell(start)
            elif start.words and start.words[0].value.known and start.words[0].value.text:
                yield Command(start.words, (), (), start.first, self._end(start), False, (), (), start.cwd)

    def _end(self, start: Start) -> int:
        """Where the list ends that a command line begins in."""
        end = start.words[0].end
        for word in start.words[1:]:
            if word.start < end or _BETWEEN.fullmatch(self.source.text, end, word.start) is None:
                break
            end = word.end
        return end

    def _shell(self, start: Start) -> Iterator[Command]:
        word = start.text
        if word is None or not any(program in word.value.text for program in PROGRAMS):
            return
        text = EmbeddedText()
        text.filled(word.value, word.start, word.end)
        yield from text.commands(self.source, {}, word.end, "bash")


def _shared(tree: ast.Module) -> dict[str, ast.expr]:
    """The names to which the module gives something, once in the file."""
    stored: dict[str, int] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) or (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)):
            name = node.arg if isinstance(node, ast.arg) else node.id
            stored[name] = stored.get(name, 0) + 1
    return {
        target.id: statement.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets[:1]
        if isinstance(target, ast.Name) and stored[target.id] == 1
    }

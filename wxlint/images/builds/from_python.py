"""What the tasks of noxfile.py, tasks.py and their like build and use: command lines that are written out.

The file is parsed, never run. A command is a list of texts (`subprocess.run([...])`), texts one after the other
(`session.run("docker", "build", ...)`), or one text that a shell reads (`c.run("docker build ...")`). A name counts
where the module gives it one text, once; every other expression is unknown.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value, concat
from wxlint.images.builds.embedded_shell import EmbeddedText
from wxlint.images.builds.from_scripts import Script, read_script
from wxlint.shell.model import Command, Word

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.github_actions import Find

_CALLS = frozenset("run call check_call check_output Popen run_always run_install sudo local".split())
_PROGRAMS = ("docker", "podman", "buildah", "nerdctl")


def python_script(source: Source, find: Find) -> Script:
    """What a file does with images. find: the first of several paths that is a known Dockerfile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about the file, for who runs it
            tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Script((), (), ())  # not ours to report
    reader = _Reader(source, tree)
    return _named(read_script(source, tuple(reader.commands(tree)), find), reader)


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
        self.source = source
        self.names: dict[str, list[ast.expr | None]] = {}
        self.functions: list[tuple[int, int, str]] = []
        for node in ast.walk(tree):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                self.functions.append((node.lineno, node.end_lineno or node.lineno, node.name))
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                self.names.setdefault(node.id, []).append(None)
            elif isinstance(node, ast.arg):
                self.names.setdefault(node.arg, []).append(None)
        for statement in tree.body:
            if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
                target = statement.targets[0]
                if isinstance(target, ast.Name) and self.names.get(target.id) == [None]:
                    self.names[target.id] = [statement.value]

    def function_at(self, line: int) -> str:
        """The innermost function around a line."""
        found = [each for each in self.functions if each[0] <= line <= each[1]]
        return max(found)[2] if found else ""

    def commands(self, tree: ast.Module) -> Iterator[Command]:
        """The commands of calls, in the order of the file."""
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_call(node)]
        for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
            first = call.args[0] if call.args else None
            if isinstance(first, (ast.List, ast.Tuple)):
                yield from self._words(call, first.elts)
            elif isinstance(first, ast.Constant) and isinstance(first.value, str) and " " not in first.value:
                yield from self._words(call, call.args)
            elif isinstance(first, (ast.Constant, ast.JoinedStr)):
                yield from self._shell(first)

    def _words(self, call: ast.Call, given: list[ast.expr]) -> Iterator[Command]:
        words = [
            Word(self._value(node), *self._place(node), quoted=not isinstance(node, ast.Starred)) for node in given
        ]
        if words and words[0].value.known and words[0].value.text:
            cwd = next((self._value(key.value) for key in call.keywords if key.arg == "cwd"), None)
            yield Command(tuple(words), (), (), words[0].start, words[-1].end, False, (), (), cwd)

    def _shell(self, node: ast.expr) -> Iterator[Command]:
        value = self._value(node)
        if not any(word in value.text for word in _PROGRAMS):
            return
        start, end = self._place(node)
        text = EmbeddedText()
        text.filled(value, start, end)
        yield from text.commands(self.source, {}, end, "bash")

    def _value(self, node: ast.expr, depth: int = 0) -> Value:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return Value(node.value.replace(HOLE, ""))
        if isinstance(node, ast.JoinedStr):
            return concat([self._value(part, depth) for part in node.values])
        if isinstance(node, ast.FormattedValue):
            return self._value(node.value, depth) if node.format_spec is None else _unknown(node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return concat([self._value(node.left, depth + 1), self._value(node.right, depth + 1)])
        if isinstance(node, ast.Name) and depth < 10:
            given = self.names.get(node.id, [])
            if len(given) == 1 and given[0] is not None:
                value = self._value(given[0], depth + 1)
                reason = Reason("variable", f"{node.id}={value.shown()}", self.source.path, given[0].lineno, node.id)
                return value._replace(because=(*value.because, reason))
        return _unknown(node)

    def _place(self, node: ast.expr) -> tuple[int, int]:
        """The offsets of an expression; Python counts columns in bytes of UTF-8."""
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno or 1, node.end_col_offset or 0)

    def _offset(self, line: int, column: int) -> int:
        before = self.source.line_text(line).encode("utf-8", "surrogatepass")[:column]
        return self.source.starts[min(line, len(self.source.starts)) - 1] + len(before.decode("utf-8", "ignore"))


def _unknown(node: ast.expr) -> Value:
    return Value(HOLE, (ast.unparse(node),))


def _is_call(node: ast.Call) -> bool:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in _CALLS

"""What a setup.py hands to `setup()` as its requirements, read from its text: nothing of it is run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from wxlint.core.tuples import NamedTuple
from wxlint.documents.manifests import setup_conditions as conditions
from wxlint.documents.manifests.setup_expressions import Evaluator
from wxlint.documents.manifests.setup_values import (
    MOST_TEXT,
    NONE,
    UNREADABLE,
    Lined,
    Listed,
    SetupFunction,
    SetupScope,
    SetupTable,
    SetupText,
    Value,
    called,
    tree_of,
)
from wxlint.documents.source import Source

_MOST_LINE = 20_000
_STARTING = frozenset(("run", "call", "check_call", "check_output", "Popen", "system", "main", "popen"))
"""Functions that start programs, pip's own `main` among them."""
_CHANGING = frozenset(("append", "extend", "insert", "remove", "pop", "clear", "update", "setdefault", "sort"))


class SetupCall(NamedTuple):
    """What `setup()` is given.

    requires: of install_requires; None where there is none. extras: of extras_require, by their names. extras_known:
    whether these are all. problem: why nothing is known of it; "" otherwise. broken: the file was not read.
    """

    requires: Listed | None = None
    extras: tuple[tuple[str, Listed], ...] = ()
    extras_known: bool = True
    problem: str = ""
    broken: bool = False


def read_setup_py(source: Source) -> SetupCall:
    """Read a setup.py. Never raises: where its text does not say what is asked for, `problem` does."""
    text = source.text
    if source.unfit_for():
        return SetupCall(problem="it is not UTF-8", broken=True)
    if len(text) > MOST_TEXT or max(map(len, text.split("\n"))) > _MOST_LINE:
        return SetupCall(problem="it is too large to read", broken=True)
    try:
        tree = tree_of(text)
        if any(map(_installs, ast.walk(tree))):
            return SetupCall(problem="it installs by itself")
        return _Reader(tree).call()
    except UNREADABLE:
        return SetupCall(problem="it cannot be parsed", broken=True)


class _Unsure(Exception):
    """Which statement comes next cannot be told from the text."""


class _Returned(Exception):
    def __init__(self, value: Value) -> None:
        self.value = value


class _Reader(Evaluator):
    """Follows the statements of one file as far as they decide what `setup()` is given."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__()
        self.tree = tree
        self.given: list[dict[str, Value]] = []
        self.doubts = 0
        self.module = SetupScope(None, frozenset(_changed_by_functions(tree)))

    def call(self) -> SetupCall:
        try:
            self.block(self.tree.body, self.module)
        except (_Unsure, _Returned):
            return SetupCall(problem="what it lists is computed")
        if len(self.given) != 1:
            return SetupCall(problem="it does not call setup() once")
        arguments = self.given[0]
        if "**" in arguments:
            return SetupCall(problem="what it lists is computed")
        requires = self._listed(arguments["install_requires"]) if "install_requires" in arguments else None
        if requires is not None and not requires.items and not requires.whole:
            return SetupCall(problem="what it lists is computed")
        table = arguments.get("extras_require", SetupTable(()))
        if not isinstance(table, SetupTable):
            return SetupCall(requires, (), False)
        return SetupCall(requires, tuple((name, self._listed(value)) for name, value in table.items), table.whole)

    @staticmethod
    def _listed(value: Value) -> Listed:
        if isinstance(value, SetupText):  # one text, a requirement a line
            lines = value.text.split("\n")
            return Listed(tuple(SetupText(line.strip(), value.line) for line in lines if line.strip()), whole=True)
        if isinstance(value, Lined):
            return Listed((value,), whole=True)
        return value if isinstance(value, Listed) else Listed((), whole=value is NONE)

    # -- statements

    def block(self, statements: list[ast.stmt], scope: SetupScope) -> None:
        for statement in statements:
            self.step()
            self._statement(statement, scope)

    def _statement(self, node: ast.stmt, scope: SetupScope) -> None:
        if isinstance(node, ast.Assign):
            value = self.value(node.value, scope)
            for target in node.targets:
                self._assign(target, value, scope)
        elif isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self._assign(node.target, self.value(node.value, scope), scope)
        elif isinstance(node, ast.AugAssign):
            self._add(node, scope)
        elif isinstance(node, ast.Expr):
            self._expression(node.value, scope)
        elif isinstance(node, ast.FunctionDef):
            scope.set(node.name, SetupFunction(node))
        elif isinstance(node, ast.With):
            for item in node.items:
                if item.optional_vars is not None:
                    self._assign(item.optional_vars, self.value(item.context_expr, scope), scope)
            self.block(node.body, scope)
        elif isinstance(node, ast.Return):
            if self.doubts:
                raise _Unsure
            raise _Returned(self.value(node.value, scope) if node.value is not None else NONE)
        else:
            self._compound(node, scope)

    def _compound(self, node: ast.stmt, scope: SetupScope) -> None:
        if isinstance(node, ast.If):
            read = self.reading(scope)
            holds = True if conditions.reads_what_it_finds(node, read) else conditions.holds(node.test, read)
            if holds is None:
                self._either((node.body, node.orelse), scope)
            else:
                self.block(node.body if holds else node.orelse, scope)
        elif isinstance(node, ast.Try):
            ways = [[*node.body, *node.orelse], *(handler.body for handler in node.handlers)]
            self._either(ways, scope)
            self.block(node.finalbody, scope)
        elif isinstance(node, ast.For):
            self._loop(node, scope)
        elif not isinstance(node, (ast.Import, ast.ImportFrom, ast.Pass, ast.Assert, ast.ClassDef, ast.Global)):
            self._forget(node, scope)

    def _either(self, ways: list[list[ast.stmt]] | tuple[list[ast.stmt], ...], scope: SetupScope) -> None:
        """Statements of which one list is carried out, and it is open which."""
        self.doubts += 1
        ends = []
        for way in ways:
            branch = scope.copy()
            self.block(way, branch)
            ends.append(branch)
        self.doubts -= 1
        scope.join(ends)

    def _loop(self, node: ast.For, scope: SetupScope) -> None:
        over = self.value(node.iter, scope)
        plain = isinstance(node.target, ast.Name) and not node.orelse
        if plain and isinstance(over, Lined):
            self._assign(node.target, over, scope)
            self.block([s for s in node.body if not conditions.skips_a_line(s, self.reading(scope))], scope)
        elif plain and isinstance(over, Listed) and over.whole:
            for item in over.items:
                self._assign(node.target, item, scope)
                self.block(node.body, scope)
        else:
            self._forget(node, scope)

    def _assign(self, target: ast.expr, value: Value, scope: SetupScope) -> None:
        if isinstance(target, ast.Name):
            scope.set(target.id, value)
        elif isinstance(target, ast.Subscript) and isinstance(target.value, ast.Name):
            table, key = scope.get(target.value.id), self.value(target.slice, scope)
            if isinstance(table, SetupTable) and isinstance(key, SetupText):
                scope.change(target.value.id, table.having(key.text, value))
            else:
                scope.change(target.value.id, None)
        else:
            for name in _stored(target):
                scope.set(name, None)

    def _add(self, node: ast.AugAssign, scope: SetupScope) -> None:
        """`requirements += [...]`."""
        if isinstance(node.op, ast.Add):
            total = self.sum_of(self.value(node.target, scope), self.value(node.value, scope))
            if isinstance(node.target, ast.Name):
                scope.change(node.target.id, total)
                return
            if isinstance(node.target, ast.Subscript):
                self._assign(node.target, total, scope)
                return
        self._forget(node, scope)

    def _expression(self, node: ast.expr, scope: SetupScope) -> None:
        if not isinstance(node, ast.Call):
            return
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if isinstance(node.func, ast.Attribute) and name in _CHANGING:
            self._change(node, node.func, scope)
        else:
            self.value(node, scope)

    def _change(self, node: ast.Call, method: ast.Attribute, scope: SetupScope) -> None:
        """`requirements.append("torch")`, `extras["all"].extend(extras["gpu"])`."""
        place = method.value
        total: Value = None
        if method.attr in ("append", "extend") and len(node.args) == 1 and not isinstance(node.args[0], ast.Starred):
            given = self.value(node.args[0], scope)
            if method.attr == "append":
                given = Listed((given,), whole=True) if isinstance(given, (SetupText, Lined)) else None
            total = self.sum_of(self.value(place, scope), given)
        elif method.attr == "update" and len(node.args) == 1:
            before, more = self.value(place, scope), self.value(node.args[0], scope)
            if isinstance(before, SetupTable) and isinstance(more, SetupTable):
                total = before.updated(more)
        elif method.attr == "sort":
            total = self.value(place, scope)
        if isinstance(place, ast.Name):
            scope.change(place.id, total)
        else:
            self._assign(place, total, scope)

    def _forget(self, node: ast.AST, scope: SetupScope) -> None:
        """Nothing is known of what a statement sets or changes; it calls no `setup`."""
        for name in (*_stored(node), *_changed(node)):
            scope.change(name, None)
        for one in ast.walk(node):
            if isinstance(one, ast.Call) and called(one) == "setup":
                raise _Unsure

    # -- calls

    def of_setup(self, node: ast.Call, scope: SetupScope) -> Value:
        if self.doubts or node.args:
            raise _Unsure
        given: dict[str, Value] = {}
        for keyword in node.keywords:
            value = self.value(keyword.value, scope)
            if keyword.arg is not None:
                given[keyword.arg] = value
            elif isinstance(value, SetupTable) and value.whole:
                given.update(value.items)
            else:
                given["**"] = None
        self.given.append(given)
        return None

    def of_function(self, function: SetupFunction, node: ast.Call, scope: SetupScope) -> Value:
        """What a function of the file returns."""
        definition = function.node
        inner = SetupScope(self.module, frozenset())
        names = [argument.arg for argument in definition.args.args]
        defaults = definition.args.defaults
        for name, default in zip(names[len(names) - len(defaults) :], defaults, strict=True):
            inner.set(name, self.value(default, self.module))
        for name, argument in zip(names, node.args, strict=False):
            inner.set(name, self.value(argument, scope))
        for keyword in node.keywords:
            if keyword.arg is not None:
                inner.set(keyword.arg, self.value(keyword.value, scope))
        changed = _changed(definition)
        for argument in (*node.args, *(keyword.value for keyword in node.keywords)):
            if isinstance(argument, ast.Name) and changed & set(names):
                scope.change(argument.id, None)
        doubts, self.doubts = self.doubts, 0
        given = len(self.given)
        try:
            with self.deeper():
                self.block(definition.body, inner)
        except _Returned as returned:
            return returned.value
        except _Unsure:
            if len(self.given) > given or any(called(n) == "setup" for n in ast.walk(definition)):
                raise
            return None
        finally:
            self.doubts = doubts
        if doubts and len(self.given) > given:
            raise _Unsure
        return NONE


def _installs(node: ast.AST) -> bool:
    """Whether a call starts a program that installs something."""
    if not isinstance(node, ast.Call) or called(node) not in _STARTING:
        return False
    texts = [one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    return any("install" in text.split() for text in texts)


def _stored(node: ast.AST) -> set[str]:
    """The names that are set in a piece of the tree."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Store, ast.Del))}


def _changed(node: ast.AST) -> set[str]:
    """The names whose lists or tables are changed in a piece of the tree."""
    found = set()
    for one in ast.walk(node):
        place: ast.AST | None = None
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and one.func.attr in _CHANGING:
            place = one.func.value
        elif isinstance(one, ast.AugAssign):
            place = one.target
        elif isinstance(one, ast.Subscript) and isinstance(one.ctx, (ast.Store, ast.Del)):
            place = one
        while isinstance(place, (ast.Subscript, ast.Attribute)):
            place = place.value
        if isinstance(place, ast.Name):
            found.add(place.id)
    return found


def _changed_by_functions(tree: ast.Module) -> Iterator[str]:
    """Yield the module's names that a function may change when it is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            yield from node.names
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            own = {argument.arg for argument in node.args.args} | _stored(node)
            yield from _changed(node) - own

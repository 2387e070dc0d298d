"""What the expressions of a setup.py are, as far as their text says it."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from wxlint.core.patterns import late
from wxlint.core.values import HOLE
from wxlint.documents.manifests.setup_conditions import Read, holds, keeps_requirements
from wxlint.documents.manifests.setup_values import (
    NONE,
    Lined,
    Listed,
    Nothing,
    SetupFunction,
    SetupScope,
    SetupTable,
    SetupText,
    Value,
    called,
    common,
)

_MOST_STEPS = 200_000
_MOST_CALLS = 20


_SAME = frozenset("abspath realpath resolve absolute expanduser str Path PurePath fspath as_posix".split())
"""Calls that leave a path or a text what it is."""
_LINES = frozenset(
    "readlines splitlines read read_text list sorted tuple set map filter parse_requirements strip rstrip".split()
)
"""Calls that give a file's lines, or leave them what they are."""
_MAPPED = ("str", "str.strip", "str.rstrip", "None")
"""What may be mapped over lines, or filter them."""
_NAMED = late(r"\s*[A-Za-z0-9][\w.-]*(?:\[[\w,\s-]*\])?\s*[=<>!~]=?")
"""How a requirement begins whose name is known."""
_OF_MM = frozenset(("parse_line", "parse_require_file", "gen_packages_items"))
"""The functions inside `parse_requirements` as the OpenMMLab and ModelScope projects write it: it lists a file's
requirements, with their versions. Source: their setup.py."""


class Evaluator:
    """What expressions are. Calls of `setup` and of the file's functions are for who follows its statements."""

    def __init__(self) -> None:
        self.steps = _MOST_STEPS
        self.calls = 0

    def of_setup(self, node: ast.Call, scope: SetupScope) -> Value:
        raise NotImplementedError

    def of_function(self, function: SetupFunction, node: ast.Call, scope: SetupScope) -> Value:
        raise NotImplementedError

    def step(self, cost: int = 1) -> None:
        """Raises: ValueError: too much is computed."""
        self.steps -= cost
        if self.steps < 0:
            raise ValueError("too much is computed")

    @contextmanager
    def deeper(self) -> Iterator[None]:
        """One call inside another."""
        self.calls += 1
        try:
            if self.calls > _MOST_CALLS:
                raise ValueError("calls lead to themselves")
            yield
        finally:
            self.calls -= 1

    def value(self, node: ast.expr, scope: SetupScope) -> Value:
        """What an expression is."""
        self.step()
        if isinstance(node, ast.Constant):
            if node.value is None:
                return NONE
            return SetupText(node.value, node.lineno) if isinstance(node.value, str) else None
        if isinstance(node, ast.Name):
            return SetupText("setup.py", node.lineno) if node.id == "__file__" else scope.get(node.id)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return self._list(node.elts, scope)
        if isinstance(node, ast.Dict):
            return self._table(node, scope)
        if isinstance(node, ast.BinOp):
            return self._operation(node, scope)
        if isinstance(node, ast.Subscript):
            return self._entry(node, scope)
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            return self._comprehension(node, scope)
        if isinstance(node, ast.JoinedStr):
            return self._formatted(node, scope)
        if isinstance(node, ast.IfExp):
            kept = holds(node.test, self.reading(scope))
            ways = [self.value(way, scope) for way in (node.body, node.orelse)]
            return common(ways) if kept is None else ways[0 if kept else 1]
        if isinstance(node, ast.Attribute):
            return self._parent(node, scope)
        return self._call(node, scope) if isinstance(node, ast.Call) else None

    def sum_of(self, left: Value, right: Value) -> Value:
        """`left + right`, or `left` extended by `right`."""
        if isinstance(left, SetupText) and isinstance(right, SetupText):
            self.step(len(left.text) + len(right.text))
            return SetupText(left.text + right.text, left.line)
        lists = [Listed((one,), whole=True) if isinstance(one, Lined) else one for one in (left, right)]
        known = [one for one in lists if isinstance(one, Listed)]
        if not known or any(isinstance(one, (SetupText, SetupTable, SetupFunction, Nothing)) for one in lists):
            return None
        self.step(sum(len(one.items) for one in known))
        items = tuple(item for one in known for item in one.items)
        return Listed(items, whole=len(known) == 2 and all(one.whole for one in known))

    def reading(self, scope: SetupScope) -> Read:
        """What says of an expression in a scope what it is."""
        return partial(self.value, scope=scope)

    # -- kinds of expressions

    def _list(self, elements: list[ast.expr], scope: SetupScope) -> Listed:
        items: list[SetupText | Lined] = []
        whole = True
        for element in elements:
            value = self.value(element.value if isinstance(element, ast.Starred) else element, scope)
            if isinstance(element, ast.Starred) and isinstance(value, Listed):
                self.step(len(value.items))
                items += value.items
                whole = whole and value.whole
            elif isinstance(value, (SetupText, Lined)):
                items.append(value)
            else:
                whole = False
        return Listed(tuple(items), whole)

    def _table(self, node: ast.Dict, scope: SetupScope) -> SetupTable:
        found = SetupTable(())
        for key, value in zip(node.keys, node.values, strict=True):
            held = self.value(value, scope)
            if key is None:
                found = found.updated(held) if isinstance(held, SetupTable) else SetupTable(found.items, whole=False)
                continue
            name = self.value(key, scope)
            found = (
                found.having(name.text, held) if isinstance(name, SetupText) else SetupTable(found.items, whole=False)
            )
        return found

    def _keywords(self, keywords: list[ast.keyword], scope: SetupScope) -> SetupTable:
        found = SetupTable(())
        for keyword in keywords:
            held = self.value(keyword.value, scope)
            if keyword.arg is not None:
                found = found.having(keyword.arg, held)
            else:
                found = found.updated(held) if isinstance(held, SetupTable) else SetupTable(found.items, whole=False)
        return found

    def _entry(self, node: ast.Subscript, scope: SetupScope) -> Value:
        """`extras["gpu"]`, and `line.split("#")[0]`, a line without its comment."""
        if called(node.value) in ("split", "partition") and isinstance(node.value, ast.Call):
            call, first = node.value, getattr(node.slice, "value", None)
            by = getattr(call.args[0], "value", "") if call.args else ""
            about = self.value(call.func.value, scope) if isinstance(call.func, ast.Attribute) else None
            return about if first == 0 and by in ("#", " #") and isinstance(about, Lined) else None
        table, key = self.value(node.value, scope), self.value(node.slice, scope)
        return table.get(key.text) if isinstance(table, SetupTable) and isinstance(key, SetupText) else None

    def _operation(self, node: ast.BinOp, scope: SetupScope) -> Value:
        left, right = self.value(node.left, scope), self.value(node.right, scope)
        if isinstance(node.op, ast.Add):
            return self.sum_of(left, right)
        if isinstance(node.op, ast.Div) and isinstance(left, SetupText) and isinstance(right, SetupText):
            return SetupText(posixpath.join(left.text, right.text), left.line)
        return None

    def _parent(self, node: ast.Attribute, scope: SetupScope) -> Value:
        path = self.value(node.value, scope) if node.attr == "parent" else None
        return SetupText(posixpath.dirname(path.text), path.line) if isinstance(path, SetupText) else None

    def _formatted(self, node: ast.JoinedStr, scope: SetupScope) -> Value:
        parts: list[str] = []
        for part in node.values:
            plain = isinstance(part, ast.FormattedValue) and part.conversion == -1 and part.format_spec is None
            value = self.value(part.value if plain and isinstance(part, ast.FormattedValue) else part, scope)
            if isinstance(value, Lined) and len(node.values) == 1:
                return value
            if not isinstance(value, SetupText):
                if not _NAMED.match("".join(parts)):
                    return None
                value = SetupText(HOLE, node.lineno)  # a version that is computed
            self.step(len(value.text))
            parts.append(value.text)
        return SetupText("".join(parts), node.lineno)

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp, scope: SetupScope) -> Value:
        generator = node.generators[0]
        over = self.value(generator.iter, scope)
        if len(node.generators) != 1 or not isinstance(generator.target, ast.Name):
            return None
        inner = SetupScope(scope, frozenset())
        sources = over.items if isinstance(over, Listed) else (over,) if isinstance(over, Lined) else None
        if sources is None:
            return None
        items: list[SetupText | Lined] = []
        for source in sources:
            inner.set(generator.target.id, source)
            held = self.value(node.elt, inner)
            kept = all(keeps_requirements(test, self.reading(inner)) for test in generator.ifs)
            if not isinstance(held, (SetupText, Lined)) or (generator.ifs and not (isinstance(source, Lined) and kept)):
                return Listed(tuple(items), whole=False)
            items.append(held)
        return Listed(tuple(items), whole=not isinstance(over, Listed) or over.whole)

    def _call(self, node: ast.Call, scope: SetupScope) -> Value:
        name = called(node)
        if name == "setup":
            return self.of_setup(node, scope)
        about = self.value(node.func.value, scope) if isinstance(node.func, ast.Attribute) else None
        function = scope.get(name) if isinstance(node.func, ast.Name) else None
        if isinstance(function, SetupFunction):
            if {n.name for n in ast.walk(function.node) if isinstance(n, ast.FunctionDef)} >= _OF_MM:
                return (
                    self._file(self.value(node.args[0], scope)) if len(node.args) == 1 and not node.keywords else None
                )
            return self.of_function(function, node, scope)
        given = [self.value(argument, scope) for argument in node.args]
        if name == "dict" and not given:
            return self._keywords(node.keywords, scope)
        if name in ("open", "read_text") and isinstance(about, SetupText):
            return self._file(about)
        if name == "open":
            return self._file(given[0] if given else None)
        if name == "split" and isinstance(about, Lined):
            return about if given and isinstance(given[0], SetupText) and given[0].text == "\n" else None
        if name in _LINES:
            return self._lines(name, node, about, given)
        return self._path(name, node, about, given)

    @staticmethod
    def _lines(name: str, node: ast.Call, about: Value, given: list[Value]) -> Value:
        kept = about if about is not None else given[0] if given else None
        if name in ("map", "filter"):
            plain = len(given) == 2 and ast.unparse(node.args[0]) in _MAPPED
            return given[1] if plain and isinstance(given[1], Lined) else None
        if isinstance(kept, SetupText) and name in ("strip", "rstrip") and not given:
            return SetupText(kept.text.strip(), kept.line)
        return kept if isinstance(kept, (Lined, Listed)) else None

    def _path(self, name: str, node: ast.Call, about: Value, given: list[Value]) -> Value:
        first = given[0] if given else None
        if name == "join" and isinstance(node.func, ast.Attribute):
            return self._joined(node, about, given)
        if name == "dirname" and isinstance(first, SetupText):
            return SetupText(posixpath.dirname(first.text), first.line)
        if name in ("getcwd", "cwd"):
            return SetupText("", node.lineno)
        if name == "get" and isinstance(about, SetupTable) and isinstance(first, SetupText):
            return about.get(first.text)
        kept = about if about is not None else first
        return kept if name in _SAME and isinstance(kept, (SetupText, Lined)) else None

    @staticmethod
    def _file(path: Value) -> Value:
        return Lined(posixpath.normpath(path.text), path.line) if isinstance(path, SetupText) and path.text else None

    @staticmethod
    def _joined(node: ast.Call, about: Value, given: list[Value]) -> Value:
        texts = [one.text for one in given if isinstance(one, SetupText)]
        if about is None and texts and len(texts) == len(given):
            return SetupText(posixpath.join(*texts), node.lineno)
        return None

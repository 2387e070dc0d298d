"""Walking a batch file: labels, jumps, calls, blocks, loops, conditions."""

from __future__ import annotations

import posixpath
import re
from collections import deque
from functools import partial

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.batch.parser import Chain, Condition, For, If, Label, Line, Node
from wxlint.shell.batch.variables import SET_NAMES, Variables
from wxlint.shell.batch.words import Expanded, split_words
from wxlint.shell.branches import alternatives
from wxlint.shell.model import Place, Word
from wxlint.shell.state import (
    MAX_COMMANDS,
    MAX_DEPTH,
    MAX_STEPS,
    MAYBE,
    RAN,
    YES,
    Option,
    Refine,
    Status,
    opposite,
)
from wxlint.shell.values import UNSET, Arguments, assumptions, hole, joined, merged

_MAX_SCOPES = 32
"""Of setlocal, that cmd.exe takes."""
_MAX_LINE = 8191
"""Characters of a command line that cmd.exe takes."""


class BatchRunner(Variables):
    """The walk over one file."""

    def __init__(self, text: str, where: Place, script: str) -> None:
        super().__init__(text, where, script)
        self.nodes: list[Node] = []
        self.labels: dict[str, int] = {}
        self.visited: set[str] = set()
        self.pending: deque[str] = deque()
        self.unread: list[str] = []  # labels, the first of them last
        self.target = ""
        self.stack: list[str] = []
        self.dirs: list[Value | None] = []
        self.scopes: list[tuple[int, bool | None, Value | None]] = []  # where each began in the log, and its settings

    # -- the file: statements, labels, jumps

    def script_nodes(self, nodes: list[Node]) -> None:
        self.nodes = nodes
        for index, node in enumerate(nodes):
            if isinstance(node, Label):
                self.labels.setdefault(node.name, index)
        self.unread = [*reversed(self.labels)]
        self._from(0)
        done = False
        while not done:  # then what is only reached by a jump or a call that may not happen
            rest = self._unvisited()
            done = not rest
            for name in rest:
                mark = self.mark()
                self.flow, self.conditional, self.block, self.loops, self.delayed = "", True, None, {}, None
                self.args, self.because, self.via = (
                    Arguments((), True),
                    (Reason("call", f":{name}", name=f":{name}"),),
                    (),
                )
                self.visited.add(name)
                self._from(self.labels.get(name, len(nodes)))
                self.undo(mark)
        self.flow = ""

    def _unvisited(self) -> list[str]:
        """The next label that nothing has come to, in a list; labels that have been visited are not looked at again."""
        while self.pending and (not self.pending[0] or self.pending[0] in self.visited):
            self.pending.popleft()
        if self.pending:
            return [self.pending[0]]
        while self.unread and (not self.unread[-1] or self.unread[-1] in self.visited):
            self.unread.pop()
        return self.unread[-1:]

    def _from(self, index: int, stop: int | None = None) -> None:
        """Run statements from an index on, following jumps."""
        jumps = 0
        while index < (len(self.nodes) if stop is None else stop) and not self.flow:
            node = self.nodes[index]
            index += 1
            if isinstance(node, Label):
                self.visited.add(node.name)
                continue
            forward = self._skips(node, index)
            if forward is not None:
                index = forward
                continue
            depth = len(self.blocks)
            if not isinstance(node, Line):
                self.open_block()
            self._run(node)
            del self.blocks[depth:]
            self.block = None
            if str(self.flow) == "goto":
                self.flow = ""
                jumps += 1
                goal = self.labels.get(self.target)
                if goal is None or jumps > 50 or (goal < index and self.target in self.visited):
                    self.flow = "exit"  # a loop: its statements have been walked
                else:
                    index = goal

    def _skips(self, node: Node, index: int) -> int | None:
        """`if "%1"=="" goto L` with L further down: what stands between is a branch, L goes on. The index of L."""
        if not isinstance(node, If) or node.otherwise is not None or not isinstance(node.body, Line):
            return None
        match = re.fullmatch(r"goto[ \t:]+([^\s:]+)\s*", self.text[node.body.start : node.body.end], re.I)
        goal = self.labels.get(match[1].lower(), -1) if match else -1
        if goal < index or self.depth > 10:
            return None
        status = self._condition(node.condition)
        if not status.truth or not status.assumed:
            return None

        def between() -> Status:
            self.depth += 1
            self._from(index, goal)
            self.depth -= 1
            return RAN

        alternatives(self, [(None, None), (None, between)], 0, status.assumed)
        return goal

    # -- nodes

    def _run(self, node: Node) -> Status:
        if self.flow or self.depth > MAX_DEPTH:
            return RAN
        self.steps += 1
        if isinstance(node, Line):
            return self._line(node)
        self.depth += 1
        status = RAN
        if isinstance(node, Chain):
            status = self._chain(node)
        elif isinstance(node, If):
            status = self._if(node)
        elif isinstance(node, For):
            status = self._for(node)
        self.depth -= 1
        return status

    def _chain(self, node: Chain) -> Status:
        status = YES
        for operator, item in node.items:
            if self.flow:
                break
            if operator == "|":
                mark = self.mark()
                status = self._run(item)
                flow, self.flow = self.flow, ""
                self.undo(mark)
                del flow
            elif (
                operator == "&"
                or (status.certain and status.truth == (operator == "&&"))
                or (operator == "&&" and status.ran)
            ):
                status = self._run(item)
            elif not status.certain:
                alternatives(self, [(None, partial(self._run, item)), (None, None)], None, ())
        return status

    def _if(self, node: If) -> Status:
        status = self._condition(node.condition)
        if status.certain:
            return (
                self._run(node.body)
                if status.truth
                else self._run(node.otherwise)
                if node.otherwise is not None
                else RAN
            )
        likely = None if status.truth is None else 0 if status.truth else 1
        here: Refine | None = status.refine if status.refine and status.refine[2] else None
        there: Refine | None = status.refine if status.refine and not status.refine[2] else None
        options: list[Option] = [
            (here, partial(self._run, node.body)),
            (there, partial(self._run, node.otherwise) if node.otherwise is not None else None),
        ]
        alternatives(self, options, likely, status.assumed)
        return RAN

    def _condition(self, node: Condition) -> Status:
        if node.kind in ("exist", "errorlevel", "cmdextversion"):
            return MAYBE
        left = self._presumed(self._text(*node.left))
        if node.kind == "defined":
            name = left.text.strip('"').lower()
            value = self._presumed(self._variable(name, f"%{name}%", True)) if not left.holes else left
            status = (
                MAYBE
                if value.holes and not value.text.strip(HOLE + " ")
                else Status(value.text != "", False, assumptions(value), (name, "", False))
            )
            return opposite(status) if node.negated else status
        right = self._presumed(self._text(*node.right))
        status = self._compare(node, left, right)
        return opposite(status) if node.negated else status

    def _compare(self, node: Condition, left: Value, right: Value) -> Status:
        assumed = (*assumptions(left), *assumptions(right))
        one, two = (left.text.lower(), right.text.lower()) if node.fold else (left.text, right.text)
        if node.kind == "==":
            raw = self.text[slice(*node.left)]
            match = re.fullmatch(r"(\"?)(?:[%!]([^%!:]+)[%!]|%~?([1-9]))(\"?)", raw)
            refine = None
            if (
                match
                and not right.holes
                and match[1] == match[4]
                and (not match[1] or right.text[:1] == right.text[-1:] == '"')
            ):
                refine = ((match[2] or match[3]).lower(), right.text.strip('"') if match[1] else right.text, True)
            return Status(
                None if left.holes or right.holes else one == two,
                False,
                assumed,
                refine if not left.known or assumed else None,
            )
        if left.holes or right.holes:
            return MAYBE
        numbers = re.fullmatch(r"-?\d{1,9}", one) and re.fullmatch(r"-?\d{1,9}", two)
        a, b = (int(one), int(two)) if numbers else (one, two)
        outcomes = {"equ": a == b, "neq": a != b}
        if numbers:
            outcomes |= {
                "lss": int(one) < int(two),
                "leq": int(one) <= int(two),
                "gtr": int(one) > int(two),
                "geq": int(one) >= int(two),
            }
        return Status(outcomes[node.kind], False, assumed) if node.kind in outcomes else MAYBE

    # -- loops

    def _for(self, node: For) -> Status:
        text = self.text[slice(*node.items)]
        if node.flag == "f":
            inner = text.strip()
            if len(inner) > 1 and inner[0] == inner[-1] and inner[0] in "'`":
                at = node.items[0] + text.index(inner) + 1
                mark = self.mark()
                self._line(Line(at, at + len(inner) - 2))
                self.undo(mark)
            return self._unknown(
                node,
                {
                    chr(ord(node.name) + n): hole(f"%%{chr(ord(node.name) + n)}")
                    for n in range(8)
                    if ord(node.name) < 0x70 + 9
                },
            )
        value = self._text(*node.items)
        if node.flag == "l":
            match = re.fullmatch(r"\s*(-?\d{1,6})[\s,]+(-?\d{1,6})[\s,]+(-?\d{1,6})\s*", value.text)
            numbers = (
                range(int(match[1]), int(match[3]) + (1 if int(match[2]) > 0 else -1), int(match[2]))[:200]
                if match and int(match[2])
                else range(0)
            )
            items = [Value(str(n)) for n in numbers]
            exact = match is not None and len(numbers) < 200
        else:
            names = iter(value.holes)
            items = []
            for piece in re.findall(r'"[^"]*"|[^\s,;="]+', value.text):
                items.append(Value(piece, tuple(next(names, "") for _ in range(piece.count(HOLE))), value.because))
            exact = not node.flag and not any("*" in i.text or "?" in i.text or i.text == HOLE for i in items)
        count = len(self.commands)
        if exact and not self.full and self._each(node, items):
            return RAN
        del self.commands[count:]
        stars = (
            Value(re.sub(r"[*?]+", HOLE, items[0].text), ("*",) * len(re.findall(r"[*?]+", items[0].text)))
            if len(items) == 1 and not items[0].holes
            else None
        )
        return self._unknown(
            node, {node.name: stars if stars is not None and not node.flag else hole(f"%%{node.name}")}
        )

    def _each(self, node: For, items: list[Value]) -> bool:
        mark, because, outer = self.mark(), self.because, self.loops
        for item in items:
            note = Reason("loop", f"for {node.name}={item.shown()[:80]}", *self.where(node.start), node.name)
            self.loops = {**outer, node.name: item._replace(because=merged(item.because, (note,)))}
            self.because = (*because, note)
            self._run(node.body)
            self.because, self.loops = because, outer
            if self.full or len(self.commands) > MAX_COMMANDS or self.steps > MAX_STEPS:
                self.full = True
                self.undo(mark)
                return False
            if self.flow:
                break
        return True

    def _unknown(self, node: For, names: dict[str, Value]) -> Status:
        """The body once, with what it sets unknown."""
        base, outer, conditional = self.mark(), self.loops, self.conditional
        body = self.text[node.items[1] : self._node_end(node.body)]
        sets = {match[1].strip().lower() for match in SET_NAMES.finditer(body)}
        for name in sorted(sets):
            self.put(name, hole(self.named(name)))
        block = self.block
        depth = len(self.blocks)
        if block is not None:
            self.open_block()
        self.loops, self.conditional = {**outer, **names}, True
        self._run(node.body)
        self.loops, self.conditional, self.block = outer, conditional, block
        del self.blocks[depth:]
        sets.update(self.changes(base))
        self.undo(base)
        for name in sorted(sets):
            self.put(name, hole(self.named(name)))
        return RAN

    def _node_end(self, node: Node) -> int:
        for _ in range(200):
            if isinstance(node, Chain):
                if not node.items:
                    return 0
                node = node.items[-1][1]
            elif isinstance(node, If):
                node = node.otherwise or node.body
            elif isinstance(node, For):
                node = node.body
            else:
                return node.end if isinstance(node, Line) else node.start
        return 0

    # -- commands

    def _line(self, node: Line) -> Status:
        expanded = self._expand(node.start, min(node.end, node.start + _MAX_LINE))
        self.steps += len(expanded.text) // 20
        match = re.match(r"[ \t,;=@(]*([A-Za-z]+)", expanded.text)
        name = match[1].lower() if match else ""
        rest = expanded.text[match.end() :] if match else ""
        if match and name == "set" and rest[:1] in ' \t"/':
            self._set(expanded, match.end(), node.start)
            return YES
        words, redirects = split_words(expanded)
        if not words:
            return RAN
        first = words[0].value.text.lower()
        if first == "call" and len(words) > 1:
            if words[1].value.text.startswith(":"):
                self._call(words, node.start)
                return RAN
            words = words[1:]
            if words[0].value.text.lower() == "set":  # a second round of expansion
                for match in SET_NAMES.finditer(expanded.text):
                    self.put(match[1].strip().lower(), hole(self.named(match[1].strip().lower())))
                return RAN
        elif first in ("goto", "exit") or first.startswith("goto:"):
            self._jump(first, words)
            return RAN
        elif first == "shift":
            self.args = Arguments(self.args.known[1:], self.args.more, False)
            return RAN
        elif first in ("cd", "chdir", "pushd", "popd"):
            self._directory(first, words)
        elif first in ("setlocal", "endlocal"):
            self._scope(first, [word.value.text.lower() for word in words[1:]])
            return RAN
        elif first in ("title", "color", "cls"):
            return RAN
        elif first in ("cmd", "cmd.exe", "start"):
            words = _inner(first.removesuffix(".exe"), words)
        redirects_out = tuple(redirects)
        self.emit(
            node.start, max(words[-1].end, node.start, *(r.end for r in redirects_out)), tuple(words), (), redirects_out
        )
        return RAN

    def _scope(self, first: str, options: list[str]) -> None:
        """setlocal keeps the variables, the directory and the way of expansion; endlocal brings them back."""
        if first == "setlocal":
            if len(self.scopes) >= _MAX_SCOPES:
                return
            self.scopes.append((len(self.log), self.delayed, self.cwd))
            for option in options:
                if option.endswith("delayedexpansion"):
                    self.delayed = option.startswith("enable")
            return
        if not self.scopes:
            return
        since, self.delayed, self.cwd = self.scopes.pop()
        self.steps += (len(self.log) - since) // 16
        for name, old in dict(reversed(self.log[since:])).items():
            if self.vars.get(name) is not old:
                self.put(name, old)

    def _set(self, expanded: Expanded, at: int, start: int) -> None:
        text = expanded.text
        while at < len(text) and text[at] in " \t":
            at += 1
        asked = re.compile(r"/([ap])[ \t]*", re.I).match(text, at)
        if asked:
            match = re.compile(r'"?\s*([^=\s"+*/-]+)[^=]*=').match(text, asked.end())
            if match:
                self.put(match[1].lower(), hole(self.named(match[1].lower())))
            return
        end = len(text)
        if text.startswith('"', at):
            close = text.rfind('"')
            at, end = at + 1, close if close > at else end
        name, equals, _ = text[at:end].partition("=")
        if not equals or not name.strip():
            return
        first = at + len(name) + 1
        raw = text[first:end]
        plain = (
            re.sub(r"\^(.)", r"\1", raw, flags=re.S)
            if "^" in raw and text[first - len(name) - 2 : first - len(name) - 1] != '"'
            else raw
        )
        value = expanded.value(first, end, plain)
        name = name.strip()
        if not value.text:
            self.put(name.lower(), UNSET)
            return
        self.put(name.lower(), self.noted(name, value, start))

    def _call(self, words: list[Word], start: int) -> None:
        name = words[1].value.text[1:].lower()
        if name == "eof" or name not in self.labels:
            return
        self.visited.add(name)
        if (
            name in self.stack
            or len(self.stack) > 12
            or len(self.commands) > 2 * MAX_COMMANDS
            or self.steps > 2 * MAX_STEPS
            or self.depth > MAX_DEPTH - 10
        ):
            return
        saved = self.args, self.because, self.via, self.block, self.loops
        values = tuple(w.value for w in words[2:])
        more = any(v.holes[:1] == ("%*",) and v.text == HOLE for v in values)
        self.args = Arguments(() if more else values, more)
        shown = " ".join([w.value.shown() for w in words[1:8]])
        self.because = (*self.because, Reason("call", shown[:80], *self.where(start), words[1].value.text))
        self.via = (*self.via, start)
        self.steps += 8
        self.stack.append(name)
        self.depth += 1
        self._from(self.labels[name])
        self.depth -= 1
        self.stack.pop()
        if self.flow == "return":
            self.flow = ""
        self.args, self.because, self.via, self.block, self.loops = saved

    def _jump(self, first: str, words: list[Word]) -> None:
        if first == "exit":
            self.flow = "return" if self.stack and len(words) > 1 and words[1].value.text.lower() == "/b" else "exit"
            return
        name = (
            (first[5:] if first.startswith("goto:") else words[1].value.text if len(words) > 1 else "")
            .lstrip(":")
            .lower()
        )
        if name == "eof":
            self.flow = "return" if self.stack else "exit"
        elif self.conditional:
            self.pending.append(name)
            self.flow = "exit" if not self.stack else "return"
        else:
            self.flow, self.target = "goto", name

    def _directory(self, first: str, words: list[Word]) -> None:
        rest = [w.value for w in words[1:] if w.value.text.lower() != "/d"]
        if first == "popd":
            self.cwd = self.dirs.pop() if self.dirs else hole("popd")
        elif rest:
            if first == "pushd":
                self.dirs.append(self.cwd)
            path = rest[0]._replace(text=rest[0].text.replace("\\", "/"))
            if path.text.startswith(("/", HOLE)) or path.text[1:2] == ":" or self.cwd is None:
                self.cwd = path._replace(text=path.text if path.holes else posixpath.normpath(path.text or "."))
            else:
                self.cwd = joined([self.cwd, Value("/"), path])
                if not self.cwd.holes:
                    self.cwd = self.cwd._replace(text=posixpath.normpath(self.cwd.text))
            self.volume += len(self.cwd.text)
            if self.spent:  # every command keeps its directory
                self.cwd = hole("%CD%")


def _inner(first: str, words: list[Word]) -> list[Word]:
    """The command that `cmd /c` or `start` runs; the words as they are where there is none."""
    at = 1
    if first == "cmd":
        while at < len(words) and words[at].value.text[:1] == "/":
            at += 1
            if words[at - 1].value.text[:2].lower() in ("/c", "/k"):
                break
        else:
            return words
        rest = words[at:]
        if len(rest) == 1 and " " in rest[0].value.text.strip():  # cmd /c "docker push x"
            return _divided(rest[0])
        return rest or words
    if at < len(words) and words[at].quoted:  # the title of the window
        at += 1
    while at < len(words) and words[at].value.text[:1] == "/":
        at += 2 if words[at].value.text.lower() in ("/d", "/node", "/affinity") else 1
    return words[at:] or words


def _divided(word: Word) -> list[Word]:
    """The words of a command line that was quoted as a whole."""
    names = iter(word.value.holes)
    pieces = word.value.text.split()
    return [
        word._replace(value=Value(piece, tuple(next(names, "") for _ in range(piece.count(HOLE))), word.value.because))
        for piece in pieces
    ]

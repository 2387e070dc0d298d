"""Walking a batch file: labels, jumps, calls, blocks, loops, conditions."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from functools import partial

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.batch.conditions import holds
from wxlint.shell.batch.loops import end_of, items_of, pattern_of
from wxlint.shell.batch.parser import BatchFor, BatchIf, Chain, Label, Line, Node
from wxlint.shell.batch.variables import FILES, SET_NAMES, Variables
from wxlint.shell.batch.words import inner_commands, seen_from, split_words
from wxlint.shell.branches import alternatives
from wxlint.shell.model import Place, Word
from wxlint.shell.state import (
    MAX_COMMANDS,
    MAX_DEPTH,
    MAX_STEPS,
    RAN,
    YES,
    Option,
    Refine,
    Status,
)
from wxlint.shell.values import PositionalParameters, hole, merged

_MAX_LINE = 8191
"""Characters of a command line that cmd.exe takes."""


class BatchRunner(Variables):
    """The walk over one file."""

    def __init__(self, text: str, where: Place, script: str) -> None:
        super().__init__(text, where, script)
        self.nodes: Sequence[Node] = ()
        self.labels: dict[str, int] = {}
        self.visited: set[str] = set()
        self.pending: deque[str] = deque()
        self.unread: list[str] = []  # labels, the first of them last
        self.target = ""
        self.stack: list[str] = []

    # -- the file: statements, labels, jumps

    def script_nodes(self, nodes: Sequence[Node]) -> None:
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
                self.args, self.via = PositionalParameters((), True), ()
                self.because = (Reason("call", f":{name}", name=f":{name}"),)
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
        if not isinstance(node, BatchIf) or node.otherwise is not None or not isinstance(node.body, Line):
            return None
        match = re.fullmatch(r"goto[ \t:]+([^\s:]+)\s*", self.text[node.body.start : node.body.end], re.I)
        goal = self.labels.get(match[1].lower(), -1) if match else -1
        if goal < index or self.depth > 10:
            return None
        status = holds(self, node.condition)
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
        elif isinstance(node, BatchIf):
            status = self._if(node)
        elif isinstance(node, BatchFor):
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
                self.flow = ""
                self.undo(mark)
            elif (
                operator == "&"
                or (status.certain and status.truth == (operator == "&&"))
                or (operator == "&&" and status.ran)
            ):
                status = self._run(item)
            elif not status.certain:
                alternatives(self, [(None, partial(self._run, item)), (None, None)], None, ())
        return status

    def _if(self, node: BatchIf) -> Status:
        status = holds(self, node.condition)
        if status.certain:
            chosen = node.body if status.truth else node.otherwise
            return self._run(chosen) if chosen is not None else RAN
        likely = None if status.truth is None else 0 if status.truth else 1
        here: Refine | None = status.refine if status.refine and status.refine[2] else None
        there: Refine | None = status.refine if status.refine and not status.refine[2] else None
        options: list[Option] = [
            (here, partial(self._run, node.body)),
            (there, partial(self._run, node.otherwise) if node.otherwise is not None else None),
        ]
        alternatives(self, options, likely, status.assumed)
        return RAN

    # -- loops

    def _for(self, node: BatchFor) -> Status:
        text = self.text[slice(*node.items)]
        if node.flag == "f":
            inner = text.strip()
            if len(inner) > 1 and inner[0] == inner[-1] and inner[0] in "'`":
                at = node.items[0] + text.index(inner) + 1
                mark = self.mark()
                self._line(Line(at, at + len(inner) - 2))
                self.undo(mark)
            first = ord(node.name)
            letters = map(chr, range(first, first + 8)) if node.name < "y" else ()
            return self._unknown(node, {letter: hole(f"%%{letter}") for letter in letters})
        value = self.text_of(*node.items)
        items, exact = items_of(node, value)
        count = len(self.commands)
        if exact and not self.full and self._each(node, items):
            return RAN
        del self.commands[count:]
        return self._unknown(node, {node.name: pattern_of(node, items) or hole(f"%%{node.name}")})

    def _each(self, node: BatchFor, items: list[Value]) -> bool:
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

    def _unknown(self, node: BatchFor, names: dict[str, Value]) -> Status:
        """The body once, with what it sets unknown."""
        base, outer, conditional = self.mark(), self.loops, self.conditional
        body = self.text[node.items[1] : end_of(node.body)]
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

    # -- commands

    def _line(self, node: Line) -> Status:
        expanded = self.expand(node.start, min(node.end, node.start + _MAX_LINE))
        self.steps += len(expanded.text) // 20
        match = re.match(r"[ \t,;=@(]*([A-Za-z]+)", expanded.text)
        name = match[1].lower() if match else ""
        rest = expanded.text[match.end() :] if match else ""
        if match and name == "set" and rest[:1] in ' \t"/':
            self.assign(expanded, match.end(), node.start)
            return YES
        words, redirects = split_words(expanded)
        self.volume += 20 * len(words)
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
            self.set_by_another(words[0].value)
        elif first in ("goto", "exit") or first.startswith("goto:"):
            self._jump(first, words)
            return RAN
        elif first == "shift":
            self.args = PositionalParameters(self.args.known[1:], self.args.more, False)
            return RAN
        elif first in ("cd", "chdir", "pushd", "popd"):
            self.change_directory(first, words)
        elif first in ("setlocal", "endlocal"):
            self.scope(first, [word.value.text.lower() for word in words[1:]])
            return RAN
        elif first in ("title", "color", "cls"):
            return RAN
        elif first.endswith(FILES):  # without `call`, what stands behind it does not run
            self.flow = "return" if self.stack else "exit"
        end = max(words[-1].end, node.start, *(redirect.end for redirect in redirects))
        targets = [r._replace(target=r.target._replace(value=seen_from(r.target.value, self.cwd))) for r in redirects]
        conditional = self.conditional
        for sign, command in inner_commands(words):
            said = [word._replace(value=seen_from(word.value, self.cwd)) for word in command]
            self.conditional = self.conditional or sign == "||"
            self.emit(node.start, end, tuple(said), (), tuple(targets))
        self.conditional = conditional
        return RAN

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
        self.args = PositionalParameters(() if more else values, more)
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
        written = first[len("goto:") :] if first.startswith("goto:") else words[1].value.text if len(words) > 1 else ""
        name = written.lstrip(":").lower()
        if name == "eof":
            self.flow = "return" if self.stack else "exit"
        elif self.conditional:
            self.pending.append(name)
            self.flow = "exit" if not self.stack else "return"
        else:
            self.flow, self.target = "goto", name

"""Walking a shell tree: control flow, functions, branches. Gives the commands that would run, with what is known of their words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple, Optional

from wxlint.documents.shell import Assumed, Command, Redirect, ShellResult, Word
from wxlint.documents.shell_builtins import BUILTINS, inner_text
from wxlint.documents.shell_expand import (
    MAX_ITEMS, MAX_TEXT, NO_ARGUMENTS, UNSET, Array, Arguments, Expander, Variable, assumptions, hole, joined, merged,
)  # fmt: skip
from wxlint.documents.shell_output import output
from wxlint.documents.shell_parse import Parser
from wxlint.documents.shell_status import MAYBE, NO, RAN, YES, Status, arithmetic_test, case_match, expression
from wxlint.documents.shell_syntax import (
    AndOr, Arith, Assign, Case, For, Function, Group, If, Lit, Node, Opaque, Param, Part, Pipe, Redir, Redirected, Seq, Simple, Subst, Test,
    Text, While,
)  # fmt: skip
from wxlint.values import HOLE, Value

MAX_COMMANDS = 5_000
"""Beyond this, loops are walked once with unknown items, and functions are no longer entered."""
_MAX_STEPS = 40_000
_MAX_DEPTH = 50
_GLOB = re.compile(r"[*?]|\[[^\]]+\]")


class _State(NamedTuple):
    vars: dict[str, Variable]
    args: Arguments
    cwd: Value | None
    flow: str
    refuted: frozenset[str]


class Frame:
    """A function call: what its `local`s hid, and what it returned."""

    def __init__(self) -> None:
        self.hidden: dict[str, Optional[Variable]] = {}
        self.status: Status = RAN
        self.returned = False


class Runner(Expander):
    """One text, with everything it calls of itself."""

    def __init__(self, variables: Mapping[str, Value], bash: bool, where: Callable[[int], str], defaults: bool, script: str) -> None:
        super().__init__(where, defaults, script)
        self.vars.update(variables)
        self.environment = frozenset(variables)
        self.bash = bash
        self.commands: list[Command] = []
        self.errors: list[tuple[int, int, str]] = []
        self.functions: dict[str, Function] = {}
        self.called: set[str] = set()
        self.stack: list[str] = []
        self.frames: list[Frame] = []
        self.exported: dict[str, None] = {}
        self.exports: tuple[tuple[str, Value], ...] | None = ()
        self.dirs: list[Value | None] = []
        self.cwd: Value | None = None
        self.flow = ""  # "exit", "return", "break" or "continue" while what follows is skipped
        self.full = False  # too many commands: loops are not unrolled any more
        self.conditional = False
        self.because: tuple[str, ...] = ()
        self.via: tuple[int, ...] = ()
        self.depth = self.steps = 0
        self.fixed: tuple[int, int] | None = None  # where words of an eval'd text are said to stand
        self.shift = 0
        self.walk: dict[type, Callable[..., Status]] = {
            Simple: self._simple, Seq: self._seq, AndOr: self._and_or, Pipe: self._pipe, If: self._if, For: self._for, While: self._while,
            Case: self._case, Group: self._group, Function: self._define, Test: self._test, Arith: self._arith, Redirected: self._redirected,
        }  # fmt: skip

    # -- state

    def save(self) -> _State:
        return _State(self.vars.copy(), self.args, self.cwd, self.flow, self.refuted)

    def restore(self, state: _State) -> None:
        self.vars, self.args, self.cwd, self.flow, self.refuted = state.vars.copy(), state.args, state.cwd, state.flow, state.refuted
        self.exports = None

    def place(self, offset: int) -> int:
        return self.fixed[0] if self.fixed else offset + self.shift

    def set(self, name: str, value: Variable) -> None:
        self.vars[name] = value
        if name in self.exported or name in self.environment:
            self.exported[name] = None
            self.exports = None

    def assign_default(self, name: str, value: Value) -> None:
        self.set(name, value)

    def noted(self, name: str, value: Value, offset: int) -> Value:
        """The value with the assignment among its reasons."""
        shown = value.shown() if len(value.text) < 200 else value.text[:80].replace(HOLE, "?")
        shown = shown.partition("\n")[0]
        note = f"{name}={shown if len(shown) <= 80 else shown[:79] + '…'} ({self.where(self.place(offset))})"
        return Value(value.text, value.holes, merged(value.because, (note,)))

    def assign(self, node: Assign) -> Value | None:
        """Evaluate an assignment; its value when it is a plain one."""
        old = self.vars.get(node.name)
        if node.items is not None:
            array: Array = dict(old) if node.append and isinstance(old, dict) else {"0": old} if node.append and isinstance(old, Value) and old is not UNSET else {}
            exact = not (node.append and isinstance(old, Value) and old.holes)
            number = len(array)
            for key, word in node.items:
                if key is not None:
                    name = self.parts_value(key)
                    exact = exact and not name.holes
                    array[name.text] = self.noted(f"{node.name}[{name.text[:40]}]", self.value(word), word.start)
                    continue
                for value in self.fields(word):
                    array[str(number)] = self.noted(node.name, value, word.start)
                    number += 1
                exact = exact and not self.inexact and not (not word.quoted and word.literal is not None and _GLOB.search(word.literal))
            self.set(node.name, array if exact and len(array) <= MAX_ITEMS else hole(f"${{{node.name}[@]}}"))
            return None
        assert node.value is not None
        value = self.value(node.value)
        if node.index is not None:
            key_value = self.parts_value(node.index)
            if isinstance(old, dict) or old is None or old is UNSET:
                items = dict(old) if isinstance(old, dict) else {}
                known = not key_value.holes and len(items) < MAX_ITEMS
                if node.append and key_value.text in items:
                    value = joined([items[key_value.text], value])
                items[key_value.text] = self.noted(f"{node.name}[{key_value.text[:40]}]", value, node.start)
                self.set(node.name, items if known else hole(f"${{{node.name}[@]}}"))
            else:
                self.set(node.name, hole(f"${{{node.name}[@]}}"))
            return None
        if node.append:
            if isinstance(old, dict):
                self.set(node.name, {**old, "0": joined([old["0"], value])} if "0" in old else {"0": value, **old})
                return None
            before = old if old is not None else hole(f"${{{node.name}}}") if self.defaults is False else Value("")
            value = joined([before, value]) if isinstance(before, Value) else value
        value = self.noted(node.name, value, node.start)
        self.set(node.name, value)
        return value

    def forget(self, assumed: tuple[Assumed, ...]) -> None:
        """These assumptions do not hold from here on: what rests on them is unknown."""
        if not assumed:
            return
        self.refuted |= set(assumed)
        gone = set(assumed)
        for name, value in self.vars.items():
            if isinstance(value, Value) and not gone.isdisjoint(value.because):
                self.vars[name] = hole(f"${{{name}}}")
        self.exports = None

    # -- running

    def run(self, node: Node) -> Status:
        if self.flow:
            return RAN
        self.steps += 1
        if type(node) is Simple:
            return self._simple(node)
        if self.depth > _MAX_DEPTH:
            return MAYBE
        self.depth += 1
        status = self.walk[type(node)](node)
        self.depth -= 1
        return status

    def inside(self, node: Node) -> Status:
        """In a subshell: the variables come back as they were."""
        state = self.save()
        status = self.run(node)
        self.restore(state)
        return status

    def run_inside(self, body: Node) -> None:
        presume, self.presume = self.presume, False
        self.inside(body)
        self.presume = presume

    def substitute(self, body: Node | None, raw: str) -> Value:
        if body is None or self.depth > _MAX_DEPTH:
            return hole(raw)
        presume, self.presume = self.presume, False
        state = self.save()
        self.depth += 1
        found = output(self, body)
        self.depth -= 1
        if found is None:
            self.restore(state)
            self.run(body)
        self.restore(state)
        self.presume = presume
        self.inexact = self.inexact or found is None
        return hole(raw) if found is None else found

    def arithmetic(self, raw: str) -> Value:
        from wxlint.documents.shell_status import arithmetic

        return arithmetic(self, raw)

    def _seq(self, node: Seq) -> Status:
        status = YES
        for item in node.items:
            status = self.run(item)
            if self.flow:
                break
        return status

    def _and_or(self, node: AndOr) -> Status:
        status = self.run(node.first)
        for operator, item in node.rest:
            if self.flow:
                break
            wanted = operator == "&&"
            if status.truth is not None and not status.assumed:
                if status.truth == wanted:
                    status = self.run(item)
            elif wanted and status.ran:
                status = self.run(item)
            else:
                status = self._perhaps(status, wanted, item)
        return status

    def _perhaps(self, status: Status, wanted: bool, item: Node) -> Status:
        """`A && B`, `A || B` where A is not known."""
        likely = None if status.truth is None else 0 if status.truth == wanted else 1
        refine = status.refine if status.refine and status.refine[2] == wanted else None
        other = status.refine if status.refine and status.refine[2] != wanted else None
        result = self.alternatives([(refine, item), (other, None)], likely, status.assumed)
        if status.ran:
            return RAN
        if status.truth is not None and status.truth != wanted:
            return Status(status.truth, False, status.assumed)
        second = result[0]
        if status.truth is not None and second.truth is not None:
            return Status(second.truth, False, (*status.assumed, *second.assumed))
        return RAN if not wanted and second.ran else MAYBE

    def alternatives(
        self, options: list[tuple[Optional[tuple[str, str, bool]], Optional[Node]]], likely: int | None, assumed: tuple[Assumed, ...]
    ) -> list[Status]:
        """Walk each branch of an unknown condition, then keep what is true behind all of them.

        likely: the branch taken if `assumed` holds; its values go on, resting on that assumption.
        """
        base = self.save()
        conditional, self.conditional = self.conditional, True
        ends: list[tuple[int, _State]] = []
        flows: list[str] = []
        statuses: list[Status] = []
        for number, (refine, body) in enumerate(options):
            if number:
                self.restore(base)
            if likely is not None and number != likely:
                self.forget(assumed)
            refined = self._refine(refine)
            statuses.append(RAN if body is None else self.run(body))
            flows.append(self.flow)
            if not self.flow:
                ends.append((number, _State(self.vars, self.args, self.cwd, "", base.refuted)))
                self._unrefine(refined, self.vars, base)
        self.conditional = conditional
        if not ends:
            self.restore(base)
            order = ("continue", "break", "return", "exit")
            self.flow = min((flow for flow in flows if flow), key=order.index, default="")
            return statuses
        refuted = likely is not None and bool(flows[likely])
        if len(ends) == 1 and len(options) > 1:
            number, end = ends[0]
            self.restore(end)
            self.refuted = base.refuted
            if refuted:
                self.forget(assumed)
            self._refine(options[number][0])
            return statuses
        self._merge(base, ends, None if refuted else likely, assumed)
        if refuted:
            self.forget(assumed)
        return statuses

    def _refine(self, refine: tuple[str, str, bool] | None) -> dict[str, Variable | None] | None:
        """In a branch where `name` is known to be `text`. Gives what is to be put back when nothing in the branch set it."""
        if refine is None:
            return None
        name, text, _ = refine
        if name.isdigit():
            if name == "1" and not self.args.known:
                self.args = Arguments((Value(text),), True)
            return None
        old = self.vars.get(name)
        if old is not None and not isinstance(old, Value):
            return None
        before = dict(self.vars)
        if old is not None:
            if old.text == text and not old.holes:
                return None
            self.forget(assumptions(old))
        self.vars[name] = Value(text, (), (f"{name} is {text!r} here",))
        self.exports = None
        return {n: v for n, v in self.vars.items() if before.get(n) is not v}

    def _unrefine(self, refined: dict[str, Variable | None] | None, values: dict[str, Variable], base: _State) -> None:
        for name, value in (refined or {}).items():
            if values.get(name) is value:
                if name in base.vars:
                    values[name] = base.vars[name]
                else:
                    values.pop(name, None)

    def _merge(self, base: _State, ends: list[tuple[int, _State]], likely: int | None, assumed: tuple[Assumed, ...]) -> None:
        chosen = next((end for number, end in ends if number == likely), None)
        first = chosen or ends[0][1]
        self.vars, self.args, self.cwd, self.flow, self.refuted = dict(first.vars), first.args, first.cwd, "", base.refuted
        self.exports = None
        if any(end.args is not first.args for _, end in ends) and chosen is None:
            self.args = Arguments((), True)
        for _, end in ends:
            if end.vars == first.vars:
                continue
            for name in first.vars.keys() | end.vars.keys():
                one, other = first.vars.get(name), end.vars.get(name)
                if one is other or (isinstance(one, Value) and isinstance(other, Value) and one[:2] == other[:2]) or one == other:
                    continue
                if chosen is not None:
                    if isinstance(one, Value):
                        self.vars[name] = one._replace(because=merged(one.because, assumed))
                    elif one is None and not self.defaults:
                        self.vars[name] = hole(f"${{{name}}}")
                else:
                    self.vars[name] = hole(f"${{{name}}}" if isinstance(one, Value) or isinstance(other, Value) else f"${{{name}[@]}}")
            if end.cwd != first.cwd and chosen is None:
                self.cwd = hole("$(pwd)")

    # -- compound commands

    def _if(self, node: If) -> Status:
        options: list[tuple[Optional[tuple[str, str, bool]], Optional[Node]]] = []
        likely: int | None = None
        known = True  # every condition so far is at least presumed
        assumed: tuple[Assumed, ...] = ()
        status = RAN
        for condition, body in node.branches:
            status = self.run(condition)
            if self.flow:
                return RAN
            if status.truth is not None and not status.assumed:
                if not status.truth:
                    continue
                if not options:
                    return self.run(body)
                if likely is None and known:
                    likely = len(options)
                options.append((None, body))
                return self._settled(self.alternatives(options, likely, assumed))
            if likely is None and known:
                if status.truth is None:
                    known = False
                else:
                    assumed = (*assumed, *status.assumed)
                    if status.truth:
                        likely = len(options)
            options.append((status.refine if status.refine and status.refine[2] else None, body))
        if not options:
            return self.run(node.otherwise) if node.otherwise is not None else YES
        if likely is None and known:
            likely = len(options)
        refine = status.refine if len(node.branches) == 1 and status.refine and not status.refine[2] else None
        options.append((refine, node.otherwise))
        return self._settled(self.alternatives(options, likely, assumed))

    def _settled(self, statuses: list[Status]) -> Status:
        return statuses[0] if all(s == statuses[0] for s in statuses) else MAYBE

    def _case(self, node: Case) -> Status:
        presume, self.presume = self.presume, True
        value = self.value(node.word)
        self.presume = presume
        arms = case_match(self, value, node)
        if isinstance(arms, int):
            status = YES
            for _, body, mark in node.arms[arms:]:
                status = self.run(body)
                if mark == ";;" or self.flow:
                    break
            return status
        if not arms.options:
            return YES
        return self._settled(self.alternatives(arms.options, arms.likely, assumptions(value)))

    def _for(self, node: For) -> Status:
        items: list[tuple[Value, bool]] = []  # with whether it is one word for certain
        sources = node.words if node.words is not None else (Text(node.start, node.start, (Param("@", "", (), (), None, True, '"$@"'),), None, True),)
        for word in sources:
            values = self.fields(word)
            exact = not self.inexact
            for value in values:
                globbed = not word.quoted and bool(_GLOB.search(value.text))
                items.append((_unglobbed(value) if globbed else value, exact and not globbed))
        if node.chosen:
            items = [(hole(f"${{{node.name}}}"), False)]
        if not items:
            return YES
        none = self.args.script and NO_ARGUMENTS not in self.refuted and all(value.holes[:1] in (("$@",), ('"$@"',)) for value, _ in items)
        if all(exact for _, exact in items) and self._each(node, [value for value, _ in items]):
            return RAN
        exact_items = [value for value, exact in items if exact]
        if exact_items and len(exact_items) < len(items) and not self._each(node, exact_items):
            exact_items = []
        rest = [value for value, exact in items if not exact] or [hole(f"${{{node.name}}}")]
        item = rest[0] if len(rest) == 1 else hole(f"${{{node.name}}}")
        self._once(node.body, node.name, item, f"for {node.name} in {item.shown()[:60]}", node.start, (NO_ARGUMENTS,) if none else ())
        return RAN

    def _each(self, node: For, values: list[Value]) -> bool:
        """The body once for each item. False, with everything undone, when that gives too many commands."""
        if self.full:
            return False
        count, state, because = len(self.commands), self.save(), self.because
        line = self.where(self.place(node.start))
        for value in values:
            note = f"for {node.name}={value.shown()[:80]} ({line})"
            self.set(node.name, Value(value.text, value.holes, merged(value.because, (note,))))
            self.because = (*because, note)
            self.steps += 1
            self.run(node.body)
            self.because = because
            if self.full or len(self.commands) > MAX_COMMANDS or self.steps > _MAX_STEPS:
                self.full = True
                del self.commands[count:]
                self.restore(state)
                return False
            if self.flow in ("break", "continue"):
                stop, self.flow = self.flow == "break", ""
                if stop:
                    break
            elif self.flow:
                break
        return True

    def _once(self, body: Node, name: str, item: Value | None, note: str, start: int, assumed: tuple[Assumed, ...]) -> None:
        """A loop whose rounds are unknown: its body once, with what it sets unknown.

        assumed: under these it has no round, and the values before it go on.
        """
        base = self.save()
        names = set() if self.steps > 4 * _MAX_STEPS else assigned(body, self.functions)
        if name:
            names.add(name)
        for each in names:
            if not each.isdigit():
                self.set(each, hole(f"${{{each}}}"))
        if "0" in names:  # it shifts
            self.args = Arguments((), True)
        if item is not None:
            self.set(name, item)
        conditional, because = self.conditional, self.because
        self.conditional = True
        if note:
            self.because = (*because, f"{note} ({self.where(self.place(start))})")
        self.run(body)
        self.conditional, self.because = conditional, because
        values = self.vars
        self.restore(base)
        for each in names | {n for n in values.keys() if values[n] is not base.vars.get(n)}:
            if each.isdigit():
                self.args = self.args if assumed else Arguments((), True)
                continue
            old = base.vars.get(each)
            if not assumed:
                self.set(each, hole(f"${{{each}}}"))
            elif isinstance(old, Value):
                self.set(each, old._replace(because=merged(old.because, assumed)))

    def _while(self, node: While) -> Status:
        status = MAYBE
        if node.condition is not None:
            status = self.run(node.condition)
            if self.flow:
                return RAN
            if status.truth is not None and not status.assumed and status.truth == node.until:
                return RAN
        none = status.assumed if status.truth is not None and status.truth == node.until else ()
        body = node.body if node.condition is None else Seq((node.condition, node.body))
        names = assigned(body, self.functions)
        for each in names:
            if not each.isdigit() and not none:
                self.vars[each] = hole(f"${{{each}}}")
        self._once(node.body, "", None, "", 0, none)
        if not none:
            for each in names:
                if not each.isdigit():
                    self.set(each, hole(f"${{{each}}}"))
        return RAN

    def _group(self, node: Group) -> Status:
        if not node.subshell:
            return self.run(node.body)
        return self.inside(node.body)

    def _pipe(self, node: Pipe) -> Status:
        if len(node.items) == 1:
            status = self.run(node.items[0])
        else:
            for item in node.items:
                status = self.inside(item)
        if not node.negated:
            return status
        if status.truth is not None:
            refine = status.refine and (status.refine[0], status.refine[1], not status.refine[2])
            return Status(not status.truth, False, status.assumed, refine or None)
        return MAYBE if status.refine is None else Status(None, False, (), (status.refine[0], status.refine[1], not status.refine[2]))

    def _redirected(self, node: Redirected) -> Status:
        for redirect in node.redirects:
            self.redirect(redirect)
        return self.run(node.body)

    def _test(self, node: Test) -> Status:
        return expression(self, node.expression)

    def _arith(self, node: Arith) -> Status:
        return arithmetic_test(self, node.raw)

    def _define(self, node: Function) -> Status:
        self.functions[node.name] = node
        return YES

    # -- simple commands

    def word(self, node: Text, value: Value) -> Word:
        if self.fixed:
            return Word(value, *self.fixed, node.quoted)
        return Word(value, node.start + self.shift, node.end + self.shift, node.quoted)

    def redirect(self, node: Redir) -> Redirect:
        target = node.body[0] if node.body else node.target
        value = Value("") if not node.body and "<<" in node.operator and "<<<" not in node.operator else self.value(target)
        start, end = self.fixed or (node.start + self.shift, node.end + self.shift)
        return Redirect(node.operator, self.word(target, value), start, end)

    def _simple(self, node: Simple) -> Status:
        if not node.words:
            status = YES
            for assign in node.assigns:
                value = self.assign(assign)
                status = RAN if assign.value is not None and any(type(p) is Subst for p in assign.value.parts) else YES
            for redirect in node.redirects:
                self.redirect(redirect)
            return status
        words: list[Word] = []
        asks = node.words[0].literal in ("[", "test")
        self.presume = asks
        for number, text in enumerate(node.words):
            if number in node.declared:
                continue
            literal = text.literal
            if literal is not None and not self.private:
                words.append(self.word(text, Value(literal)))
            else:
                words.extend([self.word(text, value) for value in self.fields(text)])
        self.presume = False
        if not words and not node.declared:
            return RAN
        redirects = tuple([self.redirect(r) for r in node.redirects]) if node.redirects else ()
        env = tuple([(a.name, self.value(a.value)) for a in node.assigns if a.value is not None]) if node.assigns else ()
        name = words[0].value.text if words and not words[0].value.holes else ""
        function = self.functions.get(name)
        if function is not None and self._enter(function, words[1:], env, node):
            return self.frames_status
        builtin = BUILTINS.get(name)
        if builtin is not None:
            status = builtin(self, node, words)
            if status is not None:
                return status
        elif name in ("bash", "sh", "sudo", "su", "env", "time", "dash", "zsh", "ash", "timeout", "gosu", "command", "nohup") or "/" in name:
            command = self.command(node, tuple(words), env, redirects)
            inner = inner_text(command)
            if inner is not None:
                self.read_again(inner, node)
                return RAN
            self.commands.append(command)
            return RAN
        self.commands.append(self.command(node, tuple(words), env, redirects))
        return MAYBE if name in _ASKING else RAN

    def command(self, node: Simple, words: tuple[Word, ...], env: tuple[tuple[str, Value], ...], redirects: tuple[Redirect, ...]) -> Command:
        if self.exports is None:
            pairs = [(n, self.vars.get(n)) for n in self.exported]
            self.exports = tuple([(n, v) for n, v in pairs if isinstance(v, Value) and v is not UNSET])
        start, end = self.fixed or (node.start + self.shift, node.end + self.shift)
        return Command(words, self.exports + env if env else self.exports, redirects, start, end, self.conditional, self.because, self.via, self.cwd)

    frames_status = RAN

    def _enter(self, function: Function, words: list[Word], env: tuple[tuple[str, Value], ...], node: Simple) -> bool:
        """Walk a function of the text with its arguments. False when it is too deep, or one that is being walked already."""
        self.called.add(function.name)
        if function.name in self.stack or len(self.stack) > 12 or self.depth > _MAX_DEPTH - 10:
            return False
        if len(self.commands) > 2 * MAX_COMMANDS or self.steps > 4 * _MAX_STEPS:
            return False
        values = tuple([word.value for word in words])
        more = any(v.holes and v.holes[0] in ("$@", "${@}", "$*") and v.text == HOLE for v in values)
        saved = self.args, self.because, self.via, self.fixed
        if not (len(values) == 1 and more and self.args.more and not self.args.known):  # f "$@" hands on what there is
            self.args = Arguments(values[: next((i for i, v in enumerate(values) if v.text == HOLE and v.holes[0] in ("$@", "${@}", "$*")), len(values))], more)
        shown = " ".join([function.name, *[v.shown() for v in values[:6]]])
        self.because = (*self.because, f"{shown[:80]} ({self.where(self.place(node.start))})")
        self.via = (*self.via, self.place(node.start))
        frame = Frame()
        self.frames.append(frame)
        self.stack.append(function.name)
        for name, value in env:
            self.local(name)
            self.set(name, value)
        status = self.run(function.body)
        if self.flow == "return":
            self.flow, status = "", frame.status
        self.stack.pop()
        self.frames.pop()
        for name, old in frame.hidden.items():
            if old is None:
                self.vars.pop(name, None)
            else:
                self.vars[name] = old
        self.exports = None
        self.args, self.because, self.via, self.fixed = saved
        self.frames_status = status
        return True

    def local(self, name: str) -> None:
        if self.frames:
            self.frames[-1].hidden.setdefault(name, self.vars.get(name))

    # -- text that is read again

    def read_again(self, word: Word, node: Simple) -> None:
        """The commands of `eval TEXT`, `bash -c TEXT`, `bash <<EOF`."""
        text = word.value.text
        if self.depth > _MAX_DEPTH - 20 or len(text) > MAX_TEXT or self.steps > _MAX_STEPS:
            self.commands.append(self.command(node, (word,), (), ()))
            return
        private = self.private
        if word.value.holes:
            from wxlint.documents.shell_expand import _PRIVATE

            self.private = word.value.holes[:60_000]
            for number in range(len(self.private)):
                text = text.replace(HOLE, chr(_PRIVATE + number), 1)
        parser = Parser(text.replace(HOLE, "?"), self.bash)
        parser.depth = 25
        tree = parser.script()
        fixed, shift = self.fixed, self.shift
        exact = self.exact(word, text)
        if exact is None:
            self.fixed = fixed or (word.start, word.end)
        else:
            self.shift = exact
        self.steps += len(text) // 50
        self.depth += 10
        self.run(tree)
        self.depth -= 10
        self.fixed, self.shift, self.private = fixed, shift, private

    def exact(self, word: Word, text: str) -> int | None:
        """How far the text stands from its place in the source, when it stands there as it is."""
        if self.fixed:
            return None
        at = word.start + (0 if word.end - word.start == len(text) else 1)
        return at if self.source[at : at + len(text)] == text else None

    source = ""


_ASKING = frozenset("grep egrep fgrep rg which type hash diff cmp pgrep read nvidia-smi ping nc getent id".split())
"""Programs whose exit status is an answer: `grep -q x && B` makes B conditional, `docker build . && B` does not."""


def _unglobbed(value: Value) -> Value:
    """A glob that stands for file names: its stars are unknown."""
    if value.holes:
        return value
    return Value(_GLOB.sub(HOLE, value.text), tuple(m[0] for m in _GLOB.finditer(value.text)), value.because)


def assigned(node: Node, functions: Mapping[str, Function]) -> set[str]:
    """Names that a body may set; "0" stands for the positional parameters."""
    names: set[str] = set()
    seen: set[str] = set()
    work: list[object] = [node]
    while work:
        item = work.pop()
        kind = type(item)
        if kind is Simple:
            assert isinstance(item, Simple)
            names.update(a.name for a in item.assigns)
            names.update(a.name for a in item.declared.values())
            first = item.words[0].literal if item.words else None
            if first in ("read", "mapfile", "readarray", "getopts", "printf", "let", "unset", "local", "declare", "export"):
                names.update(re.sub(r"[^\w].*", "", w.literal) for w in item.words[1:] if w.literal and re.match(r"[A-Za-z_]\w*", w.literal))
                if first == "getopts":
                    names.add("OPTARG")
            elif first in ("shift", "set"):
                names.add("0")
            elif first in functions and first not in seen:
                seen.add(str(first))
                work.append(functions[str(first)].body)
            work.extend(item.words)
            work.extend(item.assigns)
        elif kind is Arith:
            assert isinstance(item, Arith)
            names.update(re.findall(r"([A-Za-z_]\w*)\s*(?:\+\+|--|[-+*/%]?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)", item.raw)[i][0] for i in range(0))
            names.update(n for pair in re.findall(r"([A-Za-z_]\w*)\s*(?:\+\+|--|[-+*/%]?=(?!=))|(?:\+\+|--)\s*([A-Za-z_]\w*)", item.raw) for n in pair if n)
        elif kind is Param:
            assert isinstance(item, Param)
            if item.op in (":=", "="):
                names.add(item.name)
            work.extend(item.arg)
        elif kind is Text:
            assert isinstance(item, Text)
            if item.literal is None:
                work.extend(item.parts)
        elif kind is For:
            assert isinstance(item, For)
            names.add(item.name)
            work.append(item.body)
        elif kind is Group:
            assert isinstance(item, Group)
            if not item.subshell:
                work.append(item.body)
        elif kind in (Lit, Subst, Opaque, Function, Redir, str, int, bool) or item is None:
            continue
        elif isinstance(item, tuple):
            work.extend(item)
    return names


def run_text(
    text: str, variables: Mapping[str, Value], bash: bool, where: Callable[[int], str], defaults: bool, script: str
) -> ShellResult:
    """See shell.read_shell."""
    parser = Parser(text, bash)
    runner = Runner(variables, bash, where, defaults, script)
    runner.source = text
    try:
        runner.run(parser.script())
        _uncalled(runner)
    except RecursionError:  # the depth guards are there so that this does not happen
        parser.errors.append((0, len(text), "nested too deep; not read"))
    scalars = {name: value for name, value in runner.vars.items() if isinstance(value, Value)}
    return ShellResult(tuple(runner.commands), scalars, tuple(parser.errors))


def _uncalled(runner: Runner) -> None:
    """Functions that nothing calls may be called from elsewhere: once each, with unknown arguments."""
    tried: set[str] = set()
    while True:
        names = [name for name in runner.functions if name not in runner.called and name not in tried]
        if not names:
            return
        for name in names:
            if name in runner.called:
                continue
            tried.add(name)
            runner.flow = ""
            state = runner.save()
            runner.args, runner.conditional, runner.depth = Arguments((), True), True, 0
            runner.because, runner.via = (f"function {name} ({runner.where(runner.functions[name].start)})",), ()
            runner.stack.append(name)
            runner.frames.append(Frame())
            runner.run(runner.functions[name].body)
            runner.frames.pop()
            runner.stack.pop()
            runner.restore(state)
    

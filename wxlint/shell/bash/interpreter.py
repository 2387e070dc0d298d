"""Simple commands, the script's own functions, and text that is read again: the walk that gives the commands of a script."""

from __future__ import annotations

from collections.abc import Mapping

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.builtins import BUILTINS, MAY_RUN_TEXT, inner_text
from wxlint.shell.bash.command_substitution import output
from wxlint.shell.bash.conditions import arithmetic
from wxlint.shell.bash.control_flow import GLOB, Flow
from wxlint.shell.bash.expansion import PRIVATE
from wxlint.shell.bash.parser import Parser
from wxlint.shell.bash.tree import Assign, Function, Node, Redir, Simple, Subst, Text
from wxlint.shell.model import Place, Redirect, ShellResult, Word
from wxlint.shell.state import MAX_COMMANDS, MAX_DEPTH, MAX_STEPS, MAYBE, RAN, YES, Status
from wxlint.shell.values import (
    MAX_ITEMS,
    MAX_TEXT,
    NO_ARGUMENTS,
    UNSET,
    Arguments,
    Array,
    Variable,
    hole,
    joined,
)

_MAX_CALLS = 12
_ASKING = frozenset("grep egrep fgrep rg which type hash diff cmp pgrep read nvidia-smi ping nc getent id".split())
"""Programs whose exit status is an answer: `grep -q x && B` makes B conditional, `docker build . && B` does not."""


class Frame:
    """A function call: what its `local`s hid, and what it returned."""

    def __init__(self) -> None:
        self.hidden: dict[str, Variable | None] = {}
        self.status: Status | None = None

    def returns(self, status: Status) -> None:
        self.status = status if self.status is None or self.status == status else MAYBE


class Runner(Flow):
    """One text, with everything it calls of itself."""

    def __init__(
        self,
        text: str,
        variables: Mapping[str, Value],
        bash: bool,
        where: Place,
        defaults: bool,
        script: str,
    ) -> None:
        super().__init__(where, defaults)
        self.source, self.bash, self.script = text, bash, script
        self.vars.update(variables)
        self.environment = frozenset(variables)
        self.functions: dict[str, Function] = {}
        self.called: set[str] = set()
        self.stack: list[str] = []
        self.frames: list[Frame] = []
        self.dirs: list[Value | None] = []
        self.walk = self.walkers()

    def run(self, node: Node) -> Status:
        if self.flow:
            return RAN
        self.steps += 1
        if type(node) is Simple:
            return self._simple(node)
        if self.depth > MAX_DEPTH:
            return MAYBE
        self.depth += 1
        status = self.walk[type(node)](self, node)
        self.depth -= 1
        return status

    def run_inside(self, body: Node) -> None:
        presume, self.presume = self.presume, False
        self.inside(body)
        self.presume = presume

    def substitute(self, body: Node | None, raw: str) -> Value:
        if body is None or self.depth > MAX_DEPTH:
            return hole(raw)
        presume, self.presume = self.presume, False
        inexact = self.inexact
        mark = self.mark()
        self.depth += 1
        found = output(self, body)
        self.depth -= 1
        if found is None:
            self.undo(mark)
            self.run(body)
        self.undo(mark)
        self.presume, self.inexact = presume, inexact
        return hole(raw) if found is None else found

    def arithmetic(self, raw: str) -> Value:
        return arithmetic(self, raw)

    # -- assignments

    def assign(self, node: Assign) -> None:
        old = self.vars.get(node.name)
        if node.items is not None:
            self._assign_array(node, old)
            return
        assert node.value is not None
        value = self.value(node.value)
        if node.subscript is not None:
            key = self.parts_value(node.subscript)
            items = dict(old) if type(old) is dict else {}
            if type(old) not in (dict, type(None)) and old is not UNSET or key.holes or len(items) >= MAX_ITEMS:
                self.set(node.name, hole(f"${{{node.name}[@]}}"))
                return
            if node.append and key.text in items:
                value = joined([items[key.text], value])
            items[key.text] = self.noted(f"{node.name}[{key.text[:40]}]", value, node.start)
            self.set(node.name, items)
            return
        if node.append:
            if type(old) is dict:
                self.set(node.name, {**old, "0": joined([old["0"], value])} if "0" in old else {"0": value, **old})
                return
            before = old if old is not None else Value("") if self.defaults else hole(f"${{{node.name}}}")
            value = joined([before, value]) if isinstance(before, Value) else value
        self.set(node.name, self.noted(node.name, value, node.start))

    def _assign_array(self, node: Assign, old: Variable | None) -> None:
        assert node.items is not None
        array: Array = {}
        exact = True
        if node.append and type(old) is dict:
            array = dict(old)
        elif node.append and type(old) is Value and old is not UNSET:
            array, exact = {"0": old}, not old.holes
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
            exact = (
                exact
                and not self.inexact
                and not (not word.quoted and word.literal is not None and GLOB.search(word.literal))
            )
        self.set(node.name, array if exact and len(array) <= MAX_ITEMS else hole(f"${{{node.name}[@]}}"))

    def local(self, name: str) -> None:
        """The variable belongs to the function that is being walked."""
        if self.frames:
            self.frames[-1].hidden.setdefault(name, self.vars.get(name))

    # -- simple commands

    def word(self, node: Text, value: Value) -> Word:
        start, end = self.fixed or (node.start + self.shift, node.end + self.shift)
        return Word(value, start, end, node.quoted)

    def redirect(self, node: Redir) -> Redirect:
        here = node.operator.endswith(("<<", "<<-")) and not node.operator.endswith("<<<")
        target = node.body[0] if node.body else node.target
        value = Value("") if here and not node.body else self.value(target)
        return Redirect(node.operator, self.word(target, value), *self.span(node.start, node.end))

    def redirected(self, redirects: tuple[Redir, ...]) -> None:
        for redirect in redirects:
            self.redirect(redirect)

    def _simple(self, node: Simple) -> Status:
        if not node.words:
            status = YES
            for assign in node.assigns:
                self.assign(assign)
                status = RAN if assign.value is not None and any(type(p) is Subst for p in assign.value.parts) else YES
            self.redirected(node.redirects)
            return status
        self.steps += (node.end - node.start) // 40
        words: list[Word] = []
        presume = self.presume
        self.presume = node.words[0].literal in ("[", "test")
        plain, shift = not self.private and not self.fixed, self.shift
        for number, text in enumerate(node.words):
            if number in node.declared:
                continue
            start, end, _, literal, quoted = text
            if literal is not None and plain:
                words.append(Word(Value(literal), start + shift, end + shift, quoted))
                continue
            for value in self.fields(text):
                words.append(self.word(text, value))
                self.volume += len(value.text) + 20
        self.presume = presume
        if not words:
            return RAN
        redirects = tuple([self.redirect(r) for r in node.redirects]) if node.redirects else ()
        env = (
            tuple([(a.name, self.value(a.value)) for a in node.assigns if a.value is not None]) if node.assigns else ()
        )
        name = words[0].value.text
        function = self.functions.get(name)
        if function is not None:
            entered = self._enter(function, words[1:], env, node.start)
            if entered is not None:
                return entered
        builtin = BUILTINS.get(name)
        if builtin is not None:
            done = builtin(self, node, words)
            if done is not None:
                return done
        command = self.command(node.start, node.end, tuple(words), env, redirects)
        if name in MAY_RUN_TEXT or "/" in name:
            inner = inner_text(command)
            if inner is not None and self.read_again(inner):
                return RAN
        self.commands.append(command)
        return MAYBE if name in _ASKING else RAN

    # -- functions

    def _enter(
        self, function: Function, words: list[Word], env: tuple[tuple[str, Value], ...], start: int
    ) -> Status | None:
        """Walk a function of the text with its arguments. None when that goes too deep, or it is being walked already."""
        if function.name in self.stack or len(self.stack) > _MAX_CALLS or self.depth > MAX_DEPTH - 10:
            return None
        if len(self.commands) > 2 * MAX_COMMANDS or self.steps > 2 * MAX_STEPS:
            return None
        self.called.add(function.name)
        values = [word.value for word in words]
        saved = self.args, self.because, self.via, self.fixed, self.shift, self.private
        open_at = next((i for i, v in enumerate(values) if v.text == HOLE and v.holes[0] in ("$@", "${@}", "$*")), None)
        if open_at is None:
            self.args = Arguments(tuple(values))
        elif len(values) > 1 or self.args.known or not self.args.more:  # else: f "$@" hands on what there is
            self.args = Arguments(tuple(values[:open_at]), True)
        shown = " ".join([function.name, *[v.shown() for v in values[:6]]])
        self.because = (*self.because, Reason("call", shown[:80], *self.where(self.place(start)), function.name))
        self.via = (*self.via, self.place(start))
        frame = Frame()
        self.frames.append(frame)
        self.stack.append(function.name)
        self.steps += 8
        for name, value in env:
            self.local(name)
            self.set(name, value)
        status = self.run(function.body)
        if self.flow == "return":
            self.flow = ""
            status = frame.status or RAN
        elif frame.status is not None and frame.status != status:
            status = MAYBE
        self.stack.pop()
        self.frames.pop()
        for name, old in frame.hidden.items():
            self.put(name, old)
        self.args, self.because, self.via, self.fixed, self.shift, self.private = saved
        return status

    def uncalled(self) -> None:
        """Functions that nothing calls may be called from elsewhere: once each, with unknown arguments."""
        tried: set[str] = set()
        while names := [name for name in self.functions if name not in self.called and name not in tried]:
            for name in names:
                if name in self.called:
                    continue
                tried.add(name)
                self.flow = ""
                mark = self.mark()
                function = self.functions[name]
                self.args, self.conditional, self.depth = Arguments((), True), True, 0
                self.refuted |= {NO_ARGUMENTS}
                self.because = (Reason("call", f"function {name}", *self.where(function.start), "function"),)
                self.stack, self.frames = [name], [Frame()]
                self.run(function.body)
                self.stack, self.frames = [], []
                self.undo(mark)
        self.flow = ""

    # -- text that is read again

    def read_again(self, word: Word) -> bool:
        """Walk the text of `eval TEXT`, `bash -c TEXT`, `bash <<EOF`. False when that goes too deep."""
        text = word.value.text
        if self.depth > MAX_DEPTH - 20 or len(text) > MAX_TEXT or self.steps > MAX_STEPS:
            return False
        saved = self.fixed, self.shift, self.private
        if word.value.holes:
            self.private = word.value.holes
            for number in range(len(self.private)):
                text = text.replace(HOLE, chr(PRIVATE + number), 1)
        parser = Parser(text, self.bash)
        parser.depth = 25
        tree = parser.script()
        exact = None if self.fixed else self._exact(word, text)
        if exact is not None:
            self.shift = exact
        elif not self.fixed:
            self.fixed = (word.start, word.end)
        self.steps += len(text) // 50
        self.depth += 10
        self.run(tree)
        self.depth -= 10
        self.fixed, self.shift, self.private = saved
        return True

    def _exact(self, word: Word, text: str) -> int | None:
        """How far the text stands from its place in the source, when it stands there as it is."""
        at = word.start + (0 if word.end - word.start == len(text) else 1)
        return at if self.source[at : at + len(text)] == text else None


def run_text(
    text: str, variables: Mapping[str, Value], bash: bool, where: Place, defaults: bool, script: str
) -> ShellResult:
    """See shell.read_shell."""
    parser = Parser(text, bash)
    runner = Runner(text, variables, bash, where, defaults, script)
    try:
        runner.run(parser.script())
        runner.uncalled()
    except RecursionError:  # the depth guards are there so that this does not happen
        parser.errors.append((0, len(text), "nested too deep; not read"))
    return ShellResult(tuple(runner.commands), runner.vars, tuple(parser.errors))

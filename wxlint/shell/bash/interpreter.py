"""The walk that gives the commands of a script: what each part owns, and how they are put together.

State has the variables, Expander makes words, Commands runs simple commands and functions; compound commands are
functions of control_flow, builtins those of builtins.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable

from wxlint.core.reasons import Reason
from wxlint.core.values import Value
from wxlint.shell.bash.assignments import assign as assign_variable
from wxlint.shell.bash.commands import Commands
from wxlint.shell.bash.control_flow import WALKS
from wxlint.shell.bash.expansion import Expander
from wxlint.shell.bash.tree import Arith, Assign, Function, Group, Node, Pipe, Redir, Simple, Test, WholeText
from wxlint.shell.bash.walker import Frame
from wxlint.shell.branches import close
from wxlint.shell.model import (
    Files,
    Place,
    Redirect,
    Word,
    too_long,
)
from wxlint.shell.state import (
    LAST_STEP,
    MAX_DEPTH,
    MAYBE,
    NO,
    OPEN,
    RAN,
    STATEMENT,
    SUBSHELL,
    YES,
    ShellState,
    Status,
)
from wxlint.shell.values import NO_ARGUMENTS, PositionalParameters, hole, joined

_FAILS = frozenset((Simple, Pipe, Group, Test, Arith))
"""Nodes whose failure ends a text under `set -e`."""
_ELSEWHERE = frozenset((">", ">>", ">|", "1>", "1>>", "1>|", "&>", "&>>", ">&", "1>&"))


class Interpreter:
    """One text, with everything it calls of itself. See walker.Walker for the attributes."""

    def __init__(self, text: str, state: ShellState, *, flavor: str, script: str, files: Files | None) -> None:
        self.text, self.state, self.flavor, self.files = text, state, flavor, files
        self.words = Expander(state, weakref.proxy(self), script=script, bash=flavor == "bash")
        self.commands = Commands(weakref.proxy(self))
        self.functions: dict[str, list[Function]] = {}
        self.called: set[str] = set()
        self.frames: list[Frame] = []
        self.dirs: list[Value | None] = []
        self.traps: dict[str, Word] = {}
        self.last, self.leaving = YES, NO
        self.guarded = self.strict = self.quiet = False
        self.tail = True
        self.substituted: Status | None = None
        self.exact = self.statement = 0
        self.script, self.reading = script, ""
        self.places: dict[str, Place] = {}
        self.read: list[tuple[int, Frame]] = []  # files named by `source`: the calls around each, and what it returns
        self.redirects: tuple[Redirect, ...] = ()

    # -- nodes

    def run(self, node: Node) -> Status:
        state = self.state
        if state.flow:
            return RAN
        state.steps += 1
        if state.steps > LAST_STEP:
            return self.give_up()
        kind = type(node)
        if kind is Simple:
            assert isinstance(node, Simple)
            status = self.commands.run(node)
        elif state.depth > MAX_DEPTH:
            return MAYBE
        else:
            state.depth += 1
            status = WALKS[kind](self, node)
            state.depth -= 1
        self.last = status
        if self.strict and not self.guarded and kind in _FAILS and not state.flow:
            self._failed(node, status)
        return status

    def give_up(self) -> Status:
        """The text takes too many steps: the rest of it is not known."""
        if not self.state.errors or not self.state.errors[-1].is_limit:
            self.state.errors.append(too_long(self.text))
        self.state.flow = "exit"
        return RAN

    def _failed(self, node: Node, status: Status) -> None:
        """Under `set -e` a command that fails ends the text."""
        on = self.state.vars.get("set -e")
        if on is None or status.sure or (type(node) is Group and not node.subshell):
            return
        if type(node) is Pipe and node.negated:  # `! A` ends nothing
            return
        if status.certain and isinstance(on, Value) and not on.holes:
            if not status.truth:
                self.state.flow, self.leaving = "exit", status
        elif status.truth is not True:
            self.state.may_leave("exit")

    def whole(self, tree: Node) -> None:
        """Walk a whole text."""
        items = tree.items if isinstance(tree, WholeText) else (tree,)
        for number, item in enumerate(items):
            self.tail, self.statement = number == len(items) - 1, number
            self.line(item)
            if self.state.flow:
                break
            self.state.log.clear()  # no branch is open that could be undone

    def line(self, item: Node) -> Status:
        """Walk a line of a text. An error in an expansion ends it; of a plain sh the whole text."""
        state = self.state
        catch = state.open(STATEMENT)
        status = self.run(item)
        if state.flow == "fail":
            status = NO
            if self.flavor != "bash":
                state.flow, self.leaving = "exit", NO
        status = OPEN if catch.ends else status
        close(state, catch)
        return status

    def watched(self, node: Node) -> Status:
        guarded, self.guarded = self.guarded, True
        tail, self.tail = self.tail, False
        status = self.run(node)
        self.guarded, self.tail = guarded, tail
        return status

    def inside(self, node: Node) -> Status:
        return self.in_subshell(lambda: self.run(node))

    def in_subshell(self, body: Callable[[], Status]) -> Status:
        """Walk in a subshell: the variables come back as they were."""
        state = self.state
        mark, trap = state.mark(), state.vars.get("trap EXIT")
        frames, self.frames = self.frames, [frame.copy() for frame in self.frames]
        catch = state.open(SUBSHELL)
        self.leaving = NO  # of what ends a subshell without `exit`
        if trap is not None:
            state.put("trap EXIT", None)
        status = body()
        if state.flow in ("exit", "fail"):
            status = self.leaving if state.flow == "exit" else NO
        if catch.ends:
            status = OPEN
        failed, state.flow = state.flow == "fail", ""
        if catch.ends and "trap EXIT" in state.vars:  # it runs behind each of the ends
            changed = set(state.changes(catch.mark)).union(*(changes for changes, _ in catch.ends))
            for name in sorted(name for name in changed if " " not in name):
                state.put(name, hole(state.named(name)))
        self.at_exit(doubtful=self.flavor == "bash" and "trap in function" in state.vars)
        if failed and isinstance(trap, Value):  # bash may run the trap of the shell around
            conditional, state.conditional = state.conditional, True
            state.put("trap EXIT", trap)
            self.at_exit()
            state.conditional = conditional
        catch.ends.clear()
        state.flow = ""
        close(state, catch)
        state.undo(mark)
        self.frames = frames
        self.last, self.leaving = status, NO
        return status

    def at_exit(self, doubtful: bool = False) -> None:
        """What `trap TEXT EXIT` runs. doubtful: it may not."""
        state = self.state
        text = state.vars.get("trap EXIT")
        if not isinstance(text, Value):
            return
        from wxlint.shell.bash.nested_texts import read_again

        state.put("trap EXIT", None)
        self.last = OPEN
        conditional = state.conditional
        state.conditional = conditional or doubtful
        if text.text in self.traps:
            read_again(self, self.traps[text.text]._replace(value=text))
            state.conditional = conditional
            return
        state.conditional = True
        for word in list(self.traps.values()):  # a branch decides which
            read_again(self, word)
            state.flow = ""
        state.conditional = conditional

    def captured(self, node: Node) -> Value | None:
        state = self.state
        outer, state.output = state.output, []
        before = len(state.commands)
        self.inside(node)
        state.captured.update(range(before, len(state.commands)))
        found, state.output = state.output, outer
        if None in found:
            return None
        return joined([value for value in found if value is not None]) if found else Value("")

    # -- what words need

    def substitute(self, body: Node | None, raw: str) -> Value:
        state, words = self.state, self.words
        if body is None or state.depth > MAX_DEPTH:
            return hole(raw)
        presume, inexact, quiet, tail, guarded = words.presume, words.inexact, self.quiet, self.tail, self.guarded
        exact = self.exact
        words.presume, self.quiet, self.tail = False, True, False
        self.guarded = guarded or self.flavor == "bash"
        state.depth += 1
        found = self.captured(body)
        state.depth -= 1
        self.substituted, self.last = self.last, OPEN
        words.presume, words.inexact, self.quiet, self.tail, self.guarded = presume, inexact, quiet, tail, guarded
        self.exact = exact
        return hole(raw) if found is None else found._replace(text=found.text.rstrip("\n"))

    def aside(self, body: Node) -> None:
        presume, self.words.presume = self.words.presume, False
        written, self.state.output = self.state.output, None
        self.inside(body)
        self.words.presume, self.state.output = presume, written

    # -- assignments, redirections

    def assign(self, node: Assign) -> None:
        assign_variable(self, node)

    def local(self, name: str) -> None:
        if not self.frames:
            return
        frame = self.frames[-1]
        if name in frame.hidden:
            self.state.put(f"local {len(self.frames)} {name}", Value("1"))
            return
        frame.hidden[name] = self.state.vars.get(name)
        if name in self.state.attributed:
            frame.hidden[f"declare {name}"] = self.state.vars.get(f"declare {name}")
            self.state.put(f"declare {name}", None)
        elif f"declare {name}" not in frame.hidden:
            frame.hidden[f"declare {name}"] = None
        self.state.put(f"local {len(self.frames)} {name}", Value("1"))
        if self.state.branching > frame.branching:
            frame.doubtful.add(name)

    def word(self, node_start: int, node_end: int, value: Value, quoted: bool) -> Word:
        """A word with its place."""
        return Word(value, *self.state.span(node_start, node_end), quoted)

    def redirect(self, node: Redir) -> Redirect:
        """A redirection, evaluated."""
        if node.operator.startswith("{"):  # the shell gives the variable the number of the file
            self.words.parameters.store(node.operator[1:].partition("}")[0], None)
        here = node.operator.endswith(("<<", "<<-")) and not node.operator.endswith("<<<")
        target = node.body[0] if node.body else node.target
        value = Value("") if here and not node.body else self.words.value(target)
        word = self.word(target.start, target.end, value, target.quoted)
        return Redirect(node.operator, word, *self.state.span(node.start, node.end))

    def elsewhere(self, redirects: tuple[Redirect, ...]) -> bool:
        return any(redirect.operator in _ELSEWHERE for redirect in redirects)

    def input_of(self, redirects: tuple[Redirect, ...]) -> Value | None:
        found: Value | None = None
        for redirect in redirects:
            if redirect.operator in ("<<", "<<-", "<<<"):
                value = redirect.target.value
                found = joined([value, Value("\n")]) if redirect.operator == "<<<" else value
            elif redirect.operator.startswith("<"):
                found = None
        return found if found is not None and not found.holes else None

    def enter(self, path: str) -> None:
        self.reading, self.state.inside = path, self.places.get(path)

    def returning(self) -> Frame | None:
        if self.read and self.read[-1][0] == len(self.frames):
            return self.read[-1][1]
        return self.frames[-1] if self.frames else None

    # -- the whole text

    def _is_uncalled(self, name: str) -> bool:
        """Whether nothing calls a function of the text itself."""
        return name not in self.called and not self.functions[name][-1].path

    def uncalled(self) -> None:
        """Functions that nothing calls may be called from elsewhere: once each, with unknown arguments."""
        tried: set[str] = set()
        state = self.state
        while names := [n for n in self.functions if self._is_uncalled(n) and n not in tried]:
            for name in names:
                if name in self.called:
                    continue
                tried.add(name)
                state.flow = ""
                mark = state.mark()
                function = self.functions[name][-1]
                state.args, state.conditional, state.depth = PositionalParameters((), True), True, 0
                state.refuted |= {NO_ARGUMENTS}
                state.because = (Reason("call", f"function {name}", *state.where(function.start), "function"),)
                self.frames, self.last = [Frame(name)], OPEN
                state.catches.clear()
                self.run(function.body)
                self.frames = []
                state.undo(mark)
        state.flow = ""

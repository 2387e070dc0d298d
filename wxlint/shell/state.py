"""What a walk over a script carries along: variables, directory, reasons; and how a branch of it is undone."""

from __future__ import annotations

from collections.abc import Callable

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import ANYWHERE, Command, Place, Redirect, ShellError, Surroundings, Word
from wxlint.shell.values import NO_ARGUMENTS, UNSET, PositionalParameters, Variable, hole, merged, not_set, reasons_of
from wxlint.shell.ways import Ways

MAX_COMMANDS = 5_000
"""Beyond this, loops are walked once with unknown items, and functions are no longer entered."""
MAX_STEPS = 40_000
LAST_STEP = 5 * MAX_STEPS
"""Beyond this, the rest of a text is not walked."""
MAX_DEPTH = 50
_MAX_VOLUME = 10_000_000
_MAX_EXPORTS = 40

Refine = tuple[str, str, bool]
"""(name, text, outcome): when a condition has that outcome, the variable is that text."""
Changes = dict[str, "Variable | None"]
SUBSHELL, FUNCTION, LOOP, ROUND, STATEMENT = "subshell", "function", "loop", "round", "statement"
INPUT = "standard input"
"""Kept beside the variables, so that a branch that reads from it is undone."""
UNREAD = "unread text"
"""Kept beside the variables behind a text that may have set any of them, and was not read."""
LEFT = "left"
"""The flow of a walk that goes on nowhere: every branch has left for one of the constructs around it."""


class Status(NamedTuple):
    """The outcome of a command. truth: None when unknown.

    ran: an ordinary command, of which both outcomes are possible. sure: one that is taken to succeed wherever
    commands are chained with `&&`. assumed: what `truth` rests on; with it, both branches are walked. refine: what an
    outcome says of a variable.
    """

    truth: bool | None
    ran: bool = False
    assumed: tuple[Reason, ...] = ()
    refine: Refine | None = None
    sure: bool = False

    @property
    def certain(self) -> bool:
        return self.truth is not None and not self.assumed


YES, NO, MAYBE = Status(True), Status(False), Status(None)
RAN, OPEN = Status(None, True, sure=True), Status(None, True)
Option = tuple["Refine | None", "Callable[[], Status] | None"]


class Mark(NamedTuple):
    """A point to come back to."""

    log: int
    args: PositionalParameters
    cwd: Value | None
    flow: str
    refuted: frozenset[Reason]
    exported: dict[str, None]


class Catch:
    """A construct that a walk may leave early. ends: the changes and the mark of each early end, from `mark` on.

    conditional: what `ShellState.conditional` was in front of it. passed: a branch has left for a construct further
    out.
    """

    __slots__ = ("conditional", "ends", "kind", "mark", "passed")

    def __init__(self, kind: str, mark: Mark, conditional: bool) -> None:
        self.kind, self.mark, self.conditional = kind, mark, conditional
        self.passed = False
        self.ends: list[tuple[Changes, Mark]] = []


class ShellState:
    """The variables and the place of a walk.

    Variables are written through `put`, which keeps the old values, so that a branch can be undone at the cost of
    what it wrote. Attributes and options of the shell are kept beside them, under names with a space: "declare NAME",
    "set -e".
    """

    def __init__(self, where: Place, defaults: bool, around: Surroundings = ANYWHERE) -> None:
        self.where, self.presumes, self.around = where, defaults, around
        self.vars: dict[str, Variable] = {}
        self.log: list[tuple[str, Variable | None]] = []
        self.attributed: set[str] = set()  # variables that `declare` has given an attribute
        self.resting: dict[Reason, set[str]] = {}  # variables whose value rests, or once rested, on an assumption
        self.refuted: frozenset[Reason] = frozenset()
        self.args = PositionalParameters((), True, True)
        self.shadowed: set[str] = set()  # numbers of parameters of functions that are not known
        self.environment: frozenset[str] = frozenset()
        self.exported: dict[str, None] = {}
        self.exports: tuple[tuple[str, Value], ...] | None = ()
        self.cwd: Value | None = None
        self.flow = ""  # "exit", "fail", "return", "break", "continue" or LEFT while what follows is skipped
        self.levels = 1  # of break and continue
        self.catches: list[Catch] = []
        self.leaves = 0
        self.may_end: list[int] = []
        self.branching = 0  # how many branches that may not be taken are being walked
        self.branch_at = -1  # where in the log the outermost branch began that is being walked
        self.unsettled: set[str] = set()  # variables that have another value where the text may end
        self.conditional = False
        self.because: tuple[Reason, ...] = ()
        self.via: tuple[int, ...] = ()
        self.commands: list[Command] = []
        self.captured: set[int] = set()  # numbers of the commands whose output a pipe or a `$(...)` takes
        self.errors: list[ShellError] = []
        self.depth = self.steps = self.volume = 0
        self.full = False  # too many commands: loops are not unrolled any more
        self.inside: Place | None = None  # places in the file, named by `source`, that is being walked
        self.fixed: tuple[int, int] | None = None  # where words of a text that is read again are said to stand
        self.shift = 0
        self.glue = False  # words are divided after values are joined: what a branch adds begins with a space
        self.ways: Ways | None = None  # that are taken at branches; None where each is as it is likely to be
        self.output: list[Value | None] | None = None  # what is written to a `$(...)` or a pipe; None: not known

    # -- variables

    def put(self, name: str, value: Variable | None) -> None:
        """Set a variable, or with None forget that it was ever set."""
        self.log.append((name, self.vars.get(name)))
        if self.may_end:
            self.unsettled.add(name)
        if value is None:
            self.vars.pop(name, None)
        else:
            self.vars[name] = value
            if isinstance(value, dict):
                self.steps += len(value) // 16
            for reason in reasons_of(value):
                if reason.kind == "assumed":
                    self.resting.setdefault(reason, set()).add(name)
        if name in self.exported:
            self.exports = None

    def set(self, name: str, value: Variable) -> None:
        """An assignment of the script: what the environment had is exported again."""
        self.put(name, value)
        if name in self.environment and name not in self.exported:
            self.export(name)

    def export(self, name: str) -> None:
        if f"export {name}" in self.vars:
            self.put(f"export {name}", None)
        exported = {**self.exported, name: None}
        if len(exported) > _MAX_EXPORTS:
            del exported[next(iter(exported))]
        self.exported, self.exports = exported, None

    def keep(self, name: str) -> None:
        """A variable is no longer exported."""
        self.exported = {each: None for each in self.exported if each != name}
        self.exports = None

    def named(self, name: str) -> str:
        """A variable as it is written, for the name of a HOLE."""
        return f"${{{name}}}"

    def mark(self) -> Mark:
        return Mark(len(self.log), self.args, self.cwd, self.flow, self.refuted, self.exported)

    def undo(self, mark: Mark) -> None:
        for name, old in reversed(self.log[mark.log :]):
            if old is None:
                self.vars.pop(name, None)
            else:
                self.vars[name] = old
        del self.log[mark.log :]
        _, self.args, self.cwd, self.flow, self.refuted, self.exported = mark
        self.exports = None

    def changes(self, mark: Mark) -> Changes:
        """Variables written since, with their values."""
        self.steps += (len(self.log) - mark.log) // 16
        return {name: self.vars.get(name) for name, _ in self.log[mark.log :]}

    def forget(self, assumed: tuple[Reason, ...]) -> None:
        """These assumptions do not hold from here on: what rests on them is unknown."""
        if not assumed:
            return
        self.refuted |= set(assumed)
        self.steps += len(assumed) // 8
        for reason in assumed:
            if reason.name:
                self.refuted |= {not_set(reason.name)}
            names = self.resting.get(reason, ())
            self.steps += len(names) // 8
            for name in names:
                value = self.vars.get(name)
                if value is not None and reason in reasons_of(value):
                    self.put(name, hole(self.named(name) if type(value) is Value else f"${{{name}[@]}}"))

    # -- places, reasons, commands

    def place(self, offset: int) -> int:
        return self.fixed[0] if self.fixed else offset + self.shift

    def span(self, start: int, end: int) -> tuple[int, int]:
        return self.fixed or (start + self.shift, end + self.shift)

    def noted(self, name: str, value: Value, offset: int) -> Value:
        """The value with the assignment among its reasons."""
        shown = value.shown() if len(value.text) < 200 else value.text[:80].replace(HOLE, "?")
        shown = shown.partition("\n")[0]
        self.volume += len(value.text)
        text = f"{name}={shown if len(shown) <= 80 else shown[:79] + '…'}"
        where = self.where(self.place(offset)) if self.inside is None else self.inside(offset)
        note = Reason("variable", text, *where, name)
        return Value(value.text, value.holes, merged(value.because, (note,)))

    @property
    def spent(self) -> bool:
        """Whether the text has been given so much room that long values stay unknown from here on."""
        return self.volume > _MAX_VOLUME

    @property
    def defaults(self) -> bool:
        """Whether a variable that nothing here sets may be taken not to be set."""
        return self.presumes and UNREAD not in self.vars

    @property
    def fresh(self) -> bool:
        """Whether the script's own arguments are still looked at, and may be taken to be none."""
        return self.args.script and self.defaults and NO_ARGUMENTS not in self.refuted

    def write(self, value: Value | None) -> None:
        """Output of a command, for who reads it; None when it is not known."""
        if self.output is not None:
            self.output.append(value)

    @property
    def given(self) -> Value | None:
        """What the next program reads from its standard input; None when that is not known."""
        value = self.vars.get(INPUT)
        return value if type(value) is Value and not value.holes else None

    def give(self, value: Value | None) -> None:
        """Set what the next program reads; None for what is not known."""
        if value is not None or INPUT in self.vars:
            self.put(INPUT, value)

    def fail(self, *, status: bool = False) -> None:
        """An error: the statement ends. status: it is a failure as well, with which `set -e` ends the text."""
        self.flow = "exit" if status and "set -e" in self.vars else "fail"

    def may_leave(self, flow: str) -> None:
        """What comes next may not run, for the walk may leave here."""
        if self.flow:  # it leaves anyway
            return
        self.flow, self.levels = flow, 1
        leaves = self.leaves
        self.leave()
        self.flow = ""
        self.conditional = self.conditional or self.leaves > leaves

    def emit(
        self,
        start: int,
        end: int,
        words: tuple[Word, ...],
        env: tuple[tuple[str, Value], ...] = (),
        redirects: tuple[Redirect, ...] = (),
    ) -> None:
        self.commands.append(self.command(start, end, words, env, redirects))

    def command(
        self,
        start: int,
        end: int,
        words: tuple[Word, ...],
        env: tuple[tuple[str, Value], ...] = (),
        redirects: tuple[Redirect, ...] = (),
    ) -> Command:
        if self.exports is None:
            pairs = [(n, self.vars.get(n)) for n in self.exported]
            self.exports = tuple([(n, v) for n, v in pairs if type(v) is Value and v is not UNSET])
        start, end = self.span(start, end)
        env = self.exports + env if env else self.exports
        return Command(words, env, redirects, start, end, self.conditional, self.because, self.via, self.cwd)

    # -- leaving constructs early

    def open(self, kind: str) -> Catch:
        """Enter a construct that may be left early; `branches.close` ends it."""
        catch = Catch(kind, self.mark(), self.conditional)
        self.catches.append(catch)
        return catch

    def leave(self) -> None:
        """The branch that is being walked leaves, and another may not: note its end with the construct it leaves
        for."""
        if self.flow in ("", LEFT):
            return
        index = self._target()
        if index < 0:  # the whole text: what follows is read as if it goes on
            self.may_end.append(len(self.commands))
            if self.branch_at >= 0:
                self.unsettled.update(name for name, _ in self.log[self.branch_at :])
            return
        self.leaves += 1
        for inner in self.catches[index + 1 :]:
            inner.passed = True
        catch = self.catches[index]
        catch.ends.append((self.changes(catch.mark), self.mark()))

    def _target(self) -> int:
        """The index of the construct that the flow leaves for; -1 for the whole text."""
        wanted = {"return": FUNCTION, "break": LOOP, "continue": ROUND, "exit": SUBSHELL, "fail": STATEMENT}[self.flow]
        levels = self.levels if wanted in (LOOP, ROUND) else 1
        outermost = -1
        for index in range(len(self.catches) - 1, -1, -1):
            kind = self.catches[index].kind
            if kind == SUBSHELL or (kind == FUNCTION and wanted in (LOOP, ROUND)):
                return index if kind == SUBSHELL or outermost < 0 else outermost
            if kind == wanted:
                outermost = index
                levels -= 1
                if not levels:
                    return index
        return outermost


def opposite(status: Status) -> Status:
    """What `!` makes of an outcome."""
    refine = (status.refine[0], status.refine[1], not status.refine[2]) if status.refine else None
    return Status(None if status.truth is None else not status.truth, False, status.assumed, refine)

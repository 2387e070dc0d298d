"""What a walk over a script carries along: variables, directory, reasons; and what is left of them behind a branch that may not be taken."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Command, Place, Redirect, Word
from wxlint.shell.values import NO_ARGUMENTS, UNSET, Arguments, Variable, assumptions, hole, merged, not_set

MAX_COMMANDS = 5_000
"""Beyond this, loops are walked once with unknown items, and functions are no longer entered."""
MAX_STEPS = 40_000
MAX_DEPTH = 50
_MAX_VOLUME = 10_000_000
_MAX_EXPORTS = 40


Refine = tuple[str, str, bool]
"""(name, text, outcome): when a condition has that outcome, the variable is that text."""


class Status(NamedTuple):
    """The outcome of a command. truth: None when unknown. ran: an ordinary command, taken to succeed where commands are chained with `&&`.

    assumed: what `truth` rests on; with it, both branches are walked. refine: what an outcome says of a variable.
    """

    truth: bool | None
    ran: bool = False
    assumed: tuple[Reason, ...] = ()
    refine: Refine | None = None

    @property
    def certain(self) -> bool:
        return self.truth is not None and not self.assumed


YES, NO, MAYBE, RAN = Status(True), Status(False), Status(None), Status(None, True)
Option = tuple[Refine | None, Callable[[], Status] | None]


class Mark(NamedTuple):
    """A point to come back to."""

    log: int
    args: Arguments
    cwd: Value | None
    flow: str
    refuted: frozenset[Reason]


class State:
    """Variables are written through `put`, which keeps the old values, so that a branch can be undone at the cost of what it wrote."""

    def __init__(self, where: Place, defaults: bool) -> None:
        self.where, self.defaults = where, defaults
        self.vars: dict[str, Variable] = {}
        self.log: list[tuple[str, Variable | None]] = []
        self.resting: dict[Reason, set[str]] = {}  # variables whose value rests, or once rested, on an assumption
        self.refuted: frozenset[Reason] = frozenset()
        self.args = Arguments((), True, True)
        self.environment: frozenset[str] = frozenset()
        self.exported: dict[str, None] = {}
        self.exports: tuple[tuple[str, Value], ...] | None = ()
        self.cwd: Value | None = None
        self.flow = ""  # "exit", "return", "break" or "continue" while what follows is skipped
        self.conditional = False
        self.because: tuple[Reason, ...] = ()
        self.via: tuple[int, ...] = ()
        self.commands: list[Command] = []
        self.errors: list[tuple[int, int, str]] = []
        self.depth = self.steps = self.volume = 0
        self.full = False  # too many commands: loops are not unrolled any more
        self.fixed: tuple[int, int] | None = None  # where words of a text that is read again are said to stand
        self.shift = 0

    # -- variables

    def put(self, name: str, value: Variable | None) -> None:
        """Set a variable, or with None forget that it was ever set."""
        self.log.append((name, self.vars.get(name)))
        if value is None:
            self.vars.pop(name, None)
        else:
            self.vars[name] = value
            for reason in _reasons(value):
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
        self.exported[name] = None
        self.exports = None
        if len(self.exported) > _MAX_EXPORTS:
            del self.exported[next(iter(self.exported))]

    def named(self, name: str) -> str:
        """A variable as it is written, for the name of a HOLE."""
        return f"${{{name}}}"

    def mark(self) -> Mark:
        return Mark(len(self.log), self.args, self.cwd, self.flow, self.refuted)

    def undo(self, mark: Mark) -> None:
        for name, old in reversed(self.log[mark.log :]):
            if old is None:
                self.vars.pop(name, None)
            else:
                self.vars[name] = old
        del self.log[mark.log :]
        self.args, self.cwd, self.flow, self.refuted = mark.args, mark.cwd, mark.flow, mark.refuted
        self.exports = None

    def changes(self, mark: Mark) -> dict[str, Variable | None]:
        """Variables written since, with their values."""
        return {name: self.vars.get(name) for name, _ in self.log[mark.log :]}

    def forget(self, assumed: tuple[Reason, ...]) -> None:
        """These assumptions do not hold from here on: what rests on them is unknown."""
        if not assumed:
            return
        self.refuted |= set(assumed)
        for reason in assumed:
            if reason.name:
                self.refuted |= {not_set(reason.name)}
            for name in self.resting.get(reason, ()):
                value = self.vars.get(name)
                if value is not None and reason in _reasons(value):
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
        note = Reason("variable", text, *self.where(self.place(offset)), name)
        return Value(value.text, value.holes, merged(value.because, (note,)))

    @property
    def spent(self) -> bool:
        """Whether the text has been given so much room that long values stay unknown from here on."""
        return self.volume > _MAX_VOLUME

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
        return Command(
            words,
            self.exports + env if env else self.exports,
            redirects,
            start,
            end,
            self.conditional,
            self.because,
            self.via,
            self.cwd,
        )

    # -- branches

    def alternatives(self, options: Sequence[Option], likely: int | None, assumed: tuple[Reason, ...]) -> list[Status]:
        """Walk each branch of an unknown condition, then keep what is true behind all of them.

        likely: the branch taken if `assumed` holds; its values go on, resting on that assumption.
        """
        base = self.mark()
        conditional, self.conditional = self.conditional, True
        ends: list[tuple[int, dict[str, Variable | None], Mark]] = []
        flows: list[str] = []
        statuses: list[Status] = []
        for number, (refine, body) in enumerate(options):
            if likely is not None and number != likely:
                self.forget(assumed)
            refined, given = self._refine(refine), self.args
            statuses.append(RAN if body is None else body())
            flows.append(self.flow)
            if not self.flow:
                changes = self.changes(base)
                for name, value in refined.items():  # what only the condition said does not hold behind the branch
                    if changes.get(name) is value:
                        del changes[name]
                end = self.mark()
                ends.append((number, changes, end._replace(args=base.args) if end.args is given else end))
            self.undo(base)
        self.conditional = conditional
        if not ends:
            order = ("continue", "break", "return", "exit")
            self.flow = min((flow for flow in flows if flow), key=order.index, default="")
            return statuses
        refuted = likely is not None and bool(flows[likely])
        if refuted:
            self.forget(assumed)
        if len(ends) == 1:  # the other branches leave the script: the condition is as in this one
            number, changes, end = ends[0]
            self._refine(options[number][0])
            for name, value in changes.items():
                self.put(name, value)
            self.args, self.cwd = self.args if end.args is base.args else end.args, end.cwd
            return statuses
        self._merge(ends, None if refuted else likely, assumed)
        return statuses

    def _refine(self, refine: Refine | None) -> dict[str, Variable | None]:
        """Enter a branch where a variable is known. Gives what that alone has changed."""
        if refine is None:
            return {}
        name, text, _ = refine
        if name.isdigit():
            if name == "1" and not self.args.known:
                self.args = Arguments((Value(text),), True)
            return {}
        old = self.vars.get(name)
        if isinstance(old, dict) or (old is not None and old.text == text and not old.holes):
            return {}
        mark = self.mark()
        if type(old) is Value:
            self.forget(assumptions(old))
        self.put(name, Value(text, (), (Reason("variable", f"{name} is {text!r} here", name=name),)))
        return self.changes(mark)

    def _either(self, name: str, values: list[Variable | None]) -> Variable:
        """What is known of a variable that has one of these values: of options that a branch adds (`ARGS="$ARGS --push"`), those before."""
        longest = _longest(values)
        if isinstance(longest, dict):
            least = min([v for v in values if type(v) is dict], key=len)
            return {**least, str(len(least)): hole(f"${{{name}[@]}}")}
        if isinstance(longest, Value):
            short = min([v for v in values if type(v) is Value], key=lambda v: len(v.text))
            if not short.text.strip(f" {HOLE}"):  # nothing is known to be there: not even the space
                return Value(HOLE, (self.named(name),), short.because)
            return Value(f"{short.text} {HOLE}", (*short.holes, self.named(name)), short.because)
        return hole(f"${{{name}[@]}}" if any(type(v) is dict for v in values) else self.named(name))

    def _merge(
        self, ends: list[tuple[int, dict[str, Variable | None], Mark]], likely: int | None, assumed: tuple[Reason, ...]
    ) -> None:
        chosen = next((end for end in ends if end[0] == likely), None)
        _, first, mark = chosen or ends[0]
        if chosen is not None:
            self.args, self.cwd = mark.args, mark.cwd
        else:
            if any(end.args is not mark.args for _, _, end in ends):
                self.args = Arguments((), True)
            else:
                self.args = mark.args
            self.cwd = mark.cwd if all(end.cwd == mark.cwd for _, _, end in ends) else hole("$(pwd)")
        for name in dict.fromkeys(name for _, changes, _ in ends for name in changes):
            base = self.vars.get(name)
            values = [changes.get(name, base) if name in changes else base for _, changes, _ in ends]
            one = first[name] if name in first else base
            if all(_same(one, other) for other in values):
                if one is not base:
                    self.put(name, one)
            elif chosen is None:
                self.put(name, self._either(name, values))
            elif one is None and not self.defaults:
                self.put(name, hole(self.named(name)))
            else:
                self.put(name, one if one is None else resting(name, one, assumed))


def resting(name: str, value: Variable, assumed: tuple[Reason, ...]) -> Variable:
    """A variable that is as it is if `assumed` holds. An array without items has none that could rest on it: it is unknown."""
    if type(value) is Value:
        return value._replace(because=merged(value.because, assumed))
    assert type(value) is dict
    items = {key: item._replace(because=merged(item.because, assumed)) for key, item in value.items()}
    return items or hole(f"${{{name}[@]}}")


def _reasons(value: Variable) -> Iterable[Reason]:
    if type(value) is dict:
        return [reason for item in value.values() for reason in item.because]
    return value.because if type(value) is Value else ()


def _longest(values: list[Variable | None]) -> Variable | None:
    """The value that all the others begin, when they are texts (up to a space) or indexed arrays."""
    if all(type(v) is Value for v in values):
        longest = max(values, key=lambda v: len(v.text))  # type: ignore[union-attr]
        assert isinstance(longest, Value)
        texts = [v.text for v in values if type(v) is Value]
        return longest if all(t and (longest.text + " ").startswith(t + " ") for t in texts) else None
    if all(type(v) is dict for v in values):
        most = max(values, key=len)  # type: ignore[arg-type]
        assert isinstance(most, dict)
        items = list(most.items())
        arrays = [v for v in values if type(v) is dict]
        return (
            most if all(list(v.items()) == items[: len(v)] for v in arrays) and all(k.isdigit() for k in most) else None
        )
    return None


def _same(one: Variable | None, other: Variable | None) -> bool:
    if one is other:
        return True
    if type(one) is Value and type(other) is Value:
        return one[:2] == other[:2] and (one is UNSET) == (other is UNSET)
    return one == other


def opposite(status: Status) -> Status:
    refine = (status.refine[0], status.refine[1], not status.refine[2]) if status.refine else None
    return Status(None if status.truth is None else not status.truth, False, status.assumed, refine)


def fresh(state: State) -> bool:
    """Whether the script's own arguments are still looked at, and may be taken to be none."""
    return state.args.script and state.defaults and NO_ARGUMENTS not in state.refuted

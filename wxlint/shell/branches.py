"""Branches that may not be taken: each is walked, and what is true behind all of them is kept."""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.state import LEFT, LOOP, RAN, ROUND, Catch, Changes, Option, Refine, ShellState, Status
from wxlint.shell.taken_ways import End, denied, taken, writes
from wxlint.shell.values import UNSET, PositionalParameters, Variable, assumptions, counted, hole, merged
from wxlint.shell.ways import Key

_CAUGHT = {"subshell": "exit", "function": "return", "loop": "break", "round": "continue", "statement": "fail"}


def alternatives(
    state: ShellState,
    options: Sequence[Option],
    likely: int | None,
    assumed: tuple[Reason, ...],
    key: Key | None = None,
) -> list[Status]:
    """Walk each branch of an unknown condition, then keep what is true behind all of them.

    likely: the branch taken if `assumed` holds; its values go on, resting on that assumption. key: of the branch, where
    the walk may choose a way.
    """
    base = state.mark()
    wanted = state.ways.chosen.get(key) if state.ways is not None and key is not None else None
    conditional, state.conditional = state.conditional, True
    leaves, branch_at = state.leaves, state.branch_at
    if branch_at < 0:
        state.branch_at = base.log
    state.branching += 1
    written = len(state.output) if state.output is not None else 0
    ends: list[End] = []
    flows: list[str] = []
    statuses: list[Status] = []
    for number, (refine, body) in enumerate(options):
        if likely is not None and number != likely:
            state.forget(denied(state, assumed, refine) if number == wanted else assumed)
        refined, given, first = _refined(state, refine), state.args, len(state.commands)
        statuses.append(RAN if body is None else body())
        flows.append(state.flow)
        if key is not None and any(map(writes, state.commands[first:])):
            key = None  # what a way writes, another one finds: a build of it is no build of what lies there
        if not state.flow:
            changes = state.changes(base)
            for name, value in refined.items():  # what only the condition said does not hold behind the branch
                if changes.get(name) is value:
                    del changes[name]
            end = state.mark()
            ends.append((number, changes, end._replace(args=base.args) if end.args is given else end))
        else:
            state.leave()
        state.undo(base)
    state.branch_at = branch_at
    state.branching -= 1
    state.conditional = conditional or (state.leaves > leaves and bool(state.catches))
    if state.output is not None and len(state.output) > written:
        state.output[written:] = [None]
    if not ends:
        state.flow = "exit" if set(flows) == {"exit"} and state.leaves == leaves else LEFT
        return statuses
    refuted = likely is not None and bool(flows[likely])
    if refuted:
        state.forget(assumed)
    if len(ends) == 1:  # the other branches leave: the condition is as in this one
        number, changes, end = ends[0]
        _refined(state, options[number][0])
        for name, value in changes.items():
            state.put(name, value)
        state.args, state.cwd = state.args if end.args is base.args else end.args, end.cwd
        state.exported, state.exports = end.exported, None
        return statuses
    likely = None if refuted else likely
    way = taken(state, ends, options, likely, assumed, key) if key is not None else None
    if way is None:
        _merge(state, ends, likely, assumed)
        return statuses
    way.leave_presumptions(state)
    _merge(state, ends, way.number, (way.reason,))
    way.enter(state)
    return statuses


def close(state: ShellState, catch: Catch) -> None:
    """End a construct: what left it early goes on behind it."""
    while state.catches.pop() is not catch:
        pass
    state.conditional = catch.conditional or catch.passed
    if state.flow in ("break", "continue") and state.levels > 1 and catch.kind == LOOP:
        state.levels -= 1
        caught = False
    else:
        caught = state.flow == _CAUGHT[catch.kind] and (catch.kind not in (LOOP, ROUND) or state.levels == 1)
    if not catch.ends:
        if caught:
            state.flow = ""
        return
    ends: list[End] = [(number, changes, mark) for number, (changes, mark) in enumerate(catch.ends)]
    if not state.flow or caught:
        ends.append((len(ends), state.changes(catch.mark), state.mark()))
    elif state.flow != LEFT:  # goes on outwards, while another branch has ended here
        state.leave()
        state.conditional = state.conditional or bool(state.catches)
    state.undo(catch.mark)
    _merge(state, ends, None, ())
    state.flow = ""


def resting(name: str, value: Variable, assumed: tuple[Reason, ...]) -> Variable:
    """A variable that is as it is if `assumed` holds. An array without items is unknown: none could rest on it."""
    if value is UNSET:  # told apart by identity: nothing could rest on it either
        return hole(f"${{{name}}}")
    if isinstance(value, Value):
        return value._replace(because=merged(value.because, assumed))
    items = type(value)({k: item._replace(because=merged(item.because, assumed)) for k, item in value.items()})
    return items or hole(f"${{{name}[@]}}")


def _refined(state: ShellState, refine: Refine | None) -> Changes:
    """Enter a branch where a variable is known. Gives what that alone has changed."""
    if refine is None:
        return {}
    name, text, _ = refine
    if name.isdigit():
        if name == "1" and not state.args.known:
            state.args = PositionalParameters((Value(text),), True, doubtful=not text)
        return {}
    old = state.vars.get(name)
    if isinstance(old, dict) or (old is not None and old.text == text and not old.holes):
        return {}
    mark = state.mark()
    if type(old) is Value:
        state.forget(assumptions(old))
    shown = f"{name} is {text!r} here"
    state.put(name, Value(text, (), (Reason("variable", shown, name=name if text else f"{name}?"),)))
    return state.changes(mark)


def _merge(state: ShellState, ends: list[End], likely: int | None, assumed: tuple[Reason, ...]) -> None:
    """Go on behind several branches that do not leave."""
    chosen = next((end for end in ends if end[0] == likely), None)
    _, first, mark = chosen or ends[0]
    state.exported = {name: None for _, _, end in ends for name in end.exported}
    for name in state.exported:
        if not all(name in end.exported for _, _, end in ends):
            state.put(f"export {name}", hole(name))  # a shell that is started may not have it
    state.exports = None
    if chosen is not None:
        same = all(end.args is mark.args for _, _, end in ends)
        state.args, state.cwd = mark.args if same else _resting_arguments(mark.args, assumed), mark.cwd
    else:
        same = all(end.args is mark.args for _, _, end in ends)
        state.args = mark.args if same else PositionalParameters((), True)
        state.cwd = mark.cwd if all(end.cwd == mark.cwd for _, _, end in ends) else hole("$(pwd)")
    changed: dict[str, list[Variable | None]] = {}
    for _, changes, _ in ends:
        for name, value in changes.items():
            changed.setdefault(name, []).append(value)
    for name, values in changed.items():
        base = state.vars.get(name)
        if len(values) < len(ends):  # some branch leaves it as it is
            values.append(base)
        one = first[name] if name in first else base
        if all(_same(one, other) for other in values):
            one = _resting_on_all(one, values)
            if one is not base:
                state.put(name, one)
        elif " " in name or name == "IFS":  # no word says that it rests on an option, an alias, a function
            state.put(name, hole(name))
        elif chosen is None:
            state.put(name, _either(state, name, values))
        elif one is None and not state.defaults:
            state.put(name, hole(state.named(name)))
        elif one is UNSET and state.glue:  # in a batch file a variable that is not set is an empty one
            state.put(name, Value("", (), assumed))
        else:
            state.put(name, one if one is None else resting(name, one, assumed))


def _resting_on_all(one: Variable | None, values: list[Variable | None]) -> Variable | None:
    """A variable that is the same behind all branches, resting on what any of them assumes."""
    if isinstance(one, dict):
        others = [value for value in values if isinstance(value, dict) and value is not one]
        assumed = tuple([r for value in others for item in value.values() for r in assumptions(item)])
        return resting("", one, tuple(dict.fromkeys(assumed))) if assumed and one else one
    if type(one) is not Value or one is UNSET:
        return one
    because = one.because
    for value in values:
        if type(value) is Value and value.because:
            because = merged(because, assumptions(value))
    return one if because == one.because else one._replace(because=because)


def _resting_arguments(args: PositionalParameters, assumed: tuple[Reason, ...]) -> PositionalParameters:
    """Positional parameters that are as they are if `assumed` holds."""
    known = tuple(value._replace(because=merged(value.because, assumed)) for value in args.known)
    if not known:
        return PositionalParameters((), True, args.script)
    return PositionalParameters(known, args.more, args.script, first=args.first, doubtful=args.doubtful)


def _either(state: ShellState, name: str, values: list[Variable | None]) -> Variable:
    """What is known of a variable that has one of these values.

    Of options that a branch adds (`ARGS="$ARGS --push"`), those before.
    """
    longest = _longest(values)
    if isinstance(longest, dict):
        least = min([counted(v) for v in values if isinstance(v, dict)], key=len)
        return {**least, str(len(least)): hole(f"${{{name}[@]}}")}
    if isinstance(longest, Value):
        short = min([v for v in values if type(v) is Value], key=lambda v: len(v.text))
        if not short.text.strip(f" {HOLE}"):  # nothing is known to be there: not even the space
            return Value(HOLE, (state.named(name),), short.because)
        if state.glue:
            return Value(f"{short.text} {HOLE}", (*short.holes, state.named(name)), short.because)
        return Value(short.text + HOLE, (*short.holes, f" {state.named(name)}"), short.because)
    return hole(f"${{{name}[@]}}" if any(isinstance(v, dict) for v in values) else state.named(name))


def _longest(values: list[Variable | None]) -> Variable | None:
    """The value that all the others begin, when they are texts (up to a space) or indexed arrays without gaps."""
    texts = [v for v in values if type(v) is Value]
    if len(texts) == len(values):
        longest = max(texts, key=lambda v: len(v.text))
        return longest if all(v.text and (longest.text + " ").startswith(v.text + " ") for v in texts) else None
    arrays = [counted(v) for v in values if type(v) is dict]
    if len(arrays) == len(values):
        most = max(arrays, key=len)
        items = list(most.items())
        dense = all(key == str(number) for number, key in enumerate(most))
        return most if dense and all(list(v.items()) == items[: len(v)] for v in arrays) else None
    return None


def _same(one: Variable | None, other: Variable | None) -> bool:
    if one is other:
        return True
    if type(one) is Value and type(other) is Value:
        return one[:2] == other[:2] and (one is UNSET) == (other is UNSET)
    return one == other and type(one) is type(other)

"""Conditions with three values: `[ ]`, `[[ ]]`, `case`, arithmetic."""

from __future__ import annotations

import re

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value, could_equal
from wxlint.shell.bash.assigned_names import SETS
from wxlint.shell.bash.expansion import Expander
from wxlint.shell.bash.tree import Case, Lit, Node, Param, Text
from wxlint.shell.state import MAYBE, NO, RAN, Refine, Status, fresh, opposite
from wxlint.shell.values import NO_ARGUMENTS, assumptions, compiled, hole

_NUMBER = late(r"\s*[-+]?\d{1,12}\s*\Z")
_COMPARE = late(r"\(\(\s*(\$?\{?#?\w+\}?|\$#|\d+)\s*(==|!=|<=|>=|<|>)\s*(\$?\{?\w+\}?|\d+)\s*\)\)\Z")


def compare(operator: str, left: Value, right: Value) -> Status:
    """A binary test of two values (no patterns)."""
    assumed = (*assumptions(left), *assumptions(right))
    if operator in ("=", "=="):
        if left.known and right.known:
            return Status(left.text == right.text, False, assumed)
        if right.known and not could_equal(left, right.text) or left.known and not could_equal(right, left.text):
            return Status(False, False, assumed)
        return MAYBE
    if operator == "!=":
        return opposite(compare("=", left, right))
    if not (left.known and right.known and _NUMBER.match(left.text) and _NUMBER.match(right.text)):
        return MAYBE
    one, two = int(left.text), int(right.text)
    outcomes = {
        "-eq": one == two,
        "-ne": one != two,
        "-lt": one < two,
        "-le": one <= two,
        "-gt": one > two,
        "-ge": one >= two,
    }
    return Status(outcomes[operator], False, assumed) if operator in outcomes else MAYBE


def unary(operator: str, value: Value) -> Status:
    if operator not in ("-z", "-n"):
        return MAYBE  # -f, -d, -x, -t, -v: not known before a run
    if value.holes and not value.text.strip("\0"):
        return MAYBE
    return Status((value.text == "") == (operator == "-z"), False, assumptions(value))


def both(left: Status, right: Status, wanted: bool) -> Status:
    """`a && b` (wanted True: both must be true) or `a || b` (wanted False)."""
    for status in (left, right):
        if status.truth is not None and status.truth != wanted and not status.assumed:
            return status
    if left.truth is not None and left.truth != wanted:
        return Status(left.truth, False, left.assumed)
    if right.truth is not None and right.truth != wanted:
        return Status(right.truth, False, right.assumed)
    if left.truth is None or right.truth is None:
        return MAYBE
    return Status(wanted, False, (*left.assumed, *right.assumed))


def refinement(word: Text | None, value: Value, text: str, outcome: bool) -> Refine | None:
    """What an equality says of a variable that is compared as a whole (`"$TAG" = cuda`)."""
    if word is None or len(word.parts) != 1 or (value.known and not assumptions(value)):
        return None
    part = word.parts[0]
    if type(part) is not Param or part.subscript is not None or part.op not in ("", ":-", "-") or "\0" in text:
        return None
    if part.op and text == "":
        return None
    return part.name, text, outcome


def words_test(words: list[Value], texts: list[Text]) -> Status:
    """The arguments of `[` or `test`, without the bracket."""
    count = len(words)
    if count > 200:
        return MAYBE
    for operator, wanted in (("-o", False), ("-a", True)):
        for at in range(1, count - 1):
            if words[at].text == operator and count > 3:
                left, right = words_test(words[:at], []), words_test(words[at + 1 :], [])
                return both(left, right, wanted)
    if count and words[0].text == "!":
        return opposite(words_test(words[1:], texts[1:]))
    if count == 0:
        return NO
    if count == 1:
        return unary("-n", words[0])
    same = len(texts) == count
    if count == 2:
        status = unary(words[0].text, words[1])
        if words[0].text in ("-z", "-n") and same:
            return status._replace(refine=refinement(texts[1], words[1], "", words[0].text == "-z"))
        return status
    if count == 3:
        operator = words[1].text
        if operator in ("-a", "-o"):
            return both(unary("-n", words[0]), unary("-n", words[2]), operator == "-a")
        status = compare(operator, words[0], words[2])
        if operator in ("=", "==", "!=") and same and words[2].known:
            return status._replace(refine=refinement(texts[0], words[0], words[2].text, operator != "!="))
        return status
    return MAYBE


def expression(runner: Expander, node: tuple[object, ...]) -> Status:
    """The inside of `[[ ... ]]`."""
    kind = node[0]
    if kind in ("and", "or"):
        left = expression(runner, node[1])  # type: ignore[arg-type]
        wanted = kind == "and"
        if left.truth is not None and left.truth != wanted and not left.assumed:
            return left
        return both(left, expression(runner, node[2]), wanted)  # type: ignore[arg-type]
    if kind == "not":
        return opposite(expression(runner, node[1]))  # type: ignore[arg-type]
    presume, runner.presume = runner.presume, True
    try:
        if kind == "word":
            word = node[1]
            assert isinstance(word, Text)
            return unary("-n", runner.value(word))
        if kind == "unary":
            word = node[2]
            assert isinstance(word, Text)
            value = runner.value(word)
            status = unary(str(node[1]), value)
            return (
                status._replace(refine=refinement(word, value, "", node[1] == "-z"))
                if node[1] in ("-z", "-n")
                else status
            )
        if kind == "binary":
            return _binary(runner, str(node[1]), node[2], node[3])  # type: ignore[arg-type]
        return MAYBE
    finally:
        runner.presume = presume


def _binary(runner: Expander, operator: str, left: Text, right: Text) -> Status:
    value = runner.value(left)
    if operator not in ("=", "==", "!="):
        return compare(operator, value, runner.value(right))
    found = runner.pattern(right.parts)
    wanted = operator != "!="
    if found is None:
        return MAYBE
    plain = right.literal is not None and not any(
        type(p) is Lit and not p.quoted and re.search(r"[*?\[\\]", p.text) for p in right.parts
    )
    refine = refinement(left, value, right.literal or "", wanted) if plain else None
    if not value.known:
        if plain and not could_equal(value, right.literal or ""):
            return Status(not wanted, False, assumptions(value))
        return Status(None, False, (), refine)
    regex = compiled(found[0], len(value.text))
    if regex is None:
        return MAYBE
    assumed = (*assumptions(value), *[b for b in found[1] if b.kind == "assumed"])
    return Status((regex.fullmatch(value.text) is not None) == wanted, False, assumed, refine)


class Arms(NamedTuple):
    """The arms of a `case` that may be taken."""

    options: list[tuple[Refine | None, Node | None]]
    likely: int | None


def case_match(runner: Expander, value: Value, node: Case) -> Arms | int:
    """The number of the one arm that is taken, or all that may be."""
    assumed = assumptions(value)
    options: list[tuple[Refine | None, Node | None]] = []
    likely: int | None = None
    certain = value.known and not assumed
    unsure = not value.known
    catch_all = False
    for number, (patterns, body, _) in enumerate(node.arms):
        matched: bool | None = False
        for pattern in patterns:
            found = runner.pattern(pattern.parts) if pattern.parts else (re.escape(pattern.literal or ""), ())
            regex = compiled(found[0], len(value.text)) if found is not None else None
            if regex is None or (found and any(b.kind == "assumed" for b in found[1])):
                matched = None
                continue
            if found is not None and found[0] == ".*":
                matched = catch_all = True
                break
            if value.known:
                if regex.fullmatch(value.text):
                    matched = True
                    break
            elif (
                pattern.literal is None or re.search(r"[*?\[]", pattern.literal) or could_equal(value, pattern.literal)
            ):
                matched = None
        if certain and not unsure:
            if matched:
                return number if not options else _last(options, body)
            if matched is None:
                unsure = True
                options.append((None, body))
            continue
        if matched is False and not assumed and not (certain and unsure):
            continue  # cannot match whatever the unknown part is
        if matched and likely is None and assumed:
            likely = len(options)
        refine = None
        if len(patterns) == 1 and patterns[0].literal is not None and not re.search(r"[*?\[\\]", patterns[0].literal):
            refine = refinement(node.word, value, patterns[0].literal, True)
        elif not (matched and catch_all and likely != len(options)):
            refine = None
        options.append((refine, body))
        if catch_all:
            break
    if not catch_all and (options or not certain):
        if likely is None and assumed:
            likely = len(options)
        options.append((None, None))
    return Arms(options if any(body is not None for _, body in options) else [], likely)


def _last(options: list[tuple[Refine | None, Node | None]], body: Node) -> Arms:
    return Arms([*options, (None, body)], None)


def _operand(runner: Expander, text: str) -> Value:
    if text.isdigit():
        return Value(text)
    name = text.strip("${}")
    if name == "#":
        if fresh(runner):
            return Value("0", (), (NO_ARGUMENTS,))
        return hole("$#") if runner.args.more else Value(str(len(runner.args.known)))
    variable = runner.vars.get(name)
    return variable if isinstance(variable, Value) and variable.text else hole(text)


_SYMBOLS = {"==": "-eq", "!=": "-ne", "<": "-lt", "<=": "-le", ">": "-gt", ">=": "-ge"}


def arithmetic_test(runner: Expander, raw: str) -> Status:
    """`(( a < b ))`; what any other expression may set becomes unknown."""
    match = _COMPARE.match(raw)
    if match:
        return compare(_SYMBOLS[match[2]], _operand(runner, match[1]), _operand(runner, match[3]))
    for pair in SETS.findall(raw):
        name = pair[0] or pair[1]
        runner.set(name, hole(f"${{{name}}}"))
    return RAN


_SUM = late(r"\$\(\(\s*(\$?\w+)\s*(?:([-+*])\s*(\$?\w+)\s*)?\)\)\Z")


def arithmetic(runner: Expander, raw: str) -> Value:
    """`$((a + 1))` of known whole numbers; anything else is unknown."""
    match = _SUM.match(raw)
    if not match:
        for pair in SETS.findall(raw):
            name = pair[0] or pair[1]
            runner.set(name, hole(f"${{{name}}}"))
        return hole(raw)
    left = _operand(runner, match[1])
    right = _operand(runner, match[3]) if match[2] else Value("0")
    if not (
        left.known
        and right.known
        and re.fullmatch(r"-?(0|[1-9]\d{0,9})", left.text)
        and re.fullmatch(r"-?(0|[1-9]\d{0,9})", right.text)
    ):
        return hole(raw)
    one, two = int(left.text), int(right.text)
    result = one - two if match[2] == "-" else one * two if match[2] == "*" else one + two
    return Value(str(result), (), (*left.because, *right.because)[:12])

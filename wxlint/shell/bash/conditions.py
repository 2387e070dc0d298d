"""Conditions with three values: `[ ]`, `[[ ]]`, `case`, arithmetic."""

from __future__ import annotations

import re
from collections.abc import Sequence

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value, could_equal
from wxlint.shell.bash.expansion import Expander
from wxlint.shell.bash.parameters import NAME
from wxlint.shell.bash.tree import Case, Lit, Param, WordText
from wxlint.shell.patterns import compiled
from wxlint.shell.state import MAYBE, NO, OPEN, Refine, ShellState, Status, opposite
from wxlint.shell.taken_ways import is_outermost
from wxlint.shell.values import ROOT, UNSET, assumptions, is_open

_NUMBER = late(r"\s*[-+]?\d{1,12}\s*\Z")


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


_OF_A_FILE = frozenset(("-f", "-e", "-a", "-r"))
"""Tests that hold for a file."""


def unary(operator: str, value: Value, state: ShellState) -> Status:
    """A unary test of a value; of a file it is known at most that it is there."""
    if operator in _OF_A_FILE and state.around.has_file is not None and value.known:
        return Status(True, False, assumptions(value)) if state.around.has_file(value.text, state.cwd) else MAYBE
    if operator not in ("-z", "-n"):
        return MAYBE
    if is_open(value) and not value.text.strip("\0") and ROOT not in value.holes:
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


def refinement(word: WordText | None, value: Value, text: str, outcome: bool) -> Refine | None:
    """What an equality says of a variable that is compared as a whole (`"$TAG" = cuda`)."""
    if word is None or len(word.parts) != 1 or (value.known and not assumptions(value)):
        return None
    part = word.parts[0]
    if type(part) is not Param or part.subscript is not None or part.op not in ("", ":-", "-") or "\0" in text:
        return None
    if part.op and text == "":
        return None
    return part.name, text, outcome


_UNARY = late(r"-[a-zA-Z]\Z")
_BINARY = frozenset(("=", "==", "!=", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef"))


def words_test(words: list[Value], texts: list[WordText], state: ShellState, flavor: str = "bash") -> Status:
    """The arguments of `[` or `test`, without the bracket. texts: the words as written, where each is one argument."""
    count = len(words)
    if count > 200:
        return MAYBE
    for operator, wanted in (("-o", False), ("-a", True)):
        for at in range(1, count - 1):
            if words[at].text == operator and count > 3:
                left, right = words_test(words[:at], [], state, flavor), words_test(words[at + 1 :], [], state, flavor)
                return both(left, right, wanted)
    if count == 3 and (words[1].holes or words[1].text in _BINARY or words[1].text in ("-a", "-o")):
        return _three(words, texts, state, flavor)
    if count and words[0].text == "!" and (count != 2 or words[1].known):
        return opposite(words_test(words[1:], texts[1:], state, flavor))
    if count == 0:
        return NO
    if count == 1:
        return unary("-n", words[0], state)
    if count == 2:
        return _two(words, texts, state)
    return MAYBE


def _two(words: list[Value], texts: list[WordText], state: ShellState) -> Status:
    """`-n X` and its kin; anything else is an error, which is no success."""
    operator = words[0]
    if operator.known and not _UNARY.match(operator.text):
        return Status(False, False, (*assumptions(operator), *assumptions(words[1])))
    status = unary(operator.text, words[1], state)
    if operator.text in ("-z", "-n") and len(texts) == 2 and (operator.text == "-z" or texts[1].quoted):
        return status._replace(refine=refinement(texts[1], words[1], "", operator.text == "-z"))
    return status


def _three(words: list[Value], texts: list[WordText], state: ShellState, flavor: str) -> Status:
    """`A = B`, numbers compared, `A -a B`."""
    operator = words[1].text
    if operator in ("-a", "-o"):
        return both(unary("-n", words[0], state), unary("-n", words[2], state), operator == "-a")
    if operator == "==" and flavor != "bash":  # dash says that it is no operator
        return NO if flavor == "dash" else MAYBE
    status = compare(operator, words[0], words[2])
    if operator in ("=", "==", "!="):
        if len(texts) == 3 and words[2].known and not assumptions(words[2]) and (operator != "!=" or texts[0].quoted):
            return status._replace(refine=refinement(texts[0], words[0], words[2].text, operator != "!="))
    elif status.truth is None and operator in _NUMERIC and _no_number(words):
        return Status(False, False, (*assumptions(words[0]), *assumptions(words[2])))
    return status


_NUMERIC = frozenset(("-eq", "-ne", "-lt", "-le", "-gt", "-ge"))


def _no_number(words: list[Value]) -> bool:
    """Whether one of two operands is known to be no number, which is an error."""
    return any(word.known and not re.fullmatch(r"\s*[-+]?\d+\s*", word.text) for word in (words[0], words[2]))


def expression(expander: Expander, node: tuple[object, ...]) -> Status:
    """The inside of `[[ ... ]]`."""
    kind = node[0]
    if kind in ("and", "or"):
        left = expression(expander, node[1])  # type: ignore[arg-type]
        wanted = kind == "and"
        if left.truth is not None and left.truth != wanted and not left.assumed:
            return left
        return both(left, expression(expander, node[2]), wanted)  # type: ignore[arg-type]
    if kind == "not":
        return opposite(expression(expander, node[1]))  # type: ignore[arg-type]
    if kind == "unknown" and "set -u" in expander.state.vars:  # its words may not be set
        expander.state.may_leave("exit")
    presume, expander.presume = expander.presume, True
    try:
        if kind == "word":
            word = node[1]
            assert isinstance(word, WordText)
            return unary("-n", expander.value(word), expander.state)
        if kind == "unary":
            word = node[2]
            assert isinstance(word, WordText)
            value = expander.value(word)
            if node[1] == "-v":
                return _is_set(expander, value)
            status = unary(str(node[1]), value, expander.state)
            return (
                status._replace(refine=refinement(word, value, "", node[1] == "-z"))
                if node[1] in ("-z", "-n")
                else status
            )
        if kind == "binary":
            return _binary(expander, str(node[1]), node[2], node[3])  # type: ignore[arg-type]
        return MAYBE
    finally:
        expander.presume = presume


def _is_set(expander: Expander, name: Value) -> Status:
    """`-v NAME`."""
    variable = expander.parameters.variable(name.text) if name.known and NAME.match(name.text) else None
    if variable is None or isinstance(variable, dict) or variable.holes:
        return MAYBE
    return Status(variable is not UNSET, False, assumptions(variable))


def _binary(expander: Expander, operator: str, left: WordText, right: WordText) -> Status:
    value = expander.value(left)
    if operator not in ("=", "==", "!="):
        return compare(operator, _as_number(expander, value), _as_number(expander, expander.value(right)))
    found = expander.pattern(right.parts)
    wanted = operator != "!="
    if found is None or "shopt -s nocasematch" in expander.state.vars:
        return MAYBE
    plain = right.literal is not None and not any(
        type(p) is Lit and not p.quoted and re.search(r"[*?\[\\]", p.text) for p in right.parts
    )
    refine = refinement(left, value, right.literal or "", wanted) if plain else None
    if not value.known:
        if plain and not could_equal(value, right.literal or ""):
            return Status(not wanted, False, assumptions(value))
        return Status(None, False, (), refine)
    expander.charge(found[0], len(value.text))
    regex = compiled(found[0], len(value.text))
    if regex is None:
        return MAYBE
    assumed = (*assumptions(value), *[b for b in found[1] if b.kind == "assumed"])
    return Status((regex.fullmatch(value.text) is not None) == wanted, False, assumed, refine)


def _as_number(expander: Expander, value: Value) -> Value:
    """An operand of `-eq` in `[[ ]]`, which is an expression."""
    if value.holes or _NUMBER.match(value.text):
        return value
    number = expander.sums.number(value.text)
    return value if number is None else value._replace(text=str(number))


_GLOB = late(r"[*?\[\\]")
_MOST_LITERALS = 4
"""Of an arm that is looked at for each of its patterns."""


class Arms(NamedTuple):
    """The arms of a `case` that may be taken.

    options: what each says of the word, and the number of the arm; None for no arm. likely: the option that is taken if
    the assumptions of the word hold.
    """

    options: list[tuple[Refine | None, int | None]]
    likely: int | None


def arm_matches(expander: Expander, value: Value, patterns: tuple[WordText, ...]) -> tuple[bool | None, bool]:
    """Whether a word matches a pattern of an arm, None when that is not known; and whether every word does."""
    matched: bool | None = False
    for pattern in patterns:
        found = expander.pattern(pattern.parts) if pattern.parts else (re.escape(pattern.literal or ""), ())
        if found is not None:
            expander.charge(found[0], len(value.text))
        regex = compiled(found[0], len(value.text)) if found is not None else None
        if found is None or regex is None or any(reason.kind == "assumed" for reason in found[1]):
            matched = None
        elif found[0] == ".*":
            return True, True
        elif value.known:
            if regex.fullmatch(value.text):
                return True, False
            if "shopt -s nocasematch" in expander.state.vars:
                matched = None
        elif (
            pattern.literal is None
            or re.search(r"[*?\[]", pattern.literal)
            or could_equal(value, pattern.literal)
            or "shopt -s nocasematch" in expander.state.vars
        ):
            matched = None
    return matched, False


def case_match(expander: Expander, value: Value, node: Case, start: int = 0, end: int | None = None) -> Arms | int:
    """The number of the one arm that is taken from an arm on, or all that may be; -1 for none. end: behind the last arm
    that is looked at."""
    end = len(node.arms) if end is None else end
    assumed = assumptions(value)
    certain = value.known and not assumed
    outermost = expander.state.ways is not None and is_outermost(expander.state)
    options: list[tuple[Refine | None, int | None]] = []
    likely: int | None = None
    unsure = catch_all = doubt = False
    expander.state.steps += (end - start) // 4
    for number in range(start, end):
        patterns = node.arms[number][0]
        matched, everything = arm_matches(expander, value, patterns)
        if certain and not unsure:
            if matched:
                return number
            if matched is None:
                unsure = True
                options.append((None, number))
            continue
        if matched is False and not assumed:
            continue  # cannot match whatever the unknown part is
        said = _arm_refinements(node, value, patterns, each=outermost)
        if matched and likely is None and assumed and not doubt:
            texts = [refine[1] if refine else "" for refine in said]
            likely = len(options) + (texts.index(value.text) if value.text in texts else 0)
        doubt = doubt or matched is None
        options.extend([(refine, number) for refine in said])
        catch_all = everything or (certain and matched is True)
        if catch_all:
            break
    if not options and certain:
        return -1
    if not catch_all:
        if likely is None and assumed and not doubt:
            likely = len(options)
        options.append((None, None))
    return Arms(options if any(number is not None for _, number in options) else [], likely)


def _arm_refinements(
    node: Case, value: Value, patterns: tuple[WordText, ...], *, each: bool
) -> Sequence[Refine | None]:
    """What the one literal pattern of an arm says of the word. each: of several literal ones, each is an option."""
    literals = [one.literal for one in patterns if one.literal is not None and not _GLOB.search(one.literal)]
    if len(literals) != len(patterns) or len(literals) > (_MOST_LITERALS if each else 1):
        return (None,)
    return [refinement(node.word, value, literal, True) for literal in literals]


def arithmetic_test(expander: Expander, text: str) -> Status:
    """`(( ... ))` of an expression as written; what one of unknown value may set becomes unknown."""
    found = expander.sums.calculated(text, presume=True)
    if found is None:
        return OPEN
    number, because = found
    assumed: tuple[Reason, ...] = tuple(reason for reason in because if reason.kind == "assumed")
    return Status(number != 0, False, assumed)

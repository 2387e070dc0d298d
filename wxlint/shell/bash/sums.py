"""Arithmetic in words, conditions and loops: expressions as written, with the variables that they read and set."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.arithmetic import DoubtfulError, Names, UnknownError, WrongError, evaluated, is_refused, value_of
from wxlint.shell.bash.assigned_names import SETS
from wxlint.shell.bash.parameters import placed
from wxlint.shell.bash.parser import Parser
from wxlint.shell.bash.tree import Lit, Part
from wxlint.shell.values import UNSET, Associative, assumptions, hole, merged

if TYPE_CHECKING:
    from wxlint.shell.bash.word_roles import Words


class Sums:
    """The expressions of one text."""

    def __init__(self, words: Words) -> None:
        self.words, self.state = words, words.state
        self.names = Names(self._operand, self.assign_number)
        self.because: tuple[Reason, ...] = ()
        """What the variables of the expression at hand rest on."""

    def number(self, text: str) -> int | None:
        """The value of an arithmetic expression without `$`."""
        return evaluated(text, self.names, self.words.bash)

    def checked(self, text: str, *, strict: bool) -> int | None:
        """The value of an expression; an error in it ends the statement, or where it is not strict counts as 0."""
        self.because = self._reasons(text)
        try:
            return value_of(text, self.names, self.words.bash)
        except DoubtfulError:
            if strict:
                self.state.may_leave("fail" if self.words.bash else "exit")
        except WrongError:
            if not strict:
                if "set -u" in self.state.vars:  # what is not set may end the text before the error is seen
                    self.state.may_leave("exit")
                return 0
            if "set -u" in self.state.vars:
                self.state.may_leave("exit")
            self.state.fail()
        except UnknownError:
            if "set -u" in self.state.vars:  # what it reads may not be set
                self.state.may_leave("exit")
        return None

    def arithmetic(self, raw: str) -> Value:
        """`$((...))`; what it may set becomes unknown where its value is."""
        number = self.calculated(raw[3:-2], strict=True)
        return hole(raw) if number is None else Value(str(number[0]), (), number[1])

    def calculated(
        self, text: str, *, presume: bool = False, strict: bool = False
    ) -> tuple[int, tuple[Reason, ...]] | None:
        """The value of an arithmetic expression as written, with its reasons."""
        presume, self.words.presume = self.words.presume, presume
        value = self.words.parts_value(parts_of(text))
        mark = self.state.mark()
        number = None if value.holes else self.checked(value.text, strict=strict)
        self.words.presume = presume
        if value.holes and strict:
            self._doubt(value)
        if number is not None:
            return number, merged(value.because, self.because)
        flow = self.state.flow
        self.state.undo(mark)
        self.state.flow = flow
        self.unsettle(text)
        return None

    def _reasons(self, text: str) -> tuple[Reason, ...]:
        """Why the variables of an expression are what they are."""
        because: tuple[Reason, ...] = ()
        for name in re.findall(r"[A-Za-z_]\w*", text):
            variable = self.state.vars.get(name)
            if isinstance(variable, Value) and variable.because:
                because = merged(because, variable.because)
        return because

    def _doubt(self, value: Value) -> None:
        """An expression with parts that are not known, and may be empty: then it may be an error."""
        if is_refused(value.text.replace(HOLE, ""), self.names, self.words.bash):
            self.state.may_leave("fail" if self.words.bash else "exit")

    def unsettle(self, text: str) -> None:
        """What an expression of unknown value may set becomes unknown."""
        for pair in SETS.findall(text) if "=" in text or "++" in text or "--" in text else ():
            self.words.parameters.store(pair[0] or pair[1], None)

    def _operand(self, name: str, index: str) -> str | None:
        """A variable in an expression, as text; None when it is not known."""
        variable = self.words.parameters.variable(name)
        if index:
            if not isinstance(variable, dict):
                if "set -u" in self.state.vars:
                    self.words.parameters.unbound(UNSET if variable is UNSET else None)
                return None
            key = index if isinstance(variable, Associative) else self.number(index)
            value = UNSET if key is None else variable.get(str(key), UNSET)
            return None if key is None or value.holes else value.text
        if isinstance(variable, dict):
            variable = variable.get("0", UNSET)
        if (variable is None or variable is UNSET) and "set -u" in self.state.vars:
            self.words.parameters.unbound(variable)
        return None if variable is None or variable.holes else variable.text

    def assign_number(self, name: str, index: str, number: int) -> None:
        """An assignment inside an expression."""
        value = Value(str(number), (), assumptions(Value("", (), self.because)))
        if not index:
            self.words.parameters.store(name, value)
            return
        name = self.words.parameters.target(name)
        old = self.state.vars.get(name)
        key = self.number(index)
        if not isinstance(old, dict) or isinstance(old, Associative) or key is None or key < 0:
            self.state.set(name, hole(f"${{{name}[@]}}"))
            return
        self.state.set(name, placed(old, str(key), value))


@lru_cache(maxsize=512)
def parts_of(text: str) -> tuple[Part, ...]:
    """The parts of the inside of an expression, which is read as if in double quotes."""
    if "$" not in text and "`" not in text and '"' not in text and "\\" not in text:
        return (Lit(text, True),)
    parser = Parser(text.replace('"', ""))
    parser.depth, parser.level = 20, 1
    return tuple(parser.parts("", True, 0))

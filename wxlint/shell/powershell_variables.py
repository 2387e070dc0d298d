"""What the variables of a PowerShell script are given: where, in which block, and whether that is a text or a path."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.shell.powershell_refused import end_of_bracket
from wxlint.shell.powershell_words import ASSIGNMENT, PATHS, PowershellToken, tokens, unknown

_PARAMETER = late(r"""\$(\w+)[ \t]*(?:=[ \t]*("[^"`]*"|'[^']*')(?=[ \t]*[,)\r\n#]))?""")
_PARAMS = late(r"(?i)\bparam[ \t\r\n]*\(")
_LOOP = late(r"(?i)\bforeach[ \t]*\([ \t]*(?:\[[^\]\n]*\])?\$(?:\w+:)?(\w+)")
_SETTERS = late(
    r"(?i)(?:set|new|clear|remove)-variable$|[sncr]v$|clv$"
    r"|-(?:out|pipeline|error|warning|information)variable$|-[opewi]v$|\[ref\]"
)
"""Words whose command, or what stands behind them, names a variable that is given something."""
_LEFT = late(r"\$(?:\w+:)?(\w+)")
_CONSTANTS = frozenset(("true", "false", "null"))


class GivenValue(NamedTuple):
    """What a variable is given at one place. token: None for what is not known. depth: of the block. kind: of the
    reason. start: from where on."""

    token: PowershellToken | None
    depth: int
    kind: str
    start: int


class PowershellVariables:
    """The variables of a script, by their names in lower case."""

    def __init__(self, text: str, found: Sequence[PowershellToken]) -> None:
        self.text, self.tokens = text, found
        self.given: dict[str, list[GivenValue]] = {}
        self.parameters: list[tuple[int, int]] = []
        """The stretches of the text that declare parameters."""
        self.unread: list[int] = []
        """Where texts run that are not read, and may give any variable something."""
        self.ends = [match.start() for match in re.finditer("\n", text)]
        self._note_parameters()
        self._note_assignments()
        for match in _LOOP.finditer(text):
            self._note(match[1], GivenValue(None, 1, "variable", match.start()))

    def known(self, name: str, at: int) -> GivenValue | None:
        """What a variable holds at an offset; None where that is not known."""
        found = self.given.get(name.lower(), [])
        if len(found) != 1 or found[0].token is None or found[0].depth:
            return None
        start = found[0].start
        return found[0] if start < at and bisect_right(self.unread, start) == bisect_left(self.unread, at) else None

    def line(self, offset: int) -> int:
        """The line of an offset, counted from 1."""
        return bisect_left(self.ends, offset) + 1

    def _note(self, name: str, given: GivenValue) -> None:
        self.given.setdefault(name.lower(), []).append(given)

    def _note_parameters(self) -> None:
        """The parameters of the script and of its functions; the defaults of the script's are known."""
        before = itertools.takewhile(lambda token: token.mark != "{", self.tokens)
        own = next((t.start for t in before if self.text[t.start : t.end].lower() == "param"), -1)
        end = 0
        for match in _PARAMS.finditer(self.text):
            if match.start() < end:
                continue
            end = end_of_bracket(self.text, match.end() - 1)
            self.parameters.append((match.end(), end))
            for each in _PARAMETER.finditer(self.text, match.end(), end + 1):
                told = each[2] is not None and match.start() == own
                token = next(tokens(self.text, each.start(2), each.end(2)), None) if told else None
                if each[1].lower() not in _CONSTANTS:
                    self._note(each[1], GivenValue(token, 0, "default", each.start()))

    def _note_assignments(self) -> None:
        depth = 0
        for number, token in enumerate(self.tokens):
            depth += (token.mark in ("{", "(")) - (token.mark in ("}", ")"))
            if not token.mark:
                self._note_setter(number, token)
                continue
            match = ASSIGNMENT.match(self.text, token.start) if token.mark == "=" else None
            if match is None or self._is_parameter(token.start):
                continue
            value = self._assigned(self.tokens[number + 1 : number + 9]) if match[3] == "=" and not match[2] else None
            self._note(match[1], GivenValue(value, depth, "variable", match.end()))
            for other in _LEFT.finditer(match[2]):
                self._note(other[1], GivenValue(None, depth, "variable", match.end()))

    def _is_parameter(self, offset: int) -> bool:
        """Whether parameters are declared at an offset."""
        place = bisect_right(self.parameters, (offset, len(self.text)))
        return bool(place) and offset < self.parameters[place - 1][1]

    def _note_setter(self, number: int, token: PowershellToken) -> None:
        """What a command gives variables by their names, and texts that are run and not read."""
        word = self.text[token.start : token.end].lower()
        if not number or self.tokens[number - 1].mark:
            if word in (".", "iex", "invoke-expression"):
                self.unread.append(token.start)
        if _SETTERS.match(word) is None:
            return
        for each in self.tokens[number : number + 9]:
            if each.mark and each.mark not in "()":
                break
            name = self.text[each.start : each.end].strip("\"'").rpartition("$")[2]
            self._note(name, GivenValue(None, 0, "variable", token.start))

    def _assigned(self, given: Sequence[PowershellToken]) -> PowershellToken | None:
        """What an assignment gives: a text, or a path. given: what stands behind the sign."""
        end = next((number for number, token in enumerate(given) if token.mark and token.mark in "\n;}"), 0)
        if not end:
            return None
        first, last = given[0], given[end - 1]
        if PATHS.match(self.text, first.start) and not any(token.mark for token in given[:end]):
            return unknown(self.text[first.start : last.end], first.start, last.end)
        name = first.parts[0][0] if len(first.parts) == 1 else ""
        return first if end == 1 and (first.string or name[:1] == "(" or name.lower() == "psscriptroot") else None

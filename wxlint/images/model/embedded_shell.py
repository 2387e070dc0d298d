"""Shell text inside another file: filled in by the other program first, then read, with every place in the file.

What is filled in and known stands in the text itself, as it does when the program runs; what is not known becomes a
variable without a value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.bash.reader import read_shell

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.shell.model import Command, Word

_MARK = "__filled_in_"
"""How the variables of unknown stretches are called."""
_KEPT = late(rf"{HOLE}|\$\{{{_MARK}\d+\}}")
"""An unknown part, and such a variable that quotes inside a command substitution have kept as it is written."""


class EmbeddedText:
    """A shell text in the making."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._places: list[int] = []
        self._unknown: dict[str, Value] = {}
        self._reasons: list[tuple[int, int, tuple[Reason, ...]]] = []
        self._quote = ""
        self._escaped = False

    def written(self, text: str, places: Sequence[int]) -> None:
        """Add what stands in the file. places: the offset of each character there."""
        self._parts.append(text)
        self._places.extend(places)
        self._follow(text)

    def filled(self, value: Value, start: int, end: int) -> None:
        """Add what the other program puts in. start, end: what it replaces in the file."""
        begin = len(self._places)
        holes = iter(value.holes)
        for number, part in enumerate(value.text.split(HOLE)):
            if number:
                self._hole(next(holes, ""), value.because, start)
            self._parts.append(part)
            self._places.extend([start] * len(part))
            self._follow(part)
        if len(self._places) > begin + 1:
            self._places[-1] = end - 1
        if value.because:
            self._reasons.append((begin, len(self._places), value.because))

    def _hole(self, name: str, because: tuple[Reason, ...], start: int) -> None:
        variable = f"{_MARK}{len(self._unknown)}"
        self._unknown[variable] = Value(HOLE, (name,), because)
        text = f"${{{variable}}}" if self._quote != "'" else f"'\"${{{variable}}}\"'"
        self._parts.append(text)
        self._places.extend([start] * len(text))

    def _follow(self, text: str) -> None:
        """Note whether the text ends inside quotes."""
        for char in text:
            if self._escaped:
                self._escaped = False
            elif char == "\\" and self._quote != "'":
                self._escaped = True
            elif self._quote:
                self._quote = "" if char == self._quote else self._quote
            elif char in "'\"":
                self._quote = char

    def commands(
        self,
        source: Source,
        variables: Mapping[str, Value],
        end: int,
        flavor: str,
        extra: tuple[Reason, ...] = (),
    ) -> tuple[Command, ...]:
        """What the text runs.

        Args:
            variables: those of the environment.
            end: the offset in the file behind the text.
            extra: what else each command depends on.
        """
        places = [*self._places, end]

        def where(offset: int) -> tuple[str, int]:
            return source.path, source.position(places[min(offset, len(places) - 1)])[0]

        text = "".join(self._parts)
        found = read_shell(text, {**variables, **self._unknown}, flavor=flavor, where=where)
        written = {f"${{{name}}}": value.holes[0] for name, value in self._unknown.items()}
        move = _Move(places, self._reasons, extra, written)
        return tuple(map(move.command, found.commands))


class _Move:
    """Moves commands from the text to the file. written: what stands there in place of each unknown stretch."""

    def __init__(
        self,
        places: list[int],
        reasons: list[tuple[int, int, tuple[Reason, ...]]],
        extra: tuple[Reason, ...],
        written: Mapping[str, str],
    ) -> None:
        self.places, self.reasons, self.extra, self.written = places, reasons, extra, written

    def at(self, offset: int) -> int:
        return self.places[min(offset, len(self.places) - 1)]

    def end(self, offset: int) -> int:
        """Where a stretch ends: behind its last character."""
        return self.at(max(offset - 1, 0)) + 1

    def command(self, command: Command) -> Command:
        return command._replace(
            words=tuple(map(self.word, command.words)),
            redirects=tuple(
                each._replace(target=self.word(each.target), start=self.at(each.start), end=self.end(each.end))
                for each in command.redirects
            ),
            start=self.at(command.start),
            end=self.end(command.end),
            because=(*self.extra, *command.because),
            via=tuple(map(self.at, command.via)),
        )

    def word(self, word: Word) -> Word:
        value = word.value
        because = tuple(r for start, end, found in self.reasons if start < word.end and word.start < end for r in found)
        if because:
            value = value._replace(because=tuple(dict.fromkeys((*value.because, *because))))
        if _MARK in value.text:
            holes = iter(value.holes)
            own = tuple(next(holes, "") if found[0] == HOLE else found[0] for found in _KEPT.finditer(value.text))
            value = value._replace(text=_KEPT.sub(HOLE, value.text), holes=own)
        if any(_MARK in hole for hole in value.holes):
            value = value._replace(holes=tuple(map(self._as_written, value.holes)))
        return word._replace(value=value, start=self.at(word.start), end=self.end(word.end))

    def _as_written(self, hole: str) -> str:
        """A command or variable whose output is not known, as it stands in the file."""
        for variable, text in self.written.items():
            hole = hole.replace(variable, text)
        return hole

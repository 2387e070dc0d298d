"""What a user can get wrong: one tree of exceptions, caught once, in cli (exit code 2)."""

from __future__ import annotations

from wxlint.core.tuples import NamedTuple


class FileProblem(NamedTuple):
    """A file of the run that could not be read. path: "" for none of the inputs. text: "path: reason", for people."""

    path: str
    text: str


class WxlintError(Exception):
    """Something wxlint could not do; the message is for the user and says what to do about it."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The message as its author's own lines: a line break in one of them came with a name or a text."""
        return (str(self),)


class UsageError(WxlintError):
    """The command line asks for something that does not exist or does not fit together."""


class InputError(WxlintError):
    """A file or folder that was asked for cannot be read."""


class PolicyError(WxlintError):
    """A policy that is not valid.

    `problems` holds one "path:line:column: message" each; every message names the key,
    what was found and what is allowed.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems

    @property
    def lines(self) -> tuple[str, ...]:
        return tuple(self.problems)


class EngineError(WxlintError):
    """The container engine is missing, refuses, or gave an answer that cannot be used."""


class EndedError(EngineError):
    """The run is being ended: what was cut off by that says nothing about an image or an engine."""


class ImageError(WxlintError):
    """An image or image archive that cannot be read: damaged, hostile, or not an image."""

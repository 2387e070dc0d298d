"""What the parts of the interpreter need of each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from wxlint.core.values import Value
from wxlint.shell.bash.expansion import Expander
from wxlint.shell.bash.tree import Assign, Function, Node, Redir
from wxlint.shell.model import Files, Place, Redirect, Word
from wxlint.shell.state import ShellState, Status
from wxlint.shell.values import Variable

Env = tuple[tuple[str, Value], ...]
"""The variables that are set for one command."""


class Frame:
    """A call of a function: what its `local`s hid, and what it returned.

    doubtful: names that only a branch makes local. branching: how many branches were open at the call.
    """

    __slots__ = ("branching", "doubtful", "function", "hidden", "status")

    def __init__(self, function: str, branching: int = 0) -> None:
        self.function = function
        self.branching = branching
        self.hidden: dict[str, Variable | None] = {}
        self.doubtful: set[str] = set()
        self.status: Status | None = None

    def copy(self) -> Frame:
        """The call as it is, for a subshell, whose `local`s and `return` are its own."""
        other = Frame(self.function, self.branching)
        other.hidden, other.doubtful, other.status = self.hidden.copy(), self.doubtful.copy(), self.status
        return other


class Walker(Protocol):
    """The interpreter, as builtins and compound commands see it.

    text: the whole text. files: gives the text of a file that `source` names. flavor: "bash", "dash", or "sh" where it
    is not known which. functions: the bodies that the text has so far for each name; which of them holds is kept beside
    the variables, as "function NAME"; called: those that have been entered. frames: the calls that are being walked.
    last: the outcome of the last command; substituted: of the last `$(...)`; leaving: of `exit`. guarded: whether a
    failure is looked at, so that `set -e` does not end the text. tail: whether nothing follows. exact: how many of the
    words of the command at hand stand where they seem to stand. quiet: whether programs that only print are no commands
    of their own. traps: the words of `trap` by their text. strict: whether `set -e` was seen. redirects: those of the
    command at hand. statement: the number of the statement of the whole text that is being walked. script: the path of
    the text itself; reading: of the file named by `source` that is being walked, empty where none is; read: such files,
    with how many calls are around each, and what it returns; places: of their lines.
    """

    state: ShellState
    words: Expander
    flavor: str
    functions: dict[str, list[Function]]
    called: set[str]
    frames: list[Frame]
    dirs: list[Value | None]
    last: Status
    guarded: bool
    tail: bool
    exact: int
    leaving: Status
    traps: dict[str, Word]
    strict: bool
    substituted: Status | None
    quiet: bool
    statement: int
    redirects: tuple[Redirect, ...]
    text: str
    files: Files | None
    reading: str
    script: str
    read: list[tuple[int, Frame]]
    places: dict[str, Place]

    def give_up(self) -> Status:
        """The text takes too many steps: the rest of it is not known."""

    def run(self, node: Node) -> Status:
        """Walk a node."""

    def line(self, item: Node) -> Status:
        """Walk a line of a text, which an error ends."""

    def watched(self, node: Node) -> Status:
        """Walk a command whose failure is looked at."""

    def inside(self, node: Node) -> Status:
        """Walk a node in a subshell: the variables come back as they were."""

    def captured(self, node: Node) -> Value | None:
        """Walk a node in a subshell; what it writes, line ends included."""

    def assign(self, node: Assign) -> None:
        """An assignment."""

    def local(self, name: str) -> None:
        """A variable belongs to the function that is being walked."""

    def redirect(self, node: Redir) -> Redirect:
        """A redirection, evaluated."""

    def elsewhere(self, redirects: tuple[Redirect, ...]) -> bool:
        """Whether standard output goes elsewhere."""

    def in_subshell(self, body: Callable[[], Status]) -> Status:
        """Walk in a subshell."""

    def at_exit(self) -> None:
        """Walk what `trap TEXT EXIT` runs."""

    def input_of(self, redirects: tuple[Redirect, ...]) -> Value | None:
        """What redirections give to read; None when that is not known."""

    def enter(self, path: str) -> None:
        """What is walked from here on stands in that file, named by `source`; with "" in the text itself."""

    def returning(self) -> Frame | None:
        """The call, or the file named by `source`, that `return` ends."""

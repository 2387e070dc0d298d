"""A command that may install, and what it needs to know of the place where it runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wxlint.core.findings import Where
from wxlint.core.patterns import late
from wxlint.core.span import Span
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import Value
from wxlint.images.installs.markers import ANY_LINUX, Environment
from wxlint.images.installs.model import CondaEnvironment, Groups, Install, Lines, Unread, UnreadKind, UvSettings
from wxlint.images.installs.project_changes import NO_CHANGES, ProjectChanges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wxlint.shell.model import Command, Word


_BOUND = late(r"=?\s*\d")


class InstallContext:
    """The place where commands run: turns what they say into positions, and the files they name into what these list.

    This one knows no file; the evaluation of a Dockerfile has its own.
    """

    environment: Environment = ANY_LINUX
    """The Python and the platform that markers are evaluated for."""

    def where(self, start: int, end: int) -> Where:
        """The stretch [start, end) of the shell text, as a place that is computed when it is needed."""
        raise NotImplementedError

    def absolute(self, path: str) -> str:
        """A path as an absolute one of the image; it holds a HOLE where the working directory is not known."""
        return path

    def requirements(self, path: str, variables: Mapping[str, Value], *, as_constraints: bool = False) -> Lines:
        """What a requirements file lists. variables: those of the command, for `${NAME}` in it."""
        return Lines(unread=(Unread(UnreadKind.NOT_THERE, path),))

    def written(self, text: str) -> Lines:
        """What a text that a command itself writes lists, as a requirements file."""
        return Lines()

    def substituted(self, command: str) -> Lines | None:
        """What the output of a command lists whose words become arguments (`$(cat list.txt)`); None where that is not
        known."""
        return None

    def edited(self, path: str, edit: Callable[[str], str | None]) -> Lines | None:
        """What a requirements file lists once each line is edited, or taken out where that gives None; None where the
        file is not known."""
        return None

    def project(self, folder: str, groups: Groups, tool: str) -> Lines:
        """What installing the project in a folder asks for. tool: who reads it ("pip", "uv", "poetry", "pdm")."""
        return Lines(unread=(Unread(UnreadKind.NOT_THERE, f"{folder.rstrip('/')}/pyproject.toml"),))

    def uv_settings(self) -> UvSettings:
        """What uv's settings in the working folder say."""
        return UvSettings()

    def project_changes(self, folder: str) -> ProjectChanges:
        """What uv's commands before this one have left in the folder of a project."""
        return NO_CHANGES

    def note_project(self, folder: str, changes: ProjectChanges) -> None:
        """Remember what a command leaves in the folder of a project."""

    def pipfile(self, path: str, groups: Groups) -> Lines:
        """What a Pipfile lists in the tables that are chosen."""
        return Lines(unread=(Unread(UnreadKind.NOT_THERE, path),))

    def conda_environment(self, path: str) -> CondaEnvironment | None:
        """A conda environment file; None when there is none."""
        return None

    def wheels(self, path: str) -> Lines | None:
        """What the wheels ask for that a command has built into the folder of a path; None where that is not known."""
        return None

    def has_wheels(self, path: str) -> bool:
        """Whether a path holds wheels that an earlier stage made: what that stage installed for them is known."""
        return False


class Call(NamedTuple):
    """A command without what launches it.

    words: the program's name, then its arguments. variables: those that it sees. place: the Python environment that
    the launcher or the program's own path names, as Install.place; "" where neither does.
    """

    words: tuple[Word, ...]
    variables: Mapping[str, Value]
    command: Command
    context: InstallContext
    place: str = ""

    @property
    def name(self) -> str:
        return self.words[0].value.text

    @property
    def rest(self) -> tuple[Word, ...]:
        return self.words[1:]

    def where(self, word: Word | None = None, last: Word | None = None) -> Where:
        """The place of a word, or from one word to another; by default of the program's name."""
        word = word or self.words[0]
        return self.context.where(word.start, (last or word).end)

    @property
    def redirected(self) -> tuple[tuple[str, Span], ...]:
        """`pydantic>=2.0`: redirections that touch the word before them and go to something like a version."""
        if not self.command.redirects:
            return ()
        ends = {word.end: word for word in self.command.words}
        found = []
        for redirect in self.command.redirects:
            word = ends.get(redirect.start)
            target = redirect.target.value.text
            bound = redirect.operator in (">", "<", ">>") and _BOUND.match(target) and not redirect.target.quoted
            if word is not None and bound:
                place = self.context.where(word.start, redirect.end)()
                found.append((f"{word.value.shown()}{redirect.operator}{target}", place))
        return tuple(found)

    def opaque(self, program: Word) -> Install:
        """A program of the build that installs what only it knows."""
        name = program.value.shown()
        return Install(
            "script",
            unread=(Unread(UnreadKind.PROGRAM, name),),
            program=name,
            conditional=self.command.conditional,
            where=self.where(program),
            because=self.command.because,
            place=self.place,
        )

"""What a script does with docker."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from wxlint.core.findings import Span
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.images.model.records import Build, Use

if TYPE_CHECKING:
    from wxlint.documents.kubernetes import Container, Pod
    from wxlint.documents.source import Source, TextProblem
    from wxlint.images.builds.commands.docker_cli import DockerCommand
    from wxlint.shell.substitutions import Substitution


PROGRAMS = ("docker", "podman", "nerdctl", "buildah", "skopeo", "crane", "regctl")
"""Programs that build, run or copy images: a file that names none of them has nothing to do with images."""


class DockerCall(NamedTuple):
    """A docker command of a script, with its place.

    hosted: on a machine of GitHub's, which has no GPU. starts: where its relative paths may start.
    """

    docker: DockerCommand
    span: Span
    path: str
    hosted: bool = False
    starts: tuple[str, ...] = ()


class BakeRun(NamedTuple):
    """A run of bake. folders: where it may be started. files: none where those with the usual names are read. targets:
    as they are named, with their places; none for the default."""

    folders: tuple[str, ...]
    files: tuple[str, ...]
    targets: tuple[tuple[str, Span], ...]
    span: Span


class DockerfileEdit(NamedTuple):
    """What a script changes of a Dockerfile. substitutions: None for one that is not understood. dockerfile: its path.

    tool: sed, or PowerShell's -replace.
    """

    substitutions: tuple[Substitution | None, ...]
    dockerfile: str
    span: Span
    because: tuple[Reason, ...]
    tool: str = "sed"


class Undefined(NamedTuple):
    """A variable that nothing defines. others: the names that are defined."""

    name: str
    span: Span
    others: tuple[str, ...]


class Running(NamedTuple):
    """A container with the image that it runs. source: the file that gives it what it asks for."""

    container: Container
    pod: Pod
    use: Use
    source: Source


class NamedFile(NamedTuple):
    """A file, or a service, that a document names. path: from the root, "" where it is not known."""

    path: str
    span: Span


class Devcontainer(NamedTuple):
    """The container of a devcontainer.json.

    gpus: where its runArgs ask for GPUs. needs: where its hostRequirements do; optional: a host without one will do.
    otherwise: other arguments may bring one. service: of the compose files, whose container it is. settings: its
    environment. gets_more: its commands or features may bring more than the image holds.
    """

    span: Span
    use: Use | None = None
    build: Build | None = None
    name: str = ""
    gpus: Span | None = None
    needs: Span | None = None
    optional: bool = False
    otherwise: bool = False
    compose_files: tuple[NamedFile, ...] = ()
    service: NamedFile | None = None
    settings: tuple[tuple[str, str], ...] = ()
    gets_more: bool = False


class Script(NamedTuple):
    """What a script does with docker.

    problems: what is wrong with the file. columns: of the tables that a program writes out, each text with its place,
    where the program starts services whose names it takes from elsewhere. running: containers of which a chart's values
    say image and resources. open_pushes: something of it that is not followed may push images. bakes: runs of bake by
    an action.
    """

    calls: tuple[DockerCall, ...]
    builds: tuple[Build, ...]
    uses: tuple[Use, ...]
    edits: tuple[DockerfileEdit, ...] = ()
    undefined: tuple[Undefined, ...] = ()
    problems: tuple[TextProblem, ...] = ()
    columns: tuple[tuple[tuple[str, Span], ...], ...] = ()
    running: tuple[Running, ...] = ()
    devcontainers: tuple[Devcontainer, ...] = ()
    open_pushes: bool = False
    bakes: tuple[BakeRun, ...] = ()

    @property
    def pushed(self) -> dict[str, int]:
        """The images that the script pushes, as it writes them, with the line of each one's last push."""
        return {use.value.written(): use.span.line for use in self.uses if use.kind == "docker push"}


def compose_calls(scripts: Iterable[Script]) -> list[DockerCall]:
    """The commands of scripts that start services of compose files."""
    calls = (call for script in scripts for call in script.calls)
    return [call for call in calls if call.docker.verb.startswith(("compose ", "stack "))]

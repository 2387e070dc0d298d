"""Install commands of conda, mamba and micromamba."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.values import HOLE
from wxlint.images.installs.call import Call
from wxlint.images.installs.model import Install, Unread, UnreadKind
from wxlint.images.installs.options import read_arguments
from wxlint.images.installs.places import SYSTEM, of_conda, of_name
from wxlint.images.installs.requirement import Requirement, conda_requirement

_WITH_VALUE = frozenset(
    "-n --name -p --prefix -c --channel -f --file --solver --experimental-solver --platform --subdir"
    " --clone --repodata-fn"
    " --revision --root-prefix -r --rc-file --channel-priority".split()
)
_REMOVALS = ("remove", "uninstall", "env remove")
_VERBS = ("install", "create", "update", "env create", "env update")
_MAKING = ("create", "env create", "env update")


def conda_lock(call: Call) -> Iterator[Install]:
    """`conda-lock install [FILE]`, which creates an environment from a lock."""
    arguments = read_arguments(call.rest, _WITH_VALUE | {"-E", "--extras", "--micromamba-exe", "--conda"})
    words = list(arguments.positional)
    if not words or words[0].value.text != "install":
        return
    path = words[1].value.text if len(words) > 1 else "conda-lock.yml"
    place = of_conda(arguments, call.context.absolute)
    yield from _created("create", [path], [], [], call._replace(place=place))


def conda(call: Call) -> Iterator[Install]:
    """`conda install`, `conda create`, `conda env update -f FILE`: conda's packages, then what its file hands to
    pip."""
    arguments = read_arguments(call.rest, _WITH_VALUE)
    words = list(arguments.positional)
    verb = words.pop(0).value.text if words else ""
    if verb == "env" and words:
        verb = f"env {words.pop(0).value.text}"
    place = of_conda(arguments, call.context.absolute) or call.place
    if verb in _REMOVALS and words and not arguments.has("--all"):
        yield Install(
            "conda",
            tuple(conda_requirement(word.value, call.where(word)) for word in words),
            conditional=call.command.conditional,
            where=call.where(call.words[1]),
            because=call.command.because,
            removes=True,
            place=place,
        )
    if verb not in _VERBS:
        return
    channels = arguments.texts("-c", "--channel")
    requirements = [conda_requirement(word.value, call.where(word)) for word in words]
    files = arguments.texts("-f", "--file")
    if verb.startswith("env") and not requirements and not files:
        files = ["environment.yml"]
    named = arguments.last("-n", "--name", "-p", "--prefix")
    environment = named.shown() if named is not None and named.text != "base" else ""
    for install in _created(verb, files, requirements, channels, call._replace(place=place)):
        yield install._replace(folder=environment) if environment and install.tool == "conda" else install


def _created(
    verb: str, files: list[str], requirements: list[Requirement], channels: list[str], call: Call
) -> Iterator[Install]:
    """What is named and what files list: of conda, then of pip."""
    unread: list[Unread] = []
    base = Install(
        "conda",
        conditional=call.command.conditional,
        where=call.where(call.words[1]),
        because=call.command.because,
    )
    behind: list[Install] = []
    place = call.place
    for path in files:
        found = call.context.conda_environment(path)
        if found is None:
            unread.append(Unread(UnreadKind.NOT_THERE, path))
            continue
        requirements.extend(found.conda)
        channels.extend(found.channels)
        unread.extend(found.unread)
        if found.name and not place and verb in _MAKING:
            place = of_name(found.name)
        pip = found.pip
        if pip.requirements or pip.unread:
            behind.append(
                base._replace(
                    tool="pip",
                    requirements=pip.requirements,
                    sources=pip.sources,
                    constraints=pip.constraints,
                    unread=pip.unread,
                    upgrade=verb == "env update",
                    where=found.where or base.where,
                )
            )
    makes = verb in _MAKING and place != SYSTEM
    place = place or (HOLE if makes else "")
    made = base._replace(
        requirements=tuple(requirements), channels=tuple(channels), unread=tuple(unread), redirected=call.redirected
    )
    for install in (made, *behind):
        yield install._replace(place=place, makes=makes)

"""What a conda environment file, a list of conda packages, or a lock of conda's lists."""

from __future__ import annotations

from functools import partial

from wxlint.core.values import Value
from wxlint.documents.source import Source as Text
from wxlint.images.evaluation.lists.package_lists import PackageLists
from wxlint.images.installs.markers import Environment
from wxlint.images.installs.model import CondaEnvironment, Lines, Unread, UnreadKind, joined
from wxlint.images.installs.requirement import Requirement, conda_requirement

_YAML = (".yml", ".yaml")


def conda_environment(lists: PackageLists, source: Text | None) -> CondaEnvironment | None:
    """A conda environment file, or a list of conda packages, one a line."""
    if source is None:
        return None
    if "@EXPLICIT" in source.text[:20_000] and not source.path.endswith(_YAML):
        return _locked(lists, source)
    if not source.path.endswith(_YAML):
        return _conda_list(source)
    if "\npackage:" in source.text:
        locked = _locked(lists, source)
        if locked is not None:
            return locked
    from wxlint.documents.manifests.conda_environment import read_environment

    environment = read_environment(source)
    if environment.problem is not None:
        start, message = environment.problem
        unread = Unread(UnreadKind.INVALID, source.path, partial(source.span, start, start), message)
        return CondaEnvironment((), Lines(), (), (unread,))
    packages = tuple(
        conda_requirement(Value(text), partial(source.span, start, end)) for text, start, end in environment.packages
    )
    inner = PackageLists(lists.files, lists.stage, _with_python(lists.environment, packages), lists.variables)
    pip = joined([Lines(), *(inner.placed(source, *item) for item in environment.pip)])
    where = partial(source.span, 0, 0)
    return CondaEnvironment(packages, pip, environment.channels, where=where, name=environment.name)


def _locked(lists: PackageLists, source: Text) -> CondaEnvironment | None:
    """A lock of conda-lock's or a list of addresses; None for any other file."""
    from wxlint.documents.manifests.conda_lock import is_conda_lock, read_conda_lock, read_explicit
    from wxlint.images.installs.locked import conda_lines

    if source.path.endswith(_YAML):
        if not is_conda_lock(source):
            return None
        packages = read_conda_lock(source)
    else:
        packages = read_explicit(source)
    if packages is None:
        return CondaEnvironment((), Lines(), (), (Unread(UnreadKind.WHEEL, source.path),))
    conda, pip = conda_lines(packages, source, lists.environment)
    return CondaEnvironment(conda, pip, (), where=partial(source.span, 0, 0))


def _conda_list(source: Text) -> CondaEnvironment:
    """`conda install --file requirements.txt`: one package a line."""
    found: list[Requirement] = []
    for number, line in enumerate(source.text.split("\n")):
        text = line.partition("#")[0].strip()
        if text:
            start = source.starts[number]
            found.append(conda_requirement(Value(text), partial(source.span, start, start + len(line))))
    return CondaEnvironment(tuple(found), Lines(), (), where=partial(source.span, 0, 0))


def _with_python(environment: Environment, packages: tuple[Requirement, ...]) -> Environment:
    """The environment with the Python that conda installs."""
    python = next((r for r in packages if r.name == "python"), None)
    if python is None:
        return environment.without_python()
    pin = python.pin
    return environment.without_python()._replace(python=pin if pin and "." in pin and "*" not in pin else None)

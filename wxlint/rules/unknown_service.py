"""A script starts a service that no compose file has.

## Why

`docker compose run asr` ends with `no such service: asr` after a service was renamed, or where the compose file never
had it. A name counts as known when any compose file of the repository defines it. `docker compose build` where no
service of the repository has a `build` does nothing and ends well: that is a warning. A Python program that starts
services whose names come from elsewhere is looked at for a table of them: where three of four names in a column, and
three at least, are services, the others are information.

## Bad

```yaml docker-compose.yml
services:
  web:
    image: example/web:1.0
```

```sh run.sh
docker compose run --rm wbe
```

## Good

```yaml docker-compose.yml
services:
  web:
    image: example/web:1.0
```

```sh run.sh
docker compose run --rm web
```
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from wxlint.core.findings import Severity, Span
from wxlint.core.paths import normal
from wxlint.core.suggest import did_you_mean
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.model import DockerCall
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem
from wxlint.shell.model import Word

if TYPE_CHECKING:
    from wxlint.images.builds.commands.docker_cli import DockerCommand

SEVERITY = Severity.ERROR
SUMMARY = "a service that a script starts and no compose file has"
HINT = "name a service that a compose file has"

_PLAIN = frozenset(
    "-d --detach --build --rm -T --no-TTY --no-deps --force-recreate --no-cache --pull --remove-orphans -q --quiet -i"
    " -t -it --interactive --tty --wait --service-ports --no-build --no-start --entrypoint -e --env -v --volume -u"
    " --user -w --workdir --name -p --publish --profile --project-name --env-file --progress --ansi --index --parallel"
    " --build-arg --timeout --scale --exit-code-from --abort-on-container-exit --abort-on-container-failure"
    " --always-recreate-deps --no-recreate --attach-dependencies --no-color --no-log-prefix --quiet-pull --timestamps"
    " -V --renew-anon-volumes --watch --no-attach --attach -y --yes".split()
)
"""Options that leave it open neither which files are read nor which word is the service."""
_VALUED = frozenset("--scale -t --timeout --build-arg --wait-timeout --exit-code-from --attach --no-attach".split())
_LEAST = 3
"""Names of a column that are services, at least; and how many of them there are for each that is none."""
_ONE, _MANY = ("compose run", "compose exec"), ("compose up", "compose build", "compose pull", "compose restart")


def check(repository: Repository) -> Iterator[Problem]:
    projects = repository.compose
    if projects is None or projects.filled or projects.refused:
        return
    names = {service.name for file in projects.files for service in file.services}
    names |= {service.name for _, service in projects.services()}
    if not names or any(problem for file in projects.files for problem in file.problems):
        return
    built = {service.name for _, service in projects.services() if service.build is not None or service.provider}

    for script in repository.scripts.values():
        for call in script.calls:
            yield from _call(repository, call, names)
            if call.docker.verb == "compose build" and not built:
                yield from _nothing_to_build(call, [file.source.path for file in projects.files])
        for column in script.columns:
            yield from _listed(column, names)
    if any(one.service for script in repository.scripts.values() for one in script.devcontainers):
        from wxlint.rules._devcontainer_gpus import unknown_services

        yield from unknown_services(repository, names)


def _listed(column: tuple[tuple[str, Span], ...], names: set[str]) -> Iterator[Problem]:
    """Yield the names of a table's column that are no services, where most of them are."""
    known = {name for name, _ in column if name in names}
    unknown = {name for name, _ in column if name not in names}
    if len(known) < _LEAST or len(unknown) > len(known) // _LEAST:
        return
    for name, span in column:
        if name in unknown:
            text = f"no compose file has a service {name!r}; {len(known)} others of its column are services"
            yield Problem(span, text, severity=Severity.INFO, image=name)


def _nothing_to_build(call: DockerCall, files: list[str]) -> Iterator[Problem]:
    """Yield a build of services of which none says how it is built: docker compose does nothing, and ends well."""
    docker = call.docker
    if takes_the_usual_files(docker):
        text = f"builds nothing: no service of {', '.join(files)} has a build"
        hint = "give the services a build, or call what builds their images"
        yield Problem(call.span, text, hint=hint, severity=Severity.WARNING)


def _call(repository: Repository, call: DockerCall, names: set[str]) -> Iterator[Problem]:
    docker = call.docker
    if docker.command.cwd is not None:
        return
    if not takes_the_usual_files(docker) and not _is_of_known_files(repository, call):
        return
    source = repository.sources.read(call.path)
    for word in named_services(docker):
        name = word.value.text
        if source is None or name in names:
            continue
        text = f"no compose file has a service {name!r}{did_you_mean(name, sorted(names))}"
        yield Problem(source.span(word.start, word.end), text, word.value.because, image=name)


def _is_of_known_files(repository: Repository, call: DockerCall) -> bool:
    """Whether every compose file that a command is given is one that was read, or is nowhere; one was read at least."""
    docker = call.docker
    files = [option.value for option in docker.options if option.name in ("-f", "--file")]
    if not _PLAIN.union(("-f", "--file")).issuperset(option.name for option in docker.options) or not files:
        return False
    read = {file.source.path for file in repository.compose.files} if repository.compose is not None else set()
    starts = folders(call.path, docker.command.cwd)
    named = [{normal(posixpath.join(start, value.text)) for start in starts} for value in files if value is not None]
    if len(named) != len(files) or not any(paths & read for paths in named):
        return False
    return all(
        paths & read or any((call.path, path) in repository.scripts_and_gone_files for path in paths) for paths in named
    )


def takes_the_usual_files(docker: DockerCommand) -> bool:
    """Whether no option of a command says which compose files are read, where, or may be taken for a service."""
    return docker.command.cwd is None and has_plain_options(docker)


def has_plain_options(docker: DockerCommand) -> bool:
    """Whether no option of a command says which compose files are read, or may be taken for a service."""
    return _PLAIN.issuperset(option.name for option in docker.options)


def named_services(docker: DockerCommand) -> list[Word]:
    """The services that a command names, as far as they are known."""
    if docker.verb not in (*_ONE, *_MANY):
        return []
    words = list(docker.arguments[:1]) if docker.verb in _ONE else _services(docker.arguments)
    return [word for word in words if word.value.known and word.value.text and not word.value.text.startswith("-")]


def _services(words: tuple[Word, ...]) -> list[Word]:
    """The services among the words of `up` and its kin: those in front of the first option that may take a value."""
    found: list[Word] = []
    for word in words:
        if word.value.text.startswith("-") and found:
            break
        if word.value.text in _VALUED:
            break
        found.append(word)
    return found

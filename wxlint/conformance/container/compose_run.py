"""Run one service of a compose stack once, through pytest-docker's stack, and leave nothing of it behind."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import Facts, Ran
from wxlint.conformance.container.paths import file_name
from wxlint.core import processes
from wxlint.core.errors import EngineError

_ONE_AT_A_TIME = threading.Lock()
"""pytest-docker's commands take the environment of this process."""
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
"""What compose takes for a service's name, without a dash in front, which would make it an option."""
_BEFORE_POSITIONALS = {1: (), 2: ("--",)}
"""By the words of the command: the first generation takes `--` for the service."""
SHOWN = 4000
"""Characters kept of what a service printed."""


class NoComposeError(EngineError):
    """Why no service can be run here."""


class ComposeStack(NamedTuple):
    """Compose files used together. files: relative to root. folder: of the session, for an override. env: further."""

    files: Sequence[str]
    root: Path
    folder: Path
    env: Mapping[str, str]


def compose_command(engine: Engine) -> list[str]:
    """`docker compose`, else `docker-compose`. Raises NoComposeError with what is missing."""
    if engine.is_podman:
        raise NoComposeError("services are run with docker compose; the engine is podman")
    try:
        from pytest_docker.plugin import get_docker_services  # noqa: F401 - only whether it is there
    except ImportError:
        raise NoComposeError("pytest-docker is not installed; pip install 'wxlint[conformance]'") from None
    if not processes.run([engine.program, "compose", "version"], timeout=30, env=engine.env).code:
        return [engine.program, "compose"]
    old = shutil.which("docker-compose")
    if old and not processes.run([old, "version"], timeout=30).code:
        return [old]
    raise NoComposeError("neither `docker compose` nor `docker-compose` is installed")


def run_service(engine: Engine, stack: ComposeStack, service: str, arguments: Sequence[str], timeout: float) -> Ran:
    """`compose run --rm SERVICE ARGUMENTS` without its dependencies.

    What the service may do is what its compose files say: unlike the other containers, it is not sealed.
    Raises NoComposeError when the stack cannot be read here, EngineError when the engine is gone.
    """
    if not _SERVICE.fullmatch(service):
        return Ran(1, f"{service!r} is not a name that compose takes for a service", False, 0.0)
    with _ONE_AT_A_TIME:
        return _run_service(engine, stack, service, arguments, timeout)


def _run_service(engine: Engine, stack: ComposeStack, service: str, arguments: Sequence[str], timeout: float) -> Ran:
    from pytest_docker.plugin import get_docker_services

    command = compose_command(engine)
    project = f"wxlint-{engine.session}-{os.getpid()}-{re.sub(r'[^a-z0-9]', '', service.lower())}"
    settings = {**stack.env, **engine.client.settings}
    env = {**os.environ, **settings}
    files = [str((stack.root / name).absolute()) for name in stack.files]
    override = stack.folder / f"compose-{file_name(service)}-{os.getpid()}.yml"
    if any(re.search(r'["$`\\]', path) for path in (*files, str(override))):
        raise NoComposeError("a path of the compose files has a character that a shell would take")

    def base(paths: Sequence[str]) -> list[str]:
        return [*command, *(word for path in paths for word in ("-f", path)), "-p", project]

    done = processes.run([*base(files), "config"], timeout=60, env=env, cwd=str(stack.root))
    if done.code:
        if len(command) == 1:
            raise NoComposeError(
                f"docker-compose of the first generation cannot read the files: {done.message.splitlines()[-1]}"
            )
        return Ran(done.code, done.message, done.timed_out, done.seconds)
    config = _config(done.out)
    fresh = [path for path in _bind_sources(config) if not path.exists()]
    override.write_text(_override(config, service, engine.labels()), encoding="utf-8")
    paths = [*files, str(override)]
    try:
        with (
            _environment(settings),
            get_docker_services(shlex.join(command), paths, project, [], ["down -v --remove-orphans -t 5"]),
        ):
            words = ["run", "--rm", "--no-deps", "-T", *_BEFORE_POSITIONALS[len(command)], service, *arguments]
            done = processes.run([*base(paths), *words], timeout=timeout, env=env, cwd=str(stack.root))
    except EngineError:
        raise
    except Exception as error:  # pytest-docker raises bare ones
        raise EngineError(f"compose: {str(error)[:1000]}") from None
    finally:
        override.unlink(missing_ok=True)
        for path in fresh:  # the engine makes the folders that a mount names
            with suppress(OSError):
                path.rmdir()
    return Ran(done.code, done.out + done.err, done.timed_out, done.seconds)


@contextmanager
def _environment(more: Mapping[str, str]) -> Iterator[None]:
    """With more variables in this process's environment, where pytest-docker's own commands take them from."""
    saved = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in saved.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _override(config: Facts, service: str, labels: Mapping[str, str]) -> str:
    """A compose file that gives our labels to all that the stack brings into the engine, by which it is found again."""
    own: Facts = {"services": {service: {"labels": dict(labels)}}, "networks": {"default": {"labels": dict(labels)}}}
    for kind in ("networks", "volumes"):
        for name, value in (config.get(kind) or {}).items():
            if not (isinstance(value, dict) and value.get("external")):
                own.setdefault(kind, {})[name] = {"labels": dict(labels)}
    default = (config.get("networks") or {}).get("default")
    if isinstance(default, dict) and default.get("external"):
        del own["networks"]["default"]
    return json.dumps(own)  # JSON is YAML


def _config(text: str) -> Facts:
    """What `compose config` prints; empty when that is not understood."""
    import yaml

    try:
        config = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return config if isinstance(config, dict) else {}


def _bind_sources(config: Facts) -> list[Path]:
    """The folders of the host that the services of a stack mount."""
    services = config.get("services")
    found = []
    for service in services.values() if isinstance(services, dict) else ():
        for volume in (service or {}).get("volumes") or ():
            if isinstance(volume, dict) and volume.get("type") == "bind":
                found.append(Path(str(volume.get("source"))))
            elif isinstance(volume, str) and volume.startswith("/"):
                found.append(Path(volume.partition(":")[0]))
    return list(dict.fromkeys(found))

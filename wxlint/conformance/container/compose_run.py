"""Run one service of a compose stack once, through pytest-docker's stack, and leave nothing of it behind."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from wxlint.conformance.checks.evidence import Ran
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.plugin.workspace import file_name
from wxlint.core import processes
from wxlint.core.errors import EngineError

_ONE_AT_A_TIME = threading.Lock()
"""pytest-docker's commands take the environment of this process."""
SHOWN = 4000
"""Characters kept of what a service printed."""


class NoComposeError(EngineError):
    """Why no service can be run here; a reason to skip."""


def compose_command(engine: Engine) -> list[str]:
    """`docker compose`, else `docker-compose`. Raises NoComposeError with what was looked for."""
    if engine.is_podman:
        raise NoComposeError("services are run with docker compose; the engine is podman")
    try:
        from pytest_docker.plugin import get_docker_services  # noqa: F401 - only whether it is there
    except ImportError:
        raise NoComposeError("pytest-docker is not installed; pip install 'wxlint[conformance]'") from None
    if not processes.run([engine.program, "compose", "version"], timeout=30).code:
        return [engine.program, "compose"]
    old = shutil.which("docker-compose")
    if old and not processes.run([old, "version"], timeout=30).code:
        return [old]
    raise NoComposeError("neither `docker compose` nor `docker-compose` is installed")


def run_service(
    engine: Engine,
    files: Sequence[str],
    root: Path,
    service: str,
    arguments: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    timeout: float,
) -> Ran:
    """`compose run --rm SERVICE ARGUMENTS` without its dependencies. files: relative to root. folder: of the session, for an override.

    Raises NoComposeError when the stack cannot be read here, EngineError when the engine is gone.
    """
    with _ONE_AT_A_TIME:
        return _run_service(engine, compose_command(engine), files, root, service, arguments, folder, env, timeout)


def _run_service(
    engine: Engine,
    command: list[str],
    files: Sequence[str],
    root: Path,
    service: str,
    arguments: Sequence[str],
    folder: Path,
    env: Mapping[str, str],
    timeout: float,
) -> Ran:
    from pytest_docker.plugin import get_docker_services

    project = f"wxlint-{engine.session}-{os.getpid()}-{re.sub(r'[^a-z0-9]', '', service.lower())}"
    override = folder / f"compose-{file_name(service)}-{os.getpid()}.yml"
    labels = json.dumps(engine.labels())  # JSON is YAML
    override.write_text(
        f'services:\n  "{service}":\n    labels: {labels}\nnetworks:\n  default:\n    labels: {labels}\n'
    )
    paths = [str((root / name).absolute()) for name in files] + [str(override)]
    if any(re.search(r'["$`\\]', path) for path in paths):
        raise NoComposeError("a path of the compose files has a character that a shell would take")
    base = [*command, *(word for path in paths for word in ("-f", path)), "-p", project]
    told = processes.run([*base, "config"], timeout=60, env={**os.environ, **env}, cwd=str(root))
    if told.code:
        if len(command) == 1:
            raise NoComposeError(
                f"docker-compose of the first generation cannot read the files: {told.message.splitlines()[-1]}"
            )
        return Ran(told.code, told.message, told.timed_out, told.seconds)
    fresh = [path for path in _bind_sources(told.out) if not path.exists()]
    saved = {name: os.environ.get(name) for name in env}
    os.environ.update(env)  # pytest-docker's own commands take it from here
    try:
        with get_docker_services(
            " ".join(map(shlex.quote, command)), paths, project, [], ["down -v --remove-orphans -t 5"]
        ):
            done = processes.run(
                [*base, "run", "--rm", "--no-deps", "-T", service, *arguments],
                timeout=timeout,
                env={**os.environ, **env},
                cwd=str(root),
            )
    except Exception as error:  # pytest-docker raises bare ones
        if isinstance(error, EngineError):
            raise
        raise EngineError(f"compose: {str(error)[:1000]}") from None
    finally:
        for name, value in saved.items():
            os.environ.pop(name, None) if value is None else os.environ.__setitem__(name, value)
        override.unlink(missing_ok=True)
        for path in fresh:  # the engine makes the folders that a mount names
            with suppress(OSError):
                path.rmdir()
    return Ran(done.code, (done.out + done.err)[-SHOWN:], done.timed_out, done.seconds)


def _bind_sources(config: str) -> list[Path]:
    """The folders of the host that the services of a stack mount."""
    import yaml

    try:
        services = (yaml.safe_load(config) or {}).get("services") or {}
    except (yaml.YAMLError, AttributeError):
        return []
    found = []
    for service in services.values():
        for volume in (service or {}).get("volumes") or ():
            if isinstance(volume, dict) and volume.get("type") == "bind":
                found.append(Path(str(volume.get("source"))))
            elif isinstance(volume, str) and volume.startswith("/"):
                found.append(Path(volume.partition(":")[0]))
    return list(dict.fromkeys(found))

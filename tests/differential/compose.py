"""Compose projects as `docker compose config` reads them, against what wxlint reads.

    python -m tests.differential.compose --cases 10000 --seed 1 [--show 5]

Counted are fields of services: agree, unknown (wxlint leaves it open), wrong; besides, projects that compose refuses
and wxlint accepts (`unseen`), and projects that end wxlint by an exception (`crash`).
"""

from __future__ import annotations

import argparse
import json
import os
import posixpath
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from tests.differential.compose_projects import Project, project
from wxlint.core.values import Value
from wxlint.documents.compose.devices import DeviceRequest
from wxlint.documents.compose.fields import Named
from wxlint.documents.compose.merge import Text
from wxlint.documents.compose.reader import ComposeReader
from wxlint.documents.compose.services import Service, ServiceCommand
from wxlint.documents.source import Source

UNKNOWN: Any = object()
"""What wxlint leaves open."""


class Outcome(NamedTuple):
    """One field. kind: agree, unknown, wrong, unseen or crash."""

    kind: str
    what: str
    real: Any = None
    believed: Any = None


@lru_cache
def plugin() -> str | None:
    """The program of the compose plugin: to call it directly takes half of the time of `docker compose`."""
    folders = [
        os.path.join(os.environ.get("DOCKER_CONFIG", os.path.expanduser("~/.docker")), "cli-plugins"),
        *(f"{base}/cli-plugins" for base in ("/usr/local/lib/docker", "/usr/libexec/docker", "/usr/lib/docker")),
    ]
    found = (os.path.join(folder, "docker-compose") for folder in folders)
    return next((path for path in found if os.access(path, os.X_OK)), None) or shutil.which("docker-compose")


def config(folder: Path, given: tuple[str, ...]) -> dict[str, Any] | str:
    """The project as the plugin prints it; what it says when it refuses the project."""
    program = plugin()
    assert program is not None
    files = [word for path in given for word in ("-f", path)]
    command = [program, *files, "--profile", "*", "config", "--format", "json"]
    environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "DOCKER_CONFIG": str(folder)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode:
        return done.stderr.strip()
    model = json.loads(done.stdout.replace("$$", "$"))  # what is printed can be read again
    assert isinstance(model, dict)
    return model


def compare(made: Project, folder: Path) -> Iterator[Outcome]:
    """Every field of every service of a project, written into an empty folder."""
    for path, text in made.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    real = config(folder, made.given)

    def read(path: str) -> Source | None:
        return Source(path, made.files[path]) if path in made.files else None

    try:
        believed = ComposeReader(read).project(made.given)
    except Exception as error:
        yield Outcome("crash", repr(error), real)
        return
    problems = [problem.message for problem in believed.problems]
    if isinstance(real, str):
        yield Outcome("agree" if problems else "unseen", "refused", real, problems)
        return
    if problems:
        yield Outcome("wrong", "problem", "accepted", problems)
        return
    services = {service.name: service for service in believed.services}
    found = real.get("services") or {}
    names = sorted(services)
    missing = believed.unknown and set(names) < set(found)
    yield _outcome("services", sorted(found), UNKNOWN if missing else names)
    for name in sorted(services.keys() & found.keys()):
        mine, theirs = believed_fields(services[name]), real_fields(found[name], str(folder))
        for field, value in theirs.items():
            yield _outcome(f"{name}.{field}", value, mine.get(field))


def _outcome(what: str, real: Any, believed: Any) -> Outcome:
    if real == believed:
        return Outcome("agree", what)
    return Outcome("unknown" if _is_open(believed) else "wrong", what, real, believed)


def _is_open(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_is_open(item) for item in value.values())
    return value is UNKNOWN or isinstance(value, (list, tuple)) and any(_is_open(item) for item in value)


# -- what wxlint believes


def believed_fields(service: Service) -> dict[str, Any]:
    """The fields of a service, in the form of real_fields."""
    build = service.build
    fields: dict[str, Any] = {
        "image": _text(service.image),
        "profiles": [_value(text.value) for text in service.profiles],
        "runtime": _text(service.runtime),
        "platform": _text(service.platform),
        "pull_policy": _text(service.pull_policy),
        "environment": _named(service.environment),
        "depends_on": {d.service: d.condition if "$" not in d.condition else UNKNOWN for d in service.depends_on},
        "command": _command(service.command),
        "entrypoint": _command(service.entrypoint),
        "deploy": [_request(d) for d in service.devices if d.how == "deploy"],
        "gpus": [_request(d) for d in service.devices if d.how == "gpus"],
        "devices": sorted(_text(d.name).split(":")[0] for d in service.devices if d.how == "device"),
        "build": build is not None,
    }
    if build is not None:
        fields |= {
            "build.context": UNKNOWN if build.folder is None else build.folder,
            "build.dockerfile": UNKNOWN if build.dockerfile_path is None else build.dockerfile_path,
            "build.target": _text(build.target),
            "build.args": _named(build.args),
            "build.tags": [_value(text.value) for text in build.tags],
            "build.platforms": [_value(text.value) for text in build.platforms],
        }
    return fields


def _value(value: Value) -> Any:
    return value.text if value.known else UNKNOWN


def _text(text: Text | None) -> Any:
    return "" if text is None else _value(text.value)


def _named(named: tuple[Named, ...]) -> dict[str, Any]:
    return {each.name: UNKNOWN if each.value is None else _value(each.value) for each in named}


def _command(command: ServiceCommand | None) -> Any:
    if command is None:
        return None
    words = [_value(word.value) for word in command.words]
    if not command.listed:
        return UNKNOWN if words[0] is UNKNOWN else words[0].split()
    return words


def _request(request: DeviceRequest) -> Any:
    if request.how == "gpus" and not request.capabilities and request.quantity is not None:
        if request.quantity.value.text == "all" and not request.driver:
            return {"count": -1}
    count = request.quantity and request.quantity.value
    found: dict[str, Any] = {
        "capabilities": [_value(text.value) for text in request.capabilities],
        "driver": _text(request.driver),
        "device_ids": [_value(text.value) for text in request.device_ids],
        "count": UNKNOWN
        if count and not count.known
        else _count(count.text)
        if count
        else None
        if request.device_ids
        else -1,
    }
    return {key: value for key, value in found.items() if value not in ("", [], None)}


def _count(text: str) -> int:
    return -1 if text.lower() == "all" else int(text)


# -- what compose does


def real_fields(service: dict[str, Any], root: str) -> dict[str, Any]:
    """The fields that both know, in one form."""
    build = service.get("build")
    reservations = ((service.get("deploy") or {}).get("resources") or {}).get("reservations") or {}
    fields: dict[str, Any] = {
        "image": service.get("image", ""),
        "profiles": service.get("profiles") or [],
        "runtime": service.get("runtime", ""),
        "platform": service.get("platform", ""),
        "pull_policy": service.get("pull_policy", ""),
        "environment": service.get("environment") or {},
        "depends_on": {name: d["condition"] for name, d in (service.get("depends_on") or {}).items()},
        "command": service.get("command"),
        "entrypoint": service.get("entrypoint"),
        "deploy": [_real_request(d) for d in reservations.get("devices") or ()],
        "gpus": [_real_request(d) for d in service.get("gpus") or ()],
        "devices": sorted(d["source"] for d in service.get("devices") or () if _is_gpu(d["source"])),
        "build": build is not None,
    }
    if build is not None:
        context = build["context"]
        fields |= {
            "build.context": posixpath.relpath(context, root),
            "build.dockerfile": posixpath.relpath(posixpath.join(context, build.get("dockerfile", "Dockerfile")), root),
            "build.target": build.get("target", ""),
            "build.args": build.get("args") or {},
            "build.tags": build.get("tags") or [],
            "build.platforms": build.get("platforms") or [],
        }
    return fields


def _real_request(request: dict[str, Any]) -> dict[str, Any]:
    found = dict(request)
    if "capabilities" in found and not found["capabilities"]:
        del found["capabilities"]
    return found


def _is_gpu(source: str) -> bool:
    return source.startswith(("/dev/nvidia", "/dev/dri", "/dev/kfd")) or "gpu" in source


# -- running


def run(cases: int, seed: int, show: int = 0, start: int = 0) -> Counter[str]:
    """Compare `cases` projects of a seed, from number `start` on; counts by kind. The first `show` that are wrong or
    crash are printed."""
    counts: Counter[str] = Counter()
    for n in range(start, start + cases):
        made = project(f"{seed}-{n}")
        with tempfile.TemporaryDirectory(prefix="compose-") as folder:
            outcomes = list(compare(made, Path(folder).resolve()))
        counts.update(outcome.kind for outcome in outcomes)
        counts["projects"] += 1
        counts["refused"] += outcomes[0].what == "refused"
        bad = [outcome for outcome in outcomes if outcome.kind in ("wrong", "crash")]
        counts["wrong projects"] += bool(bad)
        if bad and show > 0:
            show -= 1
            print(f"== {seed}-{n}", *(f"-- {path}\n{text}" for path, text in made.files.items()), sep="\n")
            print(*(f"{b.kind} {b.what}\n  real     {b.real}\n  believed {b.believed}" for b in bad), sep="\n")
    return counts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=int, default=0, help="the number of the first case, for a run in pieces")
    parser.add_argument("--show", type=int, default=3, help="print the first cases that are wrong")
    arguments = parser.parse_args()
    if plugin() is None:
        print("no compose plugin here", file=sys.stderr)
        return 2
    counts = run(arguments.cases, arguments.seed, arguments.show, arguments.start)
    for kind in ("projects", "refused", "unseen", "agree", "unknown", "wrong", "wrong projects", "crash"):
        print(f"{kind:15}{counts[kind]:8}")
    return 1 if counts["wrong"] or counts["crash"] else 0


if __name__ == "__main__":
    sys.exit(main())

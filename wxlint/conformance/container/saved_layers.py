"""What the layers of the engine's images hold: several in one `docker save`, since a family shares most of them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wxlint import __version__
from wxlint.conformance.container.model import Facts
from wxlint.conformance.container.paths import cache_folder
from wxlint.core.errors import EndedError, EngineError, WxlintError
from wxlint.inspection.dockerfile_lines import Dockerfile

if TYPE_CHECKING:
    from wxlint.conformance.container.engine import Engine
    from wxlint.documents.dockerfile.reader import Dockerfile as Read
    from wxlint.inspection.model import Inspection


FACTS = frozenset(
    (
        "torch",
        "other_torch",
        "libraries",
        "distributions",
        "installed",
        "bytes",
        "hidden_bytes",
        "python",
        "interpreters",
        "why",
    )
)


class Target(NamedTuple):
    """An image to inspect. dockerfiles: where its layers may come from, its own and those of its bases."""

    reference: str
    digest: str
    dockerfiles: tuple[Dockerfile, ...]


def instructions(path: str, dockerfile: Read) -> Dockerfile:
    """A Dockerfile as the inspection takes it."""
    return path, tuple((each.keyword, each.text, each.line) for each in dockerfile.instructions)


def inspect_layers(engine: Engine, targets: Iterable[Target]) -> dict[str, Facts]:
    """What the layers say, by reference.

    {"problem": ...} for an image that cannot be read, {"fault": ...} where the engine gave up.
    An image is known by its digest, so its facts are kept in the user's cache folder.
    """
    found: dict[str, Facts] = {}
    left: list[Target] = []
    for target in targets:
        facts = _kept(target)
        if facts is None:
            left.append(target)
        else:
            found[target.reference] = facts
    if left:
        found.update(_saved(engine, left))
    for target in left:
        if found[target.reference].keys() == FACTS:
            with suppress(OSError):
                _keep(target, found[target.reference])
    return found


def _cached(target: Target) -> Path:
    key = json.dumps(["wxlint-layers/3", __version__, target.digest, target.dockerfiles])
    return cache_folder() / "layers" / f"{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}.json"


def _kept(target: Target) -> Facts | None:
    """The facts of an earlier inspection; only of a file of this user's that has all of them."""
    try:
        with open(_cached(target), encoding="utf-8") as file:
            if hasattr(os, "getuid") and os.fstat(file.fileno()).st_uid != os.getuid():
                return None
            facts = json.load(file)
    except (OSError, ValueError, RecursionError):
        return None
    return facts if isinstance(facts, dict) and facts.keys() == FACTS else None


def _keep(target: Target, facts: Facts) -> None:
    path = _cached(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(f".{os.getpid()}.new")
    temporary.write_text(json.dumps(facts), encoding="utf-8")
    temporary.replace(path)


def _saved(engine: Engine, targets: Sequence[Target]) -> dict[str, Facts]:
    from wxlint.inspection.docker_save import saved
    from wxlint.inspection.inspector import inspect_store
    from wxlint.inspection.stores import stream_store

    try:
        with saved(engine.program, [target.reference for target in targets], engine.env) as stream:
            store = stream_store(stream, ", ".join(target.reference for target in targets[:3]))
            return {
                t.reference: layer_facts(inspect_store(store, t.reference, t.reference, t.dockerfiles)) for t in targets
            }
    except EndedError:
        raise
    except WxlintError as error:
        if len(targets) == 1:
            key = "fault" if isinstance(error, EngineError) else "problem"
            return {targets[0].reference: {key: str(error)}}
    found: dict[str, Facts] = {}
    for target in targets:  # one that cannot be read must not take the others with it
        found.update(_saved(engine, [target]))
    return found


def layer_facts(image: Inspection) -> Facts:
    """What checks judge of an inspection, JSON only."""
    return {
        "torch": image.torch._asdict() if image.torch else None,
        "other_torch": [one._asdict() for one in image.other_torch],
        "libraries": list(image.cuda.libraries),
        "distributions": [[one.name, one.version] for one in image.cuda.distributions],
        "installed": [[one.name, one.version, list(one.requires)] for one in image.installed],
        "bytes": image.cuda.bytes,
        "hidden_bytes": image.cuda.hidden_bytes,
        "python": image.python,
        "interpreters": list(image.interpreters),
        "why": list(image.why),
    }

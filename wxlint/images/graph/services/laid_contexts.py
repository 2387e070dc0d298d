"""Build contexts of compose files that are given behind one in another folder: compose takes them from that folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from wxlint.core import disk
from wxlint.core.findings import Span
from wxlint.core.paths import folders_above, normal
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.tuples import NamedTuple
from wxlint.documents.compose.services import REMOTE
from wxlint.images.builds.commands.script_folders import folders, slashes
from wxlint.images.builds.model import DockerCall, compose_calls
from wxlint.images.graph.repository import Repository


class LostContext(NamedTuple):
    """A context that is there from its own file's folder only. path: where compose looks for it. meant: where it is."""

    path: str
    meant: str
    span: Span
    because: tuple[Reason, ...]


def lost_contexts(repository: Repository) -> Iterator[LostContext]:
    """Yield the contexts that commands of scripts and of the documentation lose, each once."""
    files = {file.source.path: file for file in repository.compose.files} if repository.compose is not None else {}
    seen: set[Span] = set()
    for call in compose_calls((*repository.scripts.values(), *repository.documented.values())):
        first, *others = _given(call) or [""]
        start = posixpath.dirname(first)
        for path in others:
            for service in files[path].services if path in files and posixpath.dirname(path) != start else ():
                context = service.build.context if service.build is not None else None
                if context is None or not context.value.known or REMOTE.match(context.value.text):
                    continue
                text, span = slashes(context.value.text), context.place.span
                taken, meant = (normal(posixpath.join(each, text)) for each in (start, posixpath.dirname(path)))
                if span not in seen and not text.startswith(("/", "~")) and disk.is_folder(meant):
                    if not disk.lexists(taken):
                        seen.add(span)
                        command = f"docker {call.docker.verb} -f {first} -f {path}"
                        yield LostContext(taken, meant, span, (reason_at("build", command, call.span),))


def _given(call: DockerCall) -> list[str]:
    """The files that a command gives compose, from the first folder where they all are; none where none has them."""
    if call.docker.values("--project-directory"):
        return []
    values = [option.value for option in call.docker.values("-f", "--file")]
    named = [slashes(value.text) for value in values if value is not None and value.known]
    starts = folders(call.path, call.docker.command.cwd) or folders_above(posixpath.dirname(call.path))
    if len(named) < 2 or len(named) != len(values):
        return []
    found = ([normal(posixpath.join(start, name)) for name in named] for start in starts)
    return next((paths for paths in found if all(map(disk.is_file, paths))), [])

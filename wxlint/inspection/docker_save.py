"""Images of an engine as the stream of `docker save` (or podman's): through a pipe, never to disk."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO

from wxlint.core.errors import EngineError, ImageError
from wxlint.core.supervisor import SUPERVISOR, kill
from wxlint.inspection.streams import RawFile


@contextmanager
def saved(program: str, references: Sequence[str], env: Mapping[str, str] | None = None) -> Iterator[RawFile]:
    """The archive of one or several images, which share their layers in it.

    env: of the program; None for that of this process.

    Raises EngineError when the program cannot be started or the engine gives up: its reason counts then, not what was
    made of half an archive. EndedError when it was cut off by the end of the run.
    """
    with tempfile.TemporaryFile() as complaints:  # a pipe for these could fill up and block the engine
        process = SUPERVISOR.start(
            [program, "save", "--", *references],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=None if env is None else dict(env),
        )
        stream = process.stdout
        assert stream is not None
        failure: ImageError | None = None
        complete = False
        try:
            yield stream
            while stream.read(1 << 16):  # what follows the archive; closing early would make the engine fail
                pass
            complete = True
        except ImageError as error:
            failure = error
            complete = not stream.read(1)
        finally:
            code = _end(process, stream)
            SUPERVISOR.check()
        if complete and code:
            complaints.seek(0)
            message = complaints.read(2000).decode("utf-8", "replace").strip()
            raise EngineError(f"{program} save {' '.join(references)}: {message or f'exit code {code}'}")
        if failure is not None:
            raise failure


def _end(process: subprocess.Popen[bytes], stream: IO[bytes]) -> int:
    stream.close()
    try:
        return process.wait(10)
    except subprocess.TimeoutExpired:
        kill(process, grace=0)
        return process.wait()
    finally:
        SUPERVISOR.ended(process)

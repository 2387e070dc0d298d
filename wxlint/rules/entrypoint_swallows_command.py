"""An ENTRYPOINT takes a command for its arguments, and runs something else.

## Why

What stands behind the image in `docker run` is given to the entrypoint as arguments. Against `ENTRYPOINT ["python",
"/app/asr.py"]`, `docker run asr python -c 'import torch'` starts asr.py with the words `python` and `-c`: the test
tests nothing. Only an entrypoint that is a program of its own counts; a script may end with `exec "$@"`. 231 public
trees had 8 such commands, all true.

The same holds for the image's own CMD. `ENTRYPOINT ["bash"]` with `CMD ["python", "-m", "app"]` runs `bash python -m
app`: bash looks for a script of that name, finds the program, and ends with `cannot execute binary file`. A CMD without
brackets is no better, as it starts `/bin/sh`. A script of a shell, an option (`-c`, `-l`) and an image for which a
compose service has a command of its own are left alone.

## Bad

```dockerfile
FROM python:3.11-slim
ENTRYPOINT ["python", "/app/asr.py"]
```

```sh test.sh
docker build -t example/asr:1.0 .
docker run --rm example/asr:1.0 python -c 'import torch'
```

```dockerfile
FROM python:3.11-slim
ENTRYPOINT ["bash"]
CMD ["python", "-m", "app"]
```

## Good

```dockerfile
FROM python:3.11-slim
ENTRYPOINT ["python", "/app/asr.py"]
```

```sh test.sh
docker build -t example/asr:1.0 .
docker run --rm --entrypoint python example/asr:1.0 -c 'import torch'
```

```dockerfile
FROM python:3.11-slim
CMD ["python", "-m", "app"]
```

```dockerfile
FROM python:3.11-slim
ENTRYPOINT ["bash"]
CMD ["/app/start.sh"]
```
"""

import posixpath
from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.builds.model import DockerCall
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Evaluated, Stage
from wxlint.images.model.reference import parse_reference
from wxlint.rules import Problem, _shell_entrypoint

SEVERITY = Severity.WARNING
SUMMARY = "a command that an ENTRYPOINT takes as its arguments"
HINT = "use --entrypoint PROGRAM, with its arguments behind the image"

_PROGRAM = late(r"python[\d.]*|bash|sh|nvidia-smi|pip[\d.]*|node|ls|cat|env|uname")
"""What people run in an image to look at it."""
_TAKES_ARGUMENTS = late(r"python[\d.]*|uvicorn|gunicorn|node|java|ffmpeg|fastapi|streamlit")
"""Programs that start no other program that is named behind their own arguments."""


def check(repository: Repository) -> Iterator[Problem]:
    yield from _shell_entrypoint.problems(repository)
    for script in repository.scripts.values():
        for call in script.calls:
            if call.docker.verb in ("run", "compose run") and len(call.docker.arguments) > 1:
                yield from _call(repository, call)


def _call(repository: Repository, call: DockerCall) -> Iterator[Problem]:
    image, command = call.docker.arguments[0].value, call.docker.arguments[1]
    names = {option.name for option in call.docker.options}
    if names & {"--entrypoint", "", HOLE} or not _PROGRAM.fullmatch(_base(command.value.text)):
        return
    found = _of_service(repository, image) if call.docker.verb == "compose run" else _of_image(repository, image)
    source = repository.sources.read(call.path)
    if not found or None in found or source is None:
        return
    reasons = tuple(dict.fromkeys(reason for reason in found if reason is not None))
    text = f"{command.value.text} is an argument of the ENTRYPOINT of {image.shown()}: it is not run"
    yield Problem(source.span(command.start, command.end), text, (*reasons, *image.because), image=image.shown())


def _of_image(repository: Repository, image: Value) -> list[Reason | None]:
    """The entrypoints of what the repository builds under a name, of which the registry may not be known."""
    reference = parse_reference(image)
    if reference is None or HOLE in image.text.rpartition("/")[2]:
        return []
    return [_entrypoint(evaluated, stage) for evaluated, stage in repository.graph.producers(reference)]


def _of_service(repository: Repository, name: Value) -> list[Reason | None]:
    """The entrypoints of a service, in each project that has it: its own, else that of its image."""
    found: list[Reason | None] = []
    projects = repository.compose
    services = projects.services() if projects is not None and name.known and not projects.filled else ()
    for _, service in services:
        if service.name != name.text:
            continue
        if service.entrypoint is not None:
            words = [text.value.text for text in service.entrypoint.words] if service.entrypoint.listed else []
            import json  # rare: a second way to say it

            text = f"ENTRYPOINT {json.dumps(words)}"
            found.append(reason_at("image", text, service.entrypoint.place.span) if _swallows(words) else None)
            continue
        own = [_entrypoint(image.evaluated, image.stage) for image in repository.graph.images.images_of(service)]
        if service.build is None and service.image is not None:
            own = _of_image(repository, service.image.value)
        found += own or [None]
    return found


def _base(text: str) -> str:
    return posixpath.basename(text)


def _entrypoint(evaluated: Evaluated, stage: Stage) -> Reason | None:
    """The entrypoint of a stage that takes all words as arguments; None for another, or none."""
    found = None
    instructions = evaluated.dockerfile.instructions
    at = instructions.index(stage.instruction)
    for instruction in instructions[at + 1 :]:
        if instruction.keyword == "FROM":
            break
        if instruction.keyword == "ENTRYPOINT":
            found = instruction
    if found is None:
        return None
    words = json_words(found.args)
    span = found.span(evaluated.dockerfile.source, 0, len(found.text))
    return reason_at("image", f"ENTRYPOINT {found.args.strip()}", span) if _swallows(words) else None


def _swallows(words: object) -> bool:
    """Whether a program takes all words behind its own as arguments."""
    if not isinstance(words, list) or len(words) < 2 or not all(isinstance(word, str) for word in words):
        return False
    program, script = _base(words[0]), words[1]
    return bool(_TAKES_ARGUMENTS.fullmatch(program)) and not (program.startswith("python") and script in ("-c", "-"))

"""A CPU image installs something that brings torch, with no CPU build of torch in reach.

## Why

`pip install whisperx` never says torch, and still installs it: from the default index, as a CUDA build. Install torch from the cpu index
first (an installed torch that fits is kept), or give the whole command an index that has the CPU build.

## Bad

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install openai-whisper
```

## Good

```dockerfile Dockerfile.cpu
FROM python:3.11-slim
RUN pip install torch==2.3.1 --index-url https://download.pytorch.org/whl/cpu
RUN pip install openai-whisper
```
"""

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.images.graph.repository import Repository
from wxlint.images.torch.model import FAMILY
from wxlint.images.torch.replacement import is_satisfied
from wxlint.images.torch.selection import PROJECT_HINT
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "a package that brings torch, in a CPU image with no CPU build in reach"
HINT = "install torch from https://download.pytorch.org/whl/cpu before it"


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        if image.expected != "cpu":
            continue
        for step in steps:
            choice = step.choices[0]
            wanted = choice.requirement
            kept = step.before.channel != "none" and (
                step.before.channel != "cpu"
                or is_satisfied(step.before, choice) is not False
                or image.state.torch.channel != "default"  # a later install puts the CPU build back
            )
            if kept or step.install.conditional or choice.channel != "default":
                continue
            if choice.implied and wanted.name not in FAMILY and wanted.span is not None:
                brings = (
                    "brings torch"
                    if step.before.channel == "none"
                    else "does not suit the torch that is there and brings another"
                )
                text = f"{wanted.name} {brings} from the default index, a CUDA build on Linux, but {image.label} is a cpu image"
                hint = PROJECT_HINT.get(step.install.tool, "").format("https://download.pytorch.org/whl/cpu")
                hint = hint and f"name torch among the dependencies and {hint}"
                yield Problem(wanted.span, text, (*step.install.because, *image.why), hint, image=image.label)

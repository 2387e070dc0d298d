"""A compose list gives a variable a value with its quotes.

## Why

In a list, `- NAME="value"` is one plain text to YAML: the quotes stand inside of it, and compose hands them on with the
value, as a shell would not. A build argument `"2.4.1"` with quotes is no release that pip knows, a
`TORCH_CUDA_ARCH_LIST` no architecture, and a `CUDA_VISIBLE_DEVICES` of `"0"` names no device, so that CUDA sees none.
Build arguments are looked at, and the variables that CUDA, torch and their like read; what a program of one's own reads
may take its quotes off.

## Bad

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:1.0-cuda
    environment:
      - CUDA_VISIBLE_DEVICES="0"
```

## Good

```yaml docker-compose.yml
services:
  asr:
    image: example/asr:1.0-cuda
    environment:
      - CUDA_VISIBLE_DEVICES=0
      - "TORCH_CUDA_ARCH_LIST=8.6 9.0"
```
"""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.documents.compose.fields import Named
from wxlint.images.graph.repository import Repository
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "quotes in a list of compose, which become part of the value"
HINT = "leave the quotes out, or put them around the whole item"
_QUOTED = late(r"""(["']).*\1""")
_READ_BY_OTHERS = late(
    r"(?:CUDA|NVIDIA|TORCH|PYTORCH|NCCL|HIP|HSA|ROCR|ROCM|TF|XLA|JAX|OMP|MKL|UV|PIP)_\w+|LD_LIBRARY_PATH|PYTHONPATH"
)
"""Variables that are read by programs which take no quotes off."""


def check(repository: Repository) -> Iterator[Problem]:
    for file in repository.compose.files if repository.compose is not None else ():
        for service in file.services:
            for named in service.build.args if service.build is not None else ():
                yield from _problem(named, f"the build argument {named.name}")
            for named in service.environment:
                if _READ_BY_OTHERS.fullmatch(named.name):
                    yield from _problem(named, named.name)


def _problem(named: Named, what: str) -> Iterator[Problem]:
    value = named.value
    if value is None or _QUOTED.fullmatch(value.text) is None or "\n" in value.text:
        return
    source, start = named.place.source, named.place.start
    if source.text[start - 1 : start] != "=":
        return  # a mapping, in which somebody has quoted the quotes
    shown = value.shown()
    yield Problem(named.place.span, f"{what} is {shown} with its quotes: in a list they are part of the value")

"""An `nvidia/cuda` tag that does not exist.

## Why

The tags have a grammar, `VERSION-[cudnn[N]-](base|runtime|devel)-OS`, and no `latest`. Short forms such as
`12.1.0-cudnn8`, often seen in documents, cannot be pulled; cuDNN is `cudnn8` up to CUDA 12.2.2, `cudnn9` at 12.3.2 and
plain `cudnn` from 12.4.1 on. Nor can the images be pulled that NVIDIA has deleted (10.2 and older, 11.0, 11.1, 11.2.0,
11.3.0, 11.7.0 and more: of a line, the last patch stays). A version newer than the table is never called wrong. In
commands of the documentation it is information, and so is a `pytorch/pytorch` tag whose torch 2 was not built for its
CUDA (`2.5.1-cuda12.3-cudnn9-runtime`).

## Bad

```dockerfile
FROM nvidia/cuda:12.1.0-cudnn8
```

```dockerfile
FROM nvidia/cuda:11.3.0-cudnn8-devel-ubuntu20.04
```

## Good

```dockerfile
FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.patterns import late
from wxlint.images.graph.repository import Repository
from wxlint.images.model.records import Use
from wxlint.rules import Problem

SEVERITY = Severity.ERROR
SUMMARY = "an nvidia/cuda tag that does not exist"
HINT = "use VERSION-[cudnn-](base|runtime|devel)-OS as Docker Hub lists it"
ABOUT_REFERENCES = True
_PYTORCH = late(r"(?P<torch>2\.\d+\.\d+)-cuda(?P<cuda>\d+\.\d+)-cudnn\d+-(?:runtime|devel)$")
"""Tags of torch 2, whose images are all built from the channels that the table has."""


def check(repository: Repository) -> Iterator[Problem]:
    for use in repository.uses:
        yield from _of_use(use)
    for script in repository.documented.values():
        for use in script.uses:
            yield from (problem._replace(severity=Severity.INFO) for problem in _of_use(use))


def _of_use(use: Use) -> Iterator[Problem]:
    reference = use.reference
    if reference is None or use.produces or not reference.tag_known or reference.digest:
        return
    tag = reference.tag or "latest"
    if reference.name == "pytorch/pytorch":
        yield from _of_pytorch(use, tag)
    own = reference.name in ("nvidia/cuda", "nvcr.io/nvidia/cuda")
    if not own and not (reference.name_known and reference.path.endswith("/nvidia/cuda")):
        return
    known = facts.is_cuda_tag_valid(tag)
    if not own:  # a mirror keeps what NVIDIA has deleted, and may hold tags of its own
        if known.valid is False and known.nearest:
            text = f"NVIDIA has no {tag}, which {reference.shown()} would mirror: {known.reason}"
            yield Problem(use.span, text, use.because, f"did you mean {known.nearest}?", Severity.INFO)
    elif known.state == "deleted":
        hint = f"take {reference.name}:{known.nearest}" if known.nearest else ""
        yield Problem(use.span, f"{reference.shown()} can no longer be pulled: {known.reason}", use.because, hint)
    elif known.valid is False:
        hint = f"did you mean {reference.name}:{known.nearest}?" if known.nearest else ""
        shown = reference.shown() if reference.tag else f"{reference.shown()}:{tag}"
        yield Problem(use.span, f"{shown} does not exist: {known.reason}", use.because, hint)


def _of_pytorch(use: Use, tag: str) -> Iterator[Problem]:
    """Yield a tag for a CUDA that its release of torch was never built for; which tags there are, no table says."""
    match = _PYTORCH.match(tag)
    release = facts.torch_release(match["torch"]) if match is not None else None
    if match is None or release is None or release.plain_cuda == match["cuda"]:
        return
    if facts.torch_channel_exists(release.version, facts.channel_of_cuda(match["cuda"])) is False:
        text = f"pytorch/pytorch:{tag} is not known: there is no torch {release.version} for CUDA {match['cuda']}"
        built = ", ".join(channel for channel in release.channels if channel.startswith("cu"))
        hint = f"that torch was built for {built}" if built else ""
        yield Problem(use.span, text, use.because, hint, Severity.INFO)

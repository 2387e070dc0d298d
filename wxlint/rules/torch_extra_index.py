"""torch's channel is given as an extra index, with no local version that picks it.

## Why

pip gives indexes no priority. With `--extra-index-url` (or `--find-links`) the highest version anywhere wins: an
unpinned torch is taken from the default index as soon as that has a newer one, and only a pin with a local version,
`torch==2.3.1+cu121`, says which is meant. uv asks extra indexes first, and is left alone. A plain pin of a release
that the channel has (`torch==2.3.1`, be it in a constraints file) is taken from there today, since `2.3.1+cu121` sorts
above `2.3.1`; without a policy it is reported as information only.

`--find-links` takes a page whose links are files. The root of an index (`…/whl/cu121`) lists projects, so nothing is
found there, and torch comes from the default index. So it does where an index option stands behind a requirement or a
`-r` on its line of a list: pip does not look at it. Lists that no image installs are looked through for that as well,
beside those that one does.

## Bad

```dockerfile
FROM python:3.11-slim
RUN pip install torch --extra-index-url https://download.pytorch.org/whl/cu121
```

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.3.1 --find-links https://download.pytorch.org/whl/cu121
```

## Good

```dockerfile
FROM python:3.11-slim
RUN pip install torch==2.3.1+cu121 --extra-index-url https://download.pytorch.org/whl/cu121
```

```dockerfile
FROM python:3.11-slim
RUN pip install torch --index-url https://download.pytorch.org/whl/cu121
```
"""

from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Severity
from wxlint.core.reasons import reason_at
from wxlint.facts.torch_releases import FAMILY
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.graph.repository import Repository
from wxlint.images.installs.requirement import Requirement
from wxlint.images.stack.torch.channels import channel_of_url, lists_no_wheels
from wxlint.images.stack.torch.limits import constrained
from wxlint.images.stack.torch.model import Choice
from wxlint.rules import Problem

SEVERITY = Severity.WARNING
SUMMARY = "torch's channel as an extra index, which pip gives no priority"
HINT = "use --index-url, or pin the local version: torch==X.Y.Z+CHANNEL"
WEIGHT = 0


def check(repository: Repository) -> Iterator[Problem]:
    for image, steps in repository.torch_steps:
        for step in steps:
            choice = step.choices[0]
            wanted = constrained(step.install, choice.requirement, implied=False)
            if choice.how == "default" and wanted.name in FAMILY:
                yield from _roots(step, wanted)
                if image.expected is None or image.state.torch.channel == "unknown":
                    yield from _behind(step, choice.requirement)
            if choice.how in ("extra", "links") and wanted.name in FAMILY and not wanted.local:
                yield from _merged(image, step, choice, wanted)
    if any(path.endswith((".txt", ".in")) for path in repository.sources.loaded):
        from wxlint.rules._ignored_indexes import ignored_indexes

        yield from ignored_indexes(repository)


def _merged(image: Image, step: TorchStep, choice: Choice, wanted: Requirement) -> Iterator[Problem]:
    """The index or page that an installer merges with the default index. wanted: as constraints leave it."""
    source, install = choice.source, step.install
    if source is None or (install.tool != "pip" and not install.best_match):
        return
    span = source.span or install.span
    if span is None:
        return
    because = (*source.value.because, *install.reasons)
    if wanted is not choice.requirement:
        because = (*because, reason_at("install", f"constraint {wanted.written}", wanted.span))
    flag = f"{source.flag} {source.value.shown()}"
    served = channel_of_url(source.value.text)
    undecided = Severity.INFO if image.expectation is None else None
    severity = None
    index = install.sources.index
    if index is not None and channel_of_url(index.value.text) not in ("default", "unknown", "all", served):
        text = (
            f"{wanted.name} is meant to come from {index.flag} {index.value.shown()}, but {flag} is merged with it "
            "and the highest version wins"
        )
    elif served == "default":
        text = (
            f"{wanted.name} is meant to come from its own index, but {flag} is merged with it "
            "and the highest version wins"
        )
        severity = Severity.INFO if wanted.pin and choice.channel != "unknown" else None
    elif served == "all":
        example = f"{wanted.name}=={wanted.pin or 'X.Y.Z'}+CHANNEL"
        text = f"{flag} has the builds of every channel, and pip takes the highest; name one: {example}"
    elif not wanted.pin and choice.channel == "cpu":  # which has every release, and sorts above the plain builds
        text = (
            f"{wanted.name} comes from {flag} only as long as that has the newest release: pip gives no index priority"
        )
        severity = undecided
    elif not wanted.pin:
        text = f"{wanted.name} is meant to come from {flag}, but the highest version of any index wins"
    else:
        what = f"{wanted.name} {wanted.pin}"
        has = facts.torch_channel_exists(wanted.pin, served) if wanted.name == "torch" else None
        if has is False:
            text = f"{flag} has no {what}, so it comes from the default index"
        elif has:
            text = (
                f"{what} comes from {flag} only because its build sorts above the plain one: "
                "pip gives no index priority"
            )
            severity = undecided
        else:
            text = f"{what} comes from {flag} only if no other index has a higher build of it"
    yield Problem(span, text, because, severity=severity)


def _behind(step: TorchStep, requirement: Requirement) -> Iterator[Problem]:
    """The index that stands behind a requirement on its line."""
    span = requirement.span
    if requirement.ignored and span is not None:
        text = (
            f"pip ignores {requirement.ignored} behind a requirement: {requirement.name} comes from the default index"
        )
        yield Problem(span, text, step.install.reasons, "put the option on a line of its own")


def _roots(step: TorchStep, wanted: Requirement) -> Iterator[Problem]:
    """The roots of indexes that are given as pages of files."""
    for source in filter(lists_no_wheels, step.install.sources.links):
        span = source.span or step.install.span
        if span is None:
            continue
        url = source.value.shown()
        text = f"{source.flag} {url} lists no files, so {wanted.written} comes from the default index"
        because = (*source.value.because, *step.install.reasons)
        yield Problem(span, text, because, f"give it as the index: --index-url {url}")

"""The index that torch comes from: that of the image's channel, where the index is written now."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint import facts
from wxlint.core.findings import Finding, Span
from wxlint.core.fix import Edit
from wxlint.documents.dockerfile.reader import Instruction
from wxlint.documents.dockerfile.words import json_words
from wxlint.facts.torch_releases import FAMILY
from wxlint.fixes.context import Context, NoFix, Proposal, stretches
from wxlint.fixes.projects import WHEELS, other_channel, project_index
from wxlint.fixes.split_off import NotSplit, divided
from wxlint.images.graph.image import Image, TorchStep
from wxlint.images.installs.model import PackageIndex
from wxlint.images.stack.torch.channels import channel_of_url
from wxlint.images.stack.torch.model import Choice


def own_channel(context: Context, finding: Finding) -> Proposal | None:
    """The image's channel in place of another: torch-index."""
    edits: dict[Edit, None] = {}
    labels: set[str] = set()
    channels: set[str] = set()
    safe = True
    for image, step, choice in _choices(context, finding.span):
        said = image.expectation.torch if image.expectation is not None else None
        wanted = said or _channel_of(image, choice)
        if wanted is None or wanted == "default" or choice.channel in (wanted, "default"):
            continue
        found = list(_rewritten(context, finding, step, choice, wanted))
        if not found or None in found:
            return None
        edits.update(dict.fromkeys(edit for edit in found if edit is not None))
        labels.add(image.label)
        channels.add(wanted)
        safe = safe and _is_said(image) and choice.how != "url"  # whether there is such a wheel is not known
    if not edits or len(channels) != 1:
        return None
    return Proposal(tuple(edits), f"take torch from {channels.pop()}", safe, frozenset(labels))


def _is_said(image: Image) -> bool:
    """Whether the policy says one channel for an image: of several it does not say which is meant."""
    return image.expectation is not None and len(image.expectation.allowed_channels) == 1


def _choices(context: Context, span: Span) -> Iterator[tuple[Image, TorchStep, Choice]]:
    for image, steps in context.repository.torch_steps:
        for step in steps:
            for choice in step.choices:
                if _place(choice) == span:
                    yield image, step, choice
                    break


def _place(choice: Choice) -> Span | None:
    """Where a rule shows a choice."""
    source = choice.source.span if choice.source is not None else None
    return source or choice.requirement.span or choice.install.span


def _channel_of(image: Image, choice: Choice) -> str | None:
    """Without a policy: the channel for the CPU, or the base's CUDA where torch has such a build."""
    if image.expected == "cpu":
        return "cpu"
    if image.expected not in (None, "cuda") or not image.base.cuda:
        return None
    channel = facts.channel_of_cuda(image.base.cuda)
    pin = choice.requirement.pin if choice.requirement.name == "torch" else image.state.torch.version
    return channel if pin and facts.torch_channel_exists(pin, channel) else None


def _rewritten(
    context: Context, finding: Finding, step: TorchStep, choice: Choice, wanted: str
) -> Iterator[Edit | None]:
    """The edits that give one install another channel; None where one of its parts cannot be rewritten."""
    old = choice.channel
    install = step.install
    for one in step.choices:
        span = one.requirement.span
        if one.how == "local" and one.channel == old and span is not None:
            local = one.requirement.local or old
            yield context.traced(finding, local, wanted, span=span)
    sources = [source for source in (install.sources.index, *install.sources.extra, *install.sources.links) if source]
    for source in sources:
        if channel_of_url(source.value.text) == old:
            yield _of_source(context, finding, source, old, wanted)
    if choice.how == "backend" and install.backend is not None:
        because = (*install.backend.because, *finding.because)
        traced = context.traced(finding._replace(because=because), old, wanted)
        yield traced or _backend_on_line(context, install.span, old, wanted)
    place = choice.requirement.span
    if place is not None and place.path.endswith("pyproject.toml") and choice.how not in ("local", "url"):
        yield from other_channel(context, place.path, old, wanted)
    if choice.how == "url" and choice.requirement.span is not None:
        yield from _in_address(context, choice.requirement.span, old, wanted)


def _backend_on_line(context: Context, span: Span | None, old: str, wanted: str) -> Edit | None:
    """The backend that one command is given, or that is set for it, on its line."""
    source = context.source(span.path) if span is not None else None
    if span is None or source is None:
        return None
    given = rf"(?:(?<=UV_TORCH_BACKEND=)|(?<=--torch-backend[= ])){re.escape(old)}(?![\w.-])"
    found = [match.span() for match in re.finditer(given, source.line_text(span.line))]
    if len(found) != 1:
        return None
    begin = source.starts[span.line - 1]
    return context.edit(span.path, begin + found[0][0], begin + found[0][1], wanted)


def _in_address(context: Context, span: Span, old: str, wanted: str) -> Iterator[Edit | None]:
    """The channel in the address of a wheel: in its folder, and in the version in its name."""
    source, text, channel = context.source(span.path), context.text(span), re.escape(old)
    found = list(re.finditer(rf"(?<=/|\+){channel}(?=[/-])|(?<=%2[Bb]){channel}(?=-)", text))
    if source is None or not found or "$" in text:
        yield None
        return
    start, _ = source.offsets(span)
    for match in found:
        yield context.edit(span.path, start + match.start(), start + match.end(), wanted)


def _of_source(context: Context, finding: Finding, source: PackageIndex, old: str, wanted: str) -> Edit | None:
    """The channel in the address of an index, or in the variable that it is made of."""
    span = source.span
    if span is None or not source.value.text.rstrip("/").endswith(f"/{old}"):
        return None
    return context.traced(finding._replace(because=source.value.because), old, wanted, span=span)


def missing_index(context: Context, finding: Finding) -> Proposal | NoFix | None:
    """The index of the image's channel, where torch comes from the default one: torch-without-index."""
    found: dict[tuple[Edit, ...], None] = {}
    labels: set[str] = set()
    channels: set[str] = set()
    safe = True
    for image, step, choice in _choices(context, finding.span):
        said = image.expectation.torch if image.expectation is not None else None
        channel = said or ("cpu" if image.expected == "cpu" else None)
        if channel is None or channel == "default" or choice.channel != "default":
            continue
        edits = _added(context, step, choice, channel)
        if edits is None or isinstance(edits, NoFix):
            return edits
        found[edits] = None
        labels.add(image.label)
        channels.add(channel)
        safe = safe and _is_said(image) and len(edits) == 1 and " && " not in edits[0].text
    if len(found) != 1 or len(channels) != 1:
        return None
    return Proposal(next(iter(found)), f"take torch from {channels.pop()}", safe, frozenset(labels))


def _added(context: Context, step: TorchStep, choice: Choice, channel: str) -> tuple[Edit, ...] | NoFix | None:
    install, wanted = step.install, choice.requirement
    span, command = wanted.span, install.span
    if install.tool not in ("pip", "uv", "uv-project") or span is None or command is None or wanted.url:
        return None
    if span.path != command.path:
        added = project_index if span.path.endswith("pyproject.toml") else _in_requirements
        return added(context, step, choice, channel)
    form = context.exec_form(command)
    if form is not None:
        return _in_exec_form(context, form, step, channel)
    source = context.source(span.path)
    own = [r for r in install.requirements if r.name in FAMILY]
    spans = [r.span for r in own]
    if source is None or None in spans or any(s is not None and s.path != span.path for s in spans):
        return None
    last = max(s for s in spans if s is not None)
    option = f" --index-url {WHEELS}{channel}"
    if len(own) == len(install.requirements) and not install.unread:
        place = last._replace(line=last.end_line, column=last.end_column)
        return (Edit(place, option),)
    # The index of torch lacks most of what stands beside it: torch is installed first, and then satisfies the rest.
    try:
        place, text = divided(context, install, [s for s in spans if s is not None], option)
    except NotSplit as error:
        return NoFix(f"other packages are installed with torch, and {error}")
    return (Edit(place, text),)


def _in_exec_form(context: Context, form: Instruction, step: TorchStep, channel: str) -> tuple[Edit, ...] | NoFix:
    """Behind the last word of `["pip", "install", "torch"]`; not with other packages beside it, nor for `sh -c`."""
    install, words = step.install, json_words(form.args) or []
    span = install.span
    alone = all(r.name in FAMILY for r in install.requirements) and not install.unread
    if span is None or not alone or not {"install", "add"}.intersection(words) or "--" in words:
        return NoFix("an instruction in exec form (a JSON array) takes an index only where it installs torch alone")
    at = form.at(form.text.rindex("]"))
    return (context.edit(span.path, at, at, f', "--index-url", "{WHEELS}{channel}"'),)


def _in_requirements(context: Context, step: TorchStep, choice: Choice, channel: str) -> tuple[Edit, ...] | None:
    """In a requirements file: the local version of the channel, and its index beside the default one."""
    span = choice.requirement.span
    pinned = [r for r in step.install.requirements if r.name in FAMILY and r.span is not None]
    if span is None or not span.path.endswith((".txt", ".in")):
        return None
    if any(not r.pin or r.local or r.span is None or r.span.path != span.path for r in pinned):
        return None
    edits = [_with_local(context, r.span, r.pin or "", channel) for r in pinned if r.span is not None]
    if None in edits:
        return None
    top = Span(span.path, 1, 1, 1, 1)
    return (Edit(top, f"--extra-index-url {WHEELS}{channel}\n"), *(edit for edit in edits if edit is not None))


def _with_local(context: Context, span: Span, pin: str, channel: str) -> Edit | None:
    source = context.source(span.path)
    found = stretches(context.text(span), pin)
    if source is None or len(found) != 1:
        return None
    end = source.starts[span.line - 1] + span.column - 1 + found[0][1]
    return context.edit(span.path, end, end, f"+{channel}")


def local_version(context: Context, finding: Finding) -> Proposal | None:
    """The local version that picks the extra index's build, for pins that come from there now: torch-extra-index."""
    edits: dict[Edit, None] = {}
    channels: set[str] = set()
    labels: set[str] = set()
    for image, step, choice in _choices(context, finding.span):
        if choice.how != "extra" or choice.source is None or choice.channel in ("default", "unknown"):
            continue
        channels.add(choice.channel)
        labels.add(image.label)
        for one in step.choices:
            wanted = one.requirement
            if wanted.name not in FAMILY or one.channel != choice.channel or wanted.local:
                continue
            if wanted.span is None or not wanted.pin:
                return None
            if wanted.name == "torch" and not facts.torch_channel_exists(wanted.pin, choice.channel):
                return None
            edit = _with_local(context, wanted.span, wanted.pin, choice.channel)
            if edit is None:
                return None
            edits[edit] = None
    if not edits or len(channels) != 1:
        return None
    channel = channels.pop()
    elsewhere = channel == "cpu" and any(_may_be_installed_elsewhere(edit.span.path) for edit in edits)
    return Proposal(tuple(edits), f"name the build of {channel} in the version", not elsewhere, frozenset(labels))


def _may_be_installed_elsewhere(path: str) -> bool:
    """Whether a list may be installed on macOS, too, for which no index has a +cpu build."""
    return path.endswith((".txt", ".in", ".toml"))


def option_of_its_own(context: Context, finding: Finding) -> Proposal | None:
    """An index option behind a requirement, which pip does not look at, on a line of its own above it."""
    for image, _, choice in _choices(context, finding.span):
        wanted = choice.requirement
        span = wanted.span
        source = context.source(span.path) if span is not None else None
        if not wanted.ignored or span is None or source is None:
            continue
        line = source.line_text(span.line)
        at = line.find("--", span.column - 1)
        option = line[at:].partition(" #")[0] if at >= 0 else ""
        words = option.replace("=", " ").split()
        channel = channel_of_url(words[1]) if len(words) == 2 else None
        if channel is None or words[0] not in ("--index-url", "--extra-index-url", "-i"):
            continue
        pinned = _with_local(context, span, wanted.pin, channel) if wanted.pin and not wanted.local else None
        begin = source.starts[span.line - 1]
        gone = len(line[:at].rstrip())
        edits = [
            context.edit(span.path, begin, begin, f"--extra-index-url {words[1]}\n"),
            context.edit(span.path, begin + gone, begin + at + len(option.rstrip()), ""),
        ]
        if pinned is None and not wanted.local:
            return None
        text = f"give {words[0]} a line of its own, and name its build in the version"
        return Proposal((*edits, *([pinned] if pinned else [])), text, False, frozenset((image.label,)))
    return None

"""Devices: of compose services, of containers in Kubernetes, of `docker run`."""

from __future__ import annotations

import re

from wxlint.core.findings import Finding, Severity
from wxlint.core.fix import Edit
from wxlint.documents.source import Source
from wxlint.documents.yaml import Mapping, Sequence, parse
from wxlint.fixes.context import Context, Proposal
from wxlint.fixes.yaml_edits import chain, holding, inserted, inserted_in, is_flow, removed

_DEVICES = ("deploy", "resources", "reservations", "devices")
_DEVICE = ("- driver: nvidia", "  count: all", "  capabilities: [gpu]")
_DEVICE_IN_BRACES = "[{driver: nvidia, count: all, capabilities: [gpu]}]"
_GPUS = re.compile(r"--gpus(?:=|[ \t]+)(?:\"[^\"\n]*\"|'[^'\n]*'|[^\s\"']+)[ \t]*")


def reservation(context: Context, finding: Finding) -> Proposal | None:
    """The device of a GPU service, or a CPU service without one: gpu-reservation."""
    compose = context.repository.compose
    source = context.source(finding.span.path)
    if compose is None or source is None:
        return None
    for _, service in compose.services():
        path = ["services", service.name]
        if service.key.span == finding.span and not service.devices:
            from wxlint.rules.gpu_reservation import is_called_cpu

            if is_called_cpu(service) or " cuda image" not in finding.message or finding.severity is Severity.INFO:
                return None  # another image may be what is meant, another device, or none
            edit = inserted(
                source, path, ("deploy", "resources", "reservations", "devices"), _DEVICE, _DEVICE_IN_BRACES
            )
            text = f"reserve a GPU for {service.name}"
            return Proposal((edit,), text, _said(context, finding)) if edit else None
        asking = next((d for d in service.devices if d.place.span == finding.span), None)
        if asking is not None and asking.computes is False:
            return _computing(source, finding)
        if asking is not None and asking.gpu:
            if asking.how == "deploy" and asking.quantity is None and not asking.device_ids:
                return _counted(source, finding)
            edit = removed(source, source.offsets(finding.span)[0])
            text = f"take the GPU of {service.name} out"
            return Proposal((edit,), text, _said(context, finding)) if edit else None
    return None


def limits(context: Context, finding: Finding) -> Proposal | None:
    """Devices that stand among the limits of a service, put among its reservations: syntax-error."""
    source = context.source(finding.span.path)
    if source is None or context.text(finding.span) != "devices":
        return None
    place = source.offsets(finding.span)[0]
    holders = [holder for holder, *_ in chain(parse(source).documents, place)]
    resources, holder = holders[-2:] if len(holders) > 1 else (None, None)
    if not isinstance(resources, Mapping) or not isinstance(holder, Mapping) or resources.entry("reservations"):
        return None
    entry = resources.entry("limits")
    if entry is None or entry.value is not holder:
        return None
    if len(holder.entries) == 1:
        edit = Edit(source.span(entry.key.start, entry.key.end), "reservations")
    elif holder.entries[-1].key.start == place and not is_flow(source, holder):
        line = source.starts[source.position(place)[0] - 1]
        column = source.position(entry.key.start)[1] - 1
        edit = Edit(source.span(line, line), f"{' ' * column}reservations:\n")
    else:
        return None
    return Proposal((edit,), "put the devices under reservations", True)


def _said(context: Context, finding: Finding) -> bool:
    """Whether the policy says what the service is for."""
    return any(reason.kind == "policy" for reason in finding.because)


def _counted(source: Source, finding: Finding) -> Proposal | None:
    """A number for a device that has none."""
    place = source.offsets(finding.span)[0]
    node = _item_at(source, place)
    if node is None or is_flow(source, node):
        return None
    first = node.entries[0].key
    column = source.position(first.start)[1] - 1
    edit = Edit(source.span(first.start, first.start), f"count: all\n{' ' * column}")
    return Proposal((edit,), "ask for all devices", False)


def _computing(source: Source, finding: Finding) -> Proposal | None:
    """The capability that CUDA needs, for a device that names others."""
    holder = _item_at(source, source.offsets(finding.span)[0])
    entry = holder.entry("capabilities") if holder is not None else None
    names = entry.value if entry is not None else None
    if entry is None or not isinstance(names, Sequence) or not names.items:
        return None
    if names.start < entry.key.start:  # an alias
        return None
    last = names.items[-1]
    end = last.end
    while end > last.start and source.text[end - 1] in "\n ":
        end -= 1
    if is_flow(source, names):
        text = ", compute"
    else:
        line, column = source.position(last.start)
        before = source.line_text(line)[: column - 1]
        if before.strip() != "-":
            return None
        text = f"\n{before}compute"
    return Proposal((Edit(source.span(end, end), text),), "add compute to the capabilities", False)


def _item_at(source: Source, place: int) -> Mapping | None:
    """The mapping that is the item of a list at a place."""
    holder = next((holder for holder, *_ in reversed(chain(parse(source).documents, place))), None)
    items = holder.items if isinstance(holder, Sequence) else ()
    node = next((item for item in items if item.start == place), None)
    return node if isinstance(node, Mapping) else None


def pod(context: Context, finding: Finding) -> Proposal | None:
    """The GPU of a cuda container, or a cpu container without one: pod-gpu."""
    kubernetes = context.repository.documents.kubernetes
    source = context.source(finding.span.path)
    if kubernetes is None or source is None:
        return None
    for running in kubernetes.running:
        container = running.container
        if running.source.path != finding.span.path:
            continue
        place = source.offsets(finding.span)[0]
        if running.use.span == finding.span and not container.gpus:
            found = holding(source, place)
            if found is None or not isinstance(found, Mapping) or container.refused:
                return None
            edit = inserted_in(source, found, ("resources", "limits"), ("nvidia.com/gpu: 1",), "{nvidia.com/gpu: 1}")
            return Proposal((edit,), f"ask for a GPU for {container.name}", False) if edit else None
        if container.gpus and container.gpus[0][0].start == place:
            edits = [removed(source, key.start) for key, _ in container.gpus]
            kept = tuple(edit for edit in edits if edit is not None)
            text = f"take the GPU of {container.name} out"
            return Proposal(kept, text, False) if len(kept) == len(edits) == 1 else None
    return None


def run(context: Context, finding: Finding) -> Proposal | None:
    """`--gpus all` for a cuda image, the driver's devices for a rocm one, none for a cpu image: docker-run-gpus."""
    source = context.source(finding.span.path)
    if source is None:
        return None
    start, _ = source.offsets(finding.span)
    for script in context.repository.scripts.values():
        for call in script.calls:
            if call.path != source.path or not call.docker.arguments:
                continue
            image = call.docker.arguments[0].start
            if not min(call.docker.command.start, image) <= start <= image:
                continue
            from wxlint.rules.docker_run_gpus import BEHIND

            if BEHIND in finding.message:
                return None  # one of them too many would be left
            option = next((o for o in call.docker.options if o.name == "--gpus"), None)
            if option is None:
                from wxlint.rules.docker_run_gpus import ROCM_DEVICES, run_image

                added = ROCM_DEVICES if run_image(context.repository, call)[0] == "rocm" else "--gpus all"
                return Proposal((context.edit(source.path, image, image, f"{added} "),), f"add {added}", False)
            edit = _without(context, source, call.span.line, option.start, image)
            return Proposal((edit,), "take --gpus out", False) if edit else None
    return None


def compose_run(context: Context, finding: Finding) -> Proposal | None:
    """`docker compose run` without the flag that it does not have: compose-run-gpus."""
    source = context.source(finding.span.path)
    if source is None:
        return None
    start, end = source.offsets(finding.span)
    found = list(_GPUS.finditer(source.text, start, end))
    if len(found) != 1:
        return None
    return Proposal((context.edit(source.path, *found[0].span(), ""),), "take --gpus out", True)


def _without(context: Context, source: Source, line: int, option: int, end: int) -> Edit | None:
    """The edit that takes an option with its value out of a command. option: where its value starts."""
    start = source.starts[line - 1]
    for match in _GPUS.finditer(source.text, start, end):
        if match.start() <= option < match.end():
            return context.edit(source.path, *match.span(), "")
    return None

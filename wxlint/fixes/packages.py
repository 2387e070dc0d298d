"""Requirements: their quotes, their versions, and which of two builds of a package is meant."""

from __future__ import annotations

from wxlint import facts
from wxlint.core.findings import Finding, Span
from wxlint.core.fix import Edit
from wxlint.fixes.context import Context, Proposal
from wxlint.images.graph.image import Image
from wxlint.images.installs.requirement import normalise
from wxlint.images.stack.packages import Accelerated


def quoted(context: Context, finding: Finding) -> Proposal | None:
    """A version bound in quotes: unquoted-specifier."""
    source = context.source(finding.span.path)
    text = context.text(finding.span)
    if source is None or not text or any(c in text for c in "\"'\\`\n") or context.exec_form(finding.span):
        return None
    before = source.line_text(finding.span.line)[: finding.span.column - 1]
    if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
        quote = '"'
    elif "$" not in text and before.count("'") == 0:
        quote = "'"  # inside the double quotes of bash -c "…"
    else:
        return None
    return Proposal((Edit(finding.span, f"{quote}{text}{quote}"),), f"write {quote}{text}{quote}", True)


def fitting_companion(context: Context, finding: Finding) -> Proposal | None:
    """The release of torchvision or torchaudio that goes with torch: torch-version."""
    found: set[tuple[str, str, str]] = set()
    labels: set[str] = set()
    for image, steps in context.repository.torch_steps:
        for step in steps:
            torch = next((c for c in step.choices if c.requirement.name == "torch" and c.requirement.pin), None)
            for choice in step.choices:
                wanted = choice.requirement
                if torch is None or wanted.span != finding.span or not wanted.pin:
                    continue
                known = facts.companions(torch.requirement.pin or "")
                fitting = getattr(known, wanted.name, ()) if known else ()
                if (
                    not fitting
                    or facts.companion_fits(wanted.name, wanted.pin, torch.requirement.pin or "") is not False
                ):
                    continue
                found.add((wanted.name, wanted.pin, fitting[-1]))
                labels.add(image.label)
    if len(found) != 1:
        return None
    name, old, new = found.pop()
    edit = context.traced(finding, old, new)
    return Proposal((edit,), f"take {name} {new}", False, frozenset(labels)) if edit is not None else None


def one_of_twins(context: Context, finding: Finding) -> Proposal | None:
    """Of two builds of one package the one that the image is for: shadowed-build."""
    edits: set[Edit] = set()
    gone: set[str] = set()
    labels: set[str] = set()
    for image, stack in context.repository.image_stacks:
        named = next((p for p in stack.packages if p.span == finding.span and not p.brought_by and p.module), None)
        if named is None:
            continue
        twins = [p for p in stack.packages if p.module == named.module and not p.conditional]
        wrong = [p for p in twins if p.build in ("cpu", "cuda") and p.build != image.expected]
        if image.expected not in ("cpu", "cuda") or len(twins) != 2 or len(wrong) != 1 or wrong[0].brought_by:
            return None
        edit = _removed(context, wrong[0].span)
        if edit is None:
            return None
        edits.add(edit)
        gone.add(wrong[0].name)
        labels.add(image.label)
    if len(edits) != 1:
        return None
    return Proposal(tuple(edits), f"take {gone.pop()} out", False, frozenset(labels))


def _removed(context: Context, span: Span | None) -> Edit | None:
    """The edit that takes a requirement out: its line in a list, else the word with the space before it."""
    source = context.source(span.path) if span is not None else None
    if span is None or source is None or span.line != span.end_line or context.exec_form(span):
        return None
    line = source.line_text(span.line)
    before, after = line[: span.column - 1], line[span.end_column - 1 :]
    start = source.starts[span.line - 1]
    if not before.strip():
        alone = not after.strip(" \\") and span.line < len(source.starts)
        return context.edit(span.path, start, start + len(line) + 1, "") if alone else None
    kept = len(before.rstrip())
    return context.edit(span.path, start + kept, start + span.end_column - 1, "")


def other_build(context: Context, finding: Finding) -> Proposal | None:
    """The counterpart of a package's build: cpu-build, cuda-package."""
    found: set[tuple[str, str]] = set()
    labels: set[str] = set()
    for image, stack in context.repository.image_stacks:
        for package in stack.packages:
            if package.span == finding.span and not package.brought_by:
                name = _counterpart(image, package)
                if name:
                    found.add((package.name, name))
                    labels.add(image.label)
    if len(found) != 1:
        return None
    old, new = found.pop()
    text = context.text(finding.span)
    at = next((n for n in range(len(text), 0, -1) if normalise(text[:n].lstrip("\"'")) == old), None)
    if at is None or "[" in text[at:]:
        return None
    head = text[: len(text) - len(text.lstrip("\"'"))]
    stretch = finding.span._replace(end_line=finding.span.line, end_column=finding.span.column + at)
    return Proposal((Edit(stretch, head + new),), f"install {new}", False, frozenset(labels))


def _counterpart(image: Image, package: Accelerated) -> str:
    """The name of the same package's other build, where one is known; one with extras is none."""
    wanted = package.counterpart.split()[0] if package.counterpart else ""
    return wanted if wanted and normalise(wanted) == wanted and wanted != package.name else ""

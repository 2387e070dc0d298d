"""COPY, ADD and mounts: what comes into a stage from the build context, from another stage or from an image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from wxlint.core.paths import in_image
from wxlint.documents.dockerfile.flags import mount_fields
from wxlint.documents.dockerfile.words import json_words, listed_words
from wxlint.images.evaluation.files.copied_files import Copies, Copy, documents_of
from wxlint.images.evaluation.interpreter import python_of
from wxlint.images.model.records import StageCopy

if TYPE_CHECKING:
    from wxlint.core.findings import Span
    from wxlint.core.values import Value
    from wxlint.documents.dockerfile.reader import Instruction
    from wxlint.documents.source import Source
    from wxlint.images.evaluation.files.build_files import Files
    from wxlint.images.evaluation.open_stage import OpenStage
    from wxlint.images.evaluation.variables.expansion import Scope
    from wxlint.images.model.records import Use

Expand = Callable[[str, "Scope", "Instruction"], "Value"]
Origin = Callable[[str, str, "Span", "Instruction"], "tuple[int | None, Use | None]"]


class CopyInstructions:
    """The copies of one evaluation. expand: the value of a word. origin: the stage or the image that a `from` names."""

    def __init__(self, source: Source, files: Files, stages: list[OpenStage], expand: Expand, origin: Origin) -> None:
        self.source, self.files, self.stages = source, files, stages
        self.expand, self.origin = expand, origin

    def copy(self, stage: OpenStage, instruction: Instruction) -> None:
        """COPY and ADD: the files that come into a stage, and a Python or an environment that may come along."""
        flag = instruction.flag("from") if instruction.flags else None
        origin: int | None = None
        external: Use | None = None
        if flag and flag.value:
            span = instruction.span(self.source, flag.start + len("--from="), flag.end)
            origin, external = self.origin("COPY --from", flag.value, span, instruction)
        parts = json_words(instruction.args)
        if parts is None:
            parts = [instruction.text[a:b] for a, b in listed_words(instruction.text, instruction.args_at)]
        scope = stage.scope()
        paths = [self.expand(part, scope, instruction).text for part in parts if not part.startswith("<<")]
        if not paths or len(parts) < 2:
            return
        *sources, dest = paths
        folder = dest.endswith(("/", ".")) or len(sources) > 1
        absolute = in_image(stage.workdir, dest)
        if not flag:
            self.files.put(stage.index, absolute)
        if instruction.heredocs:
            documents = documents_of(instruction, self.source, absolute, in_folder=folder)
            self.files.inline.setdefault(stage.index, {}).update(documents)
        if not flag or origin is not None:
            copies = self.files.copies[stage.index]
            for path in sources:
                copies.add(Copy(path, absolute, origin, folder))
        if origin is not None or external is not None:
            reference = external.reference if external else None
            if python_of(reference) is not None:  # a Python may come along
                stage.forget_python()
            step = StageCopy(origin, tuple(sources), instruction, reference, absolute)
            stage.steps.append(step)
            if origin is None or self.stages[origin].environments:
                from wxlint.images.evaluation.environments.environments import note_copied

                note_copied(stage, self.stages[origin].environments if origin is not None else {}, step)

    def mounts(self, stage: OpenStage, instruction: Instruction, copies: Copies) -> None:
        """Images named by --mount=from=; bind mounts count as copies while the instruction runs."""
        for flag in instruction.flags:
            if flag.name != "mount" or not flag.value:
                continue
            fields = {name.lower(): text for name, _, text in (f.partition("=") for f in mount_fields(flag.value))}
            origin: int | None = None
            if "from" in fields:
                offset = flag.start + max(instruction.text[flag.start : flag.end].find("from="), 0) + len("from=")
                span = instruction.span(self.source, offset, offset + len(fields["from"]))
                origin, _ = self.origin("RUN --mount", fields["from"], span, instruction)
                if origin is None:
                    continue
            if fields.get("type", "bind") == "bind":
                target = fields.get("target") or fields.get("dst") or fields.get("destination") or ""
                written = fields.get("source") or fields.get("src") or "."
                source = self.expand(written, stage.scope(), instruction).text
                path = self.expand(target, stage.scope(), instruction).text
                dest = in_image(stage.workdir, path)
                copies.add(Copy(source, dest, origin, False))

"""Evaluate a Dockerfile under one build: every FROM, COPY --from, mount and install, with ARG and ENV as BuildKit scopes them.

ARG before the first FROM is visible in FROM lines only, until a stage declares it again; ENV beats ARG; a stage inherits from
the stage it starts from; stage names are case-insensitive and look backward only.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from wxlint.core.findings import Span
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value, could_equal
from wxlint.documents.dockerfile.reader import Dockerfile, Instruction, split_head
from wxlint.documents.dockerfile.words import json_words
from wxlint.images.evaluation.build_files import Copy, Files
from wxlint.images.evaluation.expansion import Scope, expand, pairs, words
from wxlint.images.evaluation.interpreter import environment_of
from wxlint.images.evaluation.placeholder_args import is_placeholder
from wxlint.images.evaluation.run_instructions import OpenStage, Runs
from wxlint.images.model.records import Build, Evaluated, Stage, StageCopy, Use
from wxlint.images.model.reference import parse_reference

_CUDA_TAG = late(r"(\d+\.\d+(?:\.\d+)?)-")

ContextNamed = Callable[[Dockerfile, str], bool]
"""Whether a bare name in a FROM or --from of a Dockerfile may be a named build context of a tool that is not read (bake, CI)."""


def evaluate(
    dockerfile: Dockerfile, build: Build, files: Files, contexts_named: ContextNamed = lambda _, __: False
) -> Evaluated:
    """Evaluate under a build. Never raises; what cannot be known is a HOLE."""
    return _Evaluation(dockerfile, build, files, contexts_named).run()


@lru_cache(maxsize=64)
def platform_args(platform: str) -> Mapping[str, Value]:
    """The predefined platform arguments, for one target platform on a builder of the same kind."""
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    reason = (Reason("assumed", f"platform {platform} assumed"),)
    values = {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}
    return {f"{side}{name}": Value(text, (), reason) for side in ("TARGET", "BUILD") for name, text in values.items()}


class _Evaluation:
    def __init__(self, dockerfile: Dockerfile, build: Build, files: Files, contexts_named: ContextNamed) -> None:
        self.dockerfile, self.build, self.files, self.contexts_named = dockerfile, build, files, contexts_named
        self.source = dockerfile.source
        self.given = dict(build.args)
        self.platform = platform_args(build.platform)
        self.globals: dict[str, Value] = dict(self.platform)
        self.unset: set[str] = set()
        self.stages: list[OpenStage] = []
        self.latest: dict[str, int] = {}
        self.names = {
            i.args.split()[2].lower()
            for i in dockerfile.instructions
            if i.keyword == "FROM" and len(i.args.split()) >= 3
        }
        self.uses: list[Use] = []
        self.runs = Runs(self.source, files, self.stages, build.built_by if self.given else ())

    def run(self) -> Evaluated:
        self._syntax()
        for instruction in self.dockerfile.instructions:
            self._instruction(instruction.keyword, instruction, 0)
        closed = tuple(
            Stage(
                s.index,
                s.name,
                s.instruction,
                s.base,
                s.parents,
                s.external,
                s.platform,
                tuple(s.steps),
                s.env,
                s.user,
            )
            for s in self.stages
        )
        return Evaluated(self.dockerfile, self.build, closed, tuple(self.uses))

    # -- instructions

    def _instruction(self, keyword: str, instruction: Instruction, depth: int) -> None:
        if keyword == "FROM":
            if not depth:
                self._from(instruction)
        elif keyword == "ARG":
            self._arg(instruction)
        elif not self.stages:
            return
        elif keyword == "ENV":
            self._env(instruction)
        elif keyword == "RUN":
            self._run(instruction)
        elif keyword in ("COPY", "ADD"):
            self._copy(instruction)
        elif keyword == "WORKDIR":
            stage = self.stages[-1]
            path = expand(instruction.args.strip(), self._scope(), self.dockerfile.escape).text
            stage.workdir = posixpath.normpath(posixpath.join(stage.workdir, path.replace("\\", "/")))
        elif keyword == "USER":
            self.stages[-1].user = expand(instruction.args.strip(), self._scope(), self.dockerfile.escape).text
        elif keyword == "SHELL":
            shell = json_words(instruction.args) or []
            # `conda run -n env /bin/bash -c` is one too
            self.stages[-1].shell = any(
                posixpath.basename(word) in ("sh", "bash", "dash", "ash", "zsh") for word in shell
            )
        elif keyword == "ONBUILD" and depth == 0:
            self._onbuild(instruction)

    def _onbuild(self, instruction: Instruction) -> None:
        """The trigger runs in a later build: only the images it names count here."""
        inner = instruction.args
        keyword, args_at, flags = split_head(inner, self.dockerfile.escape)
        if keyword not in ("COPY", "ADD", "RUN"):
            return
        shift = instruction.args_at
        moved = tuple(f._replace(start=f.start + shift, end=f.end + shift) for f in flags)
        trigger = instruction._replace(keyword=keyword, args_at=shift + args_at, flags=moved)
        before = len(self.uses)
        stage = self.stages[-1]
        steps, copies = list(stage.steps), list(self.files.copies.get(stage.index, ()))
        self._instruction(keyword, trigger, 1)
        stage.steps = steps
        self.files.copies[stage.index] = copies
        self.uses[before:] = [use._replace(kind=f"ONBUILD {use.kind}", onbuild=True) for use in self.uses[before:]]

    def _scope(self) -> Scope:
        if not self.stages:
            return Scope(self.globals, self.unset, closed=True)
        return self.stages[-1].scope()

    def _line(self, instruction: Instruction, offset: int = 0) -> int:
        if instruction.line == instruction.end_line:
            return instruction.line
        return self.source.position(instruction.at(offset))[0]

    def _arg(self, instruction: Instruction) -> None:
        stage = self.stages[-1] if self.stages else None
        values = stage.args if stage else self.globals
        unset = stage.unset if stage else self.unset
        for pair in pairs(instruction.text, instruction.args_at, self.dockerfile.escape, old_form=False):
            name = pair.name.strip("\"'")
            line = self._line(instruction, pair.start)
            given = self.given.get(name)
            unset.discard(name)
            if given is not None:
                values[name] = given
            elif pair.value is not None and not is_placeholder(pair.value.strip("\"'")):
                value = expand(pair.value, self._scope(), self.dockerfile.escape)
                reason = Reason("arg", f"ARG {name}={value.shown()}", self.source.path, line, name)
                values[name] = Value(value.text, value.holes, (*value.because, reason))
            elif stage is not None and name in self.globals and name not in self.unset:
                values[name] = self.globals[name]
            elif name in self.platform:
                values[name] = self.platform[name]
            else:
                reason = Reason("arg", f"ARG {name} has no default", self.source.path, line, name)
                values[name] = Value(HOLE, (f"${{{name}}}",), (reason,))
                if stage is None or name not in stage.env:
                    unset.add(name)
            if stage is not None and name not in stage.env:
                stage.visible[name] = values[name]

    def _env(self, instruction: Instruction) -> None:
        stage = self.stages[-1]
        found = pairs(instruction.text, instruction.args_at, self.dockerfile.escape)
        scope = self._scope() if len(found) == 1 else Scope(dict(stage.visible), set(stage.unset))
        for pair in found:  # all of them see what was set before the instruction
            if pair.value is None:
                continue
            value = expand(pair.value, scope, self.dockerfile.escape)
            line = self._line(instruction, pair.start)
            reason = Reason("env", f"ENV {pair.name}={value.shown()}", self.source.path, line, pair.name)
            stage.env[pair.name] = stage.visible[pair.name] = Value(value.text, value.holes, (*value.because, reason))
            stage.unset.discard(pair.name)

    # -- references

    def _use(self, kind: str, value: Value, span: Span, stage: int | None) -> Use:
        use = Use(kind, value, parse_reference(value), span, False, False, stage, self._why(value))
        self.uses.append(use)
        return use

    def _why(self, value: Value) -> tuple[Reason, ...]:
        return (*value.because, *self.build.built_by) if value.because else value.because

    def _syntax(self) -> None:
        directive = self.dockerfile.directives.get("syntax")
        if directive:
            text, at = directive
            self._use("syntax", Value(text.split()[0]), self.source.span(at, at + len(text.split()[0])), None)

    def _from(self, instruction: Instruction) -> None:
        text = instruction.text
        found = words(text, instruction.args_at, self.dockerfile.escape)
        if not found:
            return
        scope = Scope(self.globals, self.unset, closed=True)
        start, end = found[0]
        value = expand(text[start:end], scope, self.dockerfile.escape)
        span = instruction.span(self.source, start, end)
        if len(found) not in (1, 3) or (len(found) == 3 and text[found[1][0] : found[1][1]].lower() != "as"):
            # BuildKit refuses it, so the first word is no image
            value = Value(HOLE, (text[start : found[-1][1]],))
        name = ""
        if len(found) >= 3 and text[found[1][0] : found[1][1]].lower() == "as":
            name = text[found[2][0] : found[2][1]].lower()
        index = len(self.stages)
        parents = self._named(value)
        flag = instruction.flag("platform")
        if parents or value.text == "scratch" or self._is_context(value):
            use = Use(
                "FROM", value, None if parents else parse_reference(value), span, stage=index, because=value.because
            )
        else:
            use = self._use("FROM", value, span, index)
        stage = OpenStage(index, name, instruction, use)
        stage.parents = parents
        stage.external = not parents or not value.known
        stage.platform = expand(flag.value, scope, self.dockerfile.escape) if flag and flag.value else None
        if len(parents) == 1:
            parent = self.stages[parents[0]]
            stage.env, stage.args, stage.unset = dict(parent.env), dict(parent.args), set(parent.unset)
            stage.visible = dict(parent.visible)
            stage.workdir, stage.user, stage.shell = parent.workdir, parent.user, parent.shell
            stage.pip_config = dict(parent.pip_config)
            stage.fetches = list(parent.fetches)
            stage.pip_file, stage.pip_looked = parent.pip_file, parent.pip_looked
            stage.environment = parent.environment
            self.files.inherit(index, parent.index)
        else:
            self.files.copies[index] = []
            reference = use.reference
            stage.environment = environment_of(stage.platform, reference, self.build.platform)
            if reference is not None and reference.path.endswith("nvidia/cuda") and reference.tag:
                version = _CUDA_TAG.match(reference.tag)
                if version:  # the image sets it, so an ARG of this name has no effect
                    stage.env["CUDA_VERSION"] = stage.visible["CUDA_VERSION"] = Value(
                        version[1], (), (Reason("base", f"CUDA_VERSION={version[1]} is set by {reference.shown()}"),)
                    )
            elif reference is not None and reference.registry == "nvcr.io" and reference.path.startswith("nvidia/"):
                stage.env["CUDA_VERSION"] = stage.visible["CUDA_VERSION"] = Value(
                    HOLE, ("${CUDA_VERSION}",), (Reason("base", f"CUDA_VERSION is set by {reference.shown()}"),)
                )
        self.stages.append(stage)
        if name:
            self.latest[name] = index

    def _named(self, value: Value) -> tuple[int, ...]:
        """Earlier stages that a name may mean; the nearest one wins when the name is known."""
        name = value._replace(text=value.text.lower())
        if value.known:
            hit = self.latest.get(name.text)
            return () if hit is None else (hit,)
        if not value.text.strip(HOLE):
            return ()
        return tuple(s.index for s in self.stages if s.name and could_equal(name, s.name))

    def _copy_from(self, kind: str, text: str, span: Span) -> tuple[int | None, Use | None]:
        """What `--from=` or `from=` names: an earlier stage, or an image."""
        value = expand(text, self._scope(), self.dockerfile.escape)
        if kind == "COPY --from" and value.known and re.fullmatch(r"[0-9]{1,6}", value.text):
            index = int(value.text)
            return (index, None) if index < len(self.stages) else (None, None)
        named = self._named(value)
        if named:
            return named[0] if len(named) == 1 else None, None
        if value.text == "scratch" or value.text.lower() in self.names or self._is_context(value):
            return None, None  # a later stage is no image either: BuildKit knows every stage by then
        return None, self._use(kind, value, span, self.stages[-1].index)

    def _is_context(self, value: Value) -> bool:
        """Whether a name is a named build context and no image: given by the build, or by tools that name contexts elsewhere."""
        name = value.text
        if name in dict(self.build.named_contexts):
            return True
        return (
            value.known
            and bool(name)
            and not any(c in name for c in "/:@.")
            and self.contexts_named(self.dockerfile, name)
        )

    def _flag_span(self, instruction: Instruction, start: int, end: int) -> Span:
        return instruction.span(self.source, start, end)

    def _copy(self, instruction: Instruction) -> None:
        stage = self.stages[-1]
        flag = instruction.flag("from")
        origin: int | None = None
        external: Use | None = None
        if flag and flag.value:
            origin, external = self._copy_from(
                "COPY --from", flag.value, self._flag_span(instruction, flag.start + len("--from="), flag.end)
            )
        listed = json_words(instruction.args)
        if listed is None:
            text = instruction.text
            parts = [text[a:b] for a, b in words(text, instruction.args_at, self.dockerfile.escape)]
        else:
            parts = listed
        scope = self._scope()
        paths = [expand(part, scope, self.dockerfile.escape).text for part in parts if not part.startswith("<<")]
        if not paths or len(parts) < 2:
            return
        *sources, dest = paths
        folder = dest.endswith(("/", ".")) or len(sources) > 1
        absolute = posixpath.normpath(posixpath.join(stage.workdir, dest))
        if not flag:
            self.files.put(stage.index, absolute)
            for path in sources:
                self.files.copies[stage.index].append(Copy(path, absolute, None, folder))
            return
        if origin is not None:
            for path in sources:
                self.files.copies[stage.index].append(Copy(path, absolute, origin, folder))
        if origin is not None or external is not None:
            stage.steps.append(
                StageCopy(origin, tuple(sources), instruction, external.reference if external else None, absolute)
            )

    # -- RUN

    def _run(self, instruction: Instruction) -> None:
        stage = self.stages[-1]
        mounted = self._mounts(instruction)
        self.runs.read(stage, instruction)
        if mounted:
            del self.files.copies[stage.index][-mounted:]

    def _mounts(self, instruction: Instruction) -> int:
        """Images named by --mount=from=; bind mounts count as copies while the instruction runs: how many were added."""
        added = 0
        stage = self.stages[-1]
        for flag in instruction.flags:
            if flag.name != "mount" or not flag.value:
                continue
            fields = dict(part.partition("=")[::2] for part in flag.value.split(","))
            origin: int | None = None
            if "from" in fields:
                raw = instruction.text[flag.start : flag.end]
                offset = flag.start + raw.find("from=") + 5
                origin, _ = self._copy_from(
                    "RUN --mount", fields["from"], self._flag_span(instruction, offset, offset + len(fields["from"]))
                )
                if origin is None:
                    continue
            if fields.get("type", "bind") == "bind":
                target = fields.get("target") or fields.get("dst") or fields.get("destination") or ""
                scope = self._scope()
                source = expand(fields.get("source") or fields.get("src") or ".", scope, self.dockerfile.escape).text
                dest = posixpath.normpath(
                    posixpath.join(stage.workdir, expand(target, scope, self.dockerfile.escape).text)
                )
                self.files.copies[stage.index].append(Copy(source, dest, origin, False))
                added += 1
        return added

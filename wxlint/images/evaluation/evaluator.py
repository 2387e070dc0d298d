"""Evaluate a Dockerfile under one build: every FROM, COPY --from, mount and install, in BuildKit's scopes.

ARG before the first FROM is visible in FROM lines only, until a stage declares it again; a stage inherits from the
stage it starts from.
"""

from __future__ import annotations

from wxlint.core.findings import Span
from wxlint.core.paths import in_image
from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.documents.dockerfile.instruction_checks import onbuild_trigger
from wxlint.documents.dockerfile.reader import Dockerfile, Instruction
from wxlint.documents.dockerfile.words import json_words, listed_words
from wxlint.images.evaluation.arguments import BuildArguments
from wxlint.images.evaluation.copy_instructions import CopyInstructions
from wxlint.images.evaluation.default_shell import shell_texts
from wxlint.images.evaluation.environments.placing import may_lead
from wxlint.images.evaluation.files.build_files import Files
from wxlint.images.evaluation.files.copied_files import Copies, Copy
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.evaluation.run_instructions import Runs
from wxlint.images.evaluation.stage_names import ContextNamed, StageNames
from wxlint.images.evaluation.variables.expansion import Scope, assigned, expand, pairs
from wxlint.images.evaluation.variables.placeholder_args import is_placeholder
from wxlint.images.model.records import Build, Evaluated, Stage, Use
from wxlint.images.model.reference import parse_reference

_INDEX = late(r"[0-9]{1,6}")
_LONGEST_PATH = 4096
"""Characters of a path that a system opens; a longer working folder is unknown."""
MOST_CHARACTERS = 4_000_000
"""Characters that the values of one evaluation may have together; what comes after is unknown."""
_TOO_MUCH = Value(HOLE, ("a value past what is read of one file",))


def evaluate(
    dockerfile: Dockerfile, build: Build, files: Files, contexts_named: ContextNamed = lambda _, __: False
) -> Evaluated:
    """Evaluate under a build. Never raises; what cannot be known is a HOLE."""
    return _Evaluation(dockerfile, build, files, contexts_named).run()


class _Evaluation:
    def __init__(self, dockerfile: Dockerfile, build: Build, files: Files, contexts_named: ContextNamed) -> None:
        self.dockerfile, self.build, self.files = dockerfile, build, files
        self.source, self.escape = dockerfile.source, dockerfile.escape
        self.arguments = BuildArguments(build)
        self.names = StageNames(dockerfile, build, contexts_named)
        self.stages: list[OpenStage] = []
        self.uses: list[Use] = []
        self.runs = Runs(
            self.source,
            files,
            self.stages,
            build.built_by if build.args else (),
            one_platform=len(build.platforms) < 2,
        )
        self.copying = CopyInstructions(self.source, files, self.stages, self._expand, self._origin)
        self.characters_left = MOST_CHARACTERS
        self.unknown_from: Span | None = None
        self.handlers = {
            "ENV": self._env,
            "RUN": self._run,
            "COPY": self.copying.copy,
            "ADD": self.copying.copy,
            "WORKDIR": self._workdir,
            "USER": self._user,
            "SHELL": self._shell,
            "ENTRYPOINT": self._entrypoint,
            "CMD": self._command,
            "ONBUILD": self._onbuild,
        }

    def run(self) -> Evaluated:
        self._syntax()
        handlers = self.handlers
        for instruction in self.dockerfile.instructions:
            keyword = instruction.keyword
            if keyword == "FROM":
                self._from(instruction)
            elif keyword == "ARG":
                self._arg(instruction)
            elif self.stages:
                handler = handlers.get(keyword)
                if handler is not None:
                    handler(self.stages[-1], instruction)
        stages = tuple([self._closed(stage) for stage in self.stages])
        return Evaluated(self.dockerfile, self.build, stages, tuple(self.uses), self.unknown_from)

    def _closed(self, stage: OpenStage) -> Stage:
        """A stage as its end leaves it, with the environment that its image computes with."""
        if not stage.environments and not may_lead(stage) and not stage.may_name_environment():
            return stage.closed("", stage.plain_start())
        from wxlint.images.evaluation.environments.environments import led_to
        from wxlint.images.evaluation.environments.started import started_in

        return stage.closed(led_to(stage, stage.env.get("PATH")), started_in(stage, self.files))

    # -- values

    def _scope(self) -> Scope:
        return self.stages[-1].scope() if self.stages else self.arguments.outer

    def _expand(self, text: str, scope: Scope, instruction: Instruction) -> Value:
        """The value of a word, within what the values of one file may have together."""
        value = expand(text, scope, self.escape)
        self.characters_left -= len(value.text)
        if self.characters_left >= 0:
            return value
        if self.unknown_from is None:
            self.unknown_from = instruction.span(self.source, 0, len(instruction.keyword))
        return _TOO_MUCH

    def _line(self, instruction: Instruction, offset: int = 0) -> int:
        if instruction.line == instruction.end_line:
            return instruction.line
        return self.source.position(instruction.at(offset))[0]

    # -- instructions that set something

    def _arg(self, instruction: Instruction) -> None:
        stage = self.stages[-1] if self.stages else None
        for pair in pairs(instruction.text, instruction.args_at, self.escape, old_form=False):
            name = pair.name.strip("\"'")
            line = self._line(instruction, pair.start)
            default: Value | None = None
            if pair.value is not None and name not in self.arguments.given:
                if not is_placeholder(pair.value.strip("\"'")):
                    value = self._expand(pair.value, self._scope(), instruction)
                    default = assigned("ARG", name, value, path=self.source.path, line=line)
            elif pair.value is None and stage is not None and self._is_only_tested(name):
                default = Value("", (), (Reason("arg", f"ARG {name} is not set", self.source.path, line, name),))
            no_default = Reason("arg", f"ARG {name} has no default", self.source.path, line, name)
            self.arguments.declare(name, default, no_default, stage)

    def _is_only_tested(self, name: str) -> bool:
        """Whether an argument that nothing gives a value is empty, and meant to be."""
        if name in self.arguments.outer.values or self.build.more:
            return False
        from wxlint.images.evaluation.variables.tested_args import decides_only

        return decides_only(name, self.dockerfile)

    def _env(self, stage: OpenStage, instruction: Instruction) -> None:
        found = pairs(instruction.text, instruction.args_at, self.escape)
        scope = stage.scope() if len(found) == 1 else Scope(dict(stage.visible), set(stage.unset))
        for pair in found:  # all of them see what was set before the instruction
            if pair.value is None:
                continue
            name = expand(pair.name, scope, self.escape)
            if name.known:
                value = self._expand(pair.value, scope, instruction)
                line = self._line(instruction, pair.start)
                value = assigned("ENV", name.text, value, path=self.source.path, line=line)
                stage.set_env(name.text, value)

    def _workdir(self, stage: OpenStage, instruction: Instruction) -> None:
        path = self._expand(instruction.args.strip(), stage.scope(), instruction).text.replace("\\", "/")
        workdir = in_image(stage.workdir, path)
        stage.workdir = workdir if len(workdir) <= _LONGEST_PATH else HOLE

    def _user(self, stage: OpenStage, instruction: Instruction) -> None:
        stage.user = self._expand(instruction.args.strip(), stage.scope(), instruction).text

    def _shell(self, stage: OpenStage, instruction: Instruction) -> None:
        words = json_words(instruction.args) or ()
        place = ""
        if len(words) > 2 and words[1] == "run":  # `conda run -n env /bin/bash -c`
            from wxlint.images.evaluation.environments.environments import of_shell

            place = of_shell([self._expand(word, stage.scope(), instruction) for word in words])
        stage.set_shell(words, place)

    def _entrypoint(self, stage: OpenStage, instruction: Instruction) -> None:
        stage.set_entrypoint(instruction)

    def _command(self, stage: OpenStage, instruction: Instruction) -> None:
        stage.command = instruction

    def _onbuild(self, stage: OpenStage, instruction: Instruction) -> None:
        """The trigger runs in what starts from here: only the images it names count in this stage."""
        trigger = onbuild_trigger(instruction, self.escape)
        if trigger is None:
            return
        stage.triggers.append(trigger)
        if trigger.keyword not in ("COPY", "ADD", "RUN"):
            return
        before = len(self.uses)
        steps, copies = len(stage.steps), self.files.copies[stage.index]
        copied, changed = len(copies), set(self.files.changed.get(stage.index, ()))
        self.handlers[trigger.keyword](stage, trigger)
        self.files.changed[stage.index] = changed
        stage.triggered += stage.steps[steps:]
        del stage.steps[steps:]
        copies.drop_to(copied)
        self.uses[before:] = [use._replace(kind=f"ONBUILD {use.kind}", onbuild=True) for use in self.uses[before:]]

    # -- references

    def _use(self, kind: str, value: Value, span: Span, stage: int | None) -> Use:
        because = (*value.because, *self.build.built_by) if value.because else value.because
        use = Use(kind, value, parse_reference(value), span, stage=stage, because=because)
        self.uses.append(use)
        return use

    def _syntax(self) -> None:
        directive = self.dockerfile.directives.get("syntax")
        if directive:
            text, at = directive
            name = text.split()[0]
            self._use("syntax", Value(name), self.source.span(at, at + len(name)), None)

    def _from(self, instruction: Instruction) -> None:
        text = instruction.text
        spans = listed_words(text, instruction.args_at)
        if not spans:
            return
        scope = self.arguments.outer
        named = len(spans) == 3 and text[slice(*spans[1])].lower() == "as"
        value = self._expand(text[slice(*spans[0])], scope, instruction)
        if len(spans) != 1 and not named:  # BuildKit refuses it, so the first word is no image
            value = Value(HOLE, (text[spans[0][0] : spans[-1][1]],))
        span = instruction.span(self.source, *spans[0])
        index, name = len(self.stages), text[slice(*spans[2])].lower() if named else ""
        parents = self.names.earlier(value)
        if parents or value.text == "scratch" or self.names.is_context(value):
            image = self.names.context_image(value) if not parents else None
            reference = None if parents else parse_reference(image or value)
            use = Use("FROM", value, reference, span, stage=index, because=(image or value).because)
        else:
            use = self._use("FROM", value, span, index)
        flag = instruction.flag("platform")
        platform = self._expand(flag.value, scope, instruction) if flag and flag.value else None
        if len(parents) == 1:
            stage = self.stages[parents[0]].child(index, name, instruction, use)
            self.files.inherit(index, parents[0])
        else:
            stage = OpenStage(index, name, instruction, use)
            stage.take_base(platform, self.build.platform)
            self.files.copies[index] = Copies()
        stage.parents, stage.external, stage.platform = parents, not parents or not value.known, platform
        self.stages.append(stage)
        self.names.add(stage)
        if len(parents) == 1:
            self._trigger(stage, self.stages[parents[0]].triggers)

    def _trigger(self, stage: OpenStage, triggers: list[Instruction]) -> None:
        """Run what ONBUILD left in the stage that this one starts from; the images that it names are noted there."""
        noted = len(self.uses)
        for trigger in triggers:
            if trigger.keyword == "ARG":
                self._arg(trigger)
            elif trigger.keyword in self.handlers:
                self.handlers[trigger.keyword](stage, trigger)
        del self.uses[noted:]

    def _origin(self, kind: str, text: str, span: Span, instruction: Instruction) -> tuple[int | None, Use | None]:
        """What `--from=` or `from=` names: an earlier stage, or an image."""
        value = self._expand(text, self._scope(), instruction)
        if kind == "COPY --from" and value.known and _INDEX.fullmatch(value.text):
            index = int(value.text)
            return (index, None) if index < len(self.stages) else (None, None)
        named = self.names.earlier(value)
        if named:
            return named[0] if len(named) == 1 else None, None
        if value.text == "scratch" or self.names.is_any_stage(value) or self.names.is_context(value):
            return None, None
        return None, self._use(kind, value, span, self.stages[-1].index)

    # -- RUN

    def _run(self, stage: OpenStage, instruction: Instruction) -> None:
        copies = self.files.copies[stage.index]
        copied = len(copies)
        if instruction.flags:
            self.copying.mounts(stage, instruction, copies)
        texts = (instruction.text, *(heredoc.body for heredoc in instruction.heredocs))
        clones: list[Copy] = []
        if any("git clone" in text or "remote add" in text for text in texts) or self.files.clones.get(stage.index):
            from wxlint.images.evaluation.own_clones import cloned_files

            clones = cloned_files(stage, instruction, self.files)
        for clone in clones:
            copies.add(clone)
        if any("venv" in text or "virtualenv" in text for text in texts):
            from wxlint.images.evaluation.environments.environments import note

            for text, _ in shell_texts(instruction):
                note(stage, text)
        self.runs.read(stage, instruction)
        copies.drop_to(copied)
        for clone in clones:
            copies.add(clone)

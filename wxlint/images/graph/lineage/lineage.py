"""What an image is: followed from its base through every step, across stages and across the Dockerfiles of a family."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable

from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE
from wxlint.images.graph.failures import Failures
from wxlint.images.graph.lineage.carried import carries
from wxlint.images.graph.lineage.components import components
from wxlint.images.graph.lineage.environments import Environments
from wxlint.images.graph.lineage.external_images import external_state
from wxlint.images.graph.lineage.joins import common_state
from wxlint.images.graph.state import UNKNOWN, State, Stored, cuda_packages
from wxlint.images.installs.model import Install
from wxlint.images.installs.places import unknown_place
from wxlint.images.model.records import Evaluated, Stage, StageCopy
from wxlint.images.model.reference import Reference
from wxlint.images.stack.torch.model import NONE
from wxlint.images.stack.torch.state import after

Node = tuple[Evaluated, int]
"""A stage of a Dockerfile under one build, by its index."""

Producers = Callable[[Reference], "list[tuple[Evaluated, Stage]]"]
"""Who builds a reference, inside the repository."""
Contexts = Callable[[Evaluated, Stage], "list[tuple[Evaluated, Stage]]"]
"""Who builds the named context that a stage starts from."""

_DEEPEST = 1_000
"""Stages that one image may be built through; what stands on more is unknown: states do not grow without end."""


class Beliefs:
    """The state of every stage, each computed once, those it stands on before it.

    Stages that are built from each other in a circle are unknown, each of them.
    """

    def __init__(self, producers: Producers, failures: Failures, contexts: Contexts = lambda _, __: []) -> None:
        self._producers, self._failures, self._contexts = producers, failures, contexts
        self._states: dict[Node, State] = {}
        self._bases: dict[Node, State] = {}
        self._depths: dict[Node, int] = {}
        self._needs: dict[Node, tuple[list[Node], list[Node]]] = {}

    def base(self, evaluated: Evaluated, stage: Stage) -> State:
        """The state before a stage's first instruction after FROM."""
        node = (evaluated, stage.index)
        found = self._bases.get(node)
        if found is None:
            self.state(evaluated, stage)
            found = self._bases[node]
        return found

    def state(self, evaluated: Evaluated, stage: Stage) -> State:
        """The state at the end of a stage."""
        node = (evaluated, stage.index)
        if node not in self._states:
            for circle in components(node, self._unsettled):
                for one in circle:
                    self._settle(one, in_circle=len(circle) > 1 or one in self._needed(one))
        return self._states[node]

    # -- the order

    def _needed(self, node: Node) -> list[Node]:
        """The stages whose states a stage's own state is made of."""
        below, copied = self._parts(node)
        return [*below, *copied]

    def _unsettled(self, node: Node) -> Iterable[Node]:
        return (one for one in self._needed(node) if one not in self._states)

    def _parts(self, node: Node) -> tuple[list[Node], list[Node]]:
        """The stages that a stage may start from, and those it copies from."""
        found = self._needs.get(node)
        if found is None:
            evaluated, index = node
            stage = evaluated.stages[index]
            copied = {
                step.stage
                for step in stage.steps
                if isinstance(step, StageCopy) and step.stage is not None and step.stage != index
            }
            found = self._needs[node] = (
                self._starts(evaluated, stage),
                [(evaluated, origin) for origin in sorted(copied) if origin < len(evaluated.stages)],
            )
        return found

    def _starts(self, evaluated: Evaluated, stage: Stage) -> list[Node]:
        if stage.parents:
            return [] if stage.external else [(evaluated, parent) for parent in stage.parents]
        if evaluated.build.named_contexts and (found := self._contexts(evaluated, stage)):
            return [(one, start.index) for one, start in found]
        reference = stage.base.reference
        if reference is None or stage.base.value.text == "scratch":
            return []
        return [(one, start.index) for one, start in self._producers(reference) if start is not stage]

    # -- states

    def _settle(self, node: Node, in_circle: bool) -> None:
        """Compute the state of a stage; all that it stands on has one, but for stages of its own circle."""
        evaluated, index = node
        stage = evaluated.stages[index]
        needed = self._needed(node)
        depth = self._depths[node] = 1 + max((self._depths.get(one, 0) for one in needed), default=0)
        known = not in_circle and depth <= _DEEPEST
        self._bases[node] = self._states[node] = UNKNOWN
        if not known:
            return
        try:
            base = self._bases[node] = self._base(node, stage)
            self._states[node] = self._built(evaluated, stage, base)
        except Exception as error:
            self._failures.record(evaluated.path, error)

    def _base(self, node: Node, stage: Stage) -> State:
        use = stage.base
        starts = [self._start(node, one) for one in self._parts(node)[0]]
        if len(starts) == 1:
            return starts[0]._replace(lineage=(use, *starts[0].lineage))
        if starts:
            return common_state(starts, use)
        if stage.parents or use.reference is None and use.value.text != "scratch":
            return UNKNOWN._replace(lineage=(use,), root=use)
        if use.reference is None or use.value.text == "scratch":
            return State("cpu", None, NONE, (), (use,), (reason_at("image", "FROM scratch", use.span),), root=use)
        state = external_state(use, use.reference)
        return state._replace(external_torch=state.torch)

    def _start(self, node: Node, start: Node) -> State:
        """The state of what a stage starts from, after its ONBUILD triggers, which the evaluation of one Dockerfile
        runs by itself where it is certain which stage that is."""
        state = self._states[start]
        stage = start[0].stages[start[1]]
        certain = start[0] is node[0] and len(node[0].stages[node[1]].parents) == 1
        if not stage.triggered or certain:
            return state
        return self._built(start[0], stage._replace(steps=stage.triggered), state)

    def _built(self, evaluated: Evaluated, stage: Stage, base: State) -> State:
        """What the steps of a stage make of its base."""
        found = Environments(base)
        stored = {item.folder: item for item in base.stored}
        for step in stage.steps:
            if isinstance(step, StageCopy):
                stored.update((item.folder, item) for item in self.copied(evaluated, stage, step, found))
            elif step.elsewhere:
                stored[step.folder] = _stored(stored.get(step.folder), step)
            else:
                found.install(step)
        if "PYTHONPATH" in stage.env:
            searched = {posixpath.normpath(path) for path in stage.env["PYTHONPATH"].text.split(":") if path}
            for item in (*stored.values(), *found.libraries(searched)):
                if item.folder in searched:
                    found.merge(item, Reason("env", f"PYTHONPATH names {item.folder}"))
        return found.seen(base, stage.led, stage.used)._replace(stored=tuple(stored.values()))

    def copied(self, evaluated: Evaluated, stage: Stage, step: StageCopy, found: Environments) -> list[Stored]:
        """Let environments have what a COPY --from of a stage brings, and return the folders of their own among it."""
        self._copied(evaluated, stage, step, found)
        moved = []
        for item, now in self._taken_along(evaluated, step):
            moved.append(now)
            found.merge(item, Reason("image", "COPY --from", evaluated.path, step.instruction.line))
        return moved

    def _copied(self, evaluated: Evaluated, stage: Stage, step: StageCopy, found: Environments) -> None:
        """COPY --from brings the environments along that it copies; of the system's Python, what is copied of it."""
        foreign = unknown_place(step.paths, step.dest) if step.external is not None else None
        if foreign is not None and step.external is not None:
            shown = f"COPY --from={step.external.shown()}"
            found.bring_foreign(foreign, Reason("image", shown, evaluated.path, step.instruction.line))
        if step.stage is None or step.stage == stage.index or step.stage >= len(evaluated.stages):
            return
        source = self._states[(evaluated, step.stage)]
        name = evaluated.stages[step.stage].name or str(step.stage)
        reason = Reason("image", f"COPY --from={name}", evaluated.path, step.instruction.line)
        brought = found.bring(source, step, reason)
        if not brought and carries(evaluated, step):
            found.extend(source, step, reason)

    def _taken_along(self, evaluated: Evaluated, step: StageCopy) -> list[tuple[Stored, Stored]]:
        """The folders that a COPY --from brings, each as it was and as it lies now."""
        origin = self._states.get((evaluated, step.stage)) if step.stage is not None else None
        found = []
        for item in origin.stored if origin is not None else ():
            for written in step.paths:
                path = posixpath.normpath("/" + written.lstrip("/"))
                path = path.removesuffix("/*") or "/"
                inside = path.rstrip("/") + "/"
                if path == item.folder or item.folder.startswith(inside) or HOLE in path:
                    rest = item.folder[len(inside) :] if item.folder.startswith(inside) else ""
                    found.append((item, item._replace(folder=posixpath.normpath(posixpath.join(step.dest, rest)))))
                    break
        return found


def _stored(before: Stored | None, install: Install) -> Stored:
    """A folder of its own after an install into it."""
    item = before or Stored(install.folder, NONE, ())
    torch = after(item.torch, install._replace(elsewhere=False))
    return Stored(install.folder, torch, (*item.packages, *cuda_packages(install)))

"""Bring about the evidence of a policy's images, once for all processes of a session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.registry import CHECKS
from wxlint.conformance.collect.collector import CollectOptions, Workplace, collect
from wxlint.conformance.container import gpu
from wxlint.conformance.container.builder import NEVER
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import About, BuildResult, BuildStatus, Facts, LeftOut
from wxlint.conformance.container.spread import Candidate, spread
from wxlint.conformance.container.workers import workers
from wxlint.conformance.plugin.workspace import Workspace
from wxlint.core.errors import EndedError, EngineError, UsageError, WxlintError
from wxlint.core.supervisor import SUPERVISOR
from wxlint.policy.expectations import expected_images

if TYPE_CHECKING:
    from wxlint.plan.model import Step
    from wxlint.policy.model import Policy

_BY_NAME = {check.name: check for check in CHECKS}


class Preparation(NamedTuple):
    """What all policies of a session are prepared with.

    engines: the images are spread among them. selected, leave: words of --wx-select and wx_leave. progress: called with
    an image and what happens to it.
    kept: evidence that the disk had no room for, of this process alone.
    """

    workspace: Workspace
    engines: Sequence[Engine]
    options: CollectOptions
    selected: Sequence[str]
    leave: Sequence[str]
    progress: Callable[[str, str], None]
    kept: dict[str, Facts]

    def prepare(
        self, path: Path, policy: Policy, abouts: Sequence[About], wanted: Mapping[str, frozenset[str]]
    ) -> None:
        """See to it that there is Evidence of each image; the first process collects it, the others wait.

        Args:
            abouts: one for each engine.
            wanted: image to the names of the checks that will judge it; "" for a test that uses it.

        Raises UsageError for what concerns the whole plan.
        """
        with self.workspace.lock("prepare"):
            missing = {image: names - {""} for image, names in wanted.items() if self._read(path, image) is None}
            if not missing:
                return
            named = {*self.selected, *self.options.digests, *(image for image, names in wanted.items() if "" in names)}
            SUPERVISOR.resume()
            if len(self.engines) == 1:
                self._collect(path, policy, missing, named, (self.engines[0], abouts[0]))
                return
            try:
                shares = self._shares(policy, missing, abouts)
            except UsageError:
                raise
            except WxlintError as error:
                self._give_up(path, missing, BuildResult("", BuildStatus.FAILED, detail=str(error)))
                return
            with workers(len(shares)) as pool:
                for future in [
                    pool.submit(self._collect, path, policy, share, named, (self.engines[number], abouts[number]))
                    for number, share in shares.items()
                ]:
                    future.result()

    def _collect(
        self,
        path: Path,
        policy: Policy,
        images: Mapping[str, frozenset[str]],
        named: set[str],
        at: tuple[Engine, About],
    ) -> None:
        """Collect the evidence of images on one engine. Raises UsageError, EndedError."""
        engine, about = at
        several = f" on {about.name}" if len(self.engines) > 1 else ""
        try:
            collect(
                policy,
                images,
                _BY_NAME,
                place=Workplace(engine, about, self.workspace.path),
                options=self.options._replace(leave=self._left(policy, named)),
                progress=lambda image, what: self.progress(f"{image}{several}", what),
                done=lambda image, evidence: self._write(path, image, evidence._replace(engine=about.name)),
            )
        except (UsageError, EndedError):
            raise
        except WxlintError as error:
            status = BuildStatus.ENGINE_FAULT if isinstance(error, EngineError) else BuildStatus.FAILED
            self._give_up(path, images, BuildResult("", status, detail=f"{error}{several}"), about.name)
        except OSError as error:  # such as a disk of this machine that is full
            self._give_up(path, images, BuildResult("", BuildStatus.ENGINE_FAULT, detail=str(error)), about.name)
        except BaseException as error:
            why = str(error) or type(error).__name__
            self._give_up(path, images, BuildResult("", BuildStatus.ABORTED, detail=why), about.name)
            raise

    def _shares(
        self, policy: Policy, images: Mapping[str, frozenset[str]], abouts: Sequence[About]
    ) -> dict[int, dict[str, frozenset[str]]]:
        """The images that each engine looks at, by its number. Raises UsageError for what concerns the whole plan."""
        from wxlint.plan.build_plan import make_plan

        plan = make_plan(policy, select=tuple(images), args=dict(self.options.args), lenient=True)
        builds = self.options.mode != NEVER
        steps = [step for step in plan.steps if builds or step.image in images]
        candidates = [
            Candidate(gpu.seen(about), frozenset() if builds or self.options.pull else _there(engine, steps))
            for engine, about in zip(self.engines, abouts)
        ]
        placed = spread(steps, candidates, gpu=self.options.gpu, builds=builds)
        found: dict[int, dict[str, frozenset[str]]] = {}
        for image, names in images.items():
            found.setdefault(placed.get(image, 0), {})[image] = names
        return found

    def evidence(self, path: Path, image: str) -> Evidence | None:
        """What was collected of an image; None when nothing was."""
        facts = self._read(path, image)
        return None if facts is None else Evidence.from_json(facts)

    def _give_up(self, path: Path, images: Iterable[str], result: BuildResult, engine: str = "") -> None:
        """Keep why there is no evidence of images, for those that have none: other workers judge them, too.

        engine: the name of the one that was to have them.
        """
        for image in images:
            if self._read(path, image) is None:
                self._write(path, image, Evidence(result._replace(image=image), gpu=self.options.gpu, engine=engine))

    def _read(self, path: Path, image: str) -> Facts | None:
        key = _key(path, image)
        found: Facts | None = self.kept.get(key) or self.workspace.read(key)
        return found

    def _write(self, path: Path, image: str, evidence: Evidence) -> None:
        """Keep evidence for all processes of the session, or for this one where that cannot be."""
        key = _key(path, image)
        try:
            self.workspace.write(key, evidence.to_json())
        except OSError:
            self.kept[key] = evidence.to_json()

    def _left(self, policy: Policy, named: set[str]) -> Mapping[str, LeftOut]:
        """Images that are looked at where they are there, and not built.

        Args:
            named: images and stages that were chosen by name.
        """
        from wxlint.plan.build_plan import selected

        expectations = list(expected_images(policy))
        left = {e.image: LeftOut.OPTIONAL for e in expectations if e.optional and not {e.image, e.stage} & named}
        if not self.options.gpu and not self.selected:
            for word in self.leave:
                with suppress(UsageError):  # of another policy
                    for expectation in selected(expectations, [word], policy.path):
                        left.setdefault(expectation.image, LeftOut.UNSELECTED)
        return {image: why for image, why in left.items() if image not in named}


def _there(engine: Engine, steps: Iterable[Step]) -> frozenset[str]:
    """The images that an engine has; none of one that is gone, which is said when it is to look at one."""
    with suppress(EngineError):
        return frozenset(step.image for step in steps if engine.image(step.reference) is not None)
    return frozenset()


def _key(path: Path, image: str) -> str:
    return f"{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}-{image}"

"""Bring about the evidence of a policy's images, once for all processes of a session."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.registry import CHECKS
from wxlint.conformance.collect.collector import Options, Workplace, collect
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import About, BuildResult, BuildStatus, Facts, LeftOut
from wxlint.conformance.plugin.workspace import Workspace
from wxlint.core.errors import EngineError, UsageError, WxlintError
from wxlint.policy.expectations import expected_images

if TYPE_CHECKING:
    from wxlint.policy.model import Policy

_BY_NAME = {check.name: check for check in CHECKS}


class Preparation(NamedTuple):
    """What all policies of a session are prepared with.

    selected, leave: words of --wx-select and wx_leave. progress: called with an image and what happens to it.
    kept: evidence that the disk had no room for, of this process alone.
    """

    workspace: Workspace
    engine: Engine
    options: Options
    selected: Sequence[str]
    leave: Sequence[str]
    progress: Callable[[str, str], None]
    kept: dict[str, Facts]

    def prepare(self, path: Path, policy: Policy, about: About, wanted: Mapping[str, frozenset[str]]) -> None:
        """See to it that there is Evidence of each image; the first process collects it, the others wait.

        Args:
            wanted: image to the names of the checks that will judge it; "" for a test that uses it.

        Raises UsageError for what concerns the whole plan.
        """
        with self.workspace.lock("prepare"):
            missing = {image: names - {""} for image, names in wanted.items() if self._read(path, image) is None}
            if not missing:
                return
            named = {*self.selected, *(image for image, names in wanted.items() if "" in names)}
            try:
                collect(
                    policy,
                    missing,
                    _BY_NAME,
                    place=Workplace(self.engine, about, self.workspace.path),
                    options=self.options._replace(leave=self._left(policy, named)),
                    progress=self.progress,
                    done=lambda image, evidence: self._write(path, image, evidence),
                )
            except UsageError:
                raise
            except WxlintError as error:
                status = BuildStatus.ENGINE_FAULT if isinstance(error, EngineError) else BuildStatus.FAILED
                self._give_up(path, missing, BuildResult("", status, detail=str(error)))
            except OSError as error:  # such as a disk of this machine that is full
                self._give_up(path, missing, BuildResult("", BuildStatus.ENGINE_FAULT, detail=str(error)))
            except BaseException as error:
                why = str(error) or type(error).__name__
                self._give_up(path, missing, BuildResult("", BuildStatus.ABORTED, detail=why))
                raise

    def evidence(self, path: Path, image: str) -> Evidence | None:
        """What was collected of an image; None when nothing was."""
        facts = self._read(path, image)
        return None if facts is None else Evidence.from_json(facts)

    def _give_up(self, path: Path, images: Iterable[str], result: BuildResult) -> None:
        """Keep why there is no evidence of images, for those that have none: other workers judge them, too."""
        for image in images:
            if self._read(path, image) is None:
                self._write(path, image, Evidence(result._replace(image=image), gpu=self.options.gpu))

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


def _key(path: Path, image: str) -> str:
    return f"{hashlib.sha256(str(path).encode('utf-8', 'surrogateescape')).hexdigest()[:12]}-{image}"

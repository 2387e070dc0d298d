"""The policies of a session: each is read once, and its images are selected and found by name."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wxlint.core.errors import UsageError, WxlintError
from wxlint.core.escape import escape
from wxlint.core.suggest import did_you_mean
from wxlint.policy.expectations import expected_images

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation, Policy


class Policies:
    """The policies that were read, by path.

    words: those of --wx-select, which choose images of any of them. args, parts: build arguments, and values of parts
    of the references, for the policies that know them.
    """

    def __init__(self, root: Path, words: list[str], args: Mapping[str, str], parts: Mapping[str, str]) -> None:
        self._root, self.words, self._args, self._parts = root, words, args, parts
        self._known_parts: set[str] = set()
        self._read: dict[Path, Policy] = {}
        self._fitting: set[str] = set()

    def __getitem__(self, path: Path) -> Policy:
        """Return the policy of a file. Raises PolicyError or InputError."""
        if path not in self._read:
            from wxlint.documents.source import read
            from wxlint.plan.build_plan import with_arguments, with_parts, with_registry
            from wxlint.policy.load import load_policy

            shown = os.path.relpath(path).replace(os.sep, "/")
            policy = with_arguments(with_registry(load_policy(read(path, shown), path)), self._args)
            known = {name for name, _ in policy.parts}
            self._known_parts |= known
            given = {name: value for name, value in self._parts.items() if name in known}
            self._read[path] = with_parts(policy, given, option="--wx-part")
        return self._read[path]

    def select(self, policy: Policy) -> list[Expectation]:
        """Return the images of a policy that --wx-select chooses; words that fit none are remembered as such."""
        from wxlint.plan.build_plan import selected

        expectations = list(expected_images(policy))
        if not self.words:
            return expectations
        found: set[str] = set()
        for word in self.words:
            with suppress(UsageError):
                found.update(e.image for e in selected(expectations, [word], policy.path))
                self._fitting.add(word)
        return [e for e in expectations if e.image in found]

    def refuse_unknown_words(self) -> None:
        """Raise pytest.UsageError for words of --wx-select, and names of --wx-part, that no policy has."""
        unknown = [word for word in self.words if word not in self._fitting]
        if unknown and self._read:
            known = sorted({n for _, e in self._images() for n in (e.image, e.stage, e.variant)})
            several = f"; there are {', '.join(known[:12])}"
            shown = ", ".join(f"{escape(word)}{did_you_mean(word, known) or several}" for word in unknown)
            raise pytest.UsageError(f"--wx-select: no image is called {shown}")
        lacking = next((name for name in self._parts if name not in self._known_parts), None)
        if lacking is not None and self._read:
            parts = sorted(self._known_parts)
            hint = did_you_mean(lacking, parts)
            there = ", ".join(parts) or "none"
            raise pytest.UsageError(f"--wx-part: no policy has a part {escape(lacking)!r}; there are {there}{hint}")

    def refuse_unknown_images(self, option: str, images: Iterable[str]) -> None:
        """Raise pytest.UsageError for images that no policy has."""
        known = sorted(expectation.image for _, expectation in self._images())
        for image in images:
            if known and image not in known:
                hint = did_you_mean(image, known) or f"; there are {', '.join(known[:12])}"
                raise pytest.UsageError(f"{option}: no image is called {escape(image)}{hint}")

    def refuse_undeclared_arguments(self) -> None:
        """Raise pytest.UsageError for build arguments of --wx-arg that no Dockerfile of any policy declares."""
        if not self._args or not self._read:
            return
        from wxlint.plan.build_plan import make_plan

        unknown = set(self._args)
        for policy in self._read.values():
            with suppress(WxlintError):  # what is wrong with a plan is said where its images are built
                unknown &= set(make_plan(policy, args=self._args, lenient=True).undeclared)
        if unknown:
            paths, names = ", ".join(policy.path for policy in self._read.values()), ", ".join(sorted(unknown))
            raise pytest.UsageError(f"--wx-arg: no Dockerfile of {paths} declares the build argument {escape(names)}")

    def find(self, name: str) -> tuple[Path, Expectation]:
        """Return an image by its name, and the file of its policy; that of the repository is read where none is."""
        if not self._read:
            from wxlint.policy.find import find_policy

            path = find_policy(self._root)
            if path is not None:
                self[path]
        for path, expectation in self._images():
            if expectation.image == name:
                return path, expectation
        known = sorted(expectation.image for _, expectation in self._images())
        raise pytest.UsageError(f"no policy has an image {name!r}; there are {', '.join(known[:10]) or 'none'}")

    def _images(self) -> Iterator[tuple[Path, Expectation]]:
        for path, policy in self._read.items():
            for expectation in expected_images(policy):
                yield path, expectation

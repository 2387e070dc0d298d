"""Build arguments: what the build gives, what the platform gives, and what ARG before the first FROM declares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from wxlint.core.reasons import Reason, reason_at
from wxlint.core.values import HOLE, Value
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.evaluation.variables.expansion import Scope
from wxlint.images.model.records import DEFAULT_PLATFORM, Build


@lru_cache(maxsize=64)
def platform_args(platform: str, *, is_only: bool = True) -> Mapping[str, Value]:
    """The predefined platform arguments for one target platform.

    The builder is taken to be of the default platform where that is built for; for another one it is not known.
    is_only: false for a build of several platforms, where what a RUN does for one of them does not hold for all.
    """
    system, _, rest = platform.partition("/")
    architecture, _, variant = rest.partition("/")
    reason = (Reason("platform" if is_only else "assumed", f"built for {platform}"),)
    found = {}
    for name, text in {"PLATFORM": platform, "OS": system, "ARCH": architecture, "VARIANT": variant}.items():
        found[f"TARGET{name}"] = value = Value(text, (), reason)
        cross = platform != DEFAULT_PLATFORM
        found[f"BUILD{name}"] = Value(HOLE, (f"${{BUILD{name}}}",)) if cross else value
    return found


class BuildArguments:
    """The arguments of one build. `outer` is the scope before the first FROM and of FROM lines."""

    def __init__(self, build: Build) -> None:
        self.given = dict(build.args)
        self._build = build
        predefined = platform_args(build.platform, is_only=len(build.platforms) < 2)
        self._outer = {name: self.given.get(name, value) for name, value in predefined.items()}
        self._unset: set[str] = set()
        self.outer = Scope(self._outer, self._unset, closed=True)

    def declare(self, name: str, default: Value | None, no_default: Reason, stage: OpenStage | None) -> None:
        """An ARG, in a stage or before the first one.

        Args:
            default: its default as expanded, with its reasons; None when it has none.
            no_default: the reason where nothing gives it a value.
        """
        if self._build.more and default is not None and name not in self.given:
            default = self._perhaps_given(name)
        value = self.given.get(name, default)
        if value is None and stage is not None and name not in self._unset:
            value = self._outer.get(name)
        unset = Value(HOLE, (f"${{{name}}}",), (no_default,))
        if stage is not None:
            if value is None:
                stage.leave_unset(name, unset)
            else:
                stage.set_argument(name, value)
            return
        if value is not None:
            self._outer[name] = value
            self._unset.discard(name)
        elif name not in self._outer:
            self._outer[name] = unset
            self._unset.add(name)

    def _perhaps_given(self, name: str) -> Value:
        """An argument whose default may not count: the build has arguments that are not known."""
        reason = reason_at("build-arg", f"{name} may be among the arguments that are not known", self._build.span, name)
        return Value(HOLE, (f"${{{name}}}",), (reason,))

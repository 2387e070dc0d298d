"""What a name in FROM, `COPY --from` and `RUN --mount=from=` means: a stage, a named build context, or an image."""

from __future__ import annotations

from collections.abc import Callable

from wxlint.core.values import HOLE, Value, could_equal
from wxlint.documents.dockerfile.reader import Dockerfile
from wxlint.documents.dockerfile.words import listed_words
from wxlint.images.evaluation.open_stage import OpenStage
from wxlint.images.model.records import OF_IMAGE, Build

ContextNamed = Callable[[Dockerfile, str], bool]
"""Whether a bare name in a Dockerfile may be a named build context of a tool that is not read (bake, CI)."""


class StageNames:
    """The stages of a file by name. Names are case-insensitive, and FROM looks backward only."""

    def __init__(self, dockerfile: Dockerfile, build: Build, context_named: ContextNamed) -> None:
        self._dockerfile, self._context_named = dockerfile, context_named
        self._contexts = dict(build.named_contexts)
        self._latest: dict[str, int] = {}
        self._named: list[OpenStage] = []
        self._all = {
            name for i in dockerfile.instructions if i.keyword == "FROM" and (name := name_of(i.text, i.args_at))
        }

    def add(self, stage: OpenStage) -> None:
        """A stage that has begun."""
        if stage.name:
            self._latest[stage.name] = stage.index
            self._named.append(stage)

    def earlier(self, value: Value) -> tuple[int, ...]:
        """Earlier stages that a name may mean; the nearest one where the name is known."""
        name = value.text.lower()
        if value.known:
            hit = self._latest.get(name)
            return () if hit is None else (hit,)
        if not name.strip(HOLE):
            return ()
        return tuple([s.index for s in self._named if could_equal(value._replace(text=name), s.name)])

    def is_any_stage(self, value: Value) -> bool:
        """Whether a name is that of a stage, be it a later one: no image either, since BuildKit knows all stages."""
        return value.text.lower() in self._all

    def context_image(self, value: Value) -> Value | None:
        """The image that a named build context is, where its build says so."""
        given = self._contexts.get(value.text) if value.known else None
        if given is None or not given.text.startswith(OF_IMAGE):
            return None
        return given._replace(text=given.text.removeprefix(OF_IMAGE))

    def is_context(self, value: Value) -> bool:
        """Whether a name is a named build context: given by the build, or by tools that name contexts elsewhere."""
        name = value.text
        if name in self._contexts:
            return True
        bare = value.known and name != "" and not any(char in name for char in "/:@.")
        return bare and self._context_named(self._dockerfile, name)


def name_of(text: str, args_at: int) -> str:
    """The name that a FROM gives its stage, in lower case; empty without one."""
    spans = listed_words(text, args_at)
    return text[slice(*spans[2])].lower() if len(spans) >= 3 else ""

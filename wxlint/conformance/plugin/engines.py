"""The engines of a session: one, or several among which the images are spread."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from wxlint.conformance.container import gpu
from wxlint.conformance.container.client import read_clients
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.model import About
from wxlint.core.errors import EngineError


class Engines(tuple[Engine, ...]):
    """All of them, in the order in which they were given. `abouts` is there once all have answered."""

    abouts: tuple[About, ...] = ()

    @classmethod
    def named(cls, texts: Iterable[str], session: str, owner: str) -> Engines:
        """Those of --wx-engine. Raises UsageError."""
        found = cls(Engine(client, session, owner) for client in read_clients(texts))
        if len(found) > 1:  # a service that runs on one of them changes the environment that the others would inherit
            for engine in found:
                engine.env = engine.env or dict(os.environ)
        return found

    def ask(self) -> None:
        """Have all answer. Raises EngineError, with every one that does not: none of them is passed over."""
        with ThreadPoolExecutor(len(self)) as pool:
            answers = list(pool.map(_about, self))
        silent = [
            f"{engine.client.name}: {answer}" if len(self) > 1 else str(answer)
            for engine, answer in zip(self, answers)
            if isinstance(answer, EngineError)
        ]
        if silent:
            raise EngineError("; ".join(silent))
        self.abouts = tuple(answer for answer in answers if isinstance(answer, About))

    def of(self, name: str) -> tuple[Engine, About]:
        """The one of a name; the first where there is none, as of evidence that nobody collected."""
        found = (pair for pair in zip(self, self.abouts) if pair[1].name == name)
        return next(found, (self[0], self.abouts[0]))

    def with_gpu(self) -> tuple[Engine, About]:
        """The first that is seen to have a GPU, else the first."""
        found = (pair for pair in zip(self, self.abouts) if gpu.seen(pair[1]))
        return next(found, (self[0], self.abouts[0]))


def _about(engine: Engine) -> About | EngineError:
    try:
        return engine.about()
    except EngineError as error:
        return EngineError(str(error) or "no engine answers")

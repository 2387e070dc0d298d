"""Run the probe in a container, and believe nothing but a whole answer."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import NamedTuple

from wxlint.conformance.checks.evidence import ProbeFailure, ProbeProblem
from wxlint.conformance.container.engine import Engine
from wxlint.conformance.container.gpu import Gpu
from wxlint.conformance.container.model import Facts
from wxlint.conformance.probe import MARK, PARTS, SCHEMA
from wxlint.core.processes import Completed

MARGIN = 5.0
"""Seconds between the limit of the probe and that of its container."""
_SHOWN = 500


class Answer(NamedTuple):
    """facts: of the probe, None with a problem. refused: why the engine gave no GPU, "" when it did or need not."""

    facts: Facts | None = None
    problem: ProbeProblem | None = None
    refused: str = ""


def run_probe(engine: Engine, image: str, gpu: Gpu | None = None, timeout: float = 60.0) -> Answer:
    """What the probe says of an image; `timeout` is in seconds, for each Python that is tried.

    The image's own Python runs it isolated (-I): neither its working folder nor its PYTHON* variables can stand before
    the standard library. Raises EngineError when the engine is gone.
    """
    script = Path(__file__).parents[1].joinpath("probe.py").read_bytes()
    nonce = secrets.token_hex(8)
    options = gpu.options(engine.is_podman) if gpu else ["-e", "NVIDIA_VISIBLE_DEVICES=void"]
    words = ["-I", "-", "--container", "--nonce", nonce, "--timeout", f"{max(timeout - MARGIN, 1):.0f}"]
    words += ["--gpu"] if gpu else []
    failure = ProbeFailure.NO_PYTHON
    for python in ("python", "python3"):
        done = engine.run(image, words, options=[*options, "--entrypoint", python], stdin=script, timeout=timeout)
        answer = _read(done, nonce)
        if answer is not None:
            return answer
        if done.timed_out:
            return Answer(problem=ProbeProblem(ProbeFailure.TIMED_OUT, f"{timeout:g} seconds"))
        if done.code in (125, 126) and "unable to find user" in done.err:
            return Answer(problem=ProbeProblem(ProbeFailure.NO_USER, done.message[-_SHOWN:]))
        if _is_missing(done):
            continue
        if _is_old(done):
            failure = ProbeFailure.OLD_PYTHON
            continue
        if done.code in (125, 126, 127) and gpu is not None:
            return Answer(refused=done.message or f"exit code {done.code}")
        detail = f"exit code {done.code}" + (f": {done.message[-_SHOWN:]}" if done.message else "")
        return Answer(problem=ProbeProblem(ProbeFailure.ENDED, detail))
    return Answer(problem=ProbeProblem(failure))


def _read(done: Completed, nonce: str) -> Answer | None:
    """The answer at the end of the output, however much is before it; None without one."""
    at = done.out.rfind(f"\n{MARK}{nonce} ")
    if at < 0:
        return None
    text = done.out[at + len(f"\n{MARK}{nonce} ") :].partition("\n")[0]
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Answer(problem=ProbeProblem(ProbeFailure.DAMAGED, str(error)))
    if not isinstance(facts, dict) or facts.get("schema") != SCHEMA or not facts.keys() >= PARTS:
        return Answer(problem=ProbeProblem(ProbeFailure.DAMAGED, "parts of it are missing"))
    if done.timed_out or done.code:
        how = "it did not end in time" if done.timed_out else f"it ended with exit code {done.code}"
        return Answer(problem=ProbeProblem(ProbeFailure.ENDED, how))
    return Answer(facts)


def _is_missing(done: Completed) -> bool:
    """Whether the engine found no such program."""
    words = ("executable file not found", "no such file or directory", "not found in $PATH")
    return done.code == 127 or (done.code in (125, 126) and any(each in done.err for each in words))


def _is_old(done: Completed) -> bool:
    """Whether this Python is too old for the probe."""
    return "Unknown option: -I" in done.err or "SyntaxError" in done.err

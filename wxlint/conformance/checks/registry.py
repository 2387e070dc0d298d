"""What is asserted of an image: one function for each property, from the policy's Expectation and what was seen.

Nothing here touches an engine. A function gives a Verdict; what could not be tried is never a PASS.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from wxlint.conformance.checks import cuda
from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.verdict import FAIL, PASS, SKIP, UNPROVEN, Verdict
from wxlint.core.units import amount

if TYPE_CHECKING:
    from wxlint.policy.model import Expectation

__all__ = ["CHECKS", "FAIL", "PASS", "SKIP", "UNPROVEN", "Check", "Verdict", "checks_of", "judge"]
PROBE, STATIC, ENTRYPOINT, SERVICE = "probe", "static", "entrypoint", "service"


class Check(NamedTuple):
    """name: of the property. fields: what of the Expectation it asserts. needs: what must have been looked at.

    applies: whether an image has the property at all. run: judges an image that is there. device: it needs a GPU.
    """

    name: str
    fields: tuple[str, ...]
    needs: tuple[str, ...]
    applies: Callable[[Expectation], bool]
    run: Callable[[Expectation, Evidence], Verdict]
    device: bool = False


def checks_of(expectation: Expectation) -> tuple[Check, ...]:
    """The properties that an image of the policy has."""
    return tuple(check for check in CHECKS if check.applies(expectation))


def judge(check: Check, expectation: Expectation, seen: Evidence, others: frozenset[str] = frozenset()) -> Verdict:
    """The verdict. others: images whose `exists` is judged in the same run, so that one failed base is one failure."""
    if seen.info is None:
        if check.name == "exists":
            return _missing(expectation, seen, others)
        if check.device and seen.gpu:
            return Verdict(FAIL, f"the GPU was to be checked: {seen.build.reason}")
        if check.device and seen.build.status != "skipped":  # counted with the others, so that the last line says it
            return Verdict(UNPROVEN, f"no GPU was used and there is no image; {seen.build.reason}")
        return Verdict(
            SKIP, seen.build.reason if seen.build.status in ("blocked", "skipped") else "there is no image to look at"
        )
    if check.name in seen.skipped:
        return Verdict(*seen.skipped[check.name])
    return check.run(expectation, seen)


def _missing(expectation: Expectation, seen: Evidence, others: frozenset[str]) -> Verdict:
    build = seen.build
    if build.status == "blocked":
        blocker = build.reason.removeprefix("blocked by ")
        return Verdict(SKIP if blocker in others else FAIL, build.reason)
    if build.status == "missing" and expectation.optional:
        return Verdict(SKIP, f"{build.reason}; it is optional")
    if build.status == "missing":
        return Verdict(FAIL, f"{build.reason}; build it with --wx-build auto, or `wxlint build`")
    if build.status in ("skipped", "left out"):
        return Verdict(SKIP, build.reason)
    told = {"log": build.log, "tail": build.tail} if build.log else {}
    return Verdict(FAIL, f"{expectation.dockerfile}: {build.reason}" if build.log else build.reason, told)


def _exists(expectation: Expectation, seen: Evidence) -> Verdict:
    assert seen.info is not None
    return Verdict(PASS, seen.build.status, {"reference": expectation.reference, "digest": seen.info.digest})


def _base(expectation: Expectation, seen: Evidence) -> Verdict:
    assert seen.info is not None
    wanted = expectation.base
    if wanted is None:
        wanted = seen.upstream
        if wanted is None:
            return Verdict(SKIP, f"{expectation.dockerfile} does not say for certain what it starts from")
        names = {wanted, wanted.removeprefix("docker.io/").removeprefix("library/")}
        if expectation.upstream and not any(
            fnmatch.fnmatchcase(name, glob) for name in names for glob in expectation.upstream
        ):
            return Verdict(FAIL, f"starts from {wanted}; allowed upstream: {', '.join(expectation.upstream)}")
    if seen.below is None:
        return Verdict(SKIP, f"the engine has no {wanted}, so that layers cannot be compared")
    shared = sum(1 for a, b in zip(seen.below, seen.info.layers) if a == b)
    told = {"base": wanted, "layers": len(seen.info.layers), "shared": shared}
    if shared == len(seen.below) <= len(seen.info.layers):
        return Verdict(PASS, f"{shared} layers of {wanted}", told)
    if expectation.base is None:
        short = f"{shared} of its {len(seen.below)} layers are there; it may be newer than the image"
        return Verdict(FAIL, f"does not stand on the {wanted} that the engine has: {short}", told)
    return Verdict(
        FAIL,
        f"does not descend from {wanted}: {shared} of its {len(seen.below)} layers are there; built from an older or another base?",
        told,
    )


def _forbidden_tag(expectation: Expectation, seen: Evidence) -> Verdict:
    if seen.twins:
        return Verdict(
            FAIL,
            f"the engine has {', '.join(seen.twins)}, and the policy forbids that tag: remove it, since a FROM may take it",
        )
    return Verdict(
        PASS,
        f"no {', '.join(':' + tag for tag in expectation.forbidden_tags)} of {expectation.reference.rpartition(':')[0]}",
    )


def _python(expectation: Expectation, seen: Evidence) -> Verdict:
    told = (seen.probe or {}).get("python") or {}
    version = told.get("version") or (seen.static or {}).get("python")
    if not version:
        return Verdict(FAIL, f"no Python {expectation.python} in the image: {seen.probe_problem or 'none was found'}")
    right = starts_with(str(version), str(expectation.python))
    return Verdict(
        PASS if right else FAIL,
        f"Python {version}" + ("" if right else f"; the policy says {expectation.python}"),
        told,
    )


def _user(expectation: Expectation, seen: Evidence) -> Verdict:
    assert seen.info is not None
    named = seen.info.user
    uid = ((seen.probe or {}).get("user") or {}).get("uid")
    if uid is None:
        uid = 0 if named.partition(":")[0] in ("", "0", "root") else -1
    told = {"user": named, "uid": uid}
    shown = f"USER {named or '(none)'}, " + (f"uid {uid}" if uid >= 0 else "not root by its name")
    wanted = expectation.user
    by_id = wanted in ("root", "non-root")
    right = (uid == 0) == (wanted == "root") if by_id else wanted in (named, named.partition(":")[0])
    return Verdict(PASS if right else FAIL, shown if right else f"{shown}; the policy says {wanted}", told)


def _entrypoint(expectation: Expectation, seen: Evidence) -> Verdict:
    check, ran = expectation.entrypoint, seen.entrypoint
    if check is None or ran is None:
        return Verdict(SKIP, "it was not run")
    called = " ".join(["docker run", expectation.image, *check.args])
    told = {"exit_code": ran.code, "output": ran.output, "seconds": round(ran.seconds, 2)}
    if ran.timed_out:
        return Verdict(FAIL, f"{called}: not done after {check.timeout:g} seconds", told)
    if ran.code != check.exit_code:
        return Verdict(FAIL, f"{called}: exit code {ran.code}, not {check.exit_code}", told)
    if check.pattern is not None and not re.search(check.pattern, ran.output):
        return Verdict(FAIL, f"{called}: nothing in its output fits {check.pattern!r}", told)
    return Verdict(PASS, f"{called} answers", told)


def _service(expectation: Expectation, seen: Evidence) -> Verdict:
    ran = seen.service
    if ran is None:
        return Verdict(SKIP, "it was not run")
    told = {"exit_code": ran.code, "output": ran.output}
    called = f"docker compose run {expectation.service}"
    if ran.timed_out:
        return Verdict(FAIL, f"{called}: not done in time", told)
    check = expectation.entrypoint
    if ran.code != (check.exit_code if check else 0):
        return Verdict(FAIL, f"{called}: exit code {ran.code}", told)
    if check is not None and check.pattern is not None and not re.search(check.pattern, ran.output):
        return Verdict(FAIL, f"{called}: nothing in its output fits {check.pattern!r}", told)
    return Verdict(PASS, f"{called} answers", told)


def _size(expectation: Expectation, seen: Evidence) -> Verdict:
    assert seen.info is not None and expectation.size is not None
    right = seen.info.size <= expectation.size
    return Verdict(
        PASS if right else FAIL, f"{amount(seen.info.size)} of {amount(expectation.size)}", {"bytes": seen.info.size}
    )


def _distributions(expectation: Expectation, seen: Evidence) -> Verdict:
    if seen.probe is None:
        return Verdict(SKIP, f"nothing in the image lists distributions: {seen.probe_problem}")
    listed = seen.distributions
    if listed is None:
        return Verdict(FAIL, f"distributions cannot be listed: {seen.probe.get('distributions')}")
    from wxlint.conformance.checks.pip_check import broken_requirements

    wrong = broken_requirements(listed, seen.probe.get("markers") or {})
    if wrong:
        return Verdict(
            FAIL, "; ".join(wrong[:5]) + (f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""), {"broken": wrong}
        )
    return Verdict(PASS, f"{len(listed)} distributions, every requirement satisfied")


def starts_with(version: str, wanted: str) -> bool:
    """Whether the leading components are the wanted ones."""
    parts = wanted.split(".")
    return re.split(r"[.+]", version)[: len(parts)] == parts


def _cuda(e: Expectation) -> bool:
    return e.accelerator == "cuda"


def _always(_: Expectation) -> bool:
    return True


_Run = Callable[["Expectation", Evidence], Verdict]
_named: tuple[tuple[str, tuple[str, ...], tuple[str, ...], Callable[[Any], bool], _Run], ...] = (
    (
        "exists",
        ("image", "stage", "variant", "reference", "tag", "dockerfile", "context", "target", "build_args", "optional"),
        (),
        _always,
        _exists,
    ),
    ("base", ("base", "upstream", "is_base"), (), lambda e: bool(e.base or e.upstream), _base),
    ("forbidden-tag", ("forbidden_tags",), (), lambda e: bool(e.forbidden_tags), _forbidden_tag),
    ("python", ("python",), (PROBE,), lambda e: e.python is not None, _python),
    ("user", ("user",), (PROBE,), lambda e: e.user != "any", _user),
    ("torch", ("needs_torch",), (PROBE,), lambda e: e.needs_torch != "optional", cuda.torch_presence),
    (
        "torch-channel",
        ("torch",),
        (PROBE,),
        lambda e: e.torch not in (None, "default") and e.needs_torch != "forbidden" and not e.is_base,
        cuda.torch_channel,
    ),
    ("no-cuda", ("accelerator",), (PROBE, STATIC), lambda e: e.accelerator == "cpu", cuda.no_cuda),
    ("cuda-version", ("cuda", "accelerator"), (PROBE,), lambda e: _cuda(e) and e.cuda is not None, cuda.cuda_version),
    ("cudnn", ("cudnn",), (PROBE,), lambda e: _cuda(e) and e.cudnn is not None, cuda.cudnn),
    ("libraries-load", ("accelerator",), (PROBE,), _cuda, cuda.libraries_load),
    ("providers", ("accelerator",), (PROBE,), lambda e: _cuda(e) and not e.is_base, cuda.providers),
    ("distributions", (), (PROBE,), _always, _distributions),
    ("size", ("size",), (), lambda e: e.size is not None, _size),
    ("cuda-size", ("cuda_bytes",), (STATIC,), lambda e: e.cuda_bytes is not None, cuda.cuda_size),
    ("entrypoint", ("entrypoint",), (ENTRYPOINT,), lambda e: e.entrypoint is not None, _entrypoint),
    ("service", ("service", "compose"), (SERVICE,), lambda e: bool(e.service and e.compose), _service),
)
CHECKS: tuple[Check, ...] = (
    *(Check(*row) for row in _named),
    Check("device", ("gpu",), (PROBE,), lambda e: e.gpu, cuda.device, True),
)
"""In the order of the table."""

"""Judge an image that is not run, by its layers and its configuration, against what a policy says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.registry import checks_of, judge
from wxlint.conformance.checks.verdict import Verdict
from wxlint.conformance.collect.contract import file_facts, matches
from wxlint.conformance.container.model import BuildResult, BuildStatus, Facts, FileStat, ImageInfo
from wxlint.conformance.container.saved_layers import layer_facts
from wxlint.core.errors import UsageError, WxlintError
from wxlint.core.suggest import did_you_mean
from wxlint.inspection.tar import DIRECTORY, FILE
from wxlint.policy.expectations import expected_images

if TYPE_CHECKING:
    from wxlint.inspection.model import Inspection
    from wxlint.inspection.paths import Paths
    from wxlint.policy.contract import Contract
    from wxlint.policy.model import Expectation, Policy

_PASSWD = "etc/passwd"
PREDICTED = "predicted"


class Judged(NamedTuple):
    """One property of the image."""

    check: str
    verdict: Verdict


def names_wanted(policy: Policy) -> frozenset[str]:
    """The last parts of the paths whose content the policy's images are judged by."""
    contracts = [e.contract for e in expected_images(policy) if e.contract is not None]
    rules = [item for contract in contracts for item in (contract.files or {}).items()]
    return frozenset({"passwd", *(path.rpartition("/")[2] for path, rule in rules if rule.content or rule.no_content)})


def expectation_of(policy: Policy, names: Sequence[str], given: str | None = None) -> Expectation:
    """What the policy says of an image.

    Args:
        names: references of the image. given: the policy's own name for it, "asr:cuda", which decides.

    Raises UsageError when it is none of the policy's.
    """
    listed = expected_images(policy)
    known = [e.image for e in listed]
    if given is not None:
        found = [e for e in listed if e.image == given]
        if not found:
            hint = did_you_mean(given, known) or f"; there are {', '.join(known[:10])}"
            raise UsageError(f"{policy.path} has no image {given!r}{hint}")
        return found[0]
    plain = {name.partition("@")[0].removeprefix("docker.io/") for name in names}
    tails = {name.rpartition("/")[2] for name in plain}
    found = (
        [e for e in listed if e.reference in plain]
        or _members(policy, listed, plain)
        or [e for e in listed if e.reference.rpartition("/")[2] in tails or e.image in plain]
    )
    if len({(e.stage, e.variant) for e in found}) != 1:
        raise UsageError(f"which image of {policy.path} {names[0]} is, its name does not say; --as {known[0]} does")
    return found[0]


def policy_of(policies: Sequence[Policy], names: Sequence[str], given: str | None = None) -> tuple[Policy, Expectation]:
    """The one of several policies that has an image, and what it says of it.

    The arguments are those of `expectation_of`. Raises UsageError where none or several have it.
    """
    if len(policies) == 1:
        return policies[0], expectation_of(policies[0], names, given)
    found = []
    for policy in policies:
        with suppress(UsageError):
            found.append((policy, expectation_of(policy, names, given)))
    if len(found) == 1:
        return found[0]
    listed = ", ".join(policy.path for policy, _ in found) or ", ".join(policy.path for policy in policies)
    what = given or names[0]
    why = f"{what} is an image of several policies" if found else f"{what} is an image of none of the policies"
    raise UsageError(f"{why}: {listed}; choose one with --policy{'' if found else ', and say which image with --as'}")


def _members(policy: Policy, listed: Sequence[Expectation], names: Iterable[str]) -> list[Expectation]:
    """The images that whole references say, whose versions and other parts the policy leaves open."""
    if not policy.is_whole:
        return []
    from wxlint.policy.whole_names import whole_member

    found = []
    for name in names:
        folder, slash, last = name.rpartition("/")
        path, _, tag = last.partition(":")
        member = whole_member(policy, folder + slash + path, tag or "latest")
        if member is not None and member.listed:
            found += [e for e in listed if (e.stage, e.variant) == (member.stage, member.variant)]
    return found


def judge_statically(policy: Policy, expectation: Expectation, image: Inspection, predicted: bool) -> list[Judged]:
    """The verdict of every property; those that only a container shows are UNPROVEN, and accepted as such.

    predicted: also hold the image against its Dockerfile where nothing is known of what that makes, which is unproven
    then.
    """
    evidence = _evidence(policy, expectation, image)
    if expectation.contract is not None:
        evidence = _with_contract(evidence, expectation.contract, image.paths)
    judged = [Judged(check.name, judge(check, expectation, evidence)) for check in checks_of(expectation)]
    return [one for one in judged if predicted or one.verdict.message is not Message.NOT_PREDICTED]


def record(policy: Policy, expectation: Expectation, image: Inspection, judged: Judged) -> dict[str, Any]:
    """One property as reports have it."""
    return {
        "policy": policy.path,
        "image": expectation.image,
        "reference": image.reference,
        "digest": image.digest,
        "check": judged.check,
        "verdict": judged.verdict.outcome.value,
        "code": judged.verdict.code,
        "reason": judged.verdict.reason,
        "evidence": dict(judged.verdict.evidence),
        "engine": {"available": False, "reason": "the image was not run"},
    }


def _evidence(policy: Policy, expectation: Expectation, image: Inspection) -> Evidence:
    config = image.config
    labels = config.get("Labels")
    info = ImageInfo(
        image.digest,
        (image.reference,),
        tuple(layer.digest for layer in image.layers),
        sum(layer.bytes for layer in image.layers),
        image.user,
        image.entrypoint,
        tuple(f"{name}={value}" for name, value in image.env.items()),
        {str(name): str(value) for name, value in labels.items()} if isinstance(labels, dict) else {},
        _words(config.get("Cmd")),
        str(config.get("WorkingDir") or ""),
        _keys(config.get("ExposedPorts")),
        _keys(config.get("Volumes")),
    )
    passwd = image.paths.look(_PASSWD) if image.paths is not None else None
    return Evidence(
        BuildResult(expectation.image, BuildStatus.FOUND, image.reference, image.digest),
        info,
        static=layer_facts(image),
        passwd=passwd.data.decode("utf-8", "replace") if passwd is not None and passwd.data is not None else None,
        prediction=_prediction(policy, expectation),
        only_layers=True,
    )


def _prediction(policy: Policy, expectation: Expectation) -> Facts | None:
    """What the repository's Dockerfiles say of an image; None without them."""
    from wxlint.plan.build_plan import make_plan
    from wxlint.plan.predictions import predictions

    try:
        plan = make_plan(policy, select=(expectation.image,), optional=True)
    except WxlintError:
        return None
    found = predictions(policy, plan.steps).get(expectation.image)
    return None if found is None else found._asdict()


def _with_contract(evidence: Evidence, contract: Contract, paths: Paths | None) -> Evidence:
    assert evidence.info is not None
    evidence = evidence._replace(matches=matches(contract, evidence.info))
    if paths is None:
        return evidence
    found = {path: file_facts(rule, _stat(paths, path)) for path, rule in (contract.files or {}).items()}
    return evidence._replace(files=found)


def _stat(paths: Paths, path: str) -> FileStat | None:
    found = paths.look(path)
    if found is None:
        return None
    kind = {FILE: "file", DIRECTORY: "folder"}.get(found.kind, "other")
    unread = "its content was not kept: it is too long, or a link leads to another name" if kind == "file" else ""
    return FileStat(kind, found.mode, found.uid, found.gid, found.data, unread)


def _words(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _keys(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, dict) else ()

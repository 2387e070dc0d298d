"""Verdicts on an image that is missing, blocked, left out or silent; and that nothing expected goes unchecked."""

from __future__ import annotations

import pytest
from judged import BUILT, CPU, CU121, CUDA, ERROR, FAIL, INFO, PASS, SEEN, SKIP, UNPROVEN, probed, verdict

from wxlint.conformance.checks.evidence import Evidence, ProbeFailure, ProbeProblem, ServiceFailure, ServiceProblem
from wxlint.conformance.checks.registry import CHECKS, checks_of, judge
from wxlint.conformance.checks.registry import PROBE as NEEDS_PROBE
from wxlint.conformance.checks.verdict import Outcome
from wxlint.conformance.container.model import BuildResult, BuildStatus, LeftOut, Ran
from wxlint.policy.model import Expectation
from wxlint.rules import rule_names

MISSING = Evidence(BuildResult("asr:cpu", BuildStatus.MISSING, "r/asr:cpu"))
ALONE = frozenset({"asr:cpu"})
"""`exists` of the image is judged beside its other properties."""


def outcomes(expectation: Expectation, seen: Evidence, judged: frozenset[str] = ALONE) -> list[Outcome]:
    return [judge(check, expectation, seen, judged).outcome for check in checks_of(expectation)]


def test_an_image_that_is_not_there_is_one_failure() -> None:
    found = outcomes(CPU, MISSING)
    assert found.count(FAIL) == 1
    assert set(found) == {FAIL, SKIP}


def test_a_property_alone_of_an_image_that_is_not_there_fails() -> None:
    assert set(outcomes(CPU, MISSING, frozenset())) == {FAIL}


def test_an_optional_image_that_is_not_there_is_none() -> None:
    found, reason = verdict("exists", CPU._replace(optional=True), MISSING)
    assert (found, "it is optional" in reason) == (SKIP, True)


def test_a_blocked_image_is_skipped_where_its_base_fails_beside_it_and_fails_where_it_is_alone() -> None:
    seen = Evidence(BuildResult("asr:cpu", BuildStatus.BLOCKED, blocked_by="base:cpu"))
    assert verdict("exists", CPU, seen, frozenset({"base:cpu"})) == (SKIP, "blocked by base:cpu")
    assert verdict("exists", CPU, seen)[0] == FAIL
    assert verdict("torch-channel", CPU, seen, ALONE)[0] == SKIP
    assert verdict("torch-channel", CPU, seen)[0] == FAIL


@pytest.mark.parametrize("status", [BuildStatus.NO_ENGINE, BuildStatus.ENGINE_FAULT, BuildStatus.ABORTED])
def test_what_is_not_the_image_s_fault_is_an_error_with_its_words(status: BuildStatus) -> None:
    seen = Evidence(BuildResult("asr:cuda", status, detail="no space left on device"))
    assert set(outcomes(CUDA, seen, frozenset())) == {ERROR}
    assert all("no space left" in judge(check, CUDA, seen).reason for check in checks_of(CUDA))
    found = outcomes(CUDA, seen, frozenset({"asr:cuda"}))
    assert (found.count(ERROR), set(found)) == (1, {ERROR, SKIP})


def test_an_engine_that_fails_half_way_blames_no_image() -> None:
    seen = SEEN._replace(fault="Cannot connect to the Docker daemon", probe=None, static=None)
    found = {check.name: judge(check, CPU, seen).outcome for check in checks_of(CPU)}
    assert {name for name, outcome in found.items() if outcome != ERROR} == {"exists", "size"}


def test_a_gpu_that_was_asked_for_fails_without_an_image() -> None:
    seen = Evidence(BuildResult("asr:cuda", BuildStatus.NO_ENGINE, detail="no engine"), gpu=True)
    assert verdict("device", CUDA, seen) == (FAIL, "the GPU was to be checked: no engine")


def test_an_image_that_is_left_out_says_so() -> None:
    seen = Evidence(BuildResult("asr:cuda", BuildStatus.LEFT_OUT, "r/asr:cuda", left_out=LeftOut.UNSELECTED))
    found, reason = verdict("exists", CUDA, seen, frozenset({"asr:cuda"}))
    assert (found, "wx_leave leaves it out" in reason) == (SKIP, True)
    assert verdict("device", CUDA, seen, frozenset({"asr:cuda"}))[0] == UNPROVEN


@pytest.mark.parametrize("failure", [each for each in ProbeFailure if each is not ProbeFailure.NO_PYTHON])
@pytest.mark.parametrize("expectation", [CPU, CUDA], ids=["cpu", "cuda"])
def test_a_probe_that_says_nothing_fails_every_property_it_was_to_prove(
    expectation: Expectation, failure: ProbeFailure
) -> None:
    seen = SEEN._replace(probe=None, probe_problem=ProbeProblem(failure), gpu=True)
    for check in checks_of(expectation):
        if NEEDS_PROBE in check.needs:
            assert judge(check, expectation, seen).outcome == FAIL, check.name


def test_nothing_passes_on_an_image_of_which_nothing_was_collected_but_its_name() -> None:
    blind = Evidence(BUILT, INFO)
    passing = {check.name for check in checks_of(CUDA) if judge(check, CUDA, blind).outcome == PASS}
    passing |= {check.name for check in checks_of(CPU) if judge(check, CPU, blind).outcome == PASS}
    assert passing == {"exists", "forbidden-tag", "size"}  # the engine's own word on the image
    assert all(judge(check, CPU, blind).reason for check in checks_of(CPU))


def test_evidence_survives_json() -> None:
    import json

    seen = probed(torch=CU121)._replace(
        build=BuildResult("a", BuildStatus.LEFT_OUT, left_out=LeftOut.OPTIONAL),
        entrypoint=Ran(0, "x", False, 1.0, True),
        service_problem=ServiceProblem(ServiceFailure.NO_COMPOSE, "why"),
        probe_problem=ProbeProblem(ProbeFailure.ENDED, "x"),
        twins=("a",),
    )
    again = Evidence.from_json(json.loads(json.dumps(seen.to_json())))
    assert again == seen
    assert again.build.status is BuildStatus.LEFT_OUT
    assert again.torch == CU121


BOTH = {  # what of an Expectation: the rules that check it in the source; or why none does
    "image": ("missing-stage", "unbuilt-image"),
    "stage": ("missing-stage", "unknown-stage"),
    "variant": ("variant-tag", "missing-stage"),
    "accelerator": ("wrong-base", "cuda-package", "torch-index"),
    "reference": ("unbuilt-image",),
    "tag": ("variant-tag",),
    "dockerfile": ("missing-stage",),
    "context": "where a build takes files from: it is right when the image builds",
    "target": "which stage of the Dockerfile is built: evaluated by every rule, expected by none",
    "build_args": "what a build is given: evaluated by every rule, expected by none",
    "base": ("wrong-base",),
    "upstream": ("base-upstream",),
    "torch": ("torch-index", "torch-without-index"),
    "needs_torch": "a text that installs torch does not prove that it is there in the end, nor the contrary",
    "cuda": ("torch-index",),
    "cudnn": "in the source it is the base's tag, which `upstream` checks, and what torch brings along",
    "gpu_arch": ("gpu-arch",),
    "python": "in the source it is the base's tag, which `upstream` checks",
    "user": "a USER may be set by a base that is not in the repository, and a name may be root's",
    "gpu": ("gpu-reservation",),
    "entrypoint": "it must run",
    "size": "it must be built",
    "cuda_bytes": "it must be built; that there is any is cuda-package's and torch-index's",
    "compose": ("missing-stage",),
    "service": ("missing-stage",),
    "optional": ("missing-stage",),
    "is_base": ("wrong-base", "base-upstream"),
    "forbidden_tags": ("latest-tag",),
    "contract": "it must be built",
    "base_image": ("wrong-base",),
    "channels": ("torch-index", "torch-without-index"),
    "platforms": "for which it is built: evaluated by every rule, expected by none",
}


def test_every_expectation_is_checked_in_the_source_and_in_the_image_or_says_why_not() -> None:
    assert set(BOTH) == set(Expectation._fields)
    checked = {field for check in CHECKS for field in check.fields}
    assert checked == set(Expectation._fields), "fields without a check, or checks of no field"
    named = {name for rules in BOTH.values() if isinstance(rules, tuple) for name in rules}
    assert named <= set(rule_names()), named - set(rule_names())
    assert all(rules for rules in BOTH.values())

"""What code scanning on GitHub takes of a SARIF file: results of a run, places of a result, the size of the file.

https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support, as of 2026-11-29.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

from wxlint.core.findings import Finding, Severity, Span
from wxlint.core.reasons import Reason
from wxlint.output import Options, Report, render

RESULTS, PLACES, BYTES = 25_000, 1_000, 10_000_000


def finding(number: int, severity: Severity, because: tuple[Reason, ...] = ()) -> Finding:
    span = Span(f"services/service-{number}/Dockerfile", number % 90 + 1, 6, number % 90 + 1, 40)
    text = f"service-{number}:cuda starts from acme/base-{number}:cpu, and the policy allows acme/base:cuda"
    return Finding(rule="wrong-base", severity=severity, span=span, message=text, because=because)


def run_of(*findings: Finding) -> tuple[dict[str, Any], str]:
    text = "".join(render("sarif", Report(findings), Options()))
    (run,) = json.loads(text)["runs"]
    return run, text


def test_a_run_has_no_more_results_than_are_taken_and_says_what_is_left_out() -> None:
    many = [finding(number, Severity.INFO) for number in range(RESULTS)]
    run, text = run_of(*many, finding(1, Severity.ERROR), finding(2, Severity.WARNING))
    assert len(run["results"]) == RESULTS
    assert [one["level"] for one in run["results"][-3:]] == ["note", "error", "warning"]
    (said,) = run["invocations"][0]["toolExecutionNotifications"]
    assert said["level"] == "error" and said["message"]["text"].startswith("2 findings of the least severity")
    assert len(gzip.compress(text.encode())) < BYTES


def test_a_run_that_is_just_small_enough_is_whole() -> None:
    run, _ = run_of(*(finding(number, Severity.INFO) for number in range(RESULTS)))
    assert len(run["results"]) == RESULTS and "toolExecutionNotifications" not in run["invocations"][0]


def test_a_result_has_one_place_and_no_more_related_ones_than_are_taken() -> None:
    because = tuple(Reason("build", f"docker build {n}", "build.sh", n + 1) for n in range(PLACES + 5))
    run, _ = run_of(finding(1, Severity.ERROR, because))
    (result,) = run["results"]
    assert len(result["locations"]) == 1 and len(result["relatedLocations"]) == PLACES

"""The library: what another program may rely on. Everything here is typed, and changes only with a major version.

    from wxlint import api

    report = api.check(["docker/"])
    for finding in report.findings:
        print(finding.span.path, finding.span.line, finding.rule, finding.message)

Nothing else of the package is public: other modules change without notice. Errors are `WxlintError`s with a text for
people; `UsageError`, `InputError` and `PolicyError` are its kinds. No code of a checked repository is run.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError as InputError
from wxlint.core.errors import PolicyError as PolicyError
from wxlint.core.errors import UsageError as UsageError
from wxlint.core.errors import WxlintError as WxlintError
from wxlint.core.findings import Finding as Finding
from wxlint.core.findings import Severity as Severity
from wxlint.core.findings import Span as Span
from wxlint.core.fix import Edit as Edit
from wxlint.core.fix import Fix as Fix
from wxlint.images.graph.pictures.summary import Belief as Belief
from wxlint.output import Report as Report
from wxlint.output import Summary as Summary

if TYPE_CHECKING:
    from wxlint.inspection.model import Inspection as Inspection
    from wxlint.lint.inputs import Gathered
    from wxlint.policy.model import Policy as Policy

__all__ = [
    "Belief",
    "Edit",
    "Finding",
    "Fix",
    "InputError",
    "PolicyError",
    "Report",
    "Severity",
    "Span",
    "Summary",
    "UsageError",
    "WxlintError",
    "check",
    "images",
    "inspect",
    "load_policy",
]

StrPath = str | os.PathLike[str]


def check(
    paths: Iterable[StrPath] = (),
    *,
    policy: StrPath | Sequence[StrPath] | None = None,
    use_policy: bool = True,
    select: Iterable[str] = (),
    ignore: Iterable[str] = (),
    texts: Mapping[str, str] | None = None,
    fixes: bool = False,
) -> Report:
    """Run the rules, as `wxlint check` does.

    Args:
        paths: files and folders; none for the root of the policy, else the working folder.
        policy: the policy file, or those of several families: each file is under the one whose root is the nearest
            above it. Without one, each file is under the policy that is found from it upward.
        use_policy: False for none.
        select: the rules that run; all when empty.
        ignore: rules that do not.
        texts: what stands for the contents of files, by path as findings show it: the buffers of an editor.
        fixes: look for the fix of each finding. What would do harm is found out only by `wxlint check --fix`.

    Raises WxlintError. A file that cannot be read is in `summary.problems`.
    """
    from wxlint.lint import run

    reports = []
    for gathered in _gathered(paths, policy, use_policy, texts):
        options = run.CheckOptions(
            frozenset(select) or None, frozenset(ignore), gathered.scope, gathered.followed, gathered.notes, jobs=1
        )
        report = run.check(gathered.repository, options._replace(left_out=gathered.families))
        if fixes:
            from wxlint.fixes.propose import with_fixes

            report = report._replace(findings=with_fixes(report.findings, gathered.repository))
        reports.append(report)
    if len(reports) == 1:
        return reports[0]
    from wxlint.lint.families import together

    return together(reports)


def images(
    paths: Iterable[StrPath] = (), *, policy: StrPath | Sequence[StrPath] | None = None, use_policy: bool = True
) -> tuple[Belief, ...]:
    """What is known of every image that the Dockerfiles can build, as `wxlint images` shows it. Raises WxlintError."""
    from wxlint.images.graph.pictures.summary import beliefs_of

    families = _gathered(paths, policy, use_policy, None, only=True)
    return tuple(belief for one in families for belief in beliefs_of(one.repository, one.scope))


def inspect(image: StrPath, *, platform: str = "") -> Inspection:
    """Look into a saved image, an OCI layout, or an image of the docker engine, without running it.

    Args:
        platform: of an index, such as "linux/arm64"; this machine's when empty.

    Raises WxlintError.
    """
    from wxlint.inspection.inspector import run_inspect

    return run_inspect(os.fspath(image), platform=platform)


def load_policy(path: StrPath) -> Policy:
    """Read a policy. Raises PolicyError with every problem, each with its place; InputError when it cannot be read."""
    from wxlint.documents.source import read
    from wxlint.policy import load

    return load.load_policy(read(Path(path), os.fspath(path)), Path(path))


def _gathered(
    paths: Iterable[StrPath],
    policy: StrPath | Sequence[StrPath] | None,
    use_policy: bool,
    texts: Mapping[str, str] | None,
    *,
    only: bool = False,
) -> list[Gathered]:
    """What the paths name, family by family."""
    from wxlint.documents.source import Source
    from wxlint.lint.families import every_family

    named: Sequence[str] = [os.fspath(path) for path in paths]
    if "-" in named:
        raise UsageError("`-` names standard input on a command line only; see `texts`")
    given = [policy] if isinstance(policy, (str, os.PathLike)) else policy or ()
    policies = [os.fspath(one) for one in given]
    sources = {path: Source(path, text.replace("\r\n", "\n")) for path, text in (texts or {}).items()}
    return every_family(named, policies, no_policy=not use_policy, only=only, texts=sources)

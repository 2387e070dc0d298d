"""What is asserted of an image's configuration, files, commands and packages, as `expect` lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from wxlint.conformance.checks.evidence import Evidence
from wxlint.conformance.checks.messages import Message
from wxlint.conformance.checks.predicted import allows
from wxlint.conformance.checks.verdict import Verdict, failed, passed, unproven
from wxlint.conformance.container.model import Facts, ImageInfo
from wxlint.inspection.file_kinds import normal

if TYPE_CHECKING:
    from wxlint.policy.contract import CommandCheck, Contract, FileRule, TextRule
    from wxlint.policy.model import Expectation


_SHOWN = 10
"""Differences that a reason lists."""


def _contract(expectation: Expectation) -> Contract:
    assert expectation.contract is not None
    return expectation.contract


def _info(evidence: Evidence) -> ImageInfo:
    assert evidence.info is not None
    return evidence.info


def _verdict(
    wrong: Sequence[str], held: str, left: Sequence[str] = (), facts: Mapping[str, Any] | None = None
) -> Verdict:
    """What is wrong is a failure, what is left open is unproven, nothing of both is a pass."""
    if wrong:
        shown = "; ".join(wrong[:_SHOWN]) + (f" and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else "")
        return failed(Message.CONTRACT_BROKEN, wrong=shown).given({"wrong": list(wrong), **(facts or {})})
    if left:
        return unproven(Message.CONTRACT_OPEN, left="; ".join(left)).given(facts or {})
    return passed(Message.CONTRACT_HOLDS, held=held).given(facts or {})


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'} as expected"


def files(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Each file is there or not, with its permissions, owner and content; links are followed."""
    wrong: list[str] = []
    left: list[str] = []
    rules = _contract(expectation).files or {}
    seen = evidence.files or {}
    for path, rule in rules.items():
        if path not in seen:
            left.append(f"{path} was not looked at")
            continue
        for text, known in _file(path, rule, seen[path]):
            (wrong if known else left).append(text)
    return _verdict(wrong, _count(len(rules), "path"), left, {"files": seen})


def _file(path: str, rule: FileRule, found: Facts | None) -> Iterator[tuple[str, bool]]:
    """(what is wrong, whether that is certain)"""
    if found is None:
        if rule.present:
            yield f"{path} is missing", True
        return
    if not rule.present:
        yield f"{path} is there", True
        return
    mode = f"{found['mode'] & 0o7777:04o}"
    if rule.mode is not None and mode != rule.mode.zfill(4):
        yield f"{path} has mode {mode}, not {rule.mode.zfill(4)}", True
    owner = f"{found['uid']}:{found['gid']}"
    if rule.owner is not None and rule.owner not in (owner, owner.partition(":")[0]):
        yield f"{path} belongs to {owner}, not {rule.owner}", True
    for wanted, patterns in ((True, rule.content), (False, rule.no_content)):
        for pattern in patterns:
            has = (found.get("found") or {}).get(pattern)
            if has is None:
                yield (
                    f"whether {pattern!r} is in {path} is not known: {found.get('unread') or 'no answer in time'}",
                    False,
                )
            elif has is not wanted:
                yield f"{path}: {pattern!r} is {'not ' if wanted else ''}in it", True


def env(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Variables of ENV."""
    values = dict(pair.partition("=")[::2] for pair in _info(evidence).env)
    return _settings(_contract(expectation).env or {}, values, evidence, "variable")


def labels(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Labels of the image."""
    return _settings(_contract(expectation).labels or {}, _info(evidence).labels, evidence, "label")


def _settings(rules: Mapping[str, TextRule], values: Mapping[str, str], evidence: Evidence, what: str) -> Verdict:
    wrong: list[str] = []
    left: list[str] = []
    for name, rule in rules.items():
        value = values.get(name)
        if value is None:
            if rule.present:
                wrong.append(f"{name} is not set")
        elif not rule.present:
            wrong.append(f"{name} is set")
        elif rule.value is not None and value != rule.value:
            wrong.append(f"{name} is {value!r}, not {rule.value!r}")
        elif rule.pattern is not None:
            has = evidence.matches.get(f"{what} {name}")
            if has is None:
                left.append(f"whether {rule.pattern!r} is in {name} is not known in time")
            elif not has:
                wrong.append(f"{name} is {value!r}, without {rule.pattern!r}")
    return _verdict(wrong, _count(len(rules), what), left)


def workdir(expectation: Expectation, evidence: Evidence) -> Verdict:
    """WORKDIR; none is the root folder."""
    has, wanted = _info(evidence).workdir or "/", str(_contract(expectation).workdir)
    return _verdict(
        [] if has.rstrip("/") == wanted.rstrip("/") else [f"WORKDIR is {has}, not {wanted}"], f"WORKDIR {has}"
    )


def ports(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Exposed ports."""
    return _present(_contract(expectation).ports or {}, _info(evidence).ports, "port", "exposed")


def volumes(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Volumes."""
    return _present(_contract(expectation).volumes or {}, _info(evidence).volumes, "volume", "a volume")


def _present(rules: Mapping[str, bool], has: Iterable[str], what: str, word: str) -> Verdict:
    there = set(has)
    wrong = [
        f"{name} is {'not ' if wanted else ''}{word}" for name, wanted in rules.items() if (name in there) is not wanted
    ]
    return _verdict(wrong, _count(len(rules), what), facts={what + "s": sorted(there)})


def cmd(expectation: Expectation, evidence: Evidence) -> Verdict:
    """CMD, word by word."""
    return _words("CMD", _contract(expectation).cmd or (), _info(evidence).cmd)


def exec_form(expectation: Expectation, evidence: Evidence) -> Verdict:
    """ENTRYPOINT, word by word."""
    return _words("ENTRYPOINT", _contract(expectation).exec or (), _info(evidence).entrypoint)


def _words(keyword: str, wanted: tuple[str, ...], has: tuple[str, ...]) -> Verdict:
    same = [] if wanted == has else [f"{keyword} is {list(has)}, not {list(wanted)}"]
    return _verdict(same, f"{keyword} {list(has)}")


def packages(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Python distributions in the releases that are allowed."""
    listed = evidence.installed
    rules = _contract(expectation).packages or {}
    if listed is None:
        if evidence.probe is not None:
            return failed(Message.DISTRIBUTIONS_UNLISTED, why=evidence.probe.get("distributions"))
        listed = []  # without Python
    versions = {normal(str(one["name"])): str(one["version"]) for one in listed if one.get("name")}
    wrong: list[str] = []
    left: list[str] = []
    for name, specifier in rules.items():
        has = versions.get(normal(name))
        if specifier is None:
            wrong += [f"{name} {has} is installed"] if has is not None else []
        elif has is None:
            wrong.append(f"{name} is not installed")
        elif specifier and (fits := allows(specifier, has)) is not True:
            (left if fits is None else wrong).append(f"{name} is {has}, not {specifier}")
    return _verdict(wrong, _count(len(rules), "distribution"), left)


def commands(expectation: Expectation, evidence: Evidence) -> Verdict:
    """Each command ends as expected, with what is expected in its output."""
    wrong: list[str] = []
    left: list[str] = []
    checks = _contract(expectation).commands or ()
    for check, ran in zip(checks, evidence.commands or ()):
        for text, known in _command(check, ran):
            (wrong if known else left).append(f"{check.name}: {text}")
    return _verdict(wrong, _count(len(checks), "command"), left, {"commands": list(evidence.commands or ())})


def _command(check: CommandCheck, ran: Facts) -> Iterator[tuple[str, bool]]:
    """(what is wrong, whether that is certain)"""
    if ran["timed_out"]:
        yield f"not done after {check.timeout:g} seconds", True
        return
    if ran["code"] != check.exit_code:
        said = str(ran["stderr"] or ran["stdout"]).strip()[-300:]
        yield f"exit code {ran['code']}, not {check.exit_code}" + (f" ({said})" if said else ""), True
    for stream in ("stdout", "stderr"):
        for wanted, patterns in ((True, getattr(check, stream)), (False, getattr(check, f"no_{stream}"))):
            for pattern in patterns:
                has = ran["found"].get(f"{stream} {pattern}")
                if has is None:
                    yield f"whether {pattern!r} is in {stream} is not known in time", False
                elif has is not wanted:
                    yield f"{pattern!r} is {'not ' if wanted else ''}in {stream}", True

"""The commands about built images: inspect, plan, build, sweep. Each returns its exit code."""

from __future__ import annotations

import argparse
import os
import re
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.cli.arguments import names
from wxlint.cli.exit_codes import FAILED, FOUND, OK
from wxlint.cli.policies import one_policy, policies_of
from wxlint.cli.streams import progress_line, say, write, write_lines
from wxlint.core.errors import UsageError
from wxlint.core.reading import working_folder

if TYPE_CHECKING:
    from wxlint.inspection.layers import Wanted
    from wxlint.inspection.model import Inspection
    from wxlint.inspection.stores import Store
    from wxlint.inspection.streams import RawFile
    from wxlint.plan.model import Plan
    from wxlint.policy.model import Policy


def inspect(arguments: argparse.Namespace) -> int:
    """Show what an image holds, and compare it with what was expected."""
    from wxlint.core.escape import escape_json, escape_lines
    from wxlint.inspection.inspector import run_inspect
    from wxlint.inspection.report import Limits, check_expect, check_limits, render_text, to_json

    working_folder()
    limits = Limits(_size(arguments, "max_size"), _size(arguments, "max_cuda_size"), arguments.no_hidden_cuda)
    judges = arguments.policy is not None or arguments.predicted
    if not judges and (arguments.image_of or arguments.report or arguments.allow):
        raise UsageError("--as, --report and --allow are of use with --policy or --predicted only")
    policies = policies_of(arguments.policy) if judges else []
    wanted = None
    if policies:
        from wxlint.conformance.statically import names_wanted

        wanted = frozenset().union(*map(names_wanted, policies))
    found = run_inspect(
        arguments.image,
        arguments.expect,
        lambda name: _saved(arguments.engine or "docker", name),
        tuple(_dockerfiles(arguments.dockerfile)),
        wanted,
        remote=None if arguments.engine else lambda name: _remote(name, arguments, wanted),
        platform=arguments.platform,
    )
    wrong = []
    if arguments.expect:
        wrong += [f" is not {arguments.expect}: {reason}" for reason in check_expect(found, arguments.expect)]
    wrong += [f": {reason}" for reason in check_limits(found, limits)]
    text = escape_json(to_json(found)) if arguments.format == "json" else escape_lines(render_text(found))
    write([text if text.endswith("\n") else text + "\n"])
    say(f"wxlint: {arguments.image}{reason}" for reason in wrong)
    kept = not policies or _judge(policies, found, arguments)
    return OK if kept and not wrong else FOUND


def diff(arguments: argparse.Namespace) -> int:
    """Show what changed from one image to another."""
    from wxlint.core.escape import escape_json
    from wxlint.inspection.difference import changes, failures, render
    from wxlint.inspection.inspector import run_inspect

    working_folder()
    old, new = (
        run_inspect(
            name,
            engine=lambda one: _saved(arguments.engine or "docker", one),
            remote=None if arguments.engine else lambda one: _remote(one, arguments, None),
            platform=arguments.platform,
        )
        for name in (arguments.old, arguments.new)
    )
    text = render(old, new, arguments.format)
    write([(escape_json(text) if arguments.format == "json" else text) + "\n"])
    wrong = failures(changes(old, new), arguments.fail_on)
    say(f"wxlint: {one.what}: {one.old} -> {one.new}" for one in wrong)
    return FOUND if wrong else OK


@contextmanager
def _saved(program: str, name: str) -> Iterator[RawFile]:
    """An image of an engine as a stream, with a word on how far it is read."""
    from wxlint.inspection.docker_save import saved

    line = progress_line()
    try:
        with saved(program, [name]) as stream:
            yield stream if line is None else line.of_stream(stream)
    finally:
        if line is not None:
            line.end()


_SCHEME = "docker://"
"""What skopeo writes before the name of an image in its registry."""


def _remote(name: str, arguments: argparse.Namespace, wanted: Wanted) -> Store | None:
    """The store of an image in a registry; None for one that the engine has, or whose name has no host.

    `docker://NAME`, --insecure and --platform ask the registry whatever the engine has.
    """
    from wxlint.inspection.registry.client import Registry, place_of
    from wxlint.inspection.registry.store import RegistryStore

    asked = name.startswith(_SCHEME)
    plain = name.removeprefix(_SCHEME)
    place = place_of(plain) or (place_of(f"docker.io/{plain}") if asked else None)
    if place is None and asked:
        raise UsageError(f"{name!r} is not the name of an image in a registry")
    if place is None:
        return None
    if not asked and not arguments.insecure and not arguments.platform and _engine_has(plain):
        say([f"wxlint: {plain} is the engine's; {_SCHEME}{plain} is the one in its registry"])
        return None
    return RegistryStore(Registry(place, arguments.insecure), wanted)


def _engine_has(name: str) -> bool:
    from wxlint.core import processes
    from wxlint.core.errors import EngineError

    try:
        return not processes.run(["docker", "image", "inspect", "--format", "{{.Id}}", "--", name], timeout=10).code
    except EngineError:  # docker is not installed
        return False


def _size(arguments: argparse.Namespace, name: str) -> int | None:
    """Bytes of an option such as 1.8GB."""
    from wxlint.policy.from_data import bytes_of

    text = getattr(arguments, name)
    if text is not None and not re.fullmatch(r"\d{1,9}(?:\.\d{1,3})? ?(?:[kMGT]?B|[KMGT]iB)|\d{1,15}", text, re.ASCII):
        raise UsageError(f"--{name.replace('_', '-')} {text!r}: allowed are sizes such as 1.8GB, 500MiB, or bytes")
    return int(text) if text is not None and text.isdigit() else bytes_of(text)


def _judge(policies: Sequence[Policy], image: Inspection, arguments: argparse.Namespace) -> bool:
    """Whether an image is as its policy says; what is not, and what its layers do not show, is said."""
    from wxlint.conformance.checks.messages import Message
    from wxlint.conformance.plugin.allowances import read_allowances
    from wxlint.conformance.plugin.report import write_report
    from wxlint.conformance.statically import PREDICTED, judge_statically, policy_of, record

    allowed = read_allowances(arguments.allow)
    names = (image.reference, arguments.image.removeprefix(_SCHEME))
    policy, expectation = policy_of(policies, names, arguments.image_of)
    judged = judge_statically(policy, expectation, image, arguments.predicted)
    if arguments.policy is None:
        judged = [one for one in judged if one.check == PREDICTED]
    open_ = [one.check for one in judged if one.verdict.message is Message.NEEDS_RUN]
    shown = [one for one in judged if one.check not in open_]
    say(
        f"wxlint: {expectation.image}: {one.verdict.outcome.value:8} {one.check}: {one.verdict.reason}" for one in shown
    )
    if open_:
        say([f"wxlint: {expectation.image}: not judged, since the image was not run: {', '.join(open_)}"])
    if arguments.report:
        write_report(arguments.report, [record(policy, expectation, image, one) for one in judged], keep=[policy.path])
    return all(allowed.accept(one.check, one.verdict) for one in judged)


def _dockerfiles(given: list[str]) -> Iterator[tuple[str, list[tuple[str, str, int]]]]:
    """The Dockerfiles named, else those of the repository around the working folder; of no other folder below it."""
    from wxlint.core.errors import InputError
    from wxlint.discovery.find_files import discover
    from wxlint.documents.dockerfile.reader import read_dockerfile
    from wxlint.documents.source import read
    from wxlint.lint.inputs import is_repository, repository_root
    from wxlint.policy.find import find_policy

    root = repository_root(Path.cwd())
    inside = is_repository(root) or find_policy(Path.cwd()) is not None
    below = [root] if inside else [path for path in Path.cwd().glob("*Dockerfile*") if path.is_file()]
    paths = [Path(p) for p in given] or [f.path for f in discover(below).files if f.kind == "dockerfile"]
    for path in paths:
        try:
            source = read(path, str(path))
        except InputError:
            if given:
                raise
            continue
        yield os.path.relpath(path), [(i.keyword, i.text, i.line) for i in read_dockerfile(source).instructions]


def plan(arguments: argparse.Namespace) -> int:
    """Show the build plan in one of its formats, or write it to a file; those of several families not as a script."""
    from wxlint.plan.formats import JOINED, render_plan, render_plans

    working_folder()
    plans = _plans(arguments)
    if len(plans) == 1:
        text = render_plan(plans[0], arguments.format, arguments.script, _command_line(arguments))
    else:
        if arguments.format not in JOINED:
            order = ", then ".join(plan.family for plan in plans)
            why = f"a script is of one family (to be run in this order: {order})"
            one_policy(policies_of(arguments.policy, arguments.paths), why)
        text = render_plans(plans, arguments.format, _command_line(arguments))
    if arguments.output in (None, "-"):
        write([text])
    else:
        from wxlint.core.writing import write_file

        sources = [os.path.join(one.root, step.dockerfile) for one in plans for step in one.steps]
        write_file(arguments.output, [text], keep=[*(one.policy for one in plans), *sources])
    return OK


def build(arguments: argparse.Namespace) -> int:
    """Build the images of the plans; what is done is said as it comes, the results in the end."""
    from wxlint.conformance.container.build_report import failures, line, summary
    from wxlint.conformance.container.builder import build
    from wxlint.conformance.container.model import BuildStatus
    from wxlint.conformance.plugin.reaper import watched

    working_folder()
    plans = _plans(arguments)
    code = OK
    with watched(arguments.engine) as engine:
        for plan in plans:
            results = build(plan, engine, arguments.mode, arguments.jobs, lambda image, text: say([f"{image}: {text}"]))
            width = max((len(step.image) for step in plan.steps), default=0)
            for step in plan.steps:
                shown = f"{step.image:{width}}  {line(results[step.image])}"
                write_lines([f"{shown}  {step.reference}" if results[step.image].ok else shown])
            write_lines(
                [f"{plan.family}: {summary(results.values())}" if len(plans) > 1 else summary(results.values())]
            )
            say(failures(results.values()))
            missing = [image for image, result in results.items() if result.status is BuildStatus.MISSING]
            if missing:
                own = f"--policy {plan.policy} " if len(plans) > 1 else ""
                say([f"to build what is missing: wxlint build {own}--select {','.join(missing)}"])
            faulty = any(result.status is BuildStatus.ENGINE_FAULT for result in results.values())
            good = all(result.ok for result in results.values())
            code = max(code, FAILED if faulty else OK if good else FOUND)
    return code


def report(arguments: argparse.Namespace) -> int:
    """Join reports, and judge what they show together."""
    import json

    from wxlint.conformance.merge import left_open, merge, read_report, split
    from wxlint.conformance.plugin.allowances import read_allowances
    from wxlint.core.escape import escape_json

    if not arguments.merge:
        raise UsageError("give --merge FILE... or --html FILE")
    allowed = read_allowances(arguments.allow)
    merged = merge([read_report(path) for path in arguments.merge])
    text = escape_json(json.dumps(merged, indent=2)) + "\n"
    if arguments.output in (None, "-"):
        write([text])
    else:
        from wxlint.core.writing import write_file

        write_file(arguments.output, [text])
    wrong = left_open(merged, allowed)
    say(f"wxlint: {line}" for line in wrong)
    several = split(merged)
    say(f"wxlint: {name}: the runs looked at different images of this name" for name in several)
    return FOUND if wrong or several or not merged["images"] else OK


def sweep(arguments: argparse.Namespace) -> int:
    """Remove what sessions that no longer run have left in the engine, or say what would be removed."""
    from wxlint.conformance.container.engine import Engine
    from wxlint.conformance.plugin.sweep import sweep

    working_folder()
    swept = sweep(Engine(arguments.engine), everything=arguments.all, dry_run=arguments.dry_run)
    verb = "would remove" if arguments.dry_run else "removed"
    lines = [f"{verb} {kind[:-1]} {name}" for kind in swept._fields[:5] for name in getattr(swept, kind)]
    lines += [f"left alone: session {name} is running" for name in swept.living]
    write_lines(lines or ["nothing was left behind"])
    return OK


def _plans(arguments: argparse.Namespace) -> list[Plan]:
    """The plans that the arguments choose; what else has to be there for them is said."""
    from wxlint.plan.families import make_plans

    plans = make_plans(
        policies_of(arguments.policy, arguments.paths),
        select=names(arguments.select),
        variant=arguments.variant,
        optional=arguments.optional,
        args=_pairs(arguments.build_arg, "--build-arg"),
        parts=_pairs(arguments.part, "--part"),
        registry=arguments.registry,
        env=os.environ,
    )
    made = {step.reference for plan in plans for step in plan.steps}
    for plan in plans:
        if plan.idle_args:
            say([f"wxlint: {plan.policy}: no Dockerfile declares the build argument {', '.join(plan.idle_args)}"])
        for name in plan.others:
            if name not in made:
                users = ", ".join(step.image for step in plan.steps if name in step.external)
                why = f"{plan.policy} has it under other-images, so that it is not in the plan"
                say([f"wxlint: {users}: built from {name}, which has to be there: {why}"])
    return plans


def _pairs(given: Sequence[str], option: str) -> dict[str, str]:
    pairs = [item.partition("=") for item in given]
    if any(not name or not equals for name, equals, _ in pairs):
        raise UsageError(f"{option} takes NAME=VALUE")
    return {name: value for name, _, value in pairs}


def _command_line(arguments: argparse.Namespace) -> str:
    """The command line that makes this plan again."""
    words = ["wxlint", "plan"]
    for option in ("policy", "select", "variant", "optional", "registry", "build_arg", "part", "format", "script"):
        given = getattr(arguments, option)
        for value in given if isinstance(given, list) else [given] if given else []:
            words += [f"--{option.replace('_', '-')}", *([] if value is True else [value])]
    return shlex.join([*words, *arguments.paths])

"""The commands about built images: inspect, plan, build, sweep. Each gives what to print, and the exit code; cli.py prints."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.core.errors import UsageError
from wxlint.core.tuples import NamedTuple

if TYPE_CHECKING:
    from wxlint.plan.build_plan import Plan
    from wxlint.policy.model import Policy


class Answer(NamedTuple):
    """text: for standard output. said: for standard error. code: the exit code."""

    text: str
    said: tuple[str, ...] = ()
    code: int = 0


def add(name: str, parser: argparse.ArgumentParser) -> None:
    """The arguments of a command."""
    {"inspect": _inspect_options, "plan": _print_options, "build": _build_options, "sweep": _sweep_options}[name](
        parser
    )


def _inspect_options(inspect: argparse.ArgumentParser) -> None:
    inspect.add_argument(
        "image", metavar="IMAGE", help="an image of the engine, a saved image, or an OCI layout folder; #NAME selects"
    )
    inspect.add_argument("--format", choices=("text", "json"), default="text")
    inspect.add_argument("--expect", metavar="cpu|cuda|cuda:X.Y", help="exit 1 when the image contradicts this")
    inspect.add_argument("--engine", default="docker", choices=("docker", "podman"), help="for an image by name")
    inspect.add_argument(
        "--dockerfile", action="append", default=[], metavar="FILE", help="where its layers may come from"
    )
    inspect.set_defaults(answer=_inspect)


def _print_options(plan: argparse.ArgumentParser) -> None:
    _plan_options(plan)
    plan.add_argument("--format", default="text", metavar="text|json|bake|sh|bat|mermaid")
    plan.add_argument("--script", metavar="PATH", help="where a sh or bat file will lie, from the root")
    plan.set_defaults(answer=_plan)


def _build_options(build: argparse.ArgumentParser) -> None:
    _plan_options(build)
    build.add_argument(
        "--mode", choices=("auto", "always", "never"), default="auto", help="auto: what is missing or changed"
    )
    build.add_argument(
        "--jobs", type=int, default=0, metavar="N", help="builds at the same time (default: by the machine)"
    )
    build.add_argument("--engine", default="docker", choices=("docker", "podman"))
    build.set_defaults(answer=_build)


def _sweep_options(sweep: argparse.ArgumentParser) -> None:
    sweep.add_argument("--engine", default="docker", choices=("docker", "podman"))
    sweep.add_argument("--all", action="store_true", help="of living sessions too")
    sweep.set_defaults(answer=_sweep)


def _plan_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", metavar="FILE")
    parser.add_argument(
        "--select", action="append", default=[], metavar="IMAGE,...", help="these, and what they are built from"
    )
    parser.add_argument("--variant", metavar="NAME")
    parser.add_argument("--optional", action="store_true", help="images that the policy calls optional, too")
    parser.add_argument("--registry", metavar="NAME")
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")


def _inspect(arguments: argparse.Namespace, _: Callable[[str, str], None]) -> Answer:
    from wxlint.inspection.docker_save import saved
    from wxlint.inspection.inspector import run_inspect
    from wxlint.inspection.report import check_expect, render_text, to_json

    found = run_inspect(
        arguments.image,
        arguments.expect,
        lambda name: saved(arguments.engine, [name]),
        tuple(_dockerfiles(arguments.dockerfile)),
    )
    wrong = check_expect(found, arguments.expect) if arguments.expect else []
    text = to_json(found) if arguments.format == "json" else render_text(found)
    said = tuple(f"wxlint: {arguments.image} is not {arguments.expect}: {reason}" for reason in wrong)
    return Answer(text if text.endswith("\n") else text + "\n", said, 1 if wrong else 0)


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


def _make(arguments: argparse.Namespace) -> Plan:
    from wxlint.plan.build_plan import make_plan

    pairs = [item.partition("=") for item in arguments.build_arg]
    if any(not equals for _, equals, _ in pairs):
        raise UsageError("--build-arg takes NAME=VALUE")
    return make_plan(
        _policy(arguments.policy),
        select=[name for item in arguments.select for name in item.split(",") if name],
        variant=arguments.variant,
        optional=arguments.optional,
        args={name: value for name, _, value in pairs},
        registry=arguments.registry,
        env=os.environ,
    )


def _policy(given: str | None) -> Policy:
    from wxlint.documents.source import read
    from wxlint.policy.find import find_policy
    from wxlint.policy.load import load_policy

    path = Path(given) if given else find_policy(Path.cwd())
    if path is None:
        raise UsageError("no policy found from here up; give one with --policy")
    return load_policy(read(path, str(path)), path)


def _plan(arguments: argparse.Namespace, _: Callable[[str, str], None]) -> Answer:
    from wxlint.plan.formats import render_plan

    return Answer(render_plan(_make(arguments), arguments.format, arguments.script, _command(arguments)))


def _command(arguments: argparse.Namespace) -> str:
    """The command line that makes this plan again."""
    words = ["wxlint", "plan"]
    for option in ("policy", "select", "variant", "optional", "registry", "build_arg", "format", "script"):
        given = getattr(arguments, option)
        for value in given if isinstance(given, list) else [given] if given else []:
            words += [f"--{option.replace('_', '-')}", *([] if value is True else [value])]
    return shlex.join(words)


def _build(arguments: argparse.Namespace, progress: Callable[[str, str], None]) -> Answer:
    from wxlint.conformance.container.builder import BLOCKED, BUILT, FAILED, MISSING, build, failures, summary
    from wxlint.conformance.container.engine import Engine
    from wxlint.core.escape import escape

    plan = _make(arguments)
    results = build(plan, Engine(arguments.engine), arguments.mode, arguments.jobs, progress)
    width = max((len(step.image) for step in plan.steps), default=0)
    lines = []
    for step in plan.steps:
        result = results[step.image]
        what = (
            f"{result.status} in {result.seconds:.0f} s"
            if result.status in (BUILT, FAILED)
            else result.reason
            if result.status == BLOCKED
            else result.status
        )
        lines.append(
            f"{step.image:{width}}  {what}  {step.reference}" if result.ok else f"{step.image:{width}}  {what}"
        )
    said = [escape(line) for line in failures(results.values())]
    missing = [image for image, result in results.items() if result.status == MISSING]
    if missing:
        said.append(f"to build what is missing: wxlint build --select {','.join(missing)}")
    text = "".join(escape(line) + "\n" for line in (*lines, summary(results.values())))
    return Answer(text, tuple(said), 0 if all(r.ok for r in results.values()) else 1)


def _sweep(arguments: argparse.Namespace, _: Callable[[str, str], None]) -> Answer:
    from wxlint.conformance.container.engine import Engine
    from wxlint.conformance.plugin.workspace import sweep

    swept = sweep(Engine(arguments.engine), everything=arguments.all)
    lines = [f"removed {kind[:-1]} {name}" for kind in swept._fields[:5] for name in getattr(swept, kind)]
    lines += [f"left alone: session {name} is running" for name in swept.living]
    return Answer("".join(f"{line}\n" for line in lines or ["nothing was left behind"]))

"""The arguments of every command."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Sequence
from typing import NoReturn

from wxlint import __version__
from wxlint.cli.exit_codes import FAILED
from wxlint.cli.shared_arguments import add_engine, add_inputs, add_policies, add_selection, add_text_or_json
from wxlint.cli.streams import say
from wxlint.core.findings import Severity

LEVELS = {severity.label: severity for severity in Severity}

_CHECK = """Check Dockerfiles, compose files and scripts against the image policy.

A folder is searched; one that holds a family's Dockerfiles brings in the compose files and scripts that
the policy names. Findings are limited to the files and folders given; the rest of the repository is context.
`-` reads standard input. No path: the policy's root, or the current folder."""


def parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse the words of a command line. Raises SystemExit where argparse has an answer itself: --help, an error."""
    name = words[0] if words else ""
    if name not in _COMMANDS:
        return _parser_of_all(words).parse_args(words)
    command = _Parser(prog=f"wxlint {name}", formatter_class=_Formatter)
    _COMMANDS[name][1](command)
    command.set_defaults(command=name)
    return command.parse_args(words[1:])


def _parser_of_all(words: Sequence[str]) -> argparse.ArgumentParser:
    """The parser of all commands, which takes longer to make than many a check: for a line that begins with none."""
    parser = _Parser(
        prog="wxlint",
        description="One image policy, checked in the source and in the image.",
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action="version", version=f"wxlint {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="wxlint", dest="command")
    for name, (summary, add_arguments) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, formatter_class=_Formatter)
        if name in words:
            add_arguments(command)
    return parser


class _Parser(argparse.ArgumentParser):
    """A parser whose messages are escaped: a hook passes the names of files as arguments."""

    def error(self, message: str) -> NoReturn:
        say([*self.format_usage().splitlines(), f"{self.prog}: error: {message}"])
        raise SystemExit(FAILED)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse makes one for every argument; to find out the width by itself, it would import half a library."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())


def _width() -> int:
    try:
        return max(int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns, 40) - 2
    except (ValueError, OSError):
        return 78


def count(text: str) -> int:
    """A number from 0 on. Raises ArgumentTypeError for anything else."""
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number; allowed: 0 or more")
    return int(text)


def names(listed: Sequence[str]) -> list[str]:
    """The names of options that may be given several times, and with commas."""
    return [name.strip() for item in listed for name in item.split(",") if name.strip()]


def _check(parser: argparse.ArgumentParser) -> None:
    parser.description = _CHECK
    add_inputs(parser)
    add = parser.add_argument
    add(
        "--format",
        default="text",
        metavar="FORMAT",
        help="text, json, sarif, github, gitlab, junit, checkstyle, rdjson or markdown (default: text)",
    )
    add(
        "--output",
        metavar="[FORMAT:]FILE",
        action="append",
        default=[],
        help="write the findings to FILE instead of standard output; with FORMAT: besides, several times if need be",
    )
    add("--concise", action="store_true", help="one line for each finding")
    add("--statistics", action="store_true", help="how many findings each rule has, at the end")
    add("--select", metavar="RULE,...", action="append", default=[], help="run these rules only")
    add("--ignore", metavar="RULE,...", action="append", default=[], help="leave these rules out")
    add("--only", action="store_true", help="show findings of the given paths only")
    add("--since", metavar="REF", help="show what changed since this commit, and what depends on it, only")
    add("--baseline", metavar="FILE", help="leave out the findings that this file has (see `wxlint baseline`)")
    add(
        "--fail-on",
        choices=tuple(LEVELS),
        default="warning",
        help="exit 1 from this severity on (default: warning)",
    )
    add(
        "--max-unknown",
        type=count,
        metavar="N",
        help="exit 1 when more than N references could not be proven good or bad",
    )
    add(
        "--jobs",
        type=count,
        default=0,
        metavar="N",
        help="processes for hundreds of Dockerfiles without a policy (default: one for each core, up to 4)",
    )
    add("--quiet", "-q", action="store_true", help="findings only, no notes and no summary")
    add("--fix", action="store_true", help="change files: what the source or the policy says is meant")
    add("--unsafe-fixes", action="store_true", help="with --fix or --diff: also what may not be meant")
    add("--diff", action="store_true", help="show what --fix would change as a patch; exit 1 when there is any")


def _baseline(parser: argparse.ArgumentParser) -> None:
    add_inputs(parser)
    add = parser.add_argument
    add("--output", metavar="FILE", default="wxlint-baseline.json", help="where to write (default: %(default)s)")
    add("--select", metavar="RULE,...", action="append", default=[], help="findings of these rules only")
    add("--ignore", metavar="RULE,...", action="append", default=[], help="leave these rules out")


def _images(parser: argparse.ArgumentParser) -> None:
    add_inputs(parser)
    add_text_or_json(parser)
    parser.add_argument("--builds", action="store_true", help="one line for each build that somebody makes")


def _graph(parser: argparse.ArgumentParser) -> None:
    add_inputs(parser)
    parser.add_argument("--format", choices=("text", "mermaid", "dot", "svg", "json"), default="text")
    parser.add_argument("--focus", metavar="IMAGE", help="only what this image stands on, and what stands on it")
    parser.add_argument("--output", metavar="FILE", help="write the picture to FILE instead of standard output")


def _rules(parser: argparse.ArgumentParser) -> None:
    add_text_or_json(parser)


def _explain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rule", metavar="RULE|FILE:LINE|IMAGE")
    where = "where images and files are looked for"
    parser.add_argument("paths", nargs="*", default=[], metavar="PATH", help=where)
    policy = parser.add_mutually_exclusive_group()
    add_policies(policy)
    policy.add_argument("--no-policy", action="store_true")


def _init(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("path", nargs="?", default=".", metavar="FOLDER", help="the root of the repository (default: this folder)")
    add("--output", metavar="FILE", help="where to write it; - for standard output (default: wxlint.yaml there)")
    add("--check", action="store_true", help="write nothing; exit 1 where the policy and the repository part")
    add("--policy", metavar="FILE", help="with --check: the policy (default: found from the folder upward)")
    add("--from-structure-test", metavar="FILE", help="print a container-structure-test file as `expect` instead")


def _lsp(parser: argparse.ArgumentParser) -> None:
    parser.description = "Speak the language server protocol over standard input and output; see docs/editors.md."
    parser.add_argument("--stdio", action="store_true", help="what is done anyway; editors may say it")


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", nargs="?", default="policy", choices=("policy", "report"))


_IMAGE = (
    "an image of the engine or, for a name with a registry's host, of that registry where the engine has none "
    "(docker://NAME: always of the registry), a saved image, a folder "
    "(OCI layout, skopeo's dir), or - for standard input; #NAME selects one of several"
)


def _inspect(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("image", metavar="IMAGE", help=_IMAGE)
    add_text_or_json(parser)
    add("--expect", metavar="cpu|cuda|cuda:X.Y", help="exit 1 when the image contradicts this")
    add("--platform", default="", metavar="OS/ARCH", help="of an index, such as linux/arm64 (default: this machine's)")
    add("--insecure", action="store_true", help="a registry on this machine, without TLS")
    add("--max-size", metavar="SIZE", help="exit 1 when its layers have more than this, such as 1.8GB or 500MiB")
    add("--max-cuda-size", metavar="SIZE", help="exit 1 when there is more CUDA than this in it")
    add("--no-hidden-cuda", action="store_true", help="exit 1 when a lower layer has CUDA that a later one removes")
    add(
        "--policy",
        metavar="FILE",
        action="append",
        help="exit 1 when the image is not as the policy (of several, its own) says, as far as layers show it",
    )
    add("--as", dest="image_of", metavar="NAME", help="which image of the policy it is, such as asr:cuda")
    add("--predicted", action="store_true", help="exit 1 when it is not as `wxlint check` believes")
    add("--allow", metavar="WHAT,...", action="append", default=[], help="what may stay open: unproven:CHECK")
    add("--report", metavar="FILE", help="write the verdicts on the policy as JSON")
    add("--engine", choices=("docker", "podman"), help="take names from this engine only")
    add("--dockerfile", action="append", default=[], metavar="FILE", help="where its layers may come from")


def _plan(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    parser.add_argument("--format", default="text", metavar="text|json|bake|sh|bat|mermaid")
    parser.add_argument("--script", metavar="PATH", help="where a sh or bat file will lie, from the root")
    parser.add_argument("--output", metavar="FILE", help="write the plan to FILE instead of standard output")


def _build(parser: argparse.ArgumentParser) -> None:
    add_selection(parser)
    parser.add_argument(
        "--mode", choices=("auto", "always", "never"), default="auto", help="auto: what is missing or changed"
    )
    parser.add_argument(
        "--jobs", type=int, default=0, metavar="N", help="builds at the same time (default: by the machine)"
    )
    add_engine(parser)


def _sweep(parser: argparse.ArgumentParser) -> None:
    add_engine(parser)
    parser.add_argument("--all", action="store_true", help="of living sessions too")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be removed")


def _diff(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("old", metavar="OLD", help=_IMAGE)
    add("new", metavar="NEW", help="the other one")
    add("--format", choices=("text", "json", "markdown"), default="text")
    add("--fail-on", action="append", default=[], choices=("growth", "build"), help="exit 1 when it grew, or for torch")
    add("--platform", default="", metavar="OS/ARCH", help="of an index (default: this machine's)")
    add("--insecure", action="store_true", help="a registry on this machine, without TLS")
    add("--engine", choices=("docker", "podman"), help="take names from this engine only")


def _report(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--merge", nargs="+", metavar="FILE", help="reports of `pytest --wx-report` on several machines")
    add("--html", metavar="FILE", help="write a page on the repository: images, findings, verdicts, layers")
    add("--verdicts", nargs="+", default=[], metavar="FILE", help="with --html: reports of `pytest --wx-report`")
    add("--inspected", nargs="+", default=[], metavar="FILE", help="with --html: from `wxlint inspect --format json`")
    add(
        "--path",
        action="append",
        default=[],
        metavar="PATH",
        help="with --html: what to check (default: as check)",
    )
    add_policies(parser)
    add(
        "--allow",
        metavar="WHAT,...",
        action="append",
        default=[],
        help="what may stay open: unproven:CHECK, skip:CHECK",
    )
    add("--output", metavar="FILE", help="write the joined report to FILE instead of standard output")


_COMMANDS: dict[str, tuple[str, Callable[[argparse.ArgumentParser], None]]] = {
    "check": ("check Dockerfiles, compose files and scripts against the policy", _check),
    "baseline": ("write down the findings of today, for check --baseline", _baseline),
    "init": ("write the policy that a repository implies", _init),
    "lsp": ("serve an editor: findings, hover, quick fixes", _lsp),
    "images": ("what wxlint believes of every image a Dockerfile can build", _images),
    "rules": ("list the rules", _rules),
    "explain": ("explain a rule, a line of a file, or an image", _explain),
    "graph": ("draw what is built from what, by whom, and who runs it", _graph),
    "schema": ("print a JSON Schema", _schema),
    "inspect": ("look into an image, a saved image or an OCI layout without running it", _inspect),
    "diff": ("what changed from one image to another", _diff),
    "plan": ("print the order in which the family's images are built", _plan),
    "build": ("build the family's images in order", _build),
    "report": ("join the verdicts of several runs, such as those with and without a GPU", _report),
    "sweep": ("remove what a broken test session left in the engine", _sweep),
}

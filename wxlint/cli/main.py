"""The command line: arguments in, exit codes out. The only file that prints.

Exit codes: 0 nothing at or above the threshold; 1 findings; 2 could not do what was asked; 3 a bug in wxlint.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import NoReturn

from wxlint import __version__
from wxlint.core.cache import NO_CACHE, Cache, open_cache
from wxlint.core.errors import InputError, WxlintError
from wxlint.core.findings import Severity

OK, FOUND, FAILED, BUG = 0, 1, 2, 3
_LEVELS = {s.label: s for s in Severity}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; the exit code. Never raises but for SystemExit(2) of argparse."""
    gc.set_threshold(
        1_000_000, 20, 1_000
    )  # a run keeps nearly all it makes, and makes no cycles: looking through it finds nothing
    asked = sys.argv[1:] if argv is None else argv
    arguments = _parser(asked).parse_args(asked)
    try:
        code: int = arguments.run(arguments) if "run" in arguments else _answer(arguments)
    except WxlintError as error:
        _print(
            f"wxlint: error: {line}" if index == 0 else f"  {line}"
            for index, line in enumerate(str(error).splitlines())
        )
        return FAILED
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 - keeps the interpreter's own flush at exit from failing
        return FAILED
    except KeyboardInterrupt:
        return 130
    except Exception:
        import traceback

        traceback.print_exc()
        _print(["wxlint: this is a bug in wxlint, not in what you checked; please report it with the lines above"])
        return BUG
    return code


def program() -> NoReturn:
    """The command `wxlint`: main, and out. A long run's documents are not taken apart one by one: that is a tenth of its time."""
    for number in (signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _ended)
    code = main()
    if "threading" in sys.modules:  # builds and sessions have more to put in order
        sys.exit(code)
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.flush()
    os._exit(code)


def _ended(number: int, _: object) -> NoReturn:
    """Leave by way of everything that puts something in order: other processes, half-written files."""
    raise SystemExit(128 + number)


def _print(lines: Iterable[str]) -> None:
    """Messages for people go to standard error, with nothing in them that a terminal would obey."""
    from wxlint.core.escape import escape

    if sys.stderr is None:
        return
    with suppress(OSError):  # nobody hears it; what was found still decides the exit code
        for line in lines:
            print(escape(line), file=sys.stderr)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """argparse makes one for every argument it is given; finding out the width by itself, it would import half a library."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())


def _width() -> int:
    try:
        return max(int(os.environ.get("COLUMNS", 0)) or os.get_terminal_size().columns, 40) - 2
    except (ValueError, OSError):
        return 78


def _parser(asked: Sequence[str]) -> argparse.ArgumentParser:
    """The parser; a command's own arguments are there when it is among the words that were given."""
    parser = argparse.ArgumentParser(
        prog="wxlint",
        description="One image policy, checked in the source and in the image.",
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action="version", version=f"wxlint {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, prog="wxlint")
    for name, (summary, fill) in _COMMANDS.items():
        command = commands.add_parser(name, help=summary, formatter_class=_Formatter)
        if name in asked:
            fill(name, command)
    return parser


def _check_arguments(_: str, check: argparse.ArgumentParser) -> None:
    check.description = _CHECK
    _inputs(check)
    check.add_argument("--format", default="text", metavar="FORMAT", help="text, json, sarif or github (default: text)")
    check.add_argument("--output", metavar="FILE", help="write the findings to FILE instead of standard output")
    check.add_argument("--select", metavar="RULE,...", action="append", default=[], help="run these rules only")
    check.add_argument("--ignore", metavar="RULE,...", action="append", default=[], help="leave these rules out")
    check.add_argument("--only", action="store_true", help="show findings of the given paths only")
    check.add_argument(
        "--fail-on", choices=tuple(_LEVELS), default="warning", help="exit 1 from this severity on (default: warning)"
    )
    check.add_argument(
        "--max-unknown",
        type=_count,
        metavar="N",
        help="exit 1 when more than N references could not be proven good or bad",
    )
    check.add_argument(
        "--jobs",
        type=_count,
        default=0,
        metavar="N",
        help="processes for hundreds of Dockerfiles without a policy (default: one for each core, up to 4)",
    )
    check.add_argument("--quiet", "-q", action="store_true", help="findings only, no notes and no summary")
    check.set_defaults(run=_check)


def _images_arguments(_: str, images: argparse.ArgumentParser) -> None:
    _inputs(images)
    images.add_argument("--format", choices=("text", "json"), default="text")
    images.set_defaults(run=_images)


def _rules_arguments(_: str, rules: argparse.ArgumentParser) -> None:
    rules.add_argument("--format", choices=("text", "json"), default="text")
    rules.set_defaults(run=_rules)


def _explain_arguments(_: str, explain: argparse.ArgumentParser) -> None:
    explain.add_argument("rule", metavar="RULE")
    explain.set_defaults(run=_explain)


def _schema_arguments(_: str, schema: argparse.ArgumentParser) -> None:
    schema.add_argument("what", nargs="?", default="policy", choices=("policy", "report"))
    schema.set_defaults(run=_schema)


def _about_images(name: str, command: argparse.ArgumentParser) -> None:
    from wxlint.cli.image_commands import add

    add(name, command)


_COMMANDS: dict[str, tuple[str, Callable[[str, argparse.ArgumentParser], None]]] = {
    "check": ("check Dockerfiles, compose files and scripts against the policy", _check_arguments),
    "images": ("what wxlint believes of every image a Dockerfile can build", _images_arguments),
    "rules": ("list the rules", _rules_arguments),
    "explain": ("explain one rule", _explain_arguments),
    "schema": ("print a JSON Schema", _schema_arguments),
    "inspect": ("look into an image, a saved image or an OCI layout without running it", _about_images),
    "plan": ("print the order in which the family's images are built", _about_images),
    "build": ("build the family's images in order", _about_images),
    "sweep": ("remove what a broken test session left in the engine", _about_images),
}

_CHECK = """Check Dockerfiles, compose files and scripts against the image policy.

A folder is searched; one that holds a family's Dockerfiles brings in the compose files and scripts that
the policy names. Findings of files given by name are limited to those; the rest of the repository is context.
`-` reads standard input. No path: the policy's root, or the current folder."""


def _inputs(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("paths", nargs="*", metavar="PATH", help="files or folders; - for standard input")
    parser.add_argument("--stdin-filename", default="", metavar="FILE", help="the file that standard input stands for")
    policy = parser.add_mutually_exclusive_group()
    policy.add_argument(
        "--policy", metavar="FILE", help="the policy file (default: found by walking up from the first path)"
    )
    policy.add_argument("--no-policy", action="store_true", help="use the built-in policy only")
    cache = parser.add_mutually_exclusive_group()
    cache.add_argument(
        "--cache-dir", default="", metavar="DIR", help="where to keep what was read (default: the user's cache folder)"
    )
    cache.add_argument("--no-cache", action="store_true", help="read every file anew, and keep nothing")


def _cache(arguments: argparse.Namespace) -> Cache:
    return (
        NO_CACHE if arguments.no_cache else open_cache(arguments.cache_dir, os.path.dirname(os.path.dirname(__file__)))
    )


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number; allowed: 0 or more")
    return int(text)


def _check(arguments: argparse.Namespace) -> int:
    from wxlint.lint import run as engine
    from wxlint.lint.inputs import gather, read_stdin
    from wxlint.lint.internal_errors import INTERNAL_ERROR
    from wxlint.output import Options, render

    cache = _cache(arguments)
    gathered = gather(
        arguments.paths,
        arguments.policy,
        arguments.no_policy,
        arguments.only,
        read_stdin(arguments.paths, arguments.stdin_filename),
        arguments.stdin_filename,
        cache=cache,
    )
    select = _names(arguments.select)
    options = engine.Options(
        frozenset(select) if select else None,
        frozenset(_names(arguments.ignore)),
        gathered.scope,
        gathered.followed,
        gathered.notes,
        arguments.jobs,
    )
    report = engine.check(gathered.repository, options)
    _write(
        render(arguments.format, report, Options(_colour() and not arguments.output, arguments.quiet)),
        arguments.output,
        keep=(*report.sources, *(item.path for item in gathered.repository.documents.inputs)),
    )
    cache.save()
    if report.summary.problems:
        if arguments.format != "text" or arguments.output:
            _print(f"wxlint: error: {problem}" for problem in report.summary.problems)
        return FAILED
    if INTERNAL_ERROR.id in {finding.rule for finding in report.findings}:
        return BUG
    unknown = report.summary.unknown
    if arguments.max_unknown is not None and unknown > arguments.max_unknown:
        _print(
            [
                f"wxlint: {unknown} references are neither proven good nor bad; --max-unknown allows {arguments.max_unknown}"
            ]
        )
        return FOUND
    return FOUND if any(f.severity >= _LEVELS[arguments.fail_on] for f in report.findings) else OK


def _names(listed: list[str]) -> list[str]:
    return [name.strip() for item in listed for name in item.split(",") if name.strip()]


def _colour() -> bool:
    return (
        sys.stdout is not None
        and sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def _write(pieces: Iterable[str], output: str | None, keep: Iterable[str] = ()) -> None:
    """To standard output, or to a file that is none of `keep`."""
    if output is None or output == "-":
        if sys.stdout is None:
            raise InputError("standard output is closed")
        try:
            for piece in pieces:
                sys.stdout.buffer.write(piece.encode("utf-8", "backslashreplace"))
            sys.stdout.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise InputError(f"standard output: cannot be written: {error.strerror or error}") from error
        return
    from wxlint.core.writing import write_file

    write_file(output, pieces, keep=keep)


def _images(arguments: argparse.Namespace) -> int:
    from wxlint.images.graph.summary import belief_as_json, beliefs_of
    from wxlint.lint.inputs import gather, read_stdin

    stdin = read_stdin(arguments.paths, arguments.stdin_filename)
    cache = _cache(arguments)
    gathered = gather(
        arguments.paths, arguments.policy, arguments.no_policy, True, stdin, arguments.stdin_filename, cache=cache
    )
    found = beliefs_of(gathered.repository, gathered.scope)
    cache.save()
    if arguments.format == "json":
        import json

        _write([json.dumps([belief_as_json(belief) for belief in found], indent=2) + "\n"], None)
    else:
        from wxlint.core.escape import escape

        for belief in found:
            name = f"{belief.path}{f' [{belief.target}]' if belief.target else ''}"
            _write(
                [escape(f"{name}: {belief.variant}, torch {belief.torch}, base {belief.base or 'unknown'}") + "\n"],
                None,
            )
            _write((escape(f"    because {reason.shown(belief.path)}") + "\n" for reason in belief.because), None)
    if gathered.repository.sources.problems:
        _print(f"wxlint: error: {problem.text}" for problem in gathered.repository.sources.problems)
        return FAILED
    return OK


def _rules(arguments: argparse.Namespace) -> int:
    from wxlint.rules import load_rules

    rules = load_rules().values()
    if arguments.format == "json":
        import json

        _write(
            [
                json.dumps(
                    [{"id": r.id, "severity": r.severity.label, "summary": r.summary, "hint": r.hint} for r in rules],
                    indent=2,
                )
                + "\n"
            ],
            None,
        )
    else:
        width = max(len(r.id) for r in rules)
        _write((f"{r.id:{width}}  {r.severity.label:7}  {r.summary}\n" for r in rules), None)
    return OK


def _explain(arguments: argparse.Namespace) -> int:
    from wxlint.lint.run import require_rules
    from wxlint.rules import load_rules

    rules = load_rules()
    require_rules([arguments.rule], rules)
    rule = rules[arguments.rule]
    _write([f"{rule.id} ({rule.severity.label})\n\n{rule.docs}"], None)
    return OK


def _schema(arguments: argparse.Namespace) -> int:
    from wxlint.policy.schema import schema_text

    if arguments.what == "report":
        path = os.path.join(os.path.dirname(os.path.dirname(__file__)), "conformance", "plugin", "report.schema.json")
        with open(path, encoding="utf-8") as file:
            _write([file.read()], None)
    else:
        _write([schema_text()], None)
    return OK


def _answer(arguments: argparse.Namespace) -> int:
    """A command about built images: its progress goes to standard error as it comes."""
    from wxlint.core.reading import working_folder

    working_folder()
    answer = arguments.answer(arguments, lambda image, text: _print([f"{image}: {text}"]))
    _write([answer.text], None)
    _print(answer.said)
    return int(answer.code)

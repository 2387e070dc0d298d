"""The program: a command line in, an exit code out."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from wxlint.cli.arguments import parse
from wxlint.cli.exit_codes import BUG, FAILED, INTERRUPTED
from wxlint.cli.streams import close_output, say_bug, say_error
from wxlint.core.errors import WxlintError

if TYPE_CHECKING:
    import argparse
    from types import FrameType

_MODULES = {
    **dict.fromkeys(("inspect", "diff", "plan", "build", "report", "sweep"), "image_commands"),
    **dict.fromkeys(("graph", "explain", "images"), "graph_commands"),
    "fix": "fix_command",
    "init": "init_command",
    "lsp": "lsp_command",
    "page": "page_command",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command, and return its exit code. Raises nothing but the SystemExit of argparse."""
    arguments = parse(sys.argv[1:] if argv is None else argv)
    try:
        return _command(_name(arguments))(arguments)
    except WxlintError as error:
        say_error(error)
        return FAILED
    except BrokenPipeError:
        close_output()
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        say_bug()
        return BUG


def _name(arguments: argparse.Namespace) -> str:
    """The command that is meant: `check` with an option that changes files is one of its own."""
    name: str = arguments.command
    if name == "report" and arguments.html is not None:
        return "page"
    return "fix" if name == "check" and (arguments.fix or arguments.diff or arguments.unsafe_fixes) else name


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    """The function of a command; its module is imported only now."""
    module = _MODULES.get(name, "commands")
    found: Callable[[argparse.Namespace], int] = getattr(__import__(f"wxlint.cli.{module}", fromlist=[name]), name)
    return found


def program() -> NoReturn:
    """Run the command `wxlint`, and end the process."""
    # A run keeps nearly all that it makes, and makes no cycles: looking for them finds nothing.
    gc.set_threshold(1_000_000, 20, 1_000)
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _end)
    sys.unraisablehook = _send_again
    code = main()
    if sys.argv[1:2] != ["check"]:
        sys.exit(code)
    # Taking the documents of a long check apart one by one would be a tenth of its time.
    if sys.stderr is not None:
        with suppress(OSError):
            sys.stderr.flush()
    os._exit(code)


def _end(number: int, frame: FrameType | None) -> None:
    """Leave by way of everything that puts something in order: other processes, half-written files."""
    if _is_in_set_name(frame):
        _send_soon(number)
    elif number == signal.SIGINT:
        raise KeyboardInterrupt
    else:
        raise SystemExit(128 + number)


def _is_in_set_name(frame: FrameType | None) -> bool:
    """Whether a class is being made there: before Python 3.12 it turns every exception into a RuntimeError."""
    while frame is not None and frame.f_code.co_name != "__set_name__":
        frame = frame.f_back
    return frame is not None


def _send_again(dropped: sys.UnraisableHookArgs) -> None:
    """Send a signal again that came in a destructor or a callback, where Python drops the exception it raises."""
    error = dropped.exc_value
    if isinstance(error, KeyboardInterrupt):
        _send_soon(signal.SIGINT)
    elif isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > 128:
        _send_soon(error.code - 128)
    else:
        sys.__unraisablehook__(dropped)


def _send_soon(number: int) -> None:
    """Send a signal again, though not from here, where its exception would be lost.

    By a timer rather than a thread: `threading` may itself be half imported here.
    """
    if not hasattr(signal, "setitimer"):
        os._exit(128 + number)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), number))
    signal.setitimer(signal.ITIMER_REAL, 0.02)

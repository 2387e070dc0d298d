"""Programs that run another command: `sudo`, `env`, `timeout`, `xargs`, `nice`, … One table, with their options.

Options are those of sudo 1.9, OpenDoas 6.8, GNU coreutils 9, findutils 4.9, util-linux 2.39 and moreutils 0.67, and
those that the manual pages of the others name.
"""

from __future__ import annotations

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Command, Word
from wxlint.shell.options import Option, read_options
from wxlint.shell.values import merged

_MAX_WRAPPERS = 20
"""Of one command line."""
EXECS = frozenset(("-exec", "-execdir", "-ok", "-okdir"))
"""What starts a command among the words of find."""
_ASSIGNMENT = late(r"([A-Za-z_][A-Za-z0-9_]*)=")
_QUOTED = late(r"[\"'\\$]")
_NUMBER = late(r"\d+(?:\.\d+)?[smhd]?")


class _Wrapper(NamedTuple):
    """How a program finds the command it runs.

    valued: its options that take a value. own: how many arguments of its own stand before the command. assigns: whether
    it takes `A=b`. alone: options with which it runs no command.
    """

    valued: frozenset[str] = frozenset()
    own: int = 0
    assigns: bool = False
    alone: frozenset[str] = frozenset()


def _wrapper(valued: str = "", *, own: int = 0, assigns: bool = False, alone: str = "") -> _Wrapper:
    return _Wrapper(frozenset(valued.split()), own, assigns, frozenset(alone.split()))


_PLAIN = _Wrapper()
_TABLE: dict[str, _Wrapper] = {
    "sudo": _wrapper(
        "-u -g -h -p -C -r -t -T -U -D -R --user --group --host --prompt --close-from --role --type --command-timeout"
        " --other-user --chdir --chroot",
        assigns=True,
        alone="-l -e -v -V -K --list --edit --validate --version --remove-timestamp --help",
    ),
    "doas": _wrapper("-u -C", alone="-L -C"),
    "env": _wrapper("-u -C -S --unset --chdir --split-string", assigns=True, alone="--help --version"),
    "time": _wrapper("-f -o --format --output", alone="--help --version -V"),
    "nice": _wrapper("-n --adjustment", alone="--help --version"),
    "ionice": _wrapper("-c -n --class --classdata -p --pid -P --pgid -u --uid", alone="-p --pid -P --pgid -u --uid"),
    "chrt": _wrapper("-T -P -D --sched-runtime --sched-period --sched-deadline", own=1, alone="-p --pid -m --max"),
    "taskset": _wrapper(own=1, alone="-p --pid"),
    "numactl": _wrapper(
        "-i -N -C -m -p -P -w --interleave --cpunodebind --physcpubind --membind --preferred --preferred-many"
        " --weighted-interleave",
        alone="-s -H --show --hardware",
    ),
    "timeout": _wrapper("-s -k --signal --kill-after", own=1, alone="--help --version"),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "xargs": _wrapper(
        "-I -n -P -L -d -a -E -s --max-args --max-procs --max-lines --delimiter --arg-file --eof"
        " --max-chars --process-slot-var"
    ),
    "exec": _wrapper("-a"),
    "find": _PLAIN,
    "command": _wrapper(alone="-v -V"),
    "gosu": _wrapper(own=1),
    "su-exec": _wrapper(own=1),
    "flock": _wrapper("-w -E --timeout --wait --conflict-exit-code", own=1, alone="-u --unlock"),
    "xvfb-run": _wrapper(
        "-e -f -n -p -s -w --error-file --auth-file --server-num --xauth-protocol --server-args --wait"
    ),
    "retry": _wrapper("-t -d -u -w -s -m -x -f --tries --delay --until --while --sleep --min --max --fail --times"),
    "tini": _wrapper("-p -e", alone="-h --version"),
    "dumb-init": _wrapper("-r --rewrite"),
    "strace": _wrapper("-a -b -e -E -I -o -O -p -P -s -S -u -U -X", alone="-p"),
    "setpriv": _wrapper(
        "--ambient-caps --inh-caps --bounding-set --reuid --regid --groups --securebits --pdeathsig"
        " --selinux-label --apparmor-profile"
    ),
    "systemd-run": _wrapper(
        "-p -u -E -H -M --property --unit --setenv --host --machine --slice --description --uid --gid --nice"
        " --working-directory"
    ),
    "caffeinate": _wrapper("-t -w"),
    **dict.fromkeys(
        (
            "builtin busybox catchsegv coproc chronic eatmydata fakeroot linux32 noglob nohup setsid unbuffer winpty"
        ).split(),
        _PLAIN,
    ),
}
_TABLE["sudo-rs"] = _TABLE["sudo"]
NAMES = frozenset(_TABLE)
"""Programs that `unwrap` looks behind."""


def unwrap(command: Command) -> Command:
    """The command inside `sudo -u x`, `env -i A=b`, `xargs -n1`, `timeout -k 5 10m`, …; the command itself without one.

    Assignments given to `env` or `sudo` join `env`. What xargs adds is one unknown word at the end, or in place of its
    `{}`. A wrapper that runs nothing stays as it is: `command -v x`, `sudo -l`.
    """
    for _ in range(_MAX_WRAPPERS):
        words = command.words
        name = words[0].value.text.rpartition("/")[2]
        wrapper = _TABLE.get(name)
        if wrapper is None or len(words) < 2:
            return command
        inner = _inside(command, name, wrapper)
        if inner is None:
            return command
        if words[0].value.because:  # what the number of words rests on
            first = inner.words[0]
            inner = inner._replace(words=(_resting(first, words[0].value.because), *inner.words[1:]))
        command = inner
    return command


def _resting(word: Word, because: tuple[Reason, ...]) -> Word:
    value = word.value
    return word._replace(value=value._replace(because=merged(value.because, because)))


def _inside(command: Command, name: str, wrapper: _Wrapper) -> Command | None:
    """The command that one wrapper runs; None when it runs none, or that is not known."""
    words = list(command.words[1:])
    if name == "find":
        words = _of_find(words)
        return command._replace(words=tuple(words)) if words else None
    env = list(command.env)
    options: list[Option] = []
    for _ in range(_MAX_WRAPPERS):
        read = read_options(words, wrapper.valued, stop=True)
        options.extend(read.options)
        pairs, words = _assigned(read.positional) if wrapper.assigns else ([], read.positional)
        env.extend(pairs)
        if name != "sudo" or not pairs:  # sudo takes options behind assignments
            break
    if any(option.name in wrapper.alone for option in options):
        return None
    words = words[wrapper.own :]
    if name == "retry":
        counted = (at for at, word in enumerate(words) if not _NUMBER.fullmatch(word.value.text))
        words = words[next(counted, len(words)) :]
    elif name == "env":
        env, words = _env(options, command.env, env, words)
    elif name == "xargs":
        words = _xargs(options, words, command.words[-1].end)
    elif name == "flock" and words and words[0].value.text in ("-c", "--command"):
        words = [words[0]._replace(value=Value("sh")), words[0]._replace(value=Value("-c")), *words[1:]]
    return command._replace(words=tuple(words), env=tuple(env)) if words else None


def _env(
    options: list[Option], given: tuple[tuple[str, Value], ...], env: list[tuple[str, Value]], words: list[Word]
) -> tuple[list[tuple[str, Value]], list[Word]]:
    """What `-i`, `-u NAME` and `-S TEXT` of env do to the environment and to the command."""
    added = env[len(given) :]
    kept = list(given)
    for option in options:
        if option.name in ("-i", "--ignore-environment"):
            kept = []
        elif option.name in ("-u", "--unset") and option.value is not None:
            kept = [pair for pair in kept if pair[0] != option.value.text]
        elif option.name in ("-S", "--split-string") and option.value is not None:
            text = option.value
            pieces = (
                [text] if text.holes or _QUOTED.search(text.text) else [Value(piece) for piece in text.text.split()]
            )
            pairs, words = _assigned([*(Word(piece, option.start, option.end, True) for piece in pieces), *words])
            added += pairs
    return [*kept, *added], words


def _assigned(words: list[Word]) -> tuple[list[tuple[str, Value]], list[Word]]:
    """The assignments in front of a command, and the rest."""
    pairs: list[tuple[str, Value]] = []
    for word in words:
        value = word.value
        found = _ASSIGNMENT.match(value.text)
        if found is None:
            break
        pairs.append((found[1], value._replace(text=value.text[found.end() :])))
    return pairs, words[len(pairs) :]


def _of_find(words: list[Word]) -> list[Word]:
    """The first command of `find ... -exec CMD {} \\;`, with what is found unknown."""
    first = next((at + 1 for at, word in enumerate(words) if word.value.text in EXECS), len(words))
    ends = (at for at, word in enumerate(words) if at > first and word.value.text in (";", "+"))
    return [_filled(word, "{}") for word in words[first : next(ends, len(words))]]


def _xargs(options: list[Option], words: list[Word], end: int) -> list[Word]:
    """The command of xargs with the unknown words that it adds."""
    mark = ""
    for option in options:
        if option.name == "-I" and option.value is not None:
            mark = option.value.text
        elif option.name in ("-i", "--replace"):
            mark = option.value.text if option.value is not None else "{}"
    if not words:
        return []
    if mark:
        return [_filled(word, mark) for word in words]
    return [*words, Word(Value(HOLE, ("xargs",)), end, end, False)]


def _filled(word: Word, mark: str) -> Word:
    """A word of the command of `xargs -I`, with the mark unknown."""
    text = word.value.text
    if mark not in text or word.value.holes:
        return word
    return word._replace(value=Value(text.replace(mark, HOLE), ("xargs",) * text.count(mark), word.value.because))

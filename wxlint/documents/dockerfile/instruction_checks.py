"""What BuildKit refuses of one instruction: its flags, how many arguments it has, and their form.

One function for each kind of instruction; what needs the other instructions of the file is in `validation`.
"""

from __future__ import annotations

from collections.abc import Sequence

from wxlint.core.patterns import late
from wxlint.documents.dockerfile.flags import Refusal, flag_refusal, word_problem
from wxlint.documents.dockerfile.reader import Instruction, split_head
from wxlint.documents.dockerfile.words import SPACE, json_words, listed_words, pairs, words

_STAGE_NAME = late(r"[a-z][a-z0-9_.-]*")
_PORT = late(r"(\d+)(?:-(\d+))?(?:/(?:tcp|udp|sctp)?)?", 2)  # re.IGNORECASE
_SIGNALS = frozenset(
    "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT RTMIN RTMAX SEGV STKFLT STOP SYS"
    " TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ".split()
)
_REALTIME = late(r"RTMIN\+(?:[1-9]|1[0-5])|RTMAX-(?:[1-9]|1[0-4])")
_FREE = frozenset(("RUN", "CMD", "ENTRYPOINT"))
"""Their arguments are a shell's, unless they are a list."""
_TRIGGERS_REFUSED = {
    "ONBUILD": "ONBUILD cannot hold another ONBUILD",
    "FROM": "FROM cannot be a trigger of ONBUILD",
    "MAINTAINER": "MAINTAINER cannot be a trigger of ONBUILD",
}


def refusal_of(instruction: Instruction, escape: str) -> Refusal | None:
    """What is wrong with a known instruction; None when nothing is."""
    if instruction.flags:
        refusal = flag_refusal(instruction)
        if refusal:
            return refusal
    keyword, at = instruction.keyword, instruction.args_at
    if keyword in _FREE and instruction.text[at : at + 1] != "[":
        return None
    return _CHECKS[keyword](instruction, escape)


def _whole(instruction: Instruction, message: str) -> Refusal:
    return Refusal(0, len(instruction.keyword), message)


def _words_refusal(instruction: Instruction, spans: Sequence[tuple[int, int]], escape: str) -> Refusal | None:
    """The first of some words that cannot be expanded."""
    for start, end in spans:
        problem = word_problem(instruction.text[start:end], escape)
        if problem:
            return Refusal(start, end, f"{instruction.keyword}: {problem}")
    return None


def _shell_or_list(instruction: Instruction, escape: str) -> Refusal | None:
    if instruction.args.startswith("[") and _not_strings(instruction.args):
        return _whole(instruction, f"{instruction.keyword}: a JSON array holds something else than strings")
    return None


def _not_strings(args: str) -> bool:
    """Whether the arguments are a JSON array that BuildKit refuses; what is no JSON it reads as a shell's words."""
    import json

    try:
        found = json.loads(args)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, list) and not all(isinstance(item, str) for item in found)


def _from(instruction: Instruction, escape: str) -> Refusal | None:
    text = instruction.text
    spans = listed_words(text, instruction.args_at)
    if len(spans) not in (1, 3) or (len(spans) == 3 and text[slice(*spans[1])].lower() != "as"):
        return _whole(instruction, "FROM takes an image, or an image AS a name")
    if len(spans) == 3 and not _STAGE_NAME.fullmatch(text[slice(*spans[2])].lower()):
        name = text[slice(*spans[2])]
        return Refusal(*spans[2], f"{name} is no name of a stage: a letter, then letters, digits, `_`, `.` and `-`")
    return _words_refusal(instruction, spans[:1], escape)


def _copy(instruction: Instruction, escape: str) -> Refusal | None:
    keyword, args = instruction.keyword, instruction.args
    listed = json_words(args) if args.startswith("[") else None
    if listed is None:
        refusal = _shell_or_list(instruction, escape)
        if refusal:
            return refusal
        spans = listed_words(instruction.text, instruction.args_at)
        listed = [instruction.text[start:end] for start, end in spans]
        refusal = _words_refusal(instruction, spans, escape)
    else:
        problem = next(filter(None, [word_problem(word, escape) for word in listed]), "")
        refusal = _whole(instruction, f"{keyword}: {problem}") if problem else None
    if len(listed) < 2:
        return _whole(instruction, f"{keyword} takes at least a source and a destination")
    if instruction.heredocs and listed[-1].lstrip("0123456789").startswith("<<"):
        return _whole(instruction, f"{keyword}: a heredoc cannot be the destination")
    return refusal


def _pairs(instruction: Instruction, escape: str) -> Refusal | None:
    keyword, text = instruction.keyword, instruction.text
    spans = words(text, instruction.args_at, escape)
    if not spans:
        return _whole(instruction, f"{keyword} has no argument")
    if "=" not in text[slice(*spans[0])]:
        if len(listed_words(text, instruction.args_at)) == 1:
            return _whole(instruction, f"{keyword} must have two arguments")
    else:
        for start, end in spans:
            word = text[start:end]
            if "=" not in word:
                message = f"{keyword}: there is no = in {word}; it takes name=value pairs"
                return _whole(instruction, message)
            if word.startswith("="):
                return Refusal(start, end, f"{keyword}: a name is missing before the =")
    for pair in pairs(text, instruction.args_at, escape):
        problem = word_problem(pair.name, escape) or word_problem(pair.value or "", escape)
        if problem:
            return Refusal(pair.start, pair.end, f"{keyword}: {problem}")
    return None


def _arg(instruction: Instruction, escape: str) -> Refusal | None:
    found = pairs(instruction.text, instruction.args_at, escape, old_form=False)
    if not found:
        return _whole(instruction, "ARG has no argument")
    for pair in found:
        if not pair.name:
            return Refusal(pair.start, pair.end, "ARG: a name is missing before the =")
        problem = word_problem(pair.value or "", escape)
        if problem:
            return Refusal(pair.start, pair.end, f"ARG: {problem}")
    return None


def _one(instruction: Instruction, escape: str) -> Refusal | None:
    """WORKDIR, USER, STOPSIGNAL: all of the line is one word."""
    text, at = instruction.text, instruction.args_at
    if not text[at:].strip(SPACE):
        return _whole(instruction, f"{instruction.keyword} has no argument")
    refusal = _words_refusal(instruction, [(at, len(text))], escape)
    if refusal is None and instruction.keyword == "STOPSIGNAL" and not _is_signal(text[at:]):
        return Refusal(at, len(text), f"STOPSIGNAL: there is no signal {text[at:]}")
    return refusal


def _is_signal(text: str) -> bool:
    if any(char in text for char in "$'\"\\`"):
        return True  # its value is not looked at
    name = text.upper().removeprefix("SIG")
    return name in _SIGNALS or _REALTIME.fullmatch(name) is not None or (text.lstrip("+-").isdigit() and int(text) != 0)


def _some(instruction: Instruction, escape: str) -> Refusal | None:
    """EXPOSE and VOLUME: a list of words."""
    keyword, args = instruction.keyword, instruction.args
    if not args.strip(SPACE):
        return _whole(instruction, f"{keyword} has no argument")
    if keyword == "VOLUME" and args.startswith("["):
        listed = json_words(args)
        if listed is not None:
            problem = next(filter(None, [word_problem(word, escape) for word in listed]), "")
            if not listed or not all(word.strip(SPACE) for word in listed):
                return _whole(instruction, "VOLUME: a path is empty, or there is none")
            return _whole(instruction, f"VOLUME: {problem}") if problem else None
        refusal = _shell_or_list(instruction, escape)
        if refusal:
            return refusal
    spans = listed_words(instruction.text, instruction.args_at)
    return _words_refusal(instruction, spans, escape) or (
        _port_refusal(instruction, spans) if keyword == "EXPOSE" else None
    )


def _port_refusal(instruction: Instruction, spans: Sequence[tuple[int, int]]) -> Refusal | None:
    for start, end in spans:
        word = instruction.text[start:end]
        if any(char in word for char in "$'\"\\`:"):
            continue
        match = _PORT.fullmatch(word)
        low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not low <= high < 65536:
            return Refusal(start, end, f"EXPOSE: {word} is no port, such as 80, 80/udp or 8000-8010")
    return None


def _maintainer(instruction: Instruction, escape: str) -> Refusal | None:
    return None if instruction.args.strip(SPACE) else _whole(instruction, "MAINTAINER has no argument")


def _shell(instruction: Instruction, escape: str) -> Refusal | None:
    refusal = _shell_or_list(instruction, escape)
    if refusal or json_words(instruction.args):
        return refusal
    return _whole(instruction, 'SHELL takes a JSON array, such as ["/bin/bash", "-c"]')


def _healthcheck(instruction: Instruction, escape: str) -> Refusal | None:
    kind, _, command = _split_first(instruction.args)
    if kind.upper() == "NONE":
        return _whole(instruction, "HEALTHCHECK NONE takes no arguments") if command else None
    if kind.upper() != "CMD":
        return _whole(instruction, "HEALTHCHECK takes NONE, or CMD and a command")
    if not command or json_words(command) == []:
        return _whole(instruction, "HEALTHCHECK CMD has no command")
    if command.startswith("[") and _not_strings(command):
        return _whole(instruction, "HEALTHCHECK: a JSON array holds something else than strings")
    return None


def _split_first(args: str) -> tuple[str, int, str]:
    """The first word, the offset of what follows, and what follows."""
    args = args.strip(SPACE)
    end = next((at for at, char in enumerate(args) if char in SPACE), len(args))
    rest = args[end:].lstrip(SPACE)
    return args[:end], len(args) - len(rest), rest


def onbuild_trigger(instruction: Instruction, escape: str) -> Instruction | None:
    """The instruction that an ONBUILD holds, with its offsets in the ONBUILD's text; None when it holds none."""
    keyword, args_at, flags = split_head(instruction.args, escape)
    if not keyword:
        return None
    shift = instruction.args_at
    moved = tuple([flag._replace(start=flag.start + shift, end=flag.end + shift) for flag in flags])
    return instruction._replace(keyword=keyword, args_at=shift + args_at, flags=moved)


def _onbuild(instruction: Instruction, escape: str) -> Refusal | None:
    trigger = onbuild_trigger(instruction, escape)
    if trigger is None:
        return _whole(instruction, "ONBUILD has no argument")
    if trigger.keyword in _TRIGGERS_REFUSED:
        return _whole(instruction, _TRIGGERS_REFUSED[trigger.keyword])
    if trigger.keyword not in _CHECKS:
        return _whole(instruction, f"ONBUILD: unknown instruction {trigger.keyword}")
    refusal = refusal_of(trigger, escape)
    return refusal._replace(message=f"ONBUILD {refusal.message}") if refusal else None


_CHECKS = {
    "ADD": _copy,
    "ARG": _arg,
    "CMD": _shell_or_list,
    "COPY": _copy,
    "ENTRYPOINT": _shell_or_list,
    "ENV": _pairs,
    "EXPOSE": _some,
    "FROM": _from,
    "HEALTHCHECK": _healthcheck,
    "LABEL": _pairs,
    "MAINTAINER": _maintainer,
    "ONBUILD": _onbuild,
    "RUN": _shell_or_list,
    "SHELL": _shell,
    "STOPSIGNAL": _one,
    "USER": _one,
    "VOLUME": _some,
    "WORKDIR": _one,
}

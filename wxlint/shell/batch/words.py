"""Batch text after `%X%` was replaced: words, redirections, and parts of values, each with its place in the source."""

from __future__ import annotations

import re
from bisect import bisect_right

from wxlint.core.patterns import late
from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.model import Redirect, Word
from wxlint.shell.values import ROOT, hole, merged, relative

_OUTSIDE = late(r"[^ \t\n\r<>\"^\\]+")
_INSIDE = late(r"[^\"\\]+")
_REDIRECT = late(r"\d?(?:>>|>|<)(?:&\d)?")


class Expanded:
    """A text after `%X%` was replaced, with where each stretch of it came from."""

    def __init__(self) -> None:
        self.text = ""
        self.starts: list[int] = []
        self.origins: list[tuple[int, int, bool, Value]] = []

    def add(self, value: Value, start: int, end: int, plain: bool) -> None:
        if value.text or not plain:
            self.starts.append(len(self.text))
            self.origins.append((start, end, plain, value))
            self.text += value.text

    def place(self, index: int, last: bool = False) -> int:
        """The offset in the source of a character; last: of the end of it."""
        if not self.starts:
            return 0
        number = max(bisect_right(self.starts, index) - 1, 0)
        start, end, plain, _ = self.origins[number]
        return start + index - self.starts[number] + last if plain else end if last else start

    def value(self, first: int, last: int, text: str) -> Value:
        """A value of (most of) the characters from first to last."""
        low = max(bisect_right(self.starts, first) - 1, 0)
        holes: tuple[str, ...] = ()
        because: tuple[Reason, ...] = ()
        for number in range(low, len(self.starts)):
            begin = self.starts[number]
            if begin >= last and begin > first:
                break
            value = self.origins[number][3]
            if value.because:
                because = merged(because, value.because)
            if value.holes:
                skipped = value.text[: max(first - begin, 0)].count(HOLE)
                holes += value.holes[skipped : skipped + value.text[max(first - begin, 0) : last - begin].count(HOLE)]
        if text.count(HOLE) != len(holes):
            return hole(text.replace(HOLE, "?"))
        return Value(text, holes, because)


def split_words(expanded: Expanded) -> tuple[list[Word], list[Redirect]]:
    """The words of a command line as a C program gets them, and its redirections."""
    text = expanded.text
    found: list[Word] = []
    redirects: list[Redirect] = []
    operator: tuple[str, int] | None = None
    at, size = 0, len(text)
    while at < size:
        char = text[at]
        if char in " \t\n\r" or (char == "^" and text[at + 1 : at + 2] == "\n"):
            at += 2 if char == "^" else 1
            continue
        match = _REDIRECT.match(text, at)
        if match:
            if "&" in match[0]:
                place = Word(
                    Value(match[0][-1]), expanded.place(match.end() - 1), expanded.place(match.end() - 1, True), False
                )
                redirects.append(
                    Redirect(match[0][:-1], place, expanded.place(at), expanded.place(match.end() - 1, True))
                )
            else:
                operator = (match[0], at)
            at = match.end()
            continue
        first = at
        at, written, quoted = _word(text, at)
        if at == first:
            at += 1
            continue
        value = expanded.value(first, at, written)
        if not value.text and not quoted:
            continue
        word = Word(value, expanded.place(first), expanded.place(at - 1, True), quoted)
        if operator is not None:
            redirects.append(Redirect(operator[0], word, expanded.place(operator[1]), word.end))
            operator = None
        else:
            found.append(word)
    return found, redirects


def _word(text: str, at: int) -> tuple[int, str, bool]:
    """The word that begins at a character: where it ends, its text without quotes and carets, and whether any of it
    was quoted."""
    out: list[str] = []
    inside = quoted = False
    size = len(text)
    while at < size:
        run = (_INSIDE if inside else _OUTSIDE).match(text, at)
        if run:
            out.append(run[0])
            at = run.end()
            continue
        char = text[at]
        if char == "\\" and text[at + 1 : at + 2] == '"':
            out.append('"')
            at += 2
            continue
        if char == '"':
            inside, quoted = not inside, True
        elif not inside and (char in " \t\n\r<>"):
            break
        elif char == "^" and not inside:
            if at + 1 < size and text[at + 1] != "\n":
                out.append(text[at + 1])
            elif at + 1 < size:
                break
            at += 2
            continue
        else:
            out.append(char)
        at += 1
    return min(at, size), "".join(out), quoted


def modified(value: Value, how: str, raw: str) -> Value:
    """`%~nx1`, `%%~dpi`: quotes off, and parts of a path."""
    if not how:
        return value
    text = value.text.strip('"').replace("\\", "/") if len(how) > 1 else value.text.strip('"')
    letters = how[1:].lower()
    if not letters or letters == "f":
        return value._replace(text=text)
    if value.holes:
        return hole(raw)
    head, slash, tail = text.rpartition("/")
    stem, dot, extension = tail.rpartition(".")
    out = ""
    if "p" in letters or "d" in letters:
        if "p" not in letters:
            return hole(raw)
        out = head + slash if slash else "./"
    if "n" in letters:
        out += stem if dot else tail
    if "x" in letters:
        out += dot + extension if dot else ""
    return value._replace(text=out)


def own_path(script: str, how: str, raw: str) -> Value:
    """`%~dp0`, `%~nx0`: the absolute path of the script itself, or parts of it. script: empty where it is not known."""
    letters = set(how[1:].lower())
    if not script or not letters or letters & set("atz"):
        return hole(raw)
    value = modified(Value(script), how, raw)
    if value.holes or not letters & set("pf") or value.text.startswith("/"):
        return value
    return Value(f"{HOLE}/{value.text.removeprefix('./')}", (ROOT,))


def seen_from(value: Value, cwd: Value | None) -> Value:
    """A word with its path below the folder that paths are relative to as a command in `cwd` sees it."""
    if ROOT not in value.holes:
        return value
    value = relative(value, cwd)
    return value._replace(text=value.text.replace("\\", "/").removeprefix("./") or ".")


def _cut_below_root(text: str, edit: str) -> str | None:
    """What an edit leaves of a path whose start is not known; None where it is not known. Its slashes are backslashes
    as cmd.exe has them."""
    known = text[1:].replace("/", "\\")
    if edit in ("\\=/", "/=\\"):
        return text
    match = re.fullmatch(r"~(?:0,)?-(\d{1,4})", edit)
    if match is None or not 0 < int(match[1]) <= len(known):
        return None
    return text[: -int(match[1])] if edit.startswith("~0,") else known[-int(match[1]) :]


def edited(value: Value, edit: str, raw: str) -> Value:
    """`%X:a=b%` and `%X:~0,3%`."""
    if value.holes == (ROOT,) and value.text.startswith(HOLE):
        cut = _cut_below_root(value.text, edit)
        return hole(raw) if cut is None else Value(cut, (ROOT,) * cut.count(HOLE), value.because)
    if value.holes:
        return hole(raw)
    if edit.startswith("~"):
        match = re.fullmatch(r"~(-?\d{1,6})(?:,(-?\d{1,6}))?", edit)
        if not match:
            return hole(raw)
        text = value.text[int(match[1]) :]
        return value._replace(text=text if match[2] is None else text[: int(match[2])])
    old, equals, new = edit.partition("=")
    if not equals or not old or old.startswith("*") or "%" in edit or "!" in edit:
        return hole(raw)
    return value._replace(text=re.sub(re.escape(old), lambda _: new, value.text, flags=re.I))


_STARTERS = ("cmd", "cmd.exe", "start")
_MOST_STARTERS = 5
_SIGN = late(r"(&&|\|\||[&|])")


def inner_commands(words: list[Word]) -> list[tuple[str, list[Word]]]:
    """The commands that `cmd /c` and `start` run, each with the sign in front of it; the words themselves where there
    is none."""
    found = [("", words)]
    for _ in range(_MOST_STARTERS):
        first = found[0][1][0].value.text.lower()
        if len(found) > 1 or first not in _STARTERS:
            break
        words = _inner(first.removesuffix(".exe"), words)
        quoted = len(words) == 1 and first != "start" and " " in words[0].value.text.strip()
        found = _divided(words[0]) if quoted else [("", words)]  # cmd /c "docker push x"
        words = found[0][1]
    return found


def _inner(first: str, words: list[Word]) -> list[Word]:
    at = 1
    if first == "cmd":
        while at < len(words) and words[at].value.text[:1] == "/":
            at += 1
            if words[at - 1].value.text[:2].lower() in ("/c", "/k"):
                break
        else:
            return words
        return words[at:] or words
    if at < len(words) and words[at].quoted:  # the title of the window
        at += 1
    while at < len(words) and words[at].value.text[:1] == "/":
        at += 2 if words[at].value.text.lower() in ("/d", "/node", "/affinity") else 1
    return words[at:] or words


def _divided(word: Word) -> list[tuple[str, list[Word]]]:
    """The commands of a line that was quoted as a whole, each with the sign in front of it."""
    names = iter(word.value.holes)
    found: list[tuple[str, list[Word]]] = []
    sign = ""
    for text in _SIGN.split(word.value.text):
        if _SIGN.fullmatch(text):
            sign = text
            continue
        values = [
            Value(piece, tuple([next(names, "") for _ in range(piece.count(HOLE))]), word.value.because)
            for piece in text.split()
        ]
        if values:
            found.append((sign, [word._replace(value=value) for value in values]))
    return found or [("", [word])]

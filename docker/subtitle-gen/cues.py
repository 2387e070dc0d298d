"""Subtitles that a viewer can read, from the lines of a transcript.

A cue has at most two lines of 42 characters, stands for 1 to 7 seconds, asks for at most 20 characters a second where
the next cue leaves the time for it, and ends a little before the next begins. Lines are split at words, by the times
of the words where they are known, and by their lengths where not; scripts without spaces at characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from stagekit.transcript import Region, Segment, Word, overlap

WIDTH = 42  # characters of a line, as broadcasters commonly allow
LINES = 2
SHORTEST, LONGEST = 1.0, 7.0  # seconds
SPEED = 20.0  # characters a second
GAP = 0.08  # seconds between two cues: two frames at 25 a second
PAUSE = 1.0  # seconds of silence that end a cue

# Scripts that put no spaces between words: Han, kana, Thai, Lao, Khmer, Burmese, Tibetan.
_UNSPACED = "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# What may not begin a line: closing marks, small kana, marks that stand on the letter before.
_CLOSING = (
    r"!%),.:;?\]}¢°·’”‰′″›℃、。々〉》」』】〕ぁぃぅぇぉっゃゅょァィゥェォッャュョー！％），．：；？］｝～♪"
    "\u0e30-\u0e3a\u0e45-\u0e4e"
)
_TOKEN = re.compile(rf"[{_UNSPACED}][{_CLOSING}]*|[^\s{_UNSPACED}]+(?:[{_CLOSING}]+)?|[{_CLOSING}]+")
_SENTENCE_END = re.compile(r"[.!?…。！？]['\"”’」』)]*$")


class Cue(NamedTuple):
    """What stands on the screen: times in seconds, and one or two lines."""

    start: float
    end: float
    lines: tuple[str, ...]

    @property
    def length(self) -> int:
        """Characters that a viewer reads."""
        return sum(map(len, self.lines))


class Made(NamedTuple):
    """The cues, and how many lines of the transcript had times that were mended."""

    cues: tuple[Cue, ...]
    mended: int


class _Token(NamedTuple):
    """A word or character, with its time, whether a space stands before it, and whether a cue must begin with it."""

    start: float
    end: float
    text: str
    spaced: bool
    first: bool


def cues(segments: Iterable[Segment], songs: Sequence[Region] = ()) -> Made:
    """The subtitles of a transcript. What is sung stands between notes; a new speaker's words begin with a dash."""
    ordered, mended = _in_order(segments)
    made = [_laid_out(tokens) for tokens in _groups(list(_tokens(ordered, songs)))]
    return Made(tuple(_timed(made)), mended)


def _in_order(segments: Iterable[Segment]) -> tuple[list[Segment], int]:
    """The lines that say something, by time; inverted times are swapped, overlaps cut. Second: how many that were."""
    said = [segment for segment in segments if segment.text.strip()]
    upright = [_upright(segment) for segment in said]
    mended = sum(one is not other for one, other in zip(said, upright, strict=True))
    ordered: list[Segment] = []
    for segment in sorted(upright):
        if ordered and segment.start < ordered[-1].end:
            mended += 1
            before = ordered[-1]
            if segment.start > before.start:
                kept = before.words if all(word.end <= segment.start for word in before.words) else ()
                ordered[-1] = before._replace(end=segment.start, words=kept)
            else:  # both begin at once: one after the other
                segment = segment._replace(start=before.end, end=max(before.end, segment.end), words=())
        ordered.append(segment)
    return ordered, mended


def _upright(segment: Segment) -> Segment:
    """The line with its start before its end."""
    if segment.start <= segment.end:
        return segment
    return segment._replace(start=segment.end, end=segment.start, words=())


def _tokens(segments: Sequence[Segment], songs: Sequence[Region]) -> Iterator[_Token]:
    """All words (or characters) of the lines with their times."""
    speaker = ""
    for segment in segments:
        words = segment.words if _whole(segment) else _spread(segment)
        sung = sum(max(0.0, overlap(segment, song)) for song in songs) > (segment.end - segment.start) / 2
        for number, word in enumerate(words):
            who = word.speaker or segment.speaker
            changed = bool(who) and bool(speaker) and who != speaker
            speaker = who or speaker
            text = word.text
            if sung:
                text = ("♪ " if number == 0 else "") + text + (" ♪" if number == len(words) - 1 else "")
            if changed:
                text = f"- {text}"
            spaced = number > 0 and not (_unspaced(words[number - 1].text[-1]) and _unspaced(word.text[0]))
            for at, part in enumerate(_parts(text)):
                yield _Token(word.start, word.end, part, spaced and at == 0, at == 0 and (changed or number == 0))


def _whole(segment: Segment) -> bool:
    """Whether the words of a line are all of its text, in order of time."""
    said = re.sub(r"\s", "", "".join(word.text for word in segment.words))
    times = [time for word in segment.words for time in (word.start, word.end)]
    return bool(said) and said == re.sub(r"\s", "", segment.text) and times == sorted(times)


def _spread(segment: Segment) -> list[Word]:
    """The words of a line whose times are not known: each for as long as its share of the letters."""
    texts = _TOKEN.findall(segment.text)
    total = sum(map(len, texts))
    words, at = [], segment.start
    for text in texts:
        end = at + (segment.end - segment.start) * len(text) / total
        words.append(Word(at, end, text, segment.speaker))
        at = end
    return words


def _parts(text: str) -> list[str]:
    """A word, cut where it is longer than a line."""
    return [text[at : at + WIDTH] for at in range(0, len(text), WIDTH)]


def _unspaced(character: str) -> bool:
    return re.match(rf"[{_UNSPACED}{_CLOSING}]", character) is not None


def _groups(tokens: Sequence[_Token]) -> Iterator[list[_Token]]:
    """The tokens of each cue: as many as fit, and not over a sentence's end, a pause or a change of speaker."""
    group: list[_Token] = []
    for token in tokens:
        if group and _ends(group, token):
            yield group
            group = []
        group.append(token)
    if group:
        yield group


def _ends(group: list[_Token], token: _Token) -> bool:
    long = token.end - group[0].start > LONGEST
    sentence = _SENTENCE_END.search(group[-1].text) and group[-1].end - group[0].start >= SHORTEST
    if token.first:  # another line of the transcript: joined only to what would stand too short alone
        brief = group[-1].end - group[0].start < SHORTEST and token.start - group[-1].end < GAP
        if not brief or token.text.startswith("- "):
            return True
    return bool(long or sentence or token.start - group[-1].end > PAUSE or _wrapped([*group, token]) is None)


def _wrapped(tokens: Sequence[_Token]) -> tuple[str, ...] | None:
    """The tokens as one line or two of nearly the same length, None when they are too many."""
    texts = [
        (" " if token.spaced or (token.first and number) else "") + token.text for number, token in enumerate(tokens)
    ]
    whole = "".join(texts).strip()
    if len(whole) <= WIDTH:
        return (whole,)
    best: tuple[str, ...] | None = None
    for at in range(1, len(texts)):
        pair = ("".join(texts[:at]).strip(), "".join(texts[at:]).strip())
        if max(map(len, pair)) <= WIDTH and (best is None or _uneven(pair) < _uneven(best)):
            best = pair
    return best


def _uneven(pair: tuple[str, ...]) -> int:
    return abs(len(pair[0]) - len(pair[1]))


def _laid_out(tokens: list[_Token]) -> Cue:
    lines = _wrapped(tokens)
    assert lines is not None, "a group is closed before it does not fit"
    return Cue(tokens[0].start, tokens[-1].end, lines)


def _timed(made: list[Cue]) -> Iterator[Cue]:
    """Lets each cue stand as long as it has to be read, where the next one leaves the time."""
    for number, cue in enumerate(made):
        room = made[number + 1].start - GAP if number + 1 < len(made) else float("inf")
        wanted = max(cue.end, cue.start + SHORTEST, cue.start + cue.length / SPEED)
        end = min(wanted, cue.start + LONGEST, max(room, cue.start + GAP))
        yield cue._replace(end=end)


def faults(made: Sequence[Cue]) -> dict[str, int]:
    """How many cues do not keep to the bounds: those whose neighbours leave no time."""
    return {
        "too short": sum(cue.end - cue.start < SHORTEST - 0.001 for cue in made),
        "too fast": sum(cue.length > SPEED * (cue.end - cue.start) + 0.01 for cue in made),
    }

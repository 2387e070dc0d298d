"""Where the characters of a YAML scalar stand in the file."""

from __future__ import annotations

from wxlint.documents.yaml import Scalar


def scalar_places(text: str, scalar: Scalar) -> list[int]:
    """The offset in the file of each character of a scalar's text, and of its end.

    Blanks and line ends that folding, indentation or escapes changed stand where the next character does.
    """
    at, end = scalar.inner(text)
    places: list[int] = []
    for char in scalar.text:
        if char == "\n" or char == " ":
            while at < end and text[at] != char and text[at] in " \t\n\\":
                at += 1
        else:
            found = text.find(char, at, end)
            at = found if found >= 0 and not text[at:found].strip(" \t\n\\") else at
        places.append(min(at, end))
        at = min(at + 1, end)
    places.append(min(at, end))
    return places

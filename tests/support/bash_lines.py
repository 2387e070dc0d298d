"""Commands of a script, one line for each."""

from __future__ import annotations

from wxlint.shell.bash.reader import read_shell


def lines(text: str, **options: object) -> list[str]:
    """Each command as one line: `?` in front when it may not run, words joined by `|`, unknown parts as written."""
    result = read_shell(text, **options)  # type: ignore[arg-type]
    return [("?" if c.conditional else "") + "|".join(w.value.shown() for w in c.words) for c in result.commands]

"""What PowerShell scripts build and use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.documents.source import TextProblem
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import Script
from wxlint.shell.powershell import read_powershell
from wxlint.shell.powershell_refused import refused

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.images.builds.github.actions import Find


def powershell_script(source: Source, find: Find) -> Script:
    """What a script does with images. find: the first of several paths that is a known Dockerfile."""
    wrong = refused(source.text)
    problems = () if wrong is None else (TextProblem(wrong.at, min(wrong.at + 1, len(source.text)), wrong.message),)
    return read_script(source, read_powershell(source.text, source.path), find)._replace(problems=problems)

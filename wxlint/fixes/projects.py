"""The index that a project of uv takes torch from, in its pyproject.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint.core.fix import Edit
from wxlint.facts.torch_releases import FAMILY
from wxlint.fixes.context import Context, NoFix
from wxlint.images.graph.image import TorchStep
from wxlint.images.stack.torch.model import Choice

WHEELS = "https://download.pytorch.org/whl/"
_SETTLED = re.compile(
    r"""^[ \t]*(?:\[+[ \t"']*tool[ \t"']*\.[ \t"']*uv[ \t"']*\.[ \t"']*(?:sources|index)\b
    |(?:tool[ \t]*\.[ \t]*uv[ \t]*\.[ \t]*)?(?:sources|index|extra-index-url|index-url|find-links)[ \t]*[=.]
    |uv[ \t]*[=.])""",
    re.MULTILINE | re.VERBOSE,
)
"""A project that says already where packages come from: what is to become of it is for its author."""


def project_index(context: Context, step: TorchStep, choice: Choice, channel: str) -> tuple[Edit, ...] | NoFix | None:
    """An index of the channel that only torch and what belongs to it are taken from, at the end of the project."""
    span = choice.requirement.span
    source = context.source(span.path) if span is not None else None
    if not step.install.tool.startswith("uv") or span is None or source is None:
        return None
    if _SETTLED.search(source.text):
        return NoFix("the project says already where packages come from")
    names = {r.name for r in step.install.requirements if r.name in FAMILY and r.span and r.span.path == span.path}
    lines = ["[[tool.uv.index]]", f'name = "pytorch-{channel}"', f'url = "{WHEELS}{channel}"', "explicit = true", ""]
    lines += ["[tool.uv.sources]", *(f'{name} = {{ index = "pytorch-{channel}" }}' for name in sorted(names))]
    end = len(source.text)
    begin = "\n" if source.text.endswith("\n") else "\n\n"
    return (context.edit(span.path, end, end, begin + "\n".join(lines) + "\n"),)


def other_channel(context: Context, path: str, old: str, wanted: str) -> Iterator[Edit | None]:
    """The channel in the address of the one index (of uv) or source (of poetry) that has it, and in its name."""
    source = context.source(path)
    text = source.text if source is not None else ""
    found = list(re.finditer(rf"(?<=/whl/){re.escape(old)}(?=/?[\"'])", text))
    if len(found) != 1:
        yield None
        return
    named = re.findall(
        rf"""^[ \t]*name[ \t]*=[ \t]*["']([\w.-]*(?<![a-z0-9]){re.escape(old)})["']""", text, re.MULTILINE
    )
    if len(set(named)) == 1:
        found += list(re.finditer(rf"(?<=[\"']){re.escape(named[0])}(?=[\"'])", text))
    for match in found:
        yield context.edit(path, match.end() - len(old), match.end(), wanted)

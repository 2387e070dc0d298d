"""Values that lie outside their chart: files that a `helm` command, Argo CD or skaffold lays over a chart's own."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from wxlint.core.paths import normal, repository_above
from wxlint.core.patterns import found_behind, late
from wxlint.core.tuples import NamedTuple
from wxlint.documents.yaml import Mapping, Node, Scalar, Sequence, parse
from wxlint.documents.yaml.walk import mappings
from wxlint.images.builds.commands.script_folders import folders

if TYPE_CHECKING:
    from wxlint.core.cache import Cache
    from wxlint.documents.source import Source

_HELM = late(r"\bhelm(?:\.exe)?[ \t]")
_LAYS = late(r"\b(?:upgrade|install|template|diff)\b")
_PARTS = late(r"\n|&&|;|\|")
_CONTINUED = late(r"[\\`]\r?\n[ \t]*")
_WORD = late(r"""(?:[^\s"']|"[^"\n]*"|'[^'\n]*')+""")
_FILES = ("-f", "--values")
_OTHER_SOURCE = "$values/"
"""How an Application of several sources names the one with the values, as Argo CD's own examples call it."""


class Laid(NamedTuple):
    """A file of values with the folder of the chart that it is laid over."""

    values: str
    chart: str


def laid_values(source: Source, cache: Cache, is_file: Callable[[str], bool]) -> Iterator[Laid]:
    """The files of values that a file names for charts of this repository.

    Args:
        is_file: whether a path is a file of the repository.
    """
    text = source.text
    if "-f" in text or "--values" in text:
        for part in _PARTS.split(_CONTINUED.sub(" ", text)):
            if found_behind(part, _HELM, _LAYS) is not None:
                yield from _of_call(part, folders(source.path, None), is_file)
    if "valueFiles" in text or "valuesFiles" in text:
        for document in reversed(parse(source, cache).documents):
            for node, _ in mappings(document):
                yield from (laid for laid in _of_mapping(node, source) if _is_laid(laid, is_file))


def _of_call(call: str, starts: list[str], is_file: Callable[[str], bool]) -> Iterator[Laid]:
    """The files that one command line names; words that are not written out are left out."""
    words = [word.strip("\"'") for word in _WORD.findall(call)]
    files = [
        name
        for before, word in zip(["", *words], words)
        for name in _named(before, word).split(",")
        if name and not {"$", "{"} & set(name)
    ]
    charts = [word for word in words if not word.startswith("-") and "$" not in word]
    for start in starts:
        folder = next((path for path in _all_below(start, charts) if is_file(f"{path}/Chart.yaml")), None)
        if folder is not None:
            yield from (Laid(path, folder) for path in _all_below(start, files) if is_file(path))
            return


def _named(before: str, word: str) -> str:
    """The files that a word names as the value of an option."""
    if before in _FILES:
        return word
    name, equals, value = word.partition("=")
    return value if equals and name in _FILES else ""


def _of_mapping(node: Mapping, source: Source) -> Iterator[Laid]:
    """What a release of skaffold, or a source of an Application, lays over its chart."""
    chart, folder = node.get("chartPath"), posixpath.dirname(source.path)
    if isinstance(chart, Scalar):
        yield from (Laid(_below(folder, name), _below(folder, chart.text)) for name in _texts(node.get("valuesFiles")))
    path, helm, top = node.get("path"), node.get("helm"), repository_above() or "."
    if isinstance(path, Scalar) and isinstance(helm, Mapping):
        chart_folder = _below(top, path.text)
        for name in _texts(helm.get("valueFiles")):
            of_another = name.startswith(_OTHER_SOURCE)  # which may be this repository again
            yield Laid(_below(top if of_another else chart_folder, name.removeprefix(_OTHER_SOURCE)), chart_folder)


def _texts(node: Node | None) -> list[str]:
    return [item.text for item in node.items if isinstance(item, Scalar)] if isinstance(node, Sequence) else []


def _is_laid(laid: Laid, is_file: Callable[[str], bool]) -> bool:
    return is_file(f"{laid.chart}/Chart.yaml") and is_file(laid.values)


def _below(folder: str, path: str) -> str:
    return normal(posixpath.join(folder or ".", path))


def _all_below(folder: str, paths: list[str]) -> list[str]:
    return [_below(folder, path) for path in paths]

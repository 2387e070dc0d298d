"""YAML as a light typed tree with exact positions. The reader alone imports PyYAML, and only when a file is read.

    parse(source) -> Yaml             every document of the file and every problem; raises nothing
    load(source) -> Node | None       the one document; None for an empty file; raises YamlError for the first problem
    plain(node)                       None, bool, int, float, str, list, dict: what a schema validator takes

    Scalar(text, start, end, tag, style)   .kind: null, bool, int, float or str; .inner(source.text): inside the quotes
    Sequence(items, start, end, tag)
    Mapping(entries, start, end, tag)      .get("key") -> Node | None; .entry("key") -> Entry(key, value) | None
    TextProblem(start, end, message)

Offsets are those of Source.text: use Source.span(node.start, node.end). A node's stretch leaves out its anchor and tag;
that of a block collection ends with its last child. `tag` is the tag as resolved ("!reset", "tag:yaml.org,2002:str"),
and "" when none is written. Aliases are replaced by the very node they name (offsets of the anchor). Merge keys are
carried out: `<<` is gone, the merged entries stand behind the mapping's own. Compose's tags go by paths in which `<<`
does not count: those below `<<: mapping` are in force where it stands, those below `<<: [mapping]` are not. What is
reset below an anchor is not there for its aliases, and a key that the mapping itself only resets is there twice, since
`!reset` takes away what other files say, not what `<<` brings. Of a duplicate key, a problem, the last entry counts.
Plain scalars have the types of the YAML 1.2 core schema: `on`, `yes` and dates are strings.
"""

from __future__ import annotations

from wxlint.core.cache import NO_CACHE, Cache, Records
from wxlint.core.findings import Span
from wxlint.documents.source import Source, TextProblem
from wxlint.documents.yaml.nodes import Entry, Mapping, Node, Scalar, Sequence, Yaml, plain

__all__ = [
    "Entry",
    "Mapping",
    "Node",
    "Scalar",
    "Sequence",
    "TextProblem",
    "Yaml",
    "YamlError",
    "load",
    "parse",
    "plain",
]


class YamlError(Exception):
    """The file is not YAML that can be used. `span` says where, `message` why."""

    def __init__(self, span: Span, message: str) -> None:
        super().__init__(f"{span.path}:{span.line}:{span.column}: {message}")
        self.span = span
        self.message = message


def load(source: Source) -> Node | None:
    """The single document of a file; None when it is empty. Raises YamlError for the first problem, by position."""
    documents, problems, _ = parse(source)
    if problems:
        start, end, message = min(problems)
        raise YamlError(source.span(start, end), message)
    if len(documents) > 1:
        raise YamlError(source.span(documents[1].start, documents[1].start), "a second document in the file")
    return documents[0] if documents else None


def parse(source: Source, cache: Cache = NO_CACHE) -> Yaml:
    """Every document of a file. Raises nothing."""
    return cache.recall(("yaml", source.text), _RECORDS, lambda: _parse(source))


_RECORDS = Records(Yaml, Scalar, Sequence, Mapping, Entry, TextProblem)


def _parse(source: Source) -> Yaml:
    from wxlint.documents.yaml.reader import Reader  # where nothing is in the cache

    reader = Reader(source)
    reader.read()
    return Yaml(tuple(reader.documents), tuple(reader.problems), reader.whole)

"""Manifests and values that another program fills in first, so that they need not be YAML as they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wxlint.core.patterns import late
from wxlint.documents.source import TextProblem

if TYPE_CHECKING:
    from wxlint.documents.source import Source
    from wxlint.documents.yaml import Yaml

_MARK = late(r"\{\{|\{%|<%|@\w+@|\{[\w.-]+\}|<[\w -]+>|\$\[")


def refused(source: Source, read: Yaml) -> tuple[TextProblem, ...]:
    """Return the syntax error that ends a file; nothing where the file has marks that are filled in later.

    A key that is given twice is none: Kubernetes and Helm take the last.
    """
    error = read.refused
    return () if error is None or _MARK.search(source.text) else (TextProblem(*error),)

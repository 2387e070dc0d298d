"""What a repository says of the open parts of its images' names: its origin, other places, the variables of CI."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.beginning.origin import Known, known_names
from wxlint.discovery.origin import origin_of
from wxlint.documents.github.workflow import entries
from wxlint.documents.yaml import Scalar
from wxlint.images.graph.repository import Repository


def known_in(repository: Repository, root: str) -> Known:
    """What a repository, whose folder is given, says of the open parts of its images' names."""
    return known_names(origin_of(root), _names_in(repository), _variables(repository))


def _variables(repository: Repository) -> dict[str, str]:
    """The variables that workflows set, each where every place that sets it gives it one text."""
    found: dict[str, set[str]] = {}
    for workflow in repository.documents.workflows.workflows.values():
        levels = [workflow.env, *(job.env for job in workflow.jobs)]
        levels += [step.env for job in workflow.jobs for step in job.steps]
        for key, value in (entry for level in levels for entry in entries(level)):
            found.setdefault(key.text, set()).add(value.text if isinstance(value, Scalar) else "")
    known = {name: texts.pop() for name, texts in found.items() if len(texts) == 1}
    return {name: text for name, text in known.items() if text and "${{" not in text}


def _names_in(repository: Repository) -> Iterator[str]:
    """The names of the images that are built or run, as far as they are known."""
    for use in repository.uses:
        if use.reference is not None and use.reference.name_known and (use.produces or use.kind == "compose image"):
            yield use.reference.name

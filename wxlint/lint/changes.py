"""A check of what changed since a commit: which files, and what depends on them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.discovery.file_kinds import OTHER, kind_of_name, kind_of_text
from wxlint.discovery.git_tree import Tree, tree_at
from wxlint.documents.source import Source, from_bytes
from wxlint.images.graph.documents import Input
from wxlint.images.graph.downstream import ChangedFiles, Touched, ignore_files, made_in, touched_by
from wxlint.images.graph.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wxlint.images.model.reference import Reference

_MOST_OLD_FILES = 2_000
"""Old files that are read to see what they built; a larger change touches everything."""


def touched_since(repository: Repository, ref: str) -> Touched | None:
    """What changed since a commit, and what depends on it; None for everything, where the policy changed.

    Raises UsageError for what names no commit, InputError where git cannot say.
    """
    inputs = {item.path: item.kind for item in repository.documents.given}
    start = next((os.path.dirname(os.path.realpath(path)) for path in inputs if os.path.exists(path)), os.getcwd())
    tree = tree_at(start, ref)
    policy = repository.policy
    if policy is not None and tree.is_changed(policy.path):
        return None
    _read_everything(repository)
    graph = repository.graph
    known = {*inputs, *repository.sources.loaded}
    for path, builds in graph.evaluations.builds.items():
        known.update(graph.evaluations.read_by(path))
        known.update(name for build in builds for name in ignore_files(path, build))
    typed = repository.sources.in_memory
    changed = frozenset(path for path in known - typed if os.path.isfile(path) and tree.is_changed(path))
    changed |= {path for path in typed if _is_other_text(tree, path, repository.sources.loaded.get(path))}
    deleted = frozenset(tree.deleted())
    old = {path: source for path in (*changed, *deleted) if (source := _old(tree, path)) is not None}
    if len(old) > _MOST_OLD_FILES:
        return None
    return touched_by(repository, ChangedFiles(changed, deleted, tuple(_gone(repository, inputs, old))))


def _is_other_text(tree: Tree, path: str, source: Source | None) -> bool:
    """Whether a text that does not come from the disk differs from the file of its name."""
    data = tree.content(path)
    return source is not None and (data is None or from_bytes(path, data).text != source.text)


def _read_everything(repository: Repository) -> None:
    """Evaluate every build to its end, noting what it reads."""
    repository.graph.evaluations.note_reading()
    for path in repository.graph.evaluations.builds:
        for evaluated in repository.graph.evaluations.evaluated_at(path):
            for stage in evaluated.stages[-1:]:
                repository.beliefs.state(evaluated, stage)


def _old(tree: Tree, path: str) -> Source | None:
    """What a file that may build images was; None for others, and for a file that is new."""
    folder, name = os.path.split(os.path.abspath(path))
    if kind_of_name(name, folder).kind == "":
        return None
    data = tree.content(path)
    return from_bytes(path, data) if data is not None else None


def _gone(repository: Repository, inputs: dict[str, str], old: dict[str, Source]) -> Iterable[Reference]:
    """The images that files built as they were, and that nothing builds now."""
    if not old:
        return ()
    kinds = dict(inputs)
    for path, source in old.items():
        folder, name = os.path.split(os.path.abspath(path))
        named = kind_of_name(name, folder)
        kinds[path] = named.kind if named.sure else kind_of_text(name, source.text)
    given = [Input(path, kind) for path, kind in sorted(kinds.items()) if kind != OTHER]
    before = Repository.of(given, Path(repository.sources.root), repository.policy, dict(old), repository.sources.cache)
    paths = frozenset(old)
    now = made_in(repository, frozenset(inputs))
    return [reference for name, reference in made_in(before, paths).items() if name not in now]

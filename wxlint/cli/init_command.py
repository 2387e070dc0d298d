"""The command init: a first policy, or where the written one and the repository part."""

from __future__ import annotations

import argparse
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wxlint.cli.exit_codes import FAILED, FOUND, OK
from wxlint.cli.streams import say, write, write_lines
from wxlint.core.errors import InputError, PolicyError, UsageError

if TYPE_CHECKING:
    from wxlint.beginning.draft import Draft
    from wxlint.images.graph.repository import Repository
    from wxlint.policy.model import Policy


def init(arguments: argparse.Namespace) -> int:
    """Write the policy that a repository implies, or what another tool's tests are in one."""
    if arguments.from_structure_test:
        return _from_structure_test(arguments.from_structure_test, arguments.output or "-")
    from wxlint.lint.inputs import gather, repository_root
    from wxlint.policy.find import find_policy

    start = Path(arguments.path)
    if not start.is_dir():
        raise InputError(f"{arguments.path}: no such folder")
    there = find_policy(start)
    if arguments.check:
        return _check(arguments.path, arguments.policy or (str(there) if there else None))
    root = str(repository_root(start))
    output = arguments.output or os.path.join(arguments.path, "wxlint.yaml")
    if output != "-" and (os.path.lexists(output) or (there is not None and arguments.output is None)):
        raise UsageError(f"{there or output}: is there already, and is not overwritten (see --output, --check)")
    found = _drafted(gather([arguments.path], no_policy=True).repository, Path(arguments.path))
    if output == "-":
        write([found.text])
    else:
        from wxlint.core.writing import write_file

        write_file(output, [found.text])
        say([f"wxlint: {output} written, for {os.path.relpath(root)}"])
    say(f"not decided: {one}" for one in found.open)
    return OK


def _drafted(repository: Repository, folder: Path) -> Draft:
    """The first of several drafts that loads: the whole one, one without services, else what is sure of it."""
    from wxlint.beginning.draft import draft
    from wxlint.beginning.others import other_images
    from wxlint.beginning.survey import survey

    seen = survey(repository, str(folder))
    for services in (True, False):
        found = draft(seen, services=services)
        with suppress(PolicyError):
            others = other_images(repository, _loaded(found.text, folder))
            return draft(seen, services=services, others=others) if others else found
    return _in_part(found, folder)


def _loaded(text: str, folder: Path) -> Policy:
    from wxlint.documents.source import Source
    from wxlint.policy.load import load_policy

    path = folder / "wxlint.yaml"
    return load_policy(Source(str(path), text), path)


def _in_part(found: Draft, folder: Path) -> Draft:
    """A draft as a comment, and why it does not load."""
    try:
        _loaded(found.text, folder)
    except PolicyError as error:
        why = _without_place(error.lines[-1] if error.lines else str(error), str(folder / "wxlint.yaml"))
        commented = "".join(f"# {line}\n" for line in found.text.splitlines() if not line.startswith("#"))
        head = "# The policy that this repository implies, by `wxlint init`; below what could not be taken as it is.\n"
        text = f"{head}wxlint: 1\nforbidden-tags: [latest]\n\n{commented}"
        return found._replace(text=text, open=(*found.open, f"the family as a whole: {why}"))
    return found


def _without_place(message: str, path: str) -> str:
    """A message without its place, which is one in a text that nobody has."""
    return re.sub(rf"^{re.escape(path)}(?::\d+)*: (?:error: )?", "", message)


def _check(path: str, policy: str | None) -> int:
    """Show where a folder and its policy part; without one, each family below the folder and its own."""
    from wxlint.beginning.differences import differences
    from wxlint.cli.policies import policies_of
    from wxlint.lint.inputs import gather

    shares = [([path], policy)] if policy is not None else []
    if not shares:
        try:
            shares = [([], one.path) for one in policies_of(None, [path])]
        except UsageError:
            say([f"wxlint: error: {path}: there is no policy; `wxlint init` writes one"])
            return FAILED
    found = [line for paths, one in shares for line in differences(gather(paths, one).repository)]
    write_lines(dict.fromkeys(found))
    return FOUND if found else OK


def _from_structure_test(file: str, output: str) -> int:
    """Print what a container-structure-test file asks for as a policy's `expect`, and say what is left out."""
    from wxlint.documents.source import read
    from wxlint.policy.expect_block import block
    from wxlint.policy.structure_test import convert

    converted = convert(read(Path(file), file))
    if output == "-":
        write([block(converted.expect)])
    elif os.path.lexists(output):
        raise UsageError(f"{output}: is there already, and is not overwritten")
    else:
        from wxlint.core.writing import write_file

        write_file(output, [block(converted.expect)])
    say(f"{file}:{note.line}: {note.text}" for note in converted.notes)
    return FOUND if converted.notes else OK

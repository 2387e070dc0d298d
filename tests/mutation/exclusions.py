"""Mistakes that change no result, so that no test can notice them: each with its reason."""

from __future__ import annotations

from typing import NamedTuple


class Exclusion(NamedTuple):
    """A mistake that is not made.

    path: below wxlint/images. old, new: as the run prints them; an empty `new` stands for any mistake made of `old`.
    """

    path: str
    old: str
    new: str
    reason: str


_LIMIT = "a limit against hostile input: one more is no other limit"
EXCLUSIONS = (
    Exclusion("builds/bake/values.py", "20000", "20001", _LIMIT),
    Exclusion("builds/compose/projects.py", "100", "101", _LIMIT),
    Exclusion("builds/compose/projects.py", "50000", "50001", _LIMIT),
    Exclusion("builds/bake/targets.py", "20", "21", _LIMIT),
    Exclusion("builds/from_gitlab.py", "12", "13", _LIMIT),
    Exclusion("make/targets.py", "50", "51", _LIMIT),
    Exclusion("builds/from_makefiles.py", "500", "501", _LIMIT),
    Exclusion("make/values.py", "20", "21", _LIMIT),
    Exclusion("make/values.py", "20000", "20001", _LIMIT),
    Exclusion("evaluation/files/build_files.py", "100000", "100001", _LIMIT),
    Exclusion("evaluation/files/build_files.py", "12", "13", _LIMIT),
    Exclusion("evaluation/files/build_files.py", "300000", "300001", _LIMIT),
    Exclusion("evaluation/evaluator.py", "4000000", "4000001", _LIMIT),
    Exclusion("evaluation/evaluator.py", "4096", "4097", _LIMIT),
    Exclusion("evaluation/variables/expansion.py", "100000", "100001", _LIMIT),
    Exclusion("evaluation/files/generated_requirements.py", "20000", "20001", _LIMIT),
    Exclusion("evaluation/lists/package_lists.py", "12", "13", _LIMIT),
    Exclusion("evaluation/called_scripts.py", "500", "501", _LIMIT),
    Exclusion("graph/evaluations.py", "50000", "50001", _LIMIT),
    Exclusion("graph/lineage/lineage.py", "1000", "1001", _LIMIT),
    Exclusion("installs/markers.py", "400", "401", _LIMIT),
)


def is_excluded(path: str, old: str, new: str) -> bool:
    """Whether a mistake in a file below the root is among them."""
    return any(matches(exclusion, path, old, new) for exclusion in EXCLUSIONS)


def matches(exclusion: Exclusion, path: str, old: str, new: str) -> bool:
    if path != f"wxlint/images/{exclusion.path}" or old != exclusion.old:
        return False
    return exclusion.new in ("", new)

"""What a setup.cfg lists as its project's requirements."""

from __future__ import annotations

import configparser

from wxlint.core.tuples import NamedTuple
from wxlint.documents.source import Source


class Cfg(NamedTuple):
    """requires, extras: the text of each key, as written; requires is None where there is none. problem: ""."""

    requires: str | None = None
    extras: tuple[tuple[str, str], ...] = ()
    problem: str = ""


def read_setup_cfg(source: Source) -> Cfg:
    """Read the [options] of a setup.cfg. Never raises: a file that is none comes back with `problem`."""
    if problem := source.unfit_for():
        return Cfg(problem=problem)
    parser = configparser.RawConfigParser(delimiters=("=",), strict=True)
    parser.optionxform = lambda option: option  # type: ignore[assignment,method-assign]  # names keep their case
    try:
        parser.read_string(source.text)
    except (configparser.Error, ValueError) as error:
        return Cfg(problem=str(error).split("\n")[0])
    requires = parser.get("options", "install_requires", fallback=None)
    named = parser.items("options.extras_require") if parser.has_section("options.extras_require") else []
    return Cfg(requires, tuple(named))

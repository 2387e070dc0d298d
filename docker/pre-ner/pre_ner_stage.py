"""pre-ner: the film's metadata -> out/movie/pre-ner/names.json, the names its dialogue is likely to hold."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from stagekit import Job, NotReadyError, Result, Stage, Takes, run
from stagekit.names import language_model, names_in
from stagekit.transcript import write_json


def work(job: Job) -> Result:
    """Collects names from the title and the characters; whole names of the cast are kept as they are."""
    path = job.need("tmdb", "film")
    model, model_name = language_model()
    try:
        names = film_names(json.loads(path.read_text(encoding="utf-8")), lambda text: names_in(text, model))
    except (ValueError, KeyError, TypeError) as error:
        raise NotReadyError(f"{path} is no film of tmdb's: {type(error).__name__}: {error}") from error
    made = write_json(job.work / "names.json", {"names": names})
    return Result({"names": made}, {"names": len(names), "model": model_name})


def film_names(film: dict[str, Any], find: Callable[[str], list[str]]) -> list[str]:
    """The distinct names, in the order they are met: characters first, since it is they who are spoken of."""
    characters = [str(who["character"]) for who in film["cast"]]
    people = [str(who["name"]) for who in [*film["cast"], *film["crew"]]]
    found = [name for text in [*characters, str(film["title"])] for name in find(text)]
    return list(dict.fromkeys([*found, *people]))


STAGE = Stage("pre-ner", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))

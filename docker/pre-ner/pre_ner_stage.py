"""pre-ner: the film's metadata -> out/movie/pre-ner/names.json, the names its dialogue is likely to hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stagekit import Job, Result, Stage, Takes, run
from stagekit.documents import read_document, write_document
from stagekit.names import language_model, names_in


def work(job: Job) -> Result:
    """Collects names from the title and the characters; whole names of the cast are kept as they are."""
    path = job.need("tmdb", "film")
    model, model_name = language_model()
    names = film_names(read_document(path, "film", "run tmdb again"), lambda text: names_in(text, model))
    made = write_document(job.work / "names.json", {"names": names}, "names")
    return Result({"names": made}, {"names": len(names), "model": model_name})


def film_names(film: dict[str, Any], find: Callable[[str], list[str]]) -> list[str]:
    """The distinct names, in the order they are met: characters first, since it is they who are spoken of."""
    characters = [str(who.get("character", "")) for who in film["cast"]]
    people = [str(who["name"]) for who in [*film["cast"], *film["crew"]]]
    found = [name for text in [*characters, str(film["title"])] for name in find(text)]
    return list(dict.fromkeys([*found, *people]))


STAGE = Stage("pre-ner", Takes.FOLDER, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))

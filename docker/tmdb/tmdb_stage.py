"""tmdb: a title and year -> out/Movie_Title/tmdb/film.json, from The Movie Database.

The title may be a file's name (The.Matrix.1999.1080p.BluRay): without a year beside it, guessit reads both from it.
The key comes from TMDB_API_KEY (themoviedb.org, account settings, API).
"""

from __future__ import annotations

import os
from typing import Any

import httpx
from guessit import guessit
from stagekit import FailedError, Job, MissingError, Result, Stage, Takes, run
from stagekit.documents import write_document

SERVICE = "https://api.themoviedb.org/3"
CAST = 30  # names; further down come extras whom nobody names


def work(job: Job) -> Result:
    """Finds the film and keeps what later stages read: title, original title, language, cast, crew."""
    key = os.environ.get("TMDB_API_KEY", "")
    if not key:
        raise MissingError("TMDB_API_KEY is not set: make a key in the account settings of themoviedb.org")
    title, year = (job.source, job.words[0]) if job.words else title_and_year(job.source)
    query = {"query": title} | ({"year": year} if year else {})
    with httpx.Client(base_url=os.environ.get("TMDB_API_URL", SERVICE), params={"api_key": key}, timeout=30) as client:
        found = get(client, "/search/movie", query)["results"]
        if not found:
            raise FailedError(f"The Movie Database knows no film {f'{title} {year}'.strip()!r}")
        film = get(client, f"/movie/{int(found[0]['id'])}", {"append_to_response": "credits"})
    cast, crew = film["credits"]["cast"], film["credits"]["crew"]
    kept = {
        "id": film["id"],
        "title": film["title"],
        "original_title": film["original_title"],
        "language": film["original_language"],
        "released": film["release_date"],
        "cast": [{"name": who["name"], "character": who["character"]} for who in cast[:CAST]],
        "crew": [{"name": who["name"], "job": who["job"]} for who in crew if who["job"] == "Director"],
    }
    return Result(
        {"film": write_document(job.work / "film.json", kept, "film")}, {"title": film["title"], "found": len(found)}
    )


def title_and_year(name: str) -> tuple[str, str]:
    """The title in a file's name, and the year, "" where it has none. What holds no title is one: "2001"."""
    guessed = guessit(name, {"type": "movie"})
    title = str(guessed.get("title", ""))
    return (title, str(guessed.get("year", ""))) if title else (name, "")


def get(client: httpx.Client, path: str, query: dict[str, str]) -> dict[str, Any]:
    """One answer of the service. Raises MissingError for a key it refuses, FailedError where there is no answer."""
    try:
        answer = client.get(path, params=query)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise MissingError("The Movie Database refuses this TMDB_API_KEY")
        answer.raise_for_status()
        return dict(answer.json())
    except httpx.HTTPStatusError as error:
        raise FailedError(f"The Movie Database answered {error.response.status_code} for {path}") from error
    # The address in an httpx message holds the key: say what went wrong, not where.
    except (httpx.TransportError, ValueError) as error:
        raise FailedError(f"The Movie Database could not be asked: {type(error).__name__}") from error


STAGE = Stage("tmdb", Takes.TITLE, work)

if __name__ == "__main__":
    raise SystemExit(run(STAGE))

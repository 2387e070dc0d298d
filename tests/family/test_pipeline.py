"""What pipeline.py works out before it starts a container."""

from __future__ import annotations

from pathlib import Path

import pytest

import pipeline


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("in/movie.mp4", ("out/movie", "movie", "")),
        ("in/Movie Name (2024).mp4", ("out/Movie_Name_2024", "Movie Name", "2024")),
        ("in/Movie.Name.1999.mkv", ("out/Movie.Name.1999", "Movie Name", "1999")),
        ("in/1917 (2019).mp4", ("out/1917_2019", "1917", "2019")),
        ("in/2001.mp4", ("out/2001", "2001", "")),
        ("in/???.mp4", ("out/film", "???", "")),
    ],
)
def test_a_film_by_its_file_name(path: str, expected: tuple[str, str, str]) -> None:
    found = pipeline.film(path)
    assert (found.folder, found.title, found.year) == expected


def test_each_stage_gets_what_its_command_line_takes() -> None:
    film = pipeline.film("in/Movie Name (2024).mp4")
    assert film.arguments("demux") == ["in/Movie Name (2024).mp4", "--out", "out/Movie_Name_2024"]
    assert film.arguments("tmdb") == ["Movie Name", "2024", "--out", "out/Movie_Name_2024"]
    assert film.arguments("asr") == ["out/Movie_Name_2024"]


def test_a_stage_with_a_manifest_is_not_run_again(tmp_path: Path) -> None:
    for stage in ("demux", "asr"):
        (tmp_path / stage).mkdir()
        (tmp_path / stage / "manifest.json").write_text("{}", encoding="utf-8")
    stages = ["demux", "asr", "subtitle-gen", "mux"]
    assert pipeline.pending(tmp_path, stages, None) == ["subtitle-gen", "mux"]
    assert pipeline.pending(tmp_path, stages, "asr") == ["asr", "subtitle-gen", "mux"]


def test_without_a_gpu_the_override_is_added() -> None:
    assert pipeline.compose("cuda") == ["docker", "compose", "-f", "docker-compose.yml"]
    assert pipeline.compose("cpu")[-1] == "docker-compose.cpu.yml"


@pytest.mark.parametrize("where", ["outside", "in/no-such-film.mp4"])
def test_a_film_that_the_containers_cannot_see_is_refused(
    where: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "movie.mp4" if where == "outside" else Path(where)
    if where == "outside":
        film.write_bytes(b"")
    with pytest.raises(SystemExit) as left:
        pipeline.main(["-i", str(film)])
    assert left.value.code == 2
    assert "the containers see that folder only" in capsys.readouterr().err

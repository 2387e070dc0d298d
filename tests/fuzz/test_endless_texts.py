"""What doubles, or is looked for again and again, takes no more time than its length allows."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.images.graph.pictures.summary import beliefs_of
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather

_TWINS = """services:
  a: {image: a, ports: ["80:80"]}
  a-gpu: {image: b, ports: ["80:80"], gpus: all}
"""


@pytest.mark.parametrize("head", ["RUN ", "RUN pip install ", "RUN <<E\n", "COPY ", "ENV A=", "FROM "])
@pytest.mark.parametrize(
    "unit",
    [
        "pip ",
        "x.py sed ",
        "perl a.py ",
        "apt-get install ",
        "apt-get ",
        "conda ",
        "( ",
        "(",
        "{",
        "{a,b}",
        "${",
        "$(",
        '"',
        "\\",
        "<<A ",
        "- ",
    ],
)
def test_no_line_takes_the_square_of_its_length(
    head: str, unit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quadratic reading of these would take very long."""
    (tmp_path / "Dockerfile").write_text(f"FROM a:1\n{head}{unit * (120_000 // len(unit))} cuda\n")
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], no_policy=True)
    assert engine.check(gathered.repository, engine.CheckOptions()).summary.files == 1


@pytest.mark.parametrize(
    "text",
    [
        "FROM a:1\nRUN echo torch > r.txt\nRUN " + "cat r.txt >> r.txt; " * 60 + "pip install -r r.txt\n",
        "".join(
            f"FROM a:1 AS s{n}\n" + "".join(f"COPY --from=s{n - 1} /a /a\n" for _ in range(10) if n) for n in range(40)
        )
        + "RUN pip install -r /a/r.txt\n",
        "FROM a:1\n" + "ENV A=$A$A\n" * 60,
        "FROM a:1\nENV A=aa\n" + "ENV A=$A$A\n" * 60,
        "FROM a:1\nRUN cp x.txt " + "a" * 120_000 + "\n",
        "FROM a:1\nRUN tee x.txt " + "a-" * 60_000 + "\n",
        "FROM a:1\nRUN " + "a" * 120_000 + " .sh\n",
        "FROM a:1\nRUN wget -" + "o" * 120_000 + " x.sh && bash x.sh\n",
        "FROM a:1\nRUN pip install 'a" + " " * 60_000 + "!'\n",
        "FROM acpt/x-cu1-torch1." + "1" * 60_000 + "\n",
        "FROM a:1\n" + "FROM a AS b\n" * 8_000,
        "FROM a:1\n" + "COPY --from=a /x /y\n" * 8_000,
        "FROM a:1\nCOPY --from=² /x /y\nCOPY --from=" + "1" * 5_000 + " /x /y\n",
        "FROM a:1\nRUN pip install accelerate==" + "1" * 5_000 + "\n",
        "FROM a:1\nRUN apt-get install python3-pip; ln -" + "s" * 60_000 + "\n",
        "FROM a:1\nRUN apt-get install python3-pip; ln -s /usr/bin/python3.11 /bin/python; " + "ln " * 40_000 + "\n",
    ],
)
def test_no_dockerfile_takes_forever(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What doubles, or is looked for again and again: none of these ended in a minute, or was too much for memory."""
    (tmp_path / "Dockerfile").write_text(text)
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], no_policy=True)
    assert engine.check(gathered.repository, engine.CheckOptions()).summary.files == 1
    assert beliefs_of(gathered.repository, gathered.scope)


@pytest.mark.parametrize(
    "files",
    [
        {
            "compose.yaml": "services: {a: {image: a}}\n",
            "README.md": "cp " * 40_000 + "\n```sh\ndocker compose up b\n```\n",
        },
        {"Dockerfile": "FROM a AS b\nFROM a AS tests\n", "b.sh": "docker build -t " + "a-" * 60_000 + " .\n"},
        {"compose.yaml": _TWINS + "#" + " up" * 40_000 + "\n"},
    ],
)
def test_no_family_takes_the_square_of_a_length(
    files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quadratic reading of these would take very long."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    gathered = gather(["."], no_policy=True)
    assert engine.check(gathered.repository, engine.CheckOptions()).summary.files

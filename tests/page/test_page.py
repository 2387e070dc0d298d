"""`wxlint report --html`: one file with everything in it, in which nothing of a checked repository is markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from before_family import family
from file_trees import write_tree

from wxlint.cli.main import main
from wxlint.core.units import amount

VOID = {"meta", "input", "br", "link", "img", "hr"}


class Tree(HTMLParser):
    """The elements of a page, each closed in its order, and its texts."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    write_tree(Path(), family())
    yield tmp_path


def page(*words: str) -> str:
    assert main(["report", "--html", "out.html", *words]) == 0
    return Path("out.html").read_text("utf-8")


VERDICTS = {
    "schema": "wxlint-report/1",
    "engine": {"available": False, "reason": "none"},
    "images": [
        {
            "image": "asr:cuda",
            "policy": "policies/family.yaml",
            "reference": "x/asr:cuda",
            "digest": None,
            "checks": [
                {"name": "torch", "verdict": "PASS", "code": "ok", "reason": "fine", "evidence": {}},
                {"name": "no-cuda", "verdict": "FAIL", "code": "bad", "reason": "<b>CUDA</b> is there", "evidence": {}},
            ],
        }
    ],
    "counts": {"PASS": 1, "FAIL": 1, "SKIP": 0, "UNPROVEN": 0, "ERROR": 0},
}


def test_the_page_shows_the_family_and_what_is_wrong(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("v.json").write_text(json.dumps(VERDICTS))
    layers = [
        {"bytes": 3_000_000_000, "cuda_bytes": 2_000_000_000, "created_by": "RUN pip install torch"},
        {"bytes": 1_000_000_000, "cuda_bytes": 0, "created_by": "COPY <script>"},
    ]
    Path("i.json").write_text(json.dumps({"reference": "x/asr:cuda", "layers": layers}))
    text = page("--policy", "policies/family.yaml", "--verdicts", "v.json", "--inspected", "i.json")
    shown = Tree(text)
    words = " ".join(shown.texts)
    capsys.readouterr()
    main(["check", "--no-cache", "--format", "json", "--policy", "policies/family.yaml"])
    found = json.loads(capsys.readouterr().out)["findings"]
    assert len([1 for tag, attrs in shown.elements if tag == "article"]) == len(found) > 30
    assert "asr:cuda starts from rajiup/cp-whisperx-app-base:latest" in words
    assert "no-cuda: <b>CUDA</b> is there" in words
    assert f"{amount(2_000_000_000)} of {amount(4_000_000_000)} came with CUDA" in words
    assert [attrs["width"] for tag, attrs in shown.elements if tag == "rect" and attrs.get("height") == "24"] == [
        "50.00%"
    ]


def test_an_image_is_one_row_with_all_that_build_it_just_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    build = "docker build -t acme/app:cpu .\n"
    write_tree(
        tmp_path,
        {
            ".git/HEAD": "",
            "Dockerfile": "ARG CUDA=\nFROM python:3.11-slim\nARG CUDA\n"
            "RUN pip install torch --index-url https://download.pytorch.org/whl/${CUDA:-cpu}\n",
            **{f"{name}.sh": build for name in "abcd"},
            "e.sh": build.replace("-t", "--build-arg CUDA=cu121 -t"),
        },
    )
    shown = Tree(page("--path", "."))
    words = " ".join(shown.texts)
    assert len([1 for tag, attrs in shown.elements if tag == "tr" and "data-image" in attrs]) == 2
    assert "Images (2)" in words and "(c.sh:1) 1 more" in words and "(e.sh:1)" in words


def test_verdicts_that_are_open_and_an_image_without_cuda(tree: Path) -> None:
    image = {**VERDICTS["images"][0], "checks": [  # type: ignore[index]
        {"name": name, "verdict": "SKIP", "code": "x", "reason": "no <engine>", "evidence": {}} for name in ("a", "b")
    ]}  # fmt: skip
    counts = {"PASS": 0, "FAIL": 0, "SKIP": 2, "UNPROVEN": 0, "ERROR": 0}
    Path("v.json").write_text(json.dumps({**VERDICTS, "images": [image], "counts": counts}))
    layer = {"bytes": 1_000_000_000, "cuda_bytes": 0, "created_by": "COPY x"}
    Path("i.json").write_text(json.dumps({"reference": "x/asr:cpu", "layers": [layer]}))
    shown = Tree(page("--verdicts", "v.json", "--inspected", "i.json"))
    words = " ".join(shown.texts)
    assert "2 SKIP" in words and "asr:cuda: a, b: no <engine>" in words and "No check failed." in words
    assert f"Nothing of {amount(1_000_000_000)} came with CUDA" in words
    assert "Layer" not in shown.texts and not any(attrs.get("class") == "bar" for _, attrs in shown.elements)


def test_nothing_is_fetched_and_the_script_is_the_only_one(tree: Path) -> None:
    shown = Tree(page("--policy", "policies/family.yaml"))
    for tag, attrs in shown.elements:
        assert tag not in ("link", "img", "iframe", "object", "embed", "base")
        assert "src" not in attrs and "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        assert all("url(" not in (value or "") for value in attrs.values())
    assert len([1 for tag, _ in shown.elements if tag == "script"]) == 1
    (policy,) = [attrs["content"] for tag, attrs in shown.elements if attrs.get("http-equiv")]
    assert policy is not None and policy.startswith("default-src 'none'; ") and "unsafe" not in policy


def test_the_page_has_what_readers_for_the_blind_need(tree: Path) -> None:
    shown = Tree(page("--policy", "policies/family.yaml"))
    assert ("html", {"lang": "en"}) in shown.elements
    ids = {attrs["id"] for _, attrs in shown.elements if "id" in attrs}
    labels = {attrs.get("for") for tag, attrs in shown.elements if tag == "label"}
    assert {attrs["id"] for tag, attrs in shown.elements if tag in ("input", "select")} <= labels <= ids
    heads = [int(tag[1]) for tag, _ in shown.elements if re.fullmatch("h[1-6]", tag)]
    assert heads[0] == 1 and all(later - former <= 1 for former, later in pairwise(heads))
    for tag, attrs in shown.elements:
        if tag == "svg":
            assert attrs.get("role") == "img" and attrs.get("aria-label")
        if tag == "th":
            assert attrs.get("scope") in ("row", "col")


def test_hostile_names_and_lines_stay_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    name = '"><script>alert(1)<!--.Dockerfile'
    Path(name.replace("/", "_")).write_text("FROM python:latest</pre><img/src=x>\nFROM python:latest AS x'\"<svg\n")
    Path("compose.yml").write_text('services: {"<b onclick=x>": {image: "a/b</title>:latest"}}\n')
    text = page("--path", ".")
    shown = Tree(text)
    assert len([1 for tag, _ in shown.elements if tag == "script"]) == 1
    assert not [1 for tag, _ in shown.elements if tag in ("img", "b")]


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"reference": "x", "layers": [1]}', "\xff"])
def test_what_is_no_inspection_is_refused(tree: Path, content: str) -> None:
    Path("i.json").write_text(content, "latin-1")
    assert main(["report", "--html", "out.html", "--inspected", "i.json"]) == 2
    assert not Path("out.html").exists()


def test_a_checked_file_is_not_overwritten(tree: Path) -> None:
    before = Path("docker/asr/Dockerfile").read_bytes()
    assert main(["report", "--html", "docker/asr/Dockerfile"]) == 2
    assert Path("docker/asr/Dockerfile").read_bytes() == before
    assert main(["report"]) == 2


def test_two_hundred_images_share_boxes_and_each_has_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(200):
        Path(f"s{number}").mkdir()
        Path(f"s{number}/Dockerfile").write_text(f"FROM python:{'latest' if number % 2 else '3.11'}\n")
    text = page("--path", ".")
    shown = Tree(text)
    assert len([1 for tag, attrs in shown.elements if tag == "article"]) == 100
    assert len([1 for tag, attrs in shown.elements if "data-image" in attrs]) == 200
    drawn = text[text.index("<svg") : text.index("</svg>")]
    assert drawn.count("s0/Dockerfile and 99 more") == drawn.count("s1/Dockerfile and 99 more") == 3
    assert "s198/Dockerfile" in drawn  # in the title of its box


def test_a_picture_of_too_many_boxes_is_left_out_with_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number in range(70):
        Path(f"s{number}").mkdir()
        Path(f"s{number}/Dockerfile").write_text(f"FROM base{number}:1.0\n")
    text = page("--path", ".")
    assert "<svg" not in text
    assert "No picture: it would have 140 boxes." in text

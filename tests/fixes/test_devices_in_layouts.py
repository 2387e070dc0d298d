"""The GPU of a compose service, in files that are indented otherwise, written in braces, or share parts by anchors."""

from __future__ import annotations

from pathlib import Path

import pytest

from wxlint.cli.main import main

POLICY = """\
wxlint: 1
image: "acme/{stage}:{variant}"
variants:
  cuda: {accelerator: cuda, stages: [asr, two]}
  cpu: {accelerator: cpu, stages: [asr, web]}
compose: [compose.yml]
"""
BRACES = "deploy: {resources: {reservations: {devices: [{driver: nvidia, count: all, capabilities: [gpu]}]}}}"


def block(column: int, step: int, *, below: int = 0) -> str:
    """The lines of a reservation. below: how many of its keys are there already."""
    keys = ["deploy:", "resources:", "reservations:", "devices:"][below:]
    lines = [" " * (column + step * depth) + key for depth, key in enumerate(keys)]
    device = ["- driver: nvidia", "  count: all", "  capabilities: [gpu]"]
    lines += [" " * (column + step * len(keys)) + line for line in device]
    return "".join(f"{line}\n" for line in lines)


@pytest.fixture
def fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "wxlint.yaml").write_text(POLICY)
    return tmp_path / "compose.yml"


def fix(path: Path, text: str) -> str:
    path.write_text(text)
    main(["check", "--no-cache", "--fix", "."])
    first = path.read_text()
    main(["check", "--no-cache", "--fix", "."])
    assert path.read_text() == first
    return first


ASR = "image: acme/asr:cuda"
LAYOUTS = {
    "four columns": (f"services:\n    asr:\n        {ASR}\n", block(8, 4)),
    "one column": (f"services:\n asr:\n  {ASR}\n", block(2, 1)),
    "columns that differ": (f"services:\n      asr:\n         {ASR}\n", block(9, 3)),
    "a list in the column of its key": (f"services:\n  asr:\n    {ASR}\n    ports:\n    - '1:1'\n", block(4, 2)),
    "a deploy of its own": (
        f"services:\n    asr:\n        {ASR}\n        deploy:\n            resources:\n                limits: {{}}\n",
        block(16, 4, below=2),
    ),
    "a deploy with nothing in it": (f"services:\n  asr:\n    {ASR}\n    deploy:  # later\n", block(6, 2, below=1)),
    "a value that is an alias": (f"x-e: &e {{A: 1}}\nservices:\n  asr:\n    {ASR}\n    environment: *e\n", block(4, 2)),
    "merged from elsewhere": (f"x-c: &c\n  restart: always\nservices:\n  asr:\n    <<: *c\n    {ASR}\n", block(4, 2)),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_reservation_is_written_as_its_file_is(layout: str, fixed: Path) -> None:
    text, added = LAYOUTS[layout]
    assert fix(fixed, text) == text + added


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        (f"services:\n  asr: {{{ASR}|}}\n", ", "),
        ("services: {asr: {image: 'acme/asr:cuda', environment: {A: 1}|}}\n", ", "),
        ("services:\n  asr: {\n    image: 'acme/asr:cuda'|,\n  }\n", ", "),
        (f"services:\n  asr:\n    {ASR}\n    deploy: {{|}}\n", "deploy"),
    ],
)
def test_a_reservation_in_braces(text: str, mark: str, fixed: Path) -> None:
    before, _, after = text.partition("|")
    inside = BRACES.removeprefix("deploy: {").removesuffix("}") if mark == "deploy" else mark + BRACES
    assert fix(fixed, before + after) == before + inside + after


def test_blank_lines_that_belong_to_a_text_stay_with_it(fixed: Path) -> None:
    head, tail = f"services:\n  asr:\n    {ASR}\n", "    command: |+\n      run\n\n\n  web: {image: 'acme/web:cpu'}\n"
    assert fix(fixed, head + tail) == head + block(4, 2) + tail


@pytest.mark.parametrize(
    "text",
    [
        f"x-gpu: &gpu\n  {ASR}\nservices:\n  asr: *gpu\n",
        f"x-r: &r\n  limits: {{memory: 4G}}\nservices:\n  asr:\n    {ASR}\n    deploy:\n      resources: *r\n",
        f"services:\n  asr: &asr\n    {ASR}\n  db:\n    <<: *asr\n    image: postgres:16\n",
        f"services:\n  asr: &asr\n    {ASR}\nx-other: *asr\n",
        f"services:\n  asr:\n    {ASR}\n    deploy: later\n",
    ],
)
def test_what_others_share_is_left_to_its_authors(text: str, fixed: Path) -> None:
    assert fix(fixed, text) == text


def test_a_service_that_others_merge_is_changed_where_they_have_their_own(fixed: Path) -> None:
    head = "services:\n  asr: &asr\n    image: acme/asr:cuda\n|"
    own = f"{head}  db:\n    <<: *asr\n    image: postgres:16\n    deploy: {{}}\n"
    both = f"{head}  two:\n    <<: *asr\n    image: acme/two:cuda\n|"
    for text in (own, both):
        assert fix(fixed, text.replace("|", "")) == text.replace("|", block(4, 2))


def limited(*lines: str) -> str:
    """A service with these lines below its resources."""
    return f"services:\n  asr:\n    {ASR}\n    deploy:\n      resources:\n" + "".join(f"        {x}\n" for x in lines)


DEVICE = ("  devices:", "    - driver: nvidia", "      count: 1", "      capabilities: [gpu]")
IN_BRACES = "{devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("limits:", *DEVICE), ("reservations:", *DEVICE)),
        ((f"limits: {IN_BRACES}",), (f"reservations: {IN_BRACES}",)),
        (("limits:", "  memory: 8G", *DEVICE), ("limits:", "  memory: 8G", "reservations:", *DEVICE)),
    ],
)
def test_devices_among_the_limits_are_reserved(before: tuple[str, ...], after: tuple[str, ...], fixed: Path) -> None:
    assert fix(fixed, limited(*before)) == limited(*after)


@pytest.mark.parametrize(
    "lines",
    [
        ("reservations: {memory: 1G}", "limits:", *DEVICE),
        ("limits:", *DEVICE, "  memory: 8G"),
        (f"limits: {IN_BRACES.replace('{d', '{memory: 8G, d', 1)}",),
    ],
)
def test_devices_among_limits_with_other_lines_in_the_way_are_left(lines: tuple[str, ...], fixed: Path) -> None:
    assert fix(fixed, limited(*lines)) == limited(*lines)

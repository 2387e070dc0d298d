"""The end of a run in words: one table, and a line for each image of which nothing was looked at."""

from __future__ import annotations

from typing import Any

from wxlint.conformance.plugin.report import table, unseen_images


def record(image: str, check: str, verdict: str, reason: str = "") -> dict[str, Any]:
    return {"image": image, "check": check, "verdict": verdict, "reason": reason}


RECORDS = [
    *(record("base:cpu", check, "PASS") for check in ("exists", "base", "python")),
    record("one:cpu", "exists", "PASS"),
    record("one:cpu", "base", "FAIL", "another"),
    record("one:cpu", "python", "UNPROVEN", "no"),
    record("two:cuda", "exists", "SKIP", "it is optional"),
    record("two:cuda", "device", "SKIP", "there is no image"),
]


def test_images_by_properties_where_there_is_room() -> None:
    assert table(RECORDS, 200) == [
        "image     exists    base      python",
        "base:cpu  pass      pass      pass",
        "one:cpu   pass      FAIL      unproven",
    ]


def test_one_table_where_there_is_none() -> None:
    assert table(RECORDS, 30) == [
        "image     passed  not passed",
        "base:cpu  3 of 3",
        "one:cpu   1 of 3  FAIL base; unproven python",
    ]


def test_an_image_that_was_skipped_is_a_line_with_its_reason() -> None:
    assert unseen_images(RECORDS) == {"two:cuda": "it is optional"}


def test_nothing_looked_at_is_no_table() -> None:
    assert table(RECORDS[-2:], 200) == []

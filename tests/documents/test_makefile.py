"""Makefiles, split: what is an assignment, a rule, a recipe line, and where it stands."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.makefile import MakeCondition, Makefile, read_makefile
from wxlint.documents.source import Source


def read(text: str) -> Makefile:
    return read_makefile(Source("Makefile", text))


def test_assignments_with_their_operators() -> None:
    items = read("A = 1\nB:=2 # two\nexport C ?= 3\nD += 4\nE != date\nimage: TAG = cuda\n").items
    found = [
        (i.assignment.name, i.assignment.operator, i.assignment.value, i.assignment.target)
        for i in items
        if i.assignment
    ]
    assert found == [
        ("A", "=", "1", ""),
        ("B", ":=", "2", ""),
        ("C", "?=", "3", ""),
        ("D", "+=", "4", ""),
        ("E", "!=", "date", ""),
        ("TAG", "=", "cuda", "image"),
    ]


def test_a_recipe_keeps_the_place_of_every_character() -> None:
    text = "all: a b\n\t@docker build \\\n\t  -t x .\n\techo\nend: ; docker pull y\n"
    first, second = (item.rule for item in read(text).items)
    assert first is not None and second is not None
    assert (first.targets, first.prerequisites) == ("all", "a b")
    assert [recipe.text for recipe, _ in first.recipes] == ["docker build \\\n  -t x .", "echo"]
    assert second.recipes[0][0].text == " docker pull y"
    for rule in (first, second):
        for recipe, _ in rule.recipes:
            assert "".join(text[place] for place in recipe.places[:-1]) == recipe.text


def test_conditions_nest_and_turn() -> None:
    text = "ifeq ($(A),1)\nX = 1\nelse ifdef B\nX = 2\nelse\nX = 3\nendif\nY = 4\n"
    tests = [item.tests for item in read(text).items]
    first = MakeCondition("ifeq", "($(A),1)", False)
    second = MakeCondition("ifdef", "B", False)
    assert tests == [
        (first,),
        (first._replace(negated=True), second),
        (first._replace(negated=True), second._replace(negated=True)),
        (),
    ]


def test_define_and_include() -> None:
    items = read("define CMD\ndocker build .\nall: x\nendef\n-include a.mk b.mk\n").items
    assert items[0].assignment is not None and items[0].assignment.value == "docker build .\nall: x"
    assert items[1].files == "a.mk b.mk"


@given(st.text(alphabet="ab:=?$()\\\t\n #%;else ifeqndi", max_size=60))
def test_no_text_breaks_it(text: str) -> None:
    for item in read(text).items:
        for recipe, _ in item.rule.recipes if item.rule else ():
            assert len(recipe.places) == len(recipe.text) + 1

"""Values of Makefiles in a tag, with make itself as the judge of what is known; and what stays unknown."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.from_makefiles import makefile_script

KNOWN = [
    # head, what the tag ends with, what it comes to
    ("A = x y\n", "$(addprefix p-,$(A))", "p-x p-y"),
    ("A = x y\n", "$(addsuffix -s,$(A))", "x-s y-s"),
    ("A = x,y z\n", "$(addsuffix -s,$(A))", "x,y-s z-s"),
    ("A = x,y z\n", "$(addprefix p-,a,$(A))", "p-a,x,y p-z"),
    ("A = b a b\n", "$(sort $(A))", "a b"),
    ("A = b a c\n", "$(firstword $(A))", "b"),
    ("A = b a c\n", "$(lastword $(A))", "c"),
    ("A =\n", "x$(firstword $(A))", "x"),
    ("A = a/b c d/e/f\n", "$(notdir $(A))", "b c f"),
    ("A = x,y\n", "$(strip  $(A)  z )", "x,y z"),
    ("A = a1 b1 a2\n", "$(filter a%,$(A))", "a1 a2"),
    ("A = a1 b1 a2\n", "$(filter-out a%,$(A))", "b1"),
    ("A = a1 b1 c,1\n", "$(filter a1 c%,$(A))", "a1 c,1"),
    ("A = a[1] a1\n", "$(filter a[%],$(A))", "a[1]"),
    ("A = x.o y.c x.o.o\n", "$(patsubst %.o,%.c,$(A))", "x.c y.c x.o.c"),
    ("A = x.o y.c\n", "$(patsubst x.o,z,$(A))", "z y.c"),
    ("A = x.o y.o\n", "$(patsubst %.o,all,$(A))", "all all"),
    ("A = lib.so libx.so libso\n", "$(patsubst lib%.so,%,$(A))", " x libso"),
    ("A = aba\n", "$(patsubst ab%ba,%,$(A))", "aba"),
    ("A = x.o y.c\n", "$(A:.o=.c)", "x.c y.c"),
    ("A = x y\n", "$(A:=.c)", "x.c y.c"),
    ("A = x.o y.c\n", "$(A:%.o=%.d)", "x.d y.c"),
    ("A = x.o y.c\n", "$(A:x.o=z)", "z y.c"),
    ("A = a-b a\n", "$(subst a,x,$(A))", "x-b x"),
    ("A = x\n", "$(if $(A),yes,no,never)", "yes"),
    ("A =\n", "$(if $(A),yes,no,never)", "no,never"),
    ("A =\n", "x$(if $(A),yes)", "x"),
    ("A = x\nB = y\n", "$(or $(A),$(B))", "x"),
    ("A =\nB = y\n", "$(or $(A),$(B))", "y"),
    ("A =\n", "x$(or $(A),$(A))", "x"),
    ("A = x\n", "$(info said)$(A)", "x"),
    ("T = $(1)-$(2)$(3)\n", "$(call T,x,$(subst a,b,a))", "x-b"),
    ("T = $(call U,$(1),y)\nU = $(1)$2\n", "$(call T,x)-$(T)", "xy-y"),
    ("T = $(0):$(1)\nN = T\n", "$(call $(N), x y )", "T: x y "),
    ("T := x$(1)\n", "$(call T,y)", "x"),
    ("define T\n$(1)-$(2)\nendef\n", "$(call T,x,y)", "x-y"),
    ("A = x y\n", "$(foreach one,$(A),$(one).$(one))", "x.x y.y"),
    ("A =\n", "x$(foreach one,$(A),$(one))", "x"),
    ("A = x y\nT = $(1)s\n", "$(foreach one,$(A),$(call T,$(one)))", "xs ys"),
    ("A = $$\n", "x$$$$y", "x$$y"),
    ("A = x\n", "$A-${A}-$(A)", "x-x-x"),
    ("A = B\nB = x\n", "$($(A))", "x"),
    ("A_x = y\nB = x\n", "$(A_$(B))", "y"),
    ("A = (x)\n", "$(subst (x),$(subst x,y,{x}),z(x))", "z{y}"),
    ("A := 1\nA += 2\n", "$(subst 1,x,$(A))", "x 2"),
    ("A = $(B)\nA += 2\nB = 1\n", "$(A)", "1 2"),
    ("A ?= 1\n", "$(A)", "1"),
    ("A += 1\n", "$(strip $(A))", "1"),
    ("V = cuda\nifeq ($(V),cuda)\nA = gpu\nelse ifeq ($(V),rocm)\nA = amd\nelse\nA = cpu\nendif\n", "$(A)", "gpu"),
    ("V = rocm\nifeq ($(V),cuda)\nA = gpu\nelse ifeq ($(V),rocm)\nA = amd\nelse\nA = cpu\nendif\n", "$(A)", "amd"),
    ("V = x\nifeq ($(V),cuda)\nA = gpu\nelse ifeq ($(V),rocm)\nA = amd\nelse\nA = cpu\nendif\n", "$(A)", "cpu"),
    ("V = cuda\nifneq ($(V),cuda)\nA = cpu\nelse\nA = gpu\nendif\n", "$(A)", "gpu"),
    ("V = cuda\nifeq '$(V)' 'cuda'\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "gpu"),
    ('V = cuda\nifeq "$(V)" "cpu"\nA = gpu\nelse\nA = cpu\nendif\n', "$(A)", "cpu"),
    ("V = cuda\nifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "gpu"),
    ("V = cuda\nifndef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "cpu"),
    ("V =\nifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "cpu"),
    ("V :=\nifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "cpu"),
    ("V := x\nifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "gpu"),
    ("V = $(E)\nE =\nifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "gpu"),
    ("ifeq ($(OTHER),)\nA = unset\nendif\n", "$(A)", "unset"),
    ("ifdef OTHER\nA = set\nelse\nA = unset\nendif\n", "$(A)", "unset"),
    ("ifeq ($(subst a,b,a),b)\nA = x\nendif\n", "$(A)", "x"),
]


def tag(head: str, used: str) -> str:
    text = f"{head}image: first second\n\tdocker build -t 'e:{used}' .\nfirst second:\n\ttrue\n"
    (build,) = makefile_script(Source("Makefile", text), lambda paths: None, lambda path: None).builds
    return build.tags[0].value.shown()


@pytest.mark.parametrize(("head", "used", "made"), KNOWN)
def test_what_is_known(head: str, used: str, made: str) -> None:
    assert tag(head, used) == f"e:{made}"


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
def test_make_says_the_same(tmp_path: Path) -> None:
    for number, (head, used, made) in enumerate(KNOWN):
        (tmp_path / f"{number}.mk").write_text(f"{head}image:\n\tdocker build -t 'e:{used}' .\n")
        command = ["make", "-f", f"{number}.mk", "-n", "image"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20, check=True)
        assert f"docker build -t 'e:{made}' ." in done.stdout, (head, used)


@pytest.mark.parametrize(
    ("head", "used", "shown"),
    [
        ("", "$(OTHER)", "$(OTHER)"),
        ("", "$O", "$O"),
        ("", "${OTHER}", "${OTHER}"),
        ("", "$(OTHER:.o=.c)", "$(OTHER:.o=.c)"),
        ("", "$($(OTHER))", "$($(OTHER))"),
        ("", "$(shell date)", "$(shell date)"),
        ("", "$(foreach a,$(OTHER),$(a))", "$(foreach a,$(OTHER),$(a))"),
        ("", "$(foreach a,b)", "$(foreach a,b)"),
        ("", "$(call $(OTHER),a)", "$(call $(OTHER),a)"),
        ("T = $(call T,$(1))\n", "$(call T,a)", "$(T)"),
        ("T = $(1)-$(OTHER)\n", "$(call T,a)", "a-$(OTHER)"),
        ("", "$(addprefix $(OTHER),x)", "$(addprefix $(OTHER),x)"),
        ("", "$(addsuffix x,$(OTHER))", "$(addsuffix x,$(OTHER))"),
        ("", "$(sort $(OTHER))", "$(sort $(OTHER))"),
        ("", "$(filter $(OTHER),x)", "$(filter $(OTHER),x)"),
        ("", "$(filter x,$(OTHER))", "$(filter x,$(OTHER))"),
        ("", "$(subst $(OTHER),x,y)", "$(subst $(OTHER),x,y)"),
        ("", "$(subst x,$(OTHER),y)", "$(subst x,$(OTHER),y)"),
        ("", "$(subst x,y,$(OTHER))", "$(subst x,y,$(OTHER))"),
        ("", "$(subst x,y)", "$(subst x,y)"),
        ("", "$(patsubst $(OTHER),x,y)", "$(patsubst $(OTHER),x,y)"),
        ("", "$(patsubst x,$(OTHER),y)", "$(patsubst x,$(OTHER),y)"),
        ("", "$(patsubst x,y,$(OTHER))", "$(patsubst x,y,$(OTHER))"),
        ("", "$(patsubst x,y)", "$(patsubst x,y)"),
        ("", "$(if $(OTHER),x,y)", "$(if $(OTHER),x,y)"),
        ("", "$(or $(OTHER),y)", "$(or $(OTHER),y)"),
        ("A != date\n", "$(A)", "$(A)"),
        ("V := $(shell date)\nifeq ($(V),x)\nA = x\nelse\nA = y\nendif\n", "$(A)", "$(A)"),
        ("V := $(shell date)\nifeq (x,$(V))\nA = x\nendif\n", "$(A)", "$(A)"),
        ("ifeq (x)\nA = x\nendif\n", "$(A)", "$(A)"),
        ("ifeq x y\nA = x\nendif\n", "$(A)", "$(A)"),
        ("V := $(OTHER)\nifdef V\nA = x\nendif\n", "$(A)", "$(A)"),
        ("A := $(OTHER)\nA += x\n", "$(A)", "$(OTHER) x"),
        ("A = $(A)\n", "$(A)", "$(A)"),
    ],
)
def test_what_is_not_known(head: str, used: str, shown: str) -> None:
    assert tag(head, used) == f"e:{shown}"


def test_what_is_known_beside_what_is_not() -> None:
    assert tag("", "$(if x$(OTHER),yes,no)") == "e:yes"
    assert tag("", "$(or x$(OTHER),no)") == "e:x$(OTHER)"


@pytest.mark.parametrize(
    ("head", "because"),
    [
        ("A = $(B)\nB ?= x\n", [("default", "B=x", 2), ("variable", "A=$(B)", 1)]),
        ("A = $(subst x,y,$(B))\nB = x\n", [("variable", "B=x", 2), ("variable", "A=$(subst x,y,$(B))", 1)]),
        ("A := x\nA += y\n", [("variable", "A=x", 1), ("variable", "A=y", 2)]),
        ("A = x\nA += y\n", [("variable", "A=x", 1), ("variable", "A=y", 2)]),
        ("B = z\nA := x\nA += $(B)\n", [("variable", "B=z", 1), ("variable", "A=x", 2), ("variable", "A=$(B)", 3)]),
    ],
)
def test_where_a_value_comes_from(head: str, because: list[tuple[str, str, int]]) -> None:
    text = f"{head}image:\n\tdocker build -t 'e:$(A)' .\n"
    (build,) = makefile_script(Source("Makefile", text), lambda paths: None, lambda path: None).builds
    assert [(reason.kind, reason.text, reason.line) for reason in build.tags[0].value.because] == because


def test_a_variable_that_doubles_itself_does_not_fill_memory() -> None:
    head = "A := 0123456789\n" + "A := $(A)$(A)\n" * 40
    assert len(tag(head, "$(A)")) < 1_000_000
    assert tag("A := 0123456789\n" + "A := $(A)$(A)\n" * 10, "$(A)") == "e:" + "0123456789" * 1024


@pytest.mark.parametrize("used", ["$(A", "${A", "$(subst a,b,$(A)", "$(if $(A),$(B", "$", "$("])
def test_a_reference_that_does_not_end(used: str) -> None:
    assert tag("A = x\n", used).startswith("e:")

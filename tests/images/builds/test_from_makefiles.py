"""Builds and uses in Makefiles: variables, conditions, patterns, and targets that other targets call."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.from_makefiles import makefile_script
from wxlint.images.builds.from_scripts import Script

DOCKERFILES = ("Dockerfile", "Dockerfile.cpu", "app/Dockerfile", "app/Dockerfile.cuda")


def script(text: str, path: str = "Makefile", **files: str) -> Script:
    sources = {name.replace("_", "."): Source(name.replace("_", "."), own) for name, own in files.items()}
    find = lambda paths: next((p for p in paths if p in DOCKERFILES), None)  # noqa: E731
    return makefile_script(Source(path, text), find, sources.get)


def tags(text: str, **files: str) -> list[str]:
    return [tag.value.shown() for build in script(text, **files).builds for tag in build.tags]


def test_variables_reach_the_build_with_their_places() -> None:
    text = "IMAGE ?= example/app\nTAG := 1.0-cuda\nimage:\n\t@docker build -f Dockerfile.cpu -t $(IMAGE):${TAG} .\n"
    (build,) = script(text).builds
    (tag,) = build.tags
    assert (build.dockerfile, tag.value.text) == ("Dockerfile.cpu", "example/app:1.0-cuda")
    assert [(reason.text, reason.line) for reason in tag.value.because] == [
        ("IMAGE=example/app", 1),
        ("TAG=1.0-cuda", 2),
    ]
    assert text.splitlines()[3][tag.span.column - 1 : tag.span.end_column - 1] == "$(IMAGE):${TAG}"
    assert build.built_by[0].text == "make image"


@pytest.mark.parametrize(
    ("head", "used", "made"),
    [
        ("A = $(B)\nB = late\n", "$(A)", "late"),
        ("A := $(B)\nB = late\n", "$(A)", "$(B)"),
        ("A = 1\nA ?= 2\n", "$(A)", "1"),
        ("A = x\nA += y\n", "$(lastword $(A))", "y"),
        ("V = cuda\nifeq ($(V),cuda)\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "gpu"),
        ('V = cpu\nifneq ("$(V)", "cuda")\nA = gpu\nendif\n', "$(A)", "gpu"),
        ("ifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "cpu"),
        ("ifeq ($(V),)\nA = plain\nelse\nA = loud\nendif\n", "$(A)", "plain"),
        ("ifeq ($(shell uname),Linux)\nA = x\nendif\n", "$(A)", "$(A)"),
        ("A = a/b-c\n", "$(subst /,-,$(A))", "a-b-c"),
        ("A = x.o y.o\n", "$(firstword $(A:.o=.c))", "x.c"),
        ("A = x\n", "$(if $(A),yes,no)", "yes"),
        ("A =\n", "$(or $(A),other)", "other"),
        ("A = 12.1\n", "cu$(subst .,,$(A))", "cu121"),
        ("A = $$x\n", "$(strip $(A))b", "$xb"),
        ("A = $(shell git describe)\n", "v$(A)", "v$(shell git describe)"),
        ("image: A = own\nA = all\n", "$(A)", "own"),
        ("A = $(A)\n", "x$(A)", "x$(A)"),
    ],
)
def test_values(head: str, used: str, made: str) -> None:
    assert tags(f"{head}image:\n\tdocker build -t e:{used} .\n") == [f"e:{made}"]


@pytest.mark.parametrize(
    ("head", "command"),
    [
        ("Q = @\n", "$(Q)docker"),
        ("Q = @\n", "$(Q) docker"),
        ("Q =\n", "-$(Q) docker"),
        ("", "$(SUDO) docker"),
        ("", "$(SUDO)docker"),
        ("E ?= podman\n", "@$(E)"),
        ("DOCKER = $(shell which podman docker)\n", "$(DOCKER)"),
        ("", "$(CONTAINER_RUNTIME)"),
    ],
)
def test_what_stands_before_the_engine_or_names_it(head: str, command: str) -> None:
    assert tags(f"{head}image:\n\t{command} build -t e:1 .\n") == ["e:1"]


def test_variables_that_nothing_defines() -> None:
    text = "A_B := 1\nC = $(A_BC)\nimage: own\n\tdocker build -t e:$(MISSING)$(A_B)$$SHELL_ONE .\n\techo $(OTHER)\n"
    found = script(text).undefined
    assert [(each.name, each.span.line, each.others) for each in found] == [
        ("A_BC", 2, ("A_B", "C")),
        ("MISSING", 4, ("A_B", "C")),
    ]
    assert text.splitlines()[1][found[0].span.column - 1 : found[0].span.end_column - 1] == "A_BC"
    assert script("-include gone.mk\n" + text).undefined == ()


def test_pattern_rules_are_followed_for_what_others_need() -> None:
    text = "all: build-cpu build-cuda\nbuild-%:\n\tdocker build -t example/app:$* .\n"
    assert tags(text) == ["example/app:cpu", "example/app:cuda"]
    assert tags(text.partition("\n")[2]) == ["example/app:$*"]


def test_a_target_that_make_calls_with_other_values() -> None:
    text = "TAG ?= cpu\nimage:\n\tdocker build -t example/app:$(TAG) .\ncuda:\n\t$(MAKE) image TAG=cuda\n"
    found = script(text)
    assert [tag.value.text for build in found.builds for tag in build.tags] == ["example/app:cpu", "example/app:cuda"]


def test_targets_that_call_each_other_end() -> None:
    text = "a:\n\t$(MAKE) b X=1\n\tdocker build -t e:$(X) .\nb:\n\t$(MAKE) a X=2\n"
    assert set(tags(text)) == {"e:$(X)", "e:2"}


def test_included_files_share_the_variables() -> None:
    text = "TAG = cuda\ninclude common.mk\nimage:\n\tdocker build -t $(NAME) .\n"
    assert tags(text, common_mk="NAME = example/app:$(TAG)\n") == ["example/app:cuda"]


def test_paths_start_in_the_folder_of_the_makefile() -> None:
    (build,) = script("image:\n\tcd .; docker build -f Dockerfile.cuda .\n", "app/Makefile").builds
    assert (build.dockerfile, build.contexts[0]) == ("app/Dockerfile.cuda", "app")


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.parametrize(
    "text",
    [
        "A = $(B)\nB = x\nT := $(A)y\nimage:\n\tdocker build -t e:$(T) .\n",
        "L = a b c\nimage:\n\tdocker build -t e:$(word 1,x)$(lastword $(L)) .\n",
        "V = 12.1.0\nimage:\n\tdocker build -t e:cu$(subst .,,$(V))-$(if $(V),y,n) .\n",
        "ifeq ($(strip  x ),x)\nT = yes\nelse\nT = no\nendif\nimage:\n\tdocker build -t e:$(T)$(T:s=z) .\n",
        "image: T = own\nimage: other\n\tdocker build -t e:$@-$<-$(T) .\nother:\n\ttrue\n",
        "T = $(filter %c,ab bc cd)$(filter-out a%,ax b)$(notdir x/y)\nimage:\n\tdocker build -t 'e:$(T)' .\n",
    ],
)
def test_make_itself_says_the_same(text: str, tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text(text)
    printed = subprocess.run(
        ["make", "-n", "-s", "image"], cwd=tmp_path, capture_output=True, text=True, timeout=20, check=True
    ).stdout
    line = next(line for line in printed.splitlines() if line.startswith("docker"))
    found = script(text).builds[0].tags[0].value
    assert not found.known or f"-t {found.text} " in line.replace("'", "")
    assert found.known or "$(word" in text

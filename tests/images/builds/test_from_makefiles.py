"""Builds and uses in Makefiles: variables, conditions, patterns, and targets that other targets call."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from built_by_scripts import first_of

from wxlint.documents.source import Source
from wxlint.images.builds.from_makefiles import makefile_script
from wxlint.images.builds.model import Script

find = first_of("Dockerfile", "Dockerfile.cpu", "app/Dockerfile", "app/Dockerfile.cuda")


def script(text: str, path: str = "Makefile", **files: str) -> Script:
    sources = {name.replace("_", "."): Source(name.replace("_", "."), own) for name, own in files.items()}
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
        ("-include local.mk\nifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "$(A)"),
        ("-include local.mk\nifeq ($(V),)\nA = plain\nelse\nA = loud\nendif\n", "$(A)", "$(A)"),
        ("V = 1\n-include local.mk\nifdef V\nA = gpu\nelse\nA = cpu\nendif\n", "$(A)", "gpu"),
        ("ifdef V\nA = gpu\nelse\nA = cpu\nendif\n-include local.mk\n", "$(A)", "cpu"),
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


def test_variables_that_name_themselves_or_many_others_end() -> None:
    assert tags("V = $(V)$(V)$(V)$(V)\nimage:\n\tdocker build -t e:x$(V) .\n") == ["e:x$(V)$(V)$(V)$(V)"]
    chain = "".join(f"A{n} = $(A{n + 1})$(A{n + 1})$(A{n + 1})\n" for n in range(18))
    assert len(tags(chain + "A18 = x\nimage:\n\tdocker build -t e:y$(A0) .\n")) == 1
    assert tags("image:\n\tdocker build -t e:$(if x) .\n") == ["e:$(if x)"]


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


@pytest.mark.parametrize("program", ["docker", "podman", "nerdctl", "buildah"])
def test_programs_that_build(program: str) -> None:
    assert tags(f"image:\n\t{program} build -t e:x .\nother:\n\ttrue\n") == ["e:x"]


@pytest.mark.parametrize("make", ["$(MAKE)", "${MAKE}", "make", "gmake"])
def test_a_target_that_is_called_by_any_name_of_make(make: str) -> None:
    text = f"image:\n\tdocker build -t e:$(T) .\ncuda:\n\t{make} image T=cuda\n\techo $@\n"
    assert tags(text) == ["e:$(T)", "e:cuda"]


def test_a_program_that_a_variable_names() -> None:
    assert tags("ENGINE = podman\nnone:\n\ttrue\nimage:\n\t$(ENGINE) build -t e:x .\n") == ["e:x"]


@pytest.mark.parametrize(
    ("call", "made"),
    [
        ("-s image T=x", ["e:x"]),
        ("image T=x U=y", ["e:x"]),
        ("--no-print-directory image T=x", ["e:x"]),
        ("T=x image other", ["e:x"]),
        ("image", []),  # it runs in the same way by itself
        ("T=x", []),  # the default target is not followed
        ("$(ANY) image T=x", ["e:x"]),
        ("image $(ANY)=x", []),
        ("-C sub image T=x", []),
        ("--directory sub image T=x", []),
        ("-f other.mk image T=x", []),
        ("--file other.mk image T=x", []),
    ],
)
def test_what_a_call_of_make_sets(call: str, made: list[str]) -> None:
    text = f"call:\n\t$(MAKE) {call}\nimage:\n\tdocker build -t e:$(T) .\n"
    assert tags(text) == [*made, "e:$(T)"]


def test_make_in_another_folder_runs_another_makefile() -> None:
    text = "call:\n\tcd sub && $(MAKE) image T=x\nimage:\n\tdocker build -t e:$(T) .\n"
    assert tags(text) == ["e:$(T)"]


def test_a_call_is_among_the_reasons_of_what_it_builds() -> None:
    text = "call:\n\t$(MAKE) first image T=x\nimage:\n\tdocker build -t e:$(T) .\nfirst:\n\ttrue $(T)\n"
    build = script(text).builds[0]
    assert [(reason.kind, reason.text) for reason in build.built_by[:1]] == [("build", "make image")]
    assert ("call", "make first image", 2) in [(reason.kind, reason.text, reason.line) for reason in build.built_by]


def test_what_a_target_knows_of_itself() -> None:
    text = "e-%: first second\n\tdocker build -t e:$@-$*-$< -t e:$(lastword $^) .\nall: e-x e-\n"
    assert tags(text) == ["e:e-x-x-first", "e:second"]
    assert tags("none:\n\tdocker build -t e:$<x .\n") == ["e:$<x"]
    assert tags("e-%-end:\n\tdocker build -t e:$* .\nall: e-x-end e-end e--end x-end e-x other\n") == ["e:x"]
    (build,) = script("e-%:\n\tdocker build -t e:$@ .\n").builds
    assert (build.tags[0].value.shown(), build.built_by[0].text) == ("e:e-$*", "make e-*")


def test_variables_of_one_target_are_its_own() -> None:
    text = "T = all\none: T = one\none:\n\tdocker build -t e:$(T) .\ntwo:\n\tdocker build -t e:$(T) .\n"
    assert tags(text) == ["e:one", "e:all"]


def test_recipes_in_conditions() -> None:
    text = "V = cuda\nimage:\nifeq ($(V),cuda)\n\tdocker build -t e:cuda .\nelse\n\tdocker build -t e:cpu .\nendif\n"
    assert tags(text) == ["e:cuda"]
    assert tags(text.replace("V = cuda", "V = $(shell cat v)")) == ["e:cuda", "e:cpu"]


def test_files_that_include_each_other_end() -> None:
    text = "include a.mk a.mk $(OTHER)\ninclude missing.mk\nimage:\n\tdocker build -t e:$(A) .\n"
    assert tags(text, a_mk="A += x\ninclude a.mk Makefile\n") == ["e:x"]


def test_files_are_included_from_the_folder_of_the_makefile() -> None:
    files = {"docker/common.mk": Source("docker/common.mk", "TAG = cuda\nimage:\n\tdocker build -t e:$(TAG) .\n")}
    (build,) = makefile_script(Source("docker/Makefile", "include common.mk\n"), lambda paths: None, files.get).builds
    (tag,) = build.tags
    assert (tag.value.text, tag.span.path, tag.span.line) == ("e:cuda", "docker/common.mk", 3)


@pytest.mark.parametrize(
    ("recipe", "path", "dockerfile", "context"),
    [
        ("docker build app", "Makefile", "app/Dockerfile", "app"),
        ("docker build -f Dockerfile.cpu .", "ci/Makefile", "Dockerfile.cpu", "."),
        ("docker build -f app/Dockerfile.cuda .", "ci/deep/Makefile", "app/Dockerfile.cuda", "."),
        ("cd .. && docker build -f Dockerfile.cpu .", "app/Makefile", "Dockerfile.cpu", "."),
        ("cd $(CURDIR)/app && docker build .", "Makefile", "app/Dockerfile", "app"),
        ("cd /srv && docker build -f Dockerfile.cpu .", "Makefile", "", None),
        ("cd $(OTHER) && docker build -f Dockerfile.cpu .", "Makefile", "", None),
    ],
)
def test_where_a_build_looks(recipe: str, path: str, dockerfile: str, context: str | None) -> None:
    (build,) = script(f"image:\n\t{recipe}\n", path).builds
    assert (build.dockerfile, build.contexts[0] if build.contexts else None) == (dockerfile, context)


def test_where_a_tag_stands_behind_what_was_filled_in() -> None:
    text = "E = example/app\nL =\nimage:\n\t@docker $(L) build \\\n\t  -t $(E):1 -t e:$(L)$(E)x .\n"
    (build,) = script(text).builds
    lines = text.splitlines()
    spans = [tag.span for tag in build.tags]
    assert [lines[s.line - 1][s.column - 1 : s.end_column - 1] for s in spans] == ["$(E):1", "e:$(L)$(E)x"]


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


def test_lines_of_a_define_are_command_lines_of_their_own() -> None:
    text = (
        "define image\n@echo $(1)\n@docker build -f Dockerfile.$(1) \\\n\t-t e/app:$(1)$(2) .\n"
        "-docker push e/app:$(1)\nendef\nall:\n\t$(call image,cpu)\n\t$(call image,cuda,-x)\n"
    )
    assert tags(text) == ["e/app:cpu", "e/app:cuda-x"]
    assert [use.value.text for use in script(text).uses if use.kind == "docker push"] == ["e/app:cpu", "e/app:cuda"]


def test_a_pattern_includes_what_it_matches() -> None:
    files = {"make/b.mk": "b:\n\tdocker build -t $(NAME):b .\n", "make/a.mk": "NAME ?= e/app\n"}
    sources = {path: Source(path, text) for path, text in files.items()}

    def made(matching: dict[str, list[str]]) -> list[str]:
        text = Source("Makefile", "include make/*.mk\nall:\n\tdocker build -t $(NAME):a .\n")
        found = makefile_script(text, find, sources.get, lambda pattern: matching.get(pattern, []))
        return [tag.value.shown() for build in found.builds for tag in build.tags]

    assert made({"make/*.mk": list(files)}) == ["e/app:b", "e/app:a"]
    assert made({}) == ["$(NAME):a"]

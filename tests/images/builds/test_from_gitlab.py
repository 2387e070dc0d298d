"""Builds and uses in GitLab pipelines: inheritance, variables, matrices, included files, kaniko and buildah."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_by_scripts import first_of, tags
from file_trees import write_tree

from wxlint.documents.source import Source
from wxlint.images.builds.from_gitlab import Pipelines
from wxlint.images.builds.model import Script
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather

find = first_of("Dockerfile", "app/Dockerfile", "docker/Dockerfile.cuda")


def script(text: str, path: str = ".gitlab-ci.yml", **others: str) -> Script:
    """What a pipeline does. others: files of the repository, `__` for `/`."""
    files = {name.replace("__", "/"): Source(name.replace("__", "/"), own) for name, own in others.items()}
    pipelines = Pipelines(find, files.get)
    pipelines.add(Source(path, text))
    return pipelines.script(path)


def test_images_services_and_defaults() -> None:
    found = script(
        """\
default:
  image: python:3.11
services: [docker:dind]
variables: {TAG: "1.0", FULL: "tool:$TAG"}
one: {script: [ls]}
two: {image: "example/$FULL", services: [{name: redis:7}], script: [ls]}
three: {image: {name: $CI_REGISTRY_IMAGE/x:1}, inherit: {default: false}, script: [ls]}
.hidden: {image: alpine:latest}
"""
    )
    assert [(use.kind, use.value.shown(), use.span.line) for use in found.uses] == [
        ("job container", "python:3.11", 2),
        ("job service", "docker:dind", 3),
        ("job container", "example/tool:1.0", 6),
        ("job service", "redis:7", 6),
        ("job container", "$CI_REGISTRY_IMAGE/x:1", 7),
    ]


def test_a_script_with_what_comes_before_it() -> None:
    text = """\
variables:
  FILE: docker/Dockerfile.cuda
.base: &base
  before_script:
    - cd $CI_PROJECT_DIR
    - export TAG=1.0-$VARIANT
pack:
  <<: *base
  variables: {VARIANT: cuda}
  script:
    - docker build -f "$FILE" --build-arg V=$VARIANT -t example/app:$TAG .
    - |
      docker push example/app:$TAG
"""
    found = script(text)
    (build,) = found.builds
    assert (build.dockerfile, build.contexts, tags(found)) == (
        "docker/Dockerfile.cuda",
        (".",),
        ["example/app:1.0-cuda"],
    )
    assert [(name, value.text) for name, value in build.args] == [("V", "cuda")]
    assert build.built_by[0].text == "job pack"
    assert [use.span.line for use in found.uses] == [11, 13]
    assert text.splitlines()[10][build.tags[0].span.column - 1 :].startswith("example/app:$TAG")


def test_extends_joins_variables_and_replaces_the_rest() -> None:
    found = script(
        """\
.a:
  variables: {A: "1", B: "1"}
  script: [docker build -t a:$A-$B .]
.b:
  variables: {B: "2"}
both:
  extends: [.a, .b]
own:
  extends: .a
  script: ["docker build -t own:$A ."]
open:
  extends: .gone
  script: [docker build -t open:$A .]
"""
    )
    assert tags(found) == ["a:1-2", "own:1", "open:$A"]


def test_references_and_nested_lists() -> None:
    found = script(
        """\
.setup:
  script: [export A=1, [export B=2]]
pack:
  script:
    - !reference [.setup, script]
    - docker build -t a:$A-$B .
    - !reference [.gone, script]
"""
    )
    assert tags(found) == ["a:1-2"]


def test_a_matrix_is_one_build_for_each_round() -> None:
    found = script(
        """\
pack:
  parallel:
    matrix:
      - {V: [cpu, cuda], P: "3.11"}
      - V: rocm
  script: [docker build -t a:$V-$P .]
"""
    )
    assert tags(found) == ["a:cpu-3.11", "a:cuda-3.11", "a:rocm-$P"]
    assert [reason.text for reason in found.builds[1].tags[0].because] == ["V=cuda", "P=3.11"]


def test_what_rules_may_set_is_not_known() -> None:
    text = (
        "pack:\n  variables: {V: cpu}\n  rules: [{if: $X, variables: {V: cuda}}]\n  script: [docker build -t a:$V .]\n"
    )
    assert tags(script(text)) == ["a:$V"]


def test_files_of_the_repository_are_included() -> None:
    others = {
        "ci__base.yml": "include: {local: ci/more.yml}\n.build:\n  script: [docker build -t a:$V .]\n"
        "variables: {V: base}\n",
        "ci__more.yml": "variables: {V: more, W: more}\nother: {image: 'b:$W'}\n",
    }
    text = "include:\n  - local: /ci/base.yml\n  - {remote: 'https://example.org/x.yml'}\npack:\n  extends: .build\n"
    found = script(text, **others)
    assert tags(found) == ["a:base"]
    assert {(use.value.text, use.span.path) for use in found.uses} == {
        ("a:base", "ci/base.yml"),
        ("b:more", "ci/more.yml"),
    }


def test_a_circle_of_includes_and_extends_ends() -> None:
    others = {"a.yml": "include: /.gitlab-ci.yml\n"}
    assert script(
        "include: a.yml\nx: {extends: y}\ny: {extends: x, script: [docker build -t a:1 .]}\n", **others
    ).builds


@pytest.mark.parametrize(
    ("line", "dockerfile", "context"),
    [
        (
            "/kaniko/executor --context $CI_PROJECT_DIR --dockerfile app/Dockerfile --destination a:1",
            "app/Dockerfile",
            ".",
        ),
        ("/kaniko/executor --context=dir://$CI_PROJECT_DIR/app --destination=a:1", "app/Dockerfile", "app"),
        ("/kaniko/executor -c app -f Dockerfile -d a:1 --cache=true --single-snapshot", "app/Dockerfile", "app"),
        ("buildah bud -f docker/Dockerfile.cuda -t a:1 .", "docker/Dockerfile.cuda", "."),
        ("buildah build -t a:1 app", "app/Dockerfile", "app"),
    ],
)
def test_other_builders(line: str, dockerfile: str, context: str) -> None:
    found = script(f"pack:\n  script:\n    - {line} --build-arg V=1 --target run\n")
    (build,) = found.builds
    assert (build.dockerfile, build.contexts[0], build.target, tags(found)) == (dockerfile, context, "run", ["a:1"])
    assert [(name, value.text) for name, value in build.args] == [("V", "1")]


def test_a_run_on_a_machine_without_a_gpu() -> None:
    text = "a: {script: [docker run a:cuda]}\nb: {tags: [gpu], script: [docker run a:cuda]}\n"
    assert [call.hosted for call in script(text).calls] == [True, False]


@pytest.mark.parametrize(
    "text", ["", "a", "- a\n", "a: [b\n", "a: {script: 1}\nimage: {name: {}}\n", "include: {local: {}}\n"]
)
def test_what_is_no_pipeline(text: str) -> None:
    assert script(text).builds == ()


def test_through_the_command_line_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "Dockerfile").write_text("FROM nvidia/cuda:12.4.1-runtime-ubuntu22.04\n")
    (tmp_path / ".gitlab-ci.yml").write_text(
        "image: docker:27\nbuild:\n  script:\n    - docker build -t example/asr:1.0-cpu .\ninclude: /ci/more.yml\n"
    )
    (tmp_path / "ci").mkdir()
    (tmp_path / "ci/more.yml").write_text("x:\n  image: [\n")
    gathered = gather(["."])
    report = engine.check(gathered.repository, engine.CheckOptions(scope=gathered.scope))
    found = {(f.rule, f.span.path, f.span.line) for f in report.findings}
    assert ("variant-tag", ".gitlab-ci.yml", 4) in found
    assert any(rule == "syntax-error" and path == "ci/more.yml" for rule, path, _ in found)


@pytest.mark.parametrize(
    ("variables", "tag", "made"),
    [
        ("{A: '1'}", "a:${A}x", "a:1x"),
        ("{A: '1'}", "a:%A%", "a:1"),
        ("{A: '1'}", "a:$A$$B", "a:1$B"),
        ("{A: {value: '1', description: x}}", "a:$A", "a:1"),
        ("{A: {description: x}}", "a:$A", "a:$A"),
        ("{A: [1]}", "a:$A", "a:$A"),
        ("{A: $B-x, B: y}", "a:$A", "a:y-x"),
        ("{A: x$GONE}", "a:$A", "a:x$GONE"),
        ("{}", "a:$CI_COMMIT_TAG", "a:$CI_COMMIT_TAG"),
    ],
)
def test_variables_in_an_image(variables: str, tag: str, made: str) -> None:
    (use,) = script(f"one:\n  variables: {variables}\n  image: '{tag}'\n  script: [ls]\n").uses
    assert use.value.shown() == made


def test_variables_that_name_each_other_are_not_known() -> None:
    (use,) = script("one: {variables: {A: $B, B: $A}, image: 'a:$A', script: [ls]}\n").uses
    assert use.value.shown() in ("a:$A", "a:$B")


def test_a_chain_of_variables_is_followed_ten_deep() -> None:
    chain = ", ".join(f"V{number}: $V{number + 1}" for number in range(10))
    (use,) = script(f"one: {{variables: {{{chain}, V10: end}}, image: 'a:$V0', script: [ls]}}\n").uses
    assert use.value.shown() == "a:end"


def test_reasons_of_a_variable() -> None:
    text = "variables:\n  A: '1'\none:\n  variables: {B: $A-x}\n  image: a:$B\n  script: [ls]\n"
    (use,) = script(text).uses
    assert [(reason.kind, reason.text, reason.path, reason.line, reason.name) for reason in use.because] == [
        ("variable", "A=1", ".gitlab-ci.yml", 2, "A"),
        ("variable", "B=$A-x", ".gitlab-ci.yml", 4, "B"),
    ]


def test_a_variable_of_an_included_job_stands_in_its_file() -> None:
    others = {"ci__base.yml": "# base\n.base:\n  variables: {A: '1'}\n  image: a:$A\n"}
    found = script("include: /ci/base.yml\none: {extends: .base, script: [ls]}\n", **others)
    assert [(use.span.path, use.span.line, use.because[0].path, use.because[0].line) for use in found.uses] == [
        ("ci/base.yml", 4, "ci/base.yml", 3)
    ]


@pytest.mark.parametrize(
    "keys", ["image: $IMAGE", "image: 3", "image: [a:1]", "image: {}", "services: a:1", "services: [3, $X, {}]"]
)
def test_what_names_no_image(keys: str) -> None:
    assert script(f"one:\n  script: [ls]\n  {keys}\n").uses == ()


@pytest.mark.parametrize("image", ["'a/b:1'", '"a/b:1"', "a/b:1", "{name: 'a/b:1', entrypoint: ['']}"])
def test_where_an_image_stands(image: str) -> None:
    text = f"one:\n  image: {image}\n  script: [ls]\n"
    (use,) = script(text).uses
    assert text.splitlines()[1][use.span.column - 1 : use.span.end_column - 1] == "a/b:1"


@pytest.mark.parametrize("program", ["docker", "podman", "buildah", "nerdctl"])
def test_programs_that_build(program: str) -> None:
    assert tags(script(f"one: {{script: [{program} build -t a:1 .]}}\n")) == ["a:1"]


def test_what_comes_after_a_script_runs_in_a_shell_of_its_own() -> None:
    text = "one:\n  script: [export A=1, 'docker build -t a:$A .']\n  after_script: ['docker push b:$A']\n"
    found = script(text)
    assert [use.value.shown() for use in found.uses] == ["a:1", "b:$A"]
    assert [use.value.shown() for use in script("one: {after_script: [docker push b:1]}\n").uses] == ["b:1"]


def test_lines_of_another_file_count_in_front_of_a_script() -> None:
    others = {"ci__base.yml": ".base:\n  before_script: [export A=1, 'docker pull a:$A']\n"}
    text = (
        "include: ci/base.yml\none:\n  extends: .base\n  script:\n    - docker build -t b:$A .\n    - docker push b:1\n"
    )
    found = script(text, **others)
    assert tags(found) == ["b:1"]
    places = [(use.value.shown(), use.span.path, use.span.line) for use in found.uses]
    assert places[1:] == [("b:1", ".gitlab-ci.yml", 5), ("b:1", ".gitlab-ci.yml", 6)]


@pytest.mark.parametrize(
    ("tags", "hosted"),
    [
        ("[GPU]", False),
        ("[linux, nvidia-a100]", False),
        ("[cuda12]", False),
        ("[$RUNNER]", False),
        ("[linux]", True),
        ("gpu", True),  # not a list: GitLab refuses it
        ("[[gpu]]", True),
    ],
)
def test_runners_that_may_have_a_gpu(tags: str, hosted: bool) -> None:
    (call,) = script(f"one: {{tags: {tags}, script: [docker run a:1]}}\n").calls
    assert call.hosted is hosted


def test_a_build_says_its_job_and_its_line() -> None:
    (build,) = script("one:\n  script:\n    - ls\n    - docker build .\n").builds
    (reason,) = build.built_by
    assert (reason.kind, reason.text, reason.path, reason.line) == ("build", "job one", ".gitlab-ci.yml", 4)


@pytest.mark.parametrize(
    ("matrix", "made"),
    [
        ("[]", ["a:$V"]),
        ("[V, {V: 1}]", ["a:1"]),
        ("[{V: 1}, [V]]", ["a:1"]),
        ("[{V: [1, [2]]}]", ["a:1", "a:$V"]),
        ("[{V: []}]", ["a:$V"]),
        ("{V: 1}", ["a:$V"]),
    ],
)
def test_odd_matrices(matrix: str, made: list[str]) -> None:
    text = f"one:\n  parallel: {{matrix: {matrix}}}\n  script: [docker build -t a:$V .]\n"
    assert tags(script(text)) == made


def test_a_number_of_equal_jobs_is_one_round() -> None:
    assert tags(script("one: {parallel: 3, script: [docker build -t a:1 .]}\n")) == ["a:1"]


def test_rounds_of_a_matrix_end_at_the_limit_of_gitlab() -> None:
    numbers = ", ".join(map(str, range(30)))
    text = f"one:\n  parallel: {{matrix: [{{V: [{numbers}], W: [{numbers}]}}]}}\n  image: a:$V-$W\n  script: [ls]\n"
    assert len(script(text).uses) == 200


def test_where_a_value_of_a_matrix_stands() -> None:
    text = "one:\n  parallel:\n    matrix:\n      - V: [cpu, cuda]\n  image: a:$V\n  script: [ls]\n"
    reason = script(text).uses[1].because[0]
    assert (reason.kind, reason.text, reason.line, reason.name) == ("loop", "V=cuda", 4, "V")


def test_a_file_that_another_one_includes_does_nothing_by_itself() -> None:
    files = {"ci/base.yml": Source("ci/base.yml", "one: {script: [docker build -t a:1 .]}\nx: [\n")}
    pipelines = Pipelines(find, files.get)
    pipelines.add(Source(".gitlab-ci.yml", "include: ci/base.yml\n"))
    pipelines.add(files["ci/base.yml"])
    assert pipelines.script("ci/base.yml") == pipelines.script("gone.yml") == Script((), (), ())
    assert set(pipelines.files) == {".gitlab-ci.yml", "ci/base.yml"}
    assert list(pipelines.problems["ci/base.yml"]) != []


def test_inherit_lists_say_which_defaults_and_variables_come() -> None:
    found = script(
        """\
default: {image: "example/a:1", services: ["docker:27"], before_script: ["docker build -t e/b:1 ."]}
variables: {TAG: "2", OTHER: "3"}
one: {inherit: {default: [services], variables: [TAG]}, script: ["docker build -t e/one:$TAG-$OTHER ."]}
two: {inherit: {default: false, variables: false}, script: ["docker build -t e/two:$TAG ."]}
"""
    )
    assert [use.value.shown() for use in found.uses if not use.produces] == ["docker:27"]
    assert tags(found) == ["e/one:2-$OTHER", "e/two:$TAG"]


def test_maps_of_extended_jobs_are_joined_and_the_last_parent_wins() -> None:
    found = script(
        """\
.a:
  image: {name: "example/a:1", entrypoint: [""]}
  variables: {X: "1", Y: "1"}
  script: ["docker build -t e/x:$X-$Y ."]
.b: {image: {name: "example/b:1"}, variables: {Y: "2"}}
job: {extends: [.a, .b], image: {entrypoint: ["sh"]}}
"""
    )
    assert [use.value.shown() for use in found.uses if not use.produces] == ["example/b:1"]
    assert tags(found) == ["e/x:1-2"]


def test_includes_with_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_tree(
        Path(),
        {
            ".gitlab-ci.yml": "include: [{local: '/ci/*.yml'}, {local: 'deep/**/*.yml'}, 'gone/*.yml']\n",
            "ci/a.yml": "a: {script: ['docker build -t e/a:1 .']}\n",
            "ci/b.yaml": "b: {script: ['docker build -t e/b:1 .']}\n",
            "ci/more/c.yml": "c: {script: ['docker build -t e/c:1 .']}\n",
            "deep/x/d.yml": "d: {script: ['docker build -t e/d:1 .']}\n",
            "Dockerfile": "FROM python:3.11-slim\n",
        },
    )
    found = gather(["."]).repository
    assert tags(found.scripts[".gitlab-ci.yml"]) == ["e/a:1", "e/d:1"]


def test_inputs_of_a_configuration_are_not_known() -> None:
    found = script(
        """\
spec: {inputs: {tag: {default: "1"}}}
---
job: {image: "example/a:$[[ inputs.tag ]]", script: ["docker build -t e/x:$[[ inputs.tag ]] -f app/Dockerfile ."]}
"""
    )
    assert [use.value.shown() for use in found.uses if not use.produces] == ["example/a:$[[ inputs.tag ]]"]
    assert tags(found) == ["e/x:$[[ inputs.tag ]]"] and found.builds[0].dockerfile == "app/Dockerfile"


def test_references_to_what_a_job_extends_and_to_other_keywords() -> None:
    text = """\
.vars: {variables: {IMG: example/asr}}
.base: {image: "tool:1", services: [docker:dind], script: ["docker build -t $IMG:1 app"]}
.mid: {extends: .base}
one:
  image: !reference [.base, image]
  services: [!reference [.base, services], "redis:7"]
  variables: !reference [.vars, variables]
  script: [!reference [.mid, script]]
two:
  variables: {IMG: !reference [.vars, variables, IMG]}
  script: ["docker build -t $IMG:2 app"]
three:
  image: !reference [.gone, image]
  services: !reference [.gone, services]
  variables: !reference [.gone, variables]
  script: ["docker build -t $IMG:3 app"]
"""
    assert [(use.kind, use.value.shown()) for use in script(text).uses] == [
        ("job container", "tool:1"),
        ("job service", "docker:dind"),
        ("job service", "redis:7"),
        ("docker build -t", "example/asr:1"),
        ("docker build -t", "example/asr:2"),
        ("docker build -t", "$IMG:3"),
    ]

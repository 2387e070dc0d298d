"""Builds and uses in GitHub workflows: actions, `run`, matrices, environments, local actions and called workflows."""

from __future__ import annotations

from pathlib import Path

import pytest
from built_by_scripts import first_of, tags

from wxlint.documents.source import Source
from wxlint.images.builds.github.from_workflows import Workflows
from wxlint.images.builds.model import Script
from wxlint.lint import run as engine
from wxlint.lint.inputs import gather

find = first_of("Dockerfile", "Dockerfile.cpu", "docker/Dockerfile.cuda")


def script(text: str, **others: str) -> Script:
    """What one workflow does. others: files of the repository, `__` for `/`."""
    files = {name.replace("__", "/"): Source(name.replace("__", "/"), own) for name, own in others.items()}
    workflows = Workflows(find, files.get)
    workflows.add(Source(".github/workflows/ci.yml", text))
    return workflows.script(".github/workflows/ci.yml")


def job(steps: str, head: str = "") -> str:
    return f"on: push\njobs:\n  image:\n    runs-on: ubuntu-latest\n{head}    steps:\n{steps}"


PUSH = """\
      - uses: docker/build-push-action@v6
        with:
          context: .
          file: {file}
          tags: |
            example/app:{tag}
            example/app:${{{{ github.sha }}}}-{tag}
          build-args: |
            CUDA=12.1
            BASE=${{{{ env.BASE }}}}
          target: runtime
"""


def test_a_build_action() -> None:
    found = script(job(PUSH.format(file="Dockerfile.cpu", tag="cpu")))
    (build,) = found.builds
    assert (build.dockerfile, build.contexts, build.target) == ("Dockerfile.cpu", (".",), "runtime")
    assert tags(found) == ["example/app:cpu", "example/app:${{ github.sha }}-cpu"]
    assert [(name, value.shown()) for name, value in build.args] == [("CUDA", "12.1"), ("BASE", "${{ env.BASE }}")]
    assert [tag.span.line for tag in build.tags] == [11, 12]
    assert build.built_by[0].text == "job image: docker/build-push-action"


def test_a_matrix_is_one_build_for_each_round() -> None:
    head = """\
    strategy:
      matrix:
        variant: [cpu, cuda]
        exclude: [{variant: cpu}]
        include:
          - {variant: cuda, file: docker/Dockerfile.cuda}
          - {variant: slim, file: Dockerfile}
"""
    found = script(job(PUSH.format(file="${{ matrix.file }}", tag="${{ matrix.variant }}"), head))
    assert [build.dockerfile for build in found.builds] == ["docker/Dockerfile.cuda", "Dockerfile"]
    assert tags(found)[::2] == ["example/app:cuda", "example/app:slim"]
    assert [r.text for r in found.builds[0].tags[0].because] == ["variant=cuda"]


PLANNED = """\
on: push
jobs:
  image:
    needs: plan
    strategy:
      matrix:
        spec: ${{{{ fromJSON(needs.plan.outputs.matrix) }}}}
    steps:
      - run: docker build -t example/app:${{{{ matrix.spec.tag }}}} .
  plan:
    outputs: {{matrix: "${{{{ steps.set.outputs.matrix }}}}"}}
    steps:
      - id: set
        run: echo "matrix={command}" >> "$GITHUB_OUTPUT"
"""


@pytest.mark.parametrize("command", ["$(jq -c . matrix.json)", "$(cat matrix.json)", "$(jq -rc '.' ./matrix.json)"])
def test_a_matrix_in_a_file_that_another_job_prints(command: str) -> None:
    others = {"matrix.json": '[{"tag": "cpu"},{"tag": "cuda"}]'}
    assert tags(script(PLANNED.format(command=command), **others)) == ["example/app:cpu", "example/app:cuda"]


@pytest.mark.parametrize("command", ["$(jq -c .x matrix.json)", "$(python matrix.json)", "$(jq -c . gone.json)"])
def test_what_another_program_makes_of_a_file_is_not_known(command: str) -> None:
    others = {"matrix.json": '[{"tag": "cpu"}]'}
    assert tags(script(PLANNED.format(command=command), **others)) == ["example/app:${{ matrix.spec.tag }}"]


def test_outputs_of_a_job_with_several_rounds_are_not_known() -> None:
    text = PLANNED.format(command="[1]").replace("  plan:\n", "  plan:\n    strategy: {matrix: {x: [1, 2]}}\n")
    assert tags(script(text)) == ["example/app:${{ matrix.spec.tag }}"]


def test_a_matrix_that_is_not_known_makes_what_depends_on_it_unknown() -> None:
    head = "    strategy:\n      matrix: ${{ fromJSON(needs.plan.outputs.matrix) }}\n"
    found = script(job(PUSH.format(file="Dockerfile.cpu", tag="${{ matrix.variant }}"), head))
    assert tags(found)[0] == "example/app:${{ matrix.variant }}"


def test_run_is_read_as_a_script_with_the_environment() -> None:
    text = job(
        "      - run: |\n"
        "          echo hello\n"
        "          docker build -f Dockerfile.cpu \\\n"
        "            -t \"$IMAGE:${{ matrix.tag }}\" --build-arg 'A=${{ github.sha }}' .\n",
        "    env: {IMAGE: example/app}\n    strategy: {matrix: {tag: [cuda]}}\n",
    )
    (build,) = script(text).builds
    (tag,) = build.tags
    assert tag.value.text == "example/app:cuda"
    assert (tag.span.line, tag.span.column, tag.span.end_column) == (11, 16, 42)
    assert [reason.text for reason in tag.value.because] == ["IMAGE=example/app", "tag=cuda"]
    assert build.args[0][1].holes == ("${{ github.sha }}",)
    assert build.dockerfile == "Dockerfile.cpu"


def test_what_a_step_writes_for_later_ones() -> None:
    text = job(
        "      - id: version\n"
        "        run: |\n"
        '          echo "tag=1.0-cuda" >> "$GITHUB_OUTPUT"\n'
        '          echo "IMAGE=example/app" >> $GITHUB_ENV\n'
        "      - run: docker build -t $IMAGE:${{ steps.version.outputs.tag }} .\n"
    )
    assert tags(script(text)) == ["example/app:1.0-cuda"]


def test_what_is_written_under_a_condition_is_not_known() -> None:
    text = job(
        "      - id: version\n"
        '        run: if [ "$X" ]; then echo "tag=a" >> $GITHUB_OUTPUT; else echo "tag=b" >> $GITHUB_OUTPUT; fi\n'
        "      - run: docker build -t x:${{ steps.version.outputs.tag }} .\n"
    )
    (use,) = (use for use in script(text).uses if use.produces)
    assert not use.value.known


def test_metadata_makes_tags() -> None:
    text = job(
        "      - id: meta\n"
        "        uses: docker/metadata-action@v5\n"
        "        with:\n"
        "          images: |\n            example/app\n            ghcr.io/example/app\n"
        "          flavor: |\n            suffix=-cuda\n"
        "          tags: |\n            type=raw,value=edge\n"
        "            type=sha\n            type=raw,value=x,enable=false\n"
        "      - uses: docker/build-push-action@v6\n"
        "        with:\n          tags: ${{ steps.meta.outputs.tags }}\n"
    )
    assert tags(script(text)) == [
        "example/app:edge-cuda",
        "example/app:sha-{{sha}}-cuda",
        "ghcr.io/example/app:edge-cuda",
        "ghcr.io/example/app:sha-{{sha}}-cuda",
    ]


def test_a_step_that_never_runs_builds_nothing() -> None:
    step = "      - if: matrix.tag == 'cpu'\n        run: docker build -t x:1 .\n"
    assert script(job(step, "    strategy: {matrix: {tag: [cuda]}}\n")).builds == ()
    assert len(script(job(step, "    strategy: {matrix: {tag: [cuda, cpu]}}\n")).builds) == 1
    assert len(script(job(step.replace("matrix.tag", "github.ref"))).builds) == 1


def test_containers_services_and_docker_actions_use_images() -> None:
    head = "    container: {image: 'python:3.11'}\n    services:\n      db:\n        image: postgres\n"
    found = script(job("      - uses: docker://alpine:3.20\n", head))
    assert [(use.kind, use.value.text) for use in found.uses] == [
        ("job container", "python:3.11"),
        ("job service", "postgres"),
        ("docker action", "alpine:3.20"),
    ]


def test_composite_actions_of_the_repository_are_followed() -> None:
    action = (
        "inputs:\n  tag: {default: cpu}\nruns:\n  using: composite\n  steps:\n"
        "    - run: docker build -t example/app:${{ inputs.tag }} .\n      shell: bash\n"
    )
    files = {".github__actions__build__action.yml": action}
    assert tags(script(job("      - uses: ./.github/actions/build\n"), **files)) == ["example/app:cpu"]
    given = "      - uses: ./.github/actions/build\n        with: {tag: cuda}\n"
    found = script(job(given), **files)
    assert tags(found) == ["example/app:cuda"]
    assert found.builds[0].tags[0].span.path == ".github/actions/build/action.yml"


def test_a_called_workflow_is_read_with_what_it_is_given() -> None:
    called = (
        "on:\n  workflow_call:\n    inputs:\n      file: {type: string}\njobs:\n  b:\n    runs-on: x\n    steps:\n"
        "      - run: docker build -f ${{ inputs.file }} -t example/app:1 .\n"
    )
    text = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/build.yml\n    with: {file: Dockerfile.cpu}\n"
    found = script(text, **{".github__workflows__build.yml": called})
    assert [build.dockerfile for build in found.builds] == ["Dockerfile.cpu"]


def test_paths_of_another_repository_are_none_of_this_one() -> None:
    step = "      - uses: actions/checkout@v4\n        with: {repository: other/one}\n"
    assert script(job(step + PUSH.format(file="Dockerfile.cpu", tag="1"))).builds[0].dockerfile == ""
    below = step.replace("}", ", path: other}")
    assert script(job(below + PUSH.format(file="Dockerfile.cpu", tag="1"))).builds[0].dockerfile == "Dockerfile.cpu"
    own = "      - uses: actions/checkout@v4\n        with: {path: src}\n"
    assert script(job(own + PUSH.format(file="src/Dockerfile.cpu", tag="1"))).builds[0].dockerfile == "Dockerfile.cpu"


RUN = "      - run: docker build -t e:{tag} .\n"


@pytest.mark.parametrize("program", ["docker", "podman", "buildah", "nerdctl"])
def test_programs_that_build(program: str) -> None:
    assert tags(script(job(f"      - run: {program} build -t e:x .\n"))) == ["e:x"]


@pytest.mark.parametrize(
    ("shell", "run", "made"),
    [
        ("bash", "T=(a b); docker build -t e:${T[1]} .", ["e:b"]),
        ("bash -e {0}", "T=(a b); docker build -t e:${T[1]} .", ["e:b"]),
        ("sh", "docker build -t e:x .", ["e:x"]),
        ("python", "docker build -t e:x .", []),
        ("pwsh", "docker build -t e:x .", []),
    ],
)
def test_shells(shell: str, run: str, made: list[str]) -> None:
    assert tags(script(job(f"      - run: {run}\n        shell: {shell}\n"))) == made


@pytest.mark.parametrize(
    ("events", "tag", "made"),
    [
        ("push", "${{ github.event_name }}", "push"),
        ("[push, pull_request]", "${{ github.event_name }}", "${{ github.event_name }}"),
        ("workflow_call", "${{ github.event_name }}", "${{ github.event_name }}"),
        ("{workflow_dispatch: {inputs: {t: {default: cpu}}}}", "${{ inputs.t }}", "cpu"),
        ("{workflow_dispatch: {inputs: {t: {default: cpu}}}}", "${{ github.event.inputs.t }}", "cpu"),
        ("{workflow_dispatch: {inputs: {t: {default: cpu}}}}", "${{ inputs.other }}", "${{ inputs.other }}"),
        ("{workflow_dispatch: {inputs: {t: {}}}}", "${{ inputs.t }}", "${{ inputs.t }}"),
        ("{workflow_dispatch: {inputs: {t: {default: cpu}}}, push: {}}", "${{ inputs.t }}", "${{ inputs.t }}"),
        ("{workflow_call: {inputs: {t: {default: cpu}}}}", "${{ inputs.t }}", "cpu"),
        ("push", "${{ github.workspace }}", "."),
        ("push", "${{ github.sha }}", "${{ github.sha }}"),
    ],
)
def test_what_the_event_says(events: str, tag: str, made: str) -> None:
    text = job(RUN.format(tag=tag)).replace("on: push", f"on: {events}")
    assert tags(script(text)) == [f"e:{made}"]


def test_a_default_is_among_the_reasons() -> None:
    text = job(RUN.format(tag="${{ inputs.t }}")).replace(
        "on: push", "on:\n  workflow_dispatch:\n    inputs:\n      t: {default: cpu}"
    )
    (use,) = (use for use in script(text).uses if use.produces)
    assert [(reason.kind, reason.text, reason.line) for reason in use.value.because] == [
        ("default", "the default of the input t", 4)
    ]


def test_environments_lie_over_each_other() -> None:
    text = (
        "on: push\nenv: {A: all, B: all, C: all}\njobs:\n  j:\n    env: {B: job, C: job, L: [x]}\n    steps:\n"
        "      - run: docker build -t e:$A-$B-$C .\n        env: {C: step}\n"
        "      - run: docker build -t e:$A-$B-${{ env.C }}-$D .\n"
    )
    found = script(text)
    assert tags(found) == ["e:all-job-step", "e:all-job-job-$D"]
    reasons = [(reason.kind, reason.text, reason.line) for reason in found.builds[0].tags[0].value.because]
    assert reasons == [("variable", "A=all", 2), ("variable", "B=job", 5), ("variable", "C=step", 8)]


@pytest.mark.parametrize(
    ("line", "used", "made"),
    [
        ('echo "t=x" >> "$GITHUB_OUTPUT"', "${{ steps.s.outputs.t }}", "x"),
        ('echo -n "t=x" >> "$GITHUB_OUTPUT"', "${{ steps.s.outputs.t }}", "x"),
        ('echo -e "t=x" >> ${GITHUB_OUTPUT}', "${{ steps.s.outputs.t }}", "x"),
        ('echo "t=a=b" >> "$GITHUB_OUTPUT"', "${{ steps.s.outputs.t }}", "a=b"),
        ('echo "t=$(date)" >> "$GITHUB_OUTPUT"', "x${{ steps.s.outputs.t }}", "x$(date)"),
        ('echo "$N=x" >> "$GITHUB_OUTPUT"', "${{ steps.s.outputs.t }}", "${{ steps.s.outputs.t }}"),
        ("cat <<'E' >> \"$GITHUB_OUTPUT\"\n          u=1\n          t=x\n          E", "${{ steps.s.outputs.t }}", "x"),
        (
            "cat >> $GITHUB_OUTPUT <<E\n          t<<X\n          y\n          X\n          E",
            "${{ steps.s.outputs.t }}",
            "y",
        ),
        ("printf 't=%s' x >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "x"),
        ("printf 't=%d' 1 >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "${{ t }}"),
        ("printf 't=%s%s' 1 >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "${{ t }}"),
        ("printf 'u=%s\\nt=%s\\n' 1 2 >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "2"),
        ("{ echo u=y; echo t=x; } >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "x"),
        ("( echo u=y; echo t=x ) >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "x"),
        ("{ echo u=y; echo t=x >> other; } >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "${{ steps.s.outputs.t }}"),
        ("{ echo T=x | sed s/x/y/; } >> $GITHUB_ENV", "$T", "$T"),
        ("f() { echo T=x | sed s/x/y/; }; { f; echo T=$(f); } >> $GITHUB_ENV", "$T", "T=y"),
        ("{ echo 't<<E'; echo x; echo E; echo u=1; } >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "x"),
        (
            "echo 't<<E' >> $GITHUB_OUTPUT; echo x >> $GITHUB_OUTPUT; echo E >> $GITHUB_OUTPUT",
            "${{ steps.s.outputs.t }}",
            "x",
        ),
        (
            "cat <<E >> $GITHUB_OUTPUT\n          u=$(date)\n          t=x-$(git log)\n          E",
            "${{ steps.s.outputs.t }}",
            "x-$(git log)",
        ),
        ("tee -a $GITHUB_OUTPUT <<E\n          t=x\n          E", "${{ steps.s.outputs.t }}", "x"),
        ('{ echo "t<<$D"; echo x; echo $D; } >> $GITHUB_OUTPUT', "${{ steps.s.outputs.t }}", "${{ t }}"),
        ('echo "t" >> "$GITHUB_OUTPUT"', "${{ steps.s.outputs.t }}", "${{ steps.s.outputs.t }}"),
        ("echo t=x  y >> $GITHUB_OUTPUT", "'${{ steps.s.outputs.t }}'", "x y"),
        ("echo >> $GITHUB_OUTPUT; echo t=x >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "x"),
        ("echo junk >> $GITHUB_OUTPUT; echo t=x >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "x"),
        ("echo t=x >> other; echo t=y >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "y"),
        ("echo t=y >> $GITHUB_OUTPUT; printf t=x >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "${{ t }}"),
        ("echo t=x >> $GITHUB_OUTPUT; echo t=y >> $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "${{ t }}"),
        ("echo t=x > $GITHUB_OUTPUT", "${{ steps.s.outputs.t }}", "${{ steps.s.outputs.t }}"),
        ("echo T=x >> $GITHUB_ENV", "$T", "x"),
        ("echo T=x >> $GITHUB_ENV", "${{ env.T }}", "x"),
        ("echo T=x >> $GITHUB_OUTPUT", "$T", "$T"),
    ],
)
def test_what_a_step_writes(line: str, used: str, made: str) -> None:
    text = job(f"      - id: s\n        run: |\n          {line}\n{RUN.format(tag=used)}")
    assert tags(script(text)) == [f"e:{made}"]


def test_what_a_step_writes_that_may_not_run_is_not_known() -> None:
    step = "      - id: s\n        if: github.ref\n        run: echo t=x >> $GITHUB_OUTPUT; echo T=x >> $GITHUB_ENV\n"
    assert tags(script(job(step + RUN.format(tag="${{ steps.s.outputs.t }}-$T")))) == ["e:${{ t }}-${{ env.T }}"]


def test_jobs_that_never_run_and_jobs_that_wait() -> None:
    text = (
        "on: push\njobs:\n  never:\n    if: false\n    steps:\n" + RUN.format(tag="never") + "  later:\n"
        "    needs: [first, never]\n    steps:\n" + RUN.format(tag="${{ needs.first.outputs.t }}") + "  first:\n"
        "    outputs: {t: cpu}\n    steps:\n" + RUN.format(tag="first") + "  round:\n    needs: round\n"
        "    if: github.ref\n    steps:\n" + RUN.format(tag="round")
    )
    assert tags(script(text)) == ["e:first", "e:cpu", "e:round"]


def test_what_a_round_is_built_by() -> None:
    (build,) = script(job("      - run: |\n          true\n          docker build -t e:x .\n")).builds
    assert [(r.text, r.path, r.line) for r in build.built_by] == [
        ("job image: docker build", ".github/workflows/ci.yml", 8)
    ]
    name = "      - name: Build it\n        uses: docker/build-push-action@v6\n"
    assert script(job(name)).builds[0].built_by[0].text == "job image: Build it"


CALLED = """\
on:
  workflow_call:
    inputs:
      tag: {type: string, default: own}
jobs:
  b:
    steps:
      - run: docker build -t e:${{ inputs.tag }} .
"""


def workflows(root: str = "", **texts: str) -> dict[str, list[str]]:
    """The tags of each of several workflows."""
    found = Workflows(find, {}.get)
    for name, text in texts.items():
        found.add(Source(f"{root}.github/workflows/{name}.yml", text))
    return {name: tags(found.script(f"{root}.github/workflows/{name}.yml")) for name in texts}


@pytest.mark.parametrize("root", ["", "sub/"])
def test_a_workflow_that_others_call_is_read_as_they_call_it(root: str) -> None:
    caller = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n    with: {tag: given}\n"
    assert workflows(root, called=CALLED, caller=caller) == {"called": [], "caller": ["e:given"]}
    assert workflows(root, called=CALLED) == {"called": ["e:own"]}
    other = caller.replace("./.github", "example/other/.github").replace("called.yml", "called.yml@v1")
    assert workflows(root, called=CALLED, caller=other) == {"called": ["e:own"], "caller": []}
    both = CALLED.replace("  workflow_call:", "  push: {}\n  workflow_call:")
    assert workflows(root, called=both, caller=caller) == {"called": ["e:${{ inputs.tag }}"], "caller": ["e:given"]}


def test_an_input_that_is_not_declared_is_given_all_the_same() -> None:
    called = CALLED.replace("inputs.tag", "inputs.more")
    caller = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/called.yml\n    with: {more: given}\n"
    assert workflows(called=called, caller=caller)["caller"] == ["e:given"]


def test_workflows_that_call_each_other_end() -> None:
    caller = "on: push\njobs:\n  a:\n    uses: ./.github/workflows/caller.yml\n  b:\n    steps:\n" + RUN.format(tag="x")
    assert set(workflows(caller=caller)["caller"]) == {"e:x"}


def test_actions_that_use_each_other_end() -> None:
    action = (
        "runs:\n  using: composite\n  steps:\n    - uses: ./a\n    - run: docker build -t e:x .\n      shell: bash\n"
    )
    assert set(tags(script(job("      - uses: ./a\n"), a__action_yaml=action))) == set()
    assert set(tags(script(job("      - uses: ./a\n"), **{"a__action.yaml": action}))) == {"e:x"}


def test_steps_of_an_action_do_not_know_those_of_the_job() -> None:
    action = (
        "runs:\n  using: composite\n  steps:\n"
        "    - run: docker build -t e:${{ steps.s.outputs.t }} .\n      shell: bash\n"
    )
    step = "      - id: s\n        run: echo t=x >> $GITHUB_OUTPUT\n      - uses: ./a\n"
    assert tags(script(job(step), **{"a__action.yml": action})) == ["e:${{ steps.s.outputs.t }}"]


def test_where_images_of_containers_and_actions_stand() -> None:
    head = "    container: python:3.11\n    services:\n      a: {image: '${{ github.ref }}'}\n      b: {image: [x]}\n"
    text = job("      - uses: docker://alpine:3.20\n", head)
    lines = text.splitlines()
    uses = [(use.span, use.value.text) for use in script(text).uses]
    assert [value for _, value in uses] == ["python:3.11", "alpine:3.20"]
    assert [lines[s.line - 1][s.column - 1 : s.end_column - 1] for s, _ in uses] == ["python:3.11", "alpine:3.20"]


@pytest.mark.parametrize(
    ("text", "printed"),
    [("a\n\n", "a"), ('{"a": [1, "é"]}\n', '{"a": [1, "é"]}')],
)
def test_a_file_that_is_printed_as_it_is(text: str, printed: str) -> None:
    step = "      - run: docker build -t \"e:x\" --build-arg 'A=${{ steps.s.outputs.t }}' .\n"
    written = '      - id: s\n        run: echo "t=$(cat a.json)" >> $GITHUB_OUTPUT\n'
    (build,) = script(job(written + step), **{"a.json": text}).builds
    assert build.args[0][1].text == printed
    broken = script(job(written.replace("cat", "jq -c .") + step), **{"a.json": "[1"}).builds[0]
    assert broken.args[0][1].shown() == "$(jq -c . a.json)"


def test_quotes_around_what_is_filled_in() -> None:
    text = job(
        "      - run: |\n"
        "          docker build -t 'e:${{ github.ref }}-x' -t \"e:${{ github.ref }}'y\" -t e:\\'${{ github.ref }}z .\n"
    )
    assert tags(script(text)) == [
        "e:${{ github.ref }}-x",
        "e:${{ github.ref }}'y",
        "e:'${{ github.ref }}z",
    ]


def test_a_command_is_shown_as_it_stands_in_the_file() -> None:
    given = ("$(get ${{ github.ref }}/$A)", "${X:-${{ github.ref }}}", "${X:-${{ matrix.b }}}")
    text = job(f"      - run: docker build {' '.join(f'-t e:{tag}' for tag in given)} .\n")
    holes = [use.value.holes for use in script(text).builds[0].tags]
    assert holes == [("$(get ${{ github.ref }}/$A)",), ("${{ github.ref }}",), ()]


def test_quotes_in_what_is_filled_in_count() -> None:
    head = '    env: {A: "\'"}\n'
    text = job("      - run: docker build -t ${{ env.A }}e:${{ github.ref }}-$B' .\n", head)
    assert tags(script(text)) == ["e:${{ github.ref }}-$B"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "- a",
        "jobs: {a: {steps: [1, {run: 3}]}}",
        "jobs: {a: {strategy: {matrix: 3}}}",
        "a: [",
        "on: {1: 2}\njobs: {a: 1}",
    ],
)
def test_what_is_no_workflow_does_nothing(text: str) -> None:
    assert script(text) == Script((), (), ())


def test_check_reads_workflows_as_context_of_a_dockerfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "image.yml").write_text(job(PUSH.format(file="Dockerfile.cpu", tag="1.0-cuda")))
    (tmp_path / "Dockerfile.cpu").write_text("FROM python:3.11-slim AS runtime\nARG CUDA\nARG BASE\n")
    for paths in (["."], [".github/workflows/image.yml"]):
        found = gather(paths)
        report = engine.check(found.repository, engine.CheckOptions(scope=found.scope))
        assert [f.rule for f in report.findings if f.rule == "variant-tag"] == ["variant-tag"] * 2


SSH = """\
      - uses: appleboy/ssh-action@v1
        with:
          host: example.org
          script: |
            cd /srv/app
            {first}
            docker compose -f deploy/compose.yaml up -d
            sudo docker run -d --gpus all ${{{{ secrets.OWNER }}}}/app:cuda
"""


def test_what_an_action_runs_on_another_machine() -> None:
    found = script(job(SSH.format(first="docker pull example/app:cuda")))
    assert [(use.kind, use.value.shown(), use.span.line) for use in found.uses] == [
        ("docker pull", "example/app:cuda", 11),
        ("docker run", "${{ secrets.OWNER }}/app:cuda", 13),
    ]
    assert [call.docker.verb for call in found.calls] == ["pull", "run"]  # files of compose are not the repository's
    assert not any(call.hosted for call in found.calls)


@pytest.mark.parametrize("builds", ["docker build -t app:cuda .", "docker compose up -d --build", "make image"])
def test_what_another_machine_builds_is_not_followed(builds: str) -> None:
    found = script(job(SSH.format(first=builds)))
    assert (found.uses, found.calls, found.builds) == ((), (), ())

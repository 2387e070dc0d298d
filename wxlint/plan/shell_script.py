"""A build plan as a shell script: the same commands that `wxlint build` runs, for people and for CI without wxlint."""

from __future__ import annotations

import re
import shlex
import textwrap
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError

if TYPE_CHECKING:
    from wxlint.plan.build_plan import Plan, Step

MADE_BY = "Made by `{}`: change the policy or the Dockerfiles, then make it again."


def shell_script(plan: Plan, script: str, command: str) -> str:
    """script: where it will lie below the plan's root; "" for the root itself. command: what makes it."""
    known = choices(plan)
    usage = f"[{'|'.join(name for name in known if ' ' not in name)}]{' [optional]' if len(known) > len(variants(plan)) + 1 else ''}"
    lines = [
        "#!/usr/bin/env bash",
        f"# Builds the images of {plain(plan.family)}, each one's base before it. A base that fails ends it; a stage that fails does not.",
        f"# {MADE_BY.format(plain(command))}",
        "#",
        f"#   {plain(script) or 'build.sh'} {usage}",
        "#",
    ]
    if plan.registry:
        lines.append(
            f"# {registry_variable(plan)}: the registry, in every tag and every build (default: {plan.registry_default})"
        )
    lines += [
        '# BUILD_ARGS: more options for every docker build, such as "--build-arg NAME=VALUE"',
        "set -uo pipefail",
        "",
        f'cd "$(dirname "${{BASH_SOURCE[0]}}")/{way_up(script)}" || exit 2',
        "",
    ]
    if plan.registry:
        lines.append(f'REGISTRY="${{{registry_variable(plan)}:-{plan.registry_default}}}"')
    lines += [
        'read -r -a EXTRA <<< "${BUILD_ARGS:-}"',
        "# A client before 23 has BuildKit built in, but does not take it by itself.",
        """case "$(docker version --format '{{.Client.Version}}')" in""",
        '    18.* | 19.* | 20.*) export DOCKER_BUILDKIT="${DOCKER_BUILDKIT:-1}" ;;',
        "    *) ;;",
        "esac",
        "",
        'case "${1:-all}${2:+ $2}" in',
    ]
    for name, images in known.items():
        lines.append(f"    {_sh_word(name)})")
        lines += _wrapped('        PLAN="', images, '"', " \\")
        lines.append("        ;;")
    lines += [*_HEAD.format(usage=usage).splitlines()]
    for number, phase in enumerate(plan.phases, 1):
        lines += ["", f"# Phase {number}: {phase.title}"]
        for step in phase.steps:
            build = build_command(plan, step, _sh_word, '"${REGISTRY}{}"', '${EXTRA[@]+"${EXTRA[@]}"}')
            lines += [f"if wanted {step.image}; then", f"    {build}"]
            lines += _wrapped(f"    result {step.image} ", plan.dependants(step.image), "", " \\")
            lines.append("fi")
    return "\n".join([*lines, "", "report"]) + "\n"


_HEAD = """\
    *)
        echo "usage: $0 {usage}" >&2
        exit 2
        ;;
esac
read -r -a IMAGES <<< "${{PLAN}}"
BUILT=()
FAILED=()

# Whether IMAGE is in LIST.
among() {{
    [[ " $2 " == *" $1 "* ]]
}}

# Whether IMAGE is to be built now; says so.
wanted() {{
    among "$1" "${{PLAN}}" || return 1
    echo "==> [$((${{#BUILT[@]}} + ${{#FAILED[@]}} + 1))/${{#IMAGES[@]}}] $1"
}}

# Says what became of the plan, and ends.
report() {{
    local image left=()
    for image in "${{IMAGES[@]}}"; do
        among "${{image}}" "${{BUILT[*]-}} ${{FAILED[*]-}}" || left+=("${{image}}")
    done
    echo
    echo "built ${{#BUILT[@]}}: ${{BUILT[*]-}}"
    ((${{#FAILED[@]}})) || exit 0
    echo "failed ${{#FAILED[@]}}: ${{FAILED[*]}}" >&2
    ((${{#left[@]}})) && echo "not tried ${{#left[@]}}: ${{left[*]}}" >&2
    exit 1
}}

# What became of the build before it: IMAGE, and the images that cannot be built without it.
# When any of those is in the plan, a failure ends the script.
result() {{
    local code=$? image="$1" each blocked=()
    shift
    if ((code == 0)); then
        BUILT+=("${{image}}")
        return
    fi
    FAILED+=("${{image}}")
    for each in "$@"; do
        among "${{each}}" "${{PLAN}}" && blocked+=("${{each}}")
    done
    if ((${{#blocked[@]}})); then
        echo "${{image}} failed; blocked: ${{blocked[*]}}" >&2
        report
    fi
}}"""


def variants(plan: Plan) -> list[str]:
    return list(dict.fromkeys(step.expectation.variant for step in plan.steps))


def choices(plan: Plan) -> dict[str, list[str]]:
    """What a script can be told to build, and the images that this means, with what they are built from: "all", "cpu", "cpu optional"."""
    found: dict[str, list[str]] = {}
    some = any(step.expectation.optional for step in plan.steps)
    for variant in ("all", *variants(plan)):
        for word in ("", " optional") if some else ("",):
            own = [step for step in plan.steps if variant in ("all", step.expectation.variant)]
            keep = {step.image for step in own if word or not step.expectation.optional}
            for step in reversed(plan.steps):
                if step.image in keep:
                    keep.update(step.needs)
            found[variant + word] = [step.image for phase in plan.phases for step in phase.steps if step.image in keep]
    return found


def build_command(plan: Plan, step: Step, word: Callable[[str], str], registry: str, extra: str) -> str:
    """One docker build. registry: how a text behind the registry's variable is written; extra: the user's own options."""
    parts = []
    for name, value in step.args:
        own = name == plan.registry_arg and plan.registry
        parts.append(f"--build-arg {f'{name}=' + registry.replace('{}', '') if own else word(f'{name}={value}')}")
    behind = step.reference[len(plan.registry) :]
    tag = (
        registry.replace("{}", behind)
        if plan.registry and step.reference.startswith(plan.registry + "/")
        else step.reference
    )
    parts += [
        extra,
        f"-t {tag}",
        f"-f {word(step.dockerfile)}",
    ]  # the user's own arguments behind ours: the last one counts
    if step.target:
        parts.append(f"--target {word(step.target)}")
    return " ".join(["docker build", *parts, word(step.context)])


def registry_variable(plan: Plan) -> str:
    return plan.registry_env or "REGISTRY"


def way_up(script: str) -> str:
    """From the folder of a script back to the root."""
    return "/".join([".."] * (len(PurePosixPath(script).parts) - 1)) or "."


def plain(text: str) -> str:
    """For a comment."""
    return re.sub(r"[^\w ./:=,-]", "?", text, flags=re.ASCII)


def _sh_word(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise InputError(f"{text!r} has a line break and cannot be written into a script")
    return shlex.quote(text)


def _wrapped(before: str, words: Iterable[str], after: str, at_end: str = "") -> Iterator[str]:
    """before, the words, after: over several lines when they are long; at_end: what a line ends with that goes on."""
    indent = " " * (len(before) - len(before.lstrip()) + 4)
    lines = textwrap.wrap(" ".join(words), 100, break_long_words=False, break_on_hyphens=False) or [""]
    for at, line in enumerate(lines):
        last = at == len(lines) - 1
        yield ((indent if at else before) + line).rstrip(" ") + (after if last else at_end)

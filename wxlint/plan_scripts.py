"""A build plan as a shell script and as a batch file: the same commands, for people and for CI without wxlint."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wxlint.errors import InputError

if TYPE_CHECKING:
    from wxlint.plan import Plan, Step

MADE_BY = "Made by `wxlint plan --format {}`: change the policy or the Dockerfiles, then make it again."
_BATCH_SPECIAL = re.compile(r"[\x00-\x1f\"%!^&|<>()=,;]")


def shell_script(plan: Plan, script: str) -> str:
    """script: where it will lie below the plan's root; "" for the root itself."""
    variants = list(dict.fromkeys(step.expectation.variant for step in plan.steps))
    some = any(step.expectation.optional for step in plan.steps)
    choice = f"[{'|'.join(['all', *variants])}]{' [optional]' if some else ''}"
    lines = [
        "#!/usr/bin/env bash",
        f"# Builds the images of {_plain(plan.family)}, each one's base before it.",
        f"# {MADE_BY.format('sh')}",
        "#",
        f"#   {_plain(script) or 'build.sh'} {choice}",
        "#",
    ]
    if plan.registry:
        lines.append(f"# {_variable(plan)}: the registry, in every tag and every build (default: {plan.registry_default})")
    lines += [
        '# BUILD_ARGS: more options for every docker build, such as "--build-arg NAME=VALUE"',
        "set -uo pipefail",
        "",
        f'cd "$(dirname "${{BASH_SOURCE[0]}}")/{_up(script)}" || exit 2',
        "",
    ]
    if plan.registry:
        lines.append(f'REGISTRY="${{{_variable(plan)}:-{plan.registry_default}}}"')
    lines += [
        'SELECT="${1:-all}"',
        *(['OPTIONAL="${2:-}"'] if some else []),
        "# A client before 23 has BuildKit built in, but does not take it by itself.",
        """case "$(docker version --format '{{.Client.Version}}')" in""",
        '    18.* | 19.* | 20.*) export DOCKER_BUILDKIT="${DOCKER_BUILDKIT:-1}" ;;',
        "esac",
        'read -r -a EXTRA <<< "${BUILD_ARGS:-}"',
        "BUILT=()",
        "FAILED=()",
        "",
        'case "${SELECT}" in',
        f"    {' | '.join(['all', *variants])}) ;;",
        "    *)",
        f'        echo "usage: $0 {choice}" >&2',
        "        exit 2",
        "        ;;",
        "esac",
        "",
        "report() {",
        "    echo",
        '    echo "built ${#BUILT[@]}: ${BUILT[*]-}"',
        "    if ((${#FAILED[@]})); then",
        '        echo "failed ${#FAILED[@]}: ${FAILED[*]}" >&2',
        "        exit 1",
        "    fi",
        "}",
        "",
        "# What became of the build before it: IMAGE, and the images that cannot be built without it.",
        "# When there are any, a failure ends the script.",
        "result() {",
        '    local code=$? image="$1"',
        "    shift",
        "    if ((code == 0)); then",
        '        BUILT+=("${image}")',
        "        return",
        "    fi",
        '    FAILED+=("${image}")',
        "    if (($#)); then",
        '        echo "${image} failed; blocked: $*" >&2',
        "        report",
        "    fi",
        "}",
    ]
    for number, phase in enumerate(plan.phases, 1):
        lines += ["", f"# Phase {number}: {phase.title}"]
        for variant in dict.fromkeys(step.expectation.variant for step in phase.steps):
            for optional, steps in _by_optional(phase.steps, variant):
                also = ' && "${OPTIONAL}" == optional' if optional else ""
                lines.append(f'if [[ ("${{SELECT}}" == all || "${{SELECT}}" == {variant}){also} ]]; then')
                for step in steps:
                    command = _command(plan, step, _sh_word, '"${REGISTRY}{}"', '${EXTRA[@]+"${EXTRA[@]}"}')
                    lines += [f"    {command}", "    " + " ".join(["result", step.image, *plan.dependants(step.image)])]
                lines.append("fi")
    return "\n".join([*lines, "", "report"]) + "\n"


def batch_file(plan: Plan, script: str) -> str:
    """The same for Windows, with the line ends that its `goto` needs. Raises InputError for texts that batch cannot quote safely."""
    variants = list(dict.fromkeys(step.expectation.variant for step in plan.steps))
    some = any(step.expectation.optional for step in plan.steps)
    choice = f"[{'/'.join(['all', *variants])}]{' [optional]' if some else ''}"
    back = _up(script).replace("/", "\\")
    lines = [
        "@echo off",
        f"rem Builds the images of {_plain(plan.family)}, each one's base before it.",
        f"rem {MADE_BY.format('bat')}",
        "rem",
        f"rem   {_plain(script.replace('/', chr(92))) or 'build.bat'} {choice}",
        "rem",
    ]
    if plan.registry:
        lines.append(f"rem {_variable(plan)}: the registry, in every tag and every build (default: {plan.registry_default})")
    lines += [
        'rem BUILD_ARGS: more options for every docker build, such as "--build-arg NAME=VALUE"',
        "setlocal",
        f'cd /d "%~dp0{back}"',
        "",
    ]
    if plan.registry:
        lines += [f'set "REGISTRY=%{_variable(plan)}%"', f'if "%REGISTRY%"=="" set "REGISTRY={plan.registry_default}"']
    lines += [
        'set "SELECT=%~1"',
        'if "%SELECT%"=="" set "SELECT=all"',
        'set "BUILT="',
        'set "FAILED="',
        'set "KNOWN="',
        f'for %%v in ({" ".join(["all", *variants])}) do if "%SELECT%"=="%%v" set "KNOWN=1"',
        "if not defined KNOWN (",
        f"    echo usage: %~nx0 {choice} 1>&2",
        "    exit /b 2",
        ")",
    ]
    for number, phase in enumerate(plan.phases, 1):
        lines += ["", f"rem Phase {number}: {phase.title}"]
        for variant in dict.fromkeys(step.expectation.variant for step in phase.steps):
            for optional, steps in _by_optional(phase.steps, variant):
                lines += ['set "WANTED="', f'for %%v in (all {variant}) do if "%SELECT%"=="%%v" set "WANTED=1"']
                lines += ['if not "%~2"=="optional" set "WANTED="'] if optional else []
                lines.append("if defined WANTED (")
                for step in steps:
                    lines.append(f"    {_command(plan, step, _bat_word, '%REGISTRY%{}', '%BUILD_ARGS%')}")
                    lines.append(f'    call :result {step.image} "{" ".join(plan.dependants(step.image))}" || goto report')
                lines.append(")")
    lines += [
        "",
        ":report",
        "echo.",
        "echo built:%BUILT%",
        'if not "%FAILED%"=="" (',
        "    echo failed:%FAILED% 1>&2",
        "    exit /b 1",
        ")",
        "exit /b 0",
        "",
        "rem What became of the build before it: IMAGE, and the images that cannot be built without it.",
        ":result",
        "if not errorlevel 1 (",
        '    set "BUILT=%BUILT% %~1"',
        "    exit /b 0",
        ")",
        'set "FAILED=%FAILED% %~1"',
        'if not "%~2"=="" (',
        "    echo %~1 failed; blocked: %~2 1>&2",
        "    exit /b 1",
        ")",
        "exit /b 0",
    ]
    return "\r\n".join(lines) + "\r\n"


def _by_optional(steps: Iterable[Step], variant: str) -> Iterator[tuple[bool, list[Step]]]:
    for optional in (False, True):
        found = [step for step in steps if step.expectation.variant == variant and step.expectation.optional == optional]
        if found:
            yield optional, found


def _command(plan: Plan, step: Step, word: Callable[[str], str], registry: str, extra: str) -> str:
    """One docker build. registry: how a text behind the registry's variable is written; extra: the user's own options."""
    parts = []
    for name, value in step.args:
        own = name == plan.registry_arg and plan.registry
        parts.append(f"--build-arg {f'{name}=' + registry.replace('{}', '') if own else word(f'{name}={value}')}")
    behind = step.reference[len(plan.registry) :]
    tag = registry.replace("{}", behind) if plan.registry and step.reference.startswith(plan.registry + "/") else step.reference
    parts += [extra, f"-t {tag}", f"-f {word(step.dockerfile)}"]  # the user's own arguments behind ours: the last one counts
    if step.target:
        parts.append(f"--target {word(step.target)}")
    return " ".join(["docker build", *parts, word(step.context)])


def _sh_word(text: str) -> str:
    if "\n" in text or "\r" in text:
        raise InputError(f"{text!r} has a line break and cannot be written into a script")
    return shlex.quote(text)


def _bat_word(text: str) -> str:
    bare = text.partition("=")[0] + text.partition("=")[2] if re.match(r"\w+=", text) else text
    if _BATCH_SPECIAL.search(bare):
        raise InputError(f"{text!r} cannot be written safely into a batch file")
    return f'"{text}"' if not re.fullmatch(r"[\w./:\\-]+", text) else text


def _variable(plan: Plan) -> str:
    return plan.registry_env or "REGISTRY"


def _up(script: str) -> str:
    """From the folder of a script back to the root."""
    return "/".join([".."] * (len(PurePosixPath(script).parts) - 1)) or "."


def _plain(text: str) -> str:
    """For a comment."""
    return re.sub(r"[^\w ./:-]", "?", text, flags=re.ASCII)

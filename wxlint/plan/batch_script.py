"""A build plan as a batch file: for Windows, what plan_scripts.py writes for the shell."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wxlint.core.errors import InputError
from wxlint.plan.shell_script import MADE_BY, build_command, choices, plain, registry_variable, variants, way_up

if TYPE_CHECKING:
    from wxlint.plan.build_plan import Plan

_SPECIAL = re.compile(r"[\x00-\x1f\"%!^&|<>()=,;]")


def batch_file(plan: Plan, script: str, command: str) -> str:
    """The arguments of `shell_script`. With the line ends that goto needs. Raises InputError for texts that batch cannot quote safely."""
    known = choices(plan)
    usage = f"[{'/'.join(['all', *variants(plan)])}]{' [optional]' if len(known) > len(variants(plan)) + 1 else ''}"
    back = way_up(script).replace("/", "\\")
    lines = [
        "@echo off",
        f"rem Builds the images of {plain(plan.family)}, each one's base before it. A base that fails ends it; a stage that fails does not.",
        f"rem {MADE_BY.format(plain(command))}",
        "rem",
        f"rem   {plain(script).replace('/', chr(92)) or 'build.bat'} {usage}",
        "rem",
    ]
    if plan.registry:
        lines.append(
            f"rem {registry_variable(plan)}: the registry, in every tag and every build (default: {plan.registry_default})"
        )
    lines += [
        'rem BUILD_ARGS: more options for every docker build, such as "--build-arg NAME=VALUE"',
        "setlocal",
        f'cd /d "%~dp0{back}"',
        "",
    ]
    if plan.registry:
        lines += [
            f'set "REGISTRY=%{registry_variable(plan)}%"',
            f'if "%REGISTRY%"=="" set "REGISTRY={plan.registry_default}"',
        ]
    lines += [
        'set "CHOICE=%~1"',
        'if "%CHOICE%"=="" set "CHOICE=all"',
        'if not "%~2"=="" set "CHOICE=%CHOICE% %~2"',
        'set "PLAN="',
    ]
    lines += [f'if "%CHOICE%"=="{name}" set "PLAN={" ".join(map(_word, images))}"' for name, images in known.items()]
    flags = _flags(known)
    lines += [f'set "{flag}="' for flag in flags]
    lines += [f'if "%CHOICE%"=="{name}" set "{flag}=1"' for flag, names in flags.items() for name in names]
    lines += [
        "if not defined PLAN (",
        f"    echo usage: %~nx0 {usage} 1>&2",
        "    exit /b 2",
        ")",
        'set "BUILT="',
        'set "FAILED="',
        'set "BLOCKED="',
        'set "LEFT="',
    ]
    for number, phase in enumerate(plan.phases, 1):
        lines += ["", f"rem Phase {number}: {phase.title}"]
        for step in phase.steps:
            blocks = f' "{" ".join(plan.dependants(step.image))}"' if plan.dependants(step.image) else ""
            flag = next(flag for flag, names in flags.items() if names == _asking(known, step.image))
            lines += [
                f"if defined {flag} (",
                f"    echo ==^> {step.image}",
                f"    {build_command(plan, step, _word, '%REGISTRY%{}', '%BUILD_ARGS%')}",
                f"    call :result {step.image}{blocks}",
                ")",
                *(["if defined BLOCKED goto report"] if blocks else []),
            ]
    return "\r\n".join([*lines, "", *_TAIL.splitlines()]) + "\r\n"


def _asking(known: dict[str, list[str]], image: str) -> tuple[str, ...]:
    """The choices that build an image."""
    return tuple(name for name, images in known.items() if image in images)


def _flags(known: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    """A variable for each set of choices that some image is built for, named after the narrowest of them."""
    found: dict[str, tuple[str, ...]] = {}
    for image in dict.fromkeys(image for images in known.values() for image in images):
        names = _asking(known, image)
        if names not in found.values():
            flag = "DO_" + re.sub(r"\W", "_", min(names, key=lambda name: len(known[name]))).upper()
            found[f"{flag}_{len(found)}" if flag in found else flag] = names
    return found


_TAIL = """\
:report
for %%i in (%PLAN%) do call :left %%i
echo.
echo built:%BUILT%
if not defined FAILED exit /b 0
echo failed:%FAILED% 1>&2
if defined LEFT echo not tried:%LEFT% 1>&2
exit /b 1

rem What became of the build before it: IMAGE, and the images that cannot be built without it.
:result
if "%ERRORLEVEL%"=="0" (
    set "BUILT=%BUILT% %~1"
    exit /b 0
)
set "FAILED=%FAILED% %~1"
if "%~2"=="" exit /b 0
set "BLOCKED=%~2"
echo %~1 failed; blocked: %~2 1>&2
exit /b 0

:left
set "DONE="
for %%i in (%BUILT% %FAILED%) do if "%%i"=="%~1" set "DONE=1"
if not defined DONE set "LEFT=%LEFT% %~1"
exit /b 0
"""


def _word(text: str) -> str:
    bare = text.partition("=")[0] + text.partition("=")[2] if re.match(r"\w+=", text) else text
    if _SPECIAL.search(bare):
        raise InputError(f"{text!r} cannot be written safely into a batch file")
    return f'"{text}"' if not re.fullmatch(r"[\w./:\\-]+", text) else text

"""Windows batch text: expectations written by hand from the rules of cmd.exe, and hostile text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell_bounds import check_bounds, mutilated

from wxlint.core.reasons import Reason
from wxlint.core.values import HOLE, Value
from wxlint.shell.batch.reader import read_batch


def lines(text: str, **options: object) -> list[str]:
    """Each command as one line: `?` in front when it may not run, words joined by `|`, unknown parts as written."""
    result = read_batch(text, **options)  # type: ignore[arg-type]
    return [("?" if c.conditional else "") + "|".join(w.value.shown() for w in c.words) for c in result.commands]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker build -t x:cpu .", ["docker|build|-t|x:cpu|."]),
        ('@docker build "a b" c"d e"f ""', ["docker|build|a b|cd ef|"]),
        ("docker build ^\n  -t x ^\n  .", ["docker|build|-t|x|."]),
        ("c a^&b ^^ ^> ^|", ["c|a&b|^|>||"]),
        ('c "a&b|c>d" "\\"q\\""', ['c|a&b|c>d|"q"']),
        ("rem docker push x\n:: docker push y\nREM\nc", ["c"]),
        ("a & b && c || d", ["a", "b", "c", "?d"]),
        ("a | b", ["a", "b"]),
        ("c a=b,d;e", ["c|a=b,d;e"]),
        ("pip install a>=1", ["pip|install|a"]),
        ("c >nul 2>&1 d", ["c|d"]),
        ("set X=v\nc %X% %x%", ["c|v|v"]),
        ('set "X=a b"\nc "%X%"', ["c|a b"]),
        ('setlocal enabledelayedexpansion\nset "X=a" & c "%X%" !X!', ["c||a"]),
        ("set X=a b\nc %X%", ["c|a|b"]),
        ('set X="a b"\nc %X%', ["c|a b"]),
        ('set "X=a=b"\nc %X%', ["c|a=b"]),
        ('set X=a^&b\nc "%X%"', ["c|a&b"]),
        ("set X=\nc [%X%]", ["c|[]"]),
        ("c %X% !Y! %~1 %2 %*", ["c|%X%|!Y!|%~1|%2|%*"]),
        ("c 100%% %%a", ["c|100%|%a"]),
        ("set X=abc\nc %X:b=z% %X:~1% %X:~0,1% %X:~-1%", ["c|azc|bc|a|c"]),
        ("set /a N=1+2\nset /p A=name?\nc %N% %A%", ["c|%N%|%A%"]),
        ("setlocal EnableDelayedExpansion\nset X=1\n(\nset X=2\nc %X% !X!\n)\nc %X%", ["c|1|2", "c|2"]),
        ("set X=1\nif 1==1 (\nset X=2\nc %X%\n)", ["c|1"]),
        ("for %%s in (a b,c) do c %%s", ["c|a", "c|b", "c|c"]),
        ("for %%s in (a b) do (\n c %%s-x\n d %%~s\n)", ["c|a-x", "d|a", "c|b-x", "d|b"]),
        ('set L=a b\nfor %%s in (%L%) do c %%s "%%s"', ["c|a|a", "c|b|b"]),
        ("for %%s in (%L%) do c %%s", ["?c|%%s"]),
        ("for %%f in (docker\\*.txt) do c %%f", ["?c|docker\\*.txt"]),
        ("for /l %%i in (1,1,3) do c %%i", ["c|1", "c|2", "c|3"]),
        ("for /f \"tokens=*\" %%i in ('docker ps -q') do docker rm %%i", ["docker|ps|-q", "?docker|rm|%%i"]),
        ("for %%a in (1 2) do for %%b in (x y) do c %%a%%b", ["c|1x", "c|1y", "c|2x", "c|2y"]),
        (
            "for %%f in (docker/asr/Dockerfile.cuda) do c %%~nf %%~xf %%~nxf %%~pf",
            ["c|Dockerfile|.cuda|Dockerfile.cuda|docker/asr/"],
        ),
        ('set X=a\nif "%X%"=="a" (c 1) else (c 2)', ["c|1"]),
        ('set X=a\nif /i "%X%"=="A" (c 1) else (c 2)', ["c|1"]),
        ('set X=a\nif not "%X%"=="a" (c 1) else c 2', ["c|2"]),
        ('set X=a\nif "%X%"=="b" (\n c 1\n) else if "%X%"=="a" (\n c 2\n) else (\n c 3\n)', ["c|2"]),
        ("set X=3\nif %X% GEQ 3 c 1\nif %X% lss 3 c 2\nif %X% equ 3 (c 3)", ["c|1", "c|3"]),
        ("set X=1\nif defined X c 1\nif not defined X c 2\nset X=\nif defined X c 3", ["c|1"]),
        ("if exist Dockerfile (c 1) else (c 2)", ["?c|1", "?c|2"]),
        ("docker build .\nif errorlevel 1 exit /b 1\nc", ["docker|build|.", "c"]),
        (
            "docker build .\nif %errorlevel% neq 0 (\n echo failed\n exit /b 1\n)\nc",
            ["docker|build|.", "?echo|failed", "c"],
        ),
        ("docker build . || exit /b 1\nc", ["docker|build|.", "c"]),
        ("call :b asr cuda\ngoto :eof\n:b\nc %1 %~2\nexit /b 0", ["c|asr|cuda"]),
        ("for %%s in (a b) do call :b %%s\nexit /b\n:b\nc %~1\ngoto :eof", ["c|a", "c|b"]),
        ("call docker build .\ncall x.bat a", ["docker|build|.", "x.bat|a"]),
        ("goto end\nc 1\n:end\nc 2", ["c|2"]),
        (":top\nc 1\ngoto top", ["c|1"]),
        ("c 1\nexit /b 0\n:unused\nc %1", ["c|1", "?c|%1"]),
        ("if errorlevel 1 goto fail\nc 1\nexit /b\n:fail\nc 2", ["c|1", "?c|2"]),
        ("(c 1\nc 2) & c 3", ["c|1", "c|2", "c|3"]),
        ("if 1==1 (echo a (b) c)\nd", ["echo|a|(b)|c", "d"]),
        ("shift\nc %1", ["c|%1"]),
        ("setlocal EnableDelayedExpansion\nset X=1\nfor %%i in (a b) do (set X=!X!%%i& c !X!)", ["c|1a", "c|1ab"]),
        ("IF 1==1 FOR %%S IN (a) DO C %%S", ["C|a"]),
        ("call set X=%%Y%%\nc %X%", ["c|%X%"]),
    ],
)
def test_batch(text: str, expected: list[str]) -> None:
    assert lines(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('set "T=%~1"\nif "%T%"=="" set "T=cpu"\nc %T%', "c|cpu"),
        ('if "%~1"=="" (set T=cpu) else (set T=%~1)\nc %T%', "c|cpu"),
        ("if not defined R set R=rajiup\nc %R%/x", "c|rajiup/x"),
        ('set R=%USER_NAME%\nif "%R%"=="" set R=d\nc %R%', "c|d"),
        ("set T=a\nif exist x set T=b\nc %T%", "c|%T%"),
        ("set T=a\nif exist x (set T=b\nexit /b 1)\nc %T%", "c|a"),
        ('if "%~1"=="" goto usage\nc %~1\nexit /b\n:usage\nd', "?c|%~1"),
        ('if "%1"=="cuda" (c %1)', "?c|cuda"),
        ('if "%1"=="" u\nc %1', "c|%1"),
        ('set T=%1\nif not "%T%"=="cuda" exit /b 1\nc %T%', "c|cuda"),
        (':loop\nif "%~1"=="" goto done\nset A=%~1\nshift\ngoto loop\n:done\nc x', "c|x"),
    ],
)
def test_behind_branches(text: str, expected: str) -> None:
    found = lines(text)
    assert expected in found, found


def test_what_may_be_empty_is_not_defined() -> None:
    """A list that a failing build may add to leaves both ways open, after the second as after the first."""
    text = (
        "c 1\ncall :r a\nif defined F goto end\nc 2\ncall :r b\nif defined F goto end\nc 3\n:end\nc 4\nexit /b\n"
        ':r\nif errorlevel 1 (set "F=%F% %~1") else (set G=x)\nexit /b\n'
    )
    assert [line.lstrip("?") for line in lines('set "F="\n' + text)] == ["c|1", "c|2", "c|3", "c|4"]


def test_assumptions_are_marked() -> None:
    value = read_batch('if "%T%"=="" set T=cpu\nc %T%').commands[-1].words[1].value
    assert value.text == "cpu"
    assert any(b.kind == "assumed" for b in value.because)


def test_offsets_reasons_and_calls() -> None:
    text = (
        "@echo off\nset T=cuda\nfor %%s in (a) do (\n  call :b %%s\n)\nexit /b\n"
        ':b\ndocker build -t x-%1:%T% "d/%1" > log\n'
    )
    command = read_batch(text).commands[-1]
    assert text[command.start : command.end] == 'docker build -t x-%1:%T% "d/%1" > log'
    assert [text[w.start : w.end] for w in command.words] == ["docker", "build", "-t", "x-%1:%T%", '"d/%1"']
    assert [w.quoted for w in command.words] == [False, False, False, False, True]
    assert command.words[3].value == Value(
        "x-a:cuda", (), (Reason("loop", "for s=a", "", 3, "s"), Reason("variable", "T=cuda", "", 2, "T"))
    )
    assert [reason.shown("") for reason in command.because] == ["for s=a (line 3)", ":b a (line 4)"]
    assert [text[at : at + 8] for at in command.via] == ["call :b "]
    assert [(r.operator, r.target.value.text, text[r.start : r.end]) for r in command.redirects] == [
        (">", "log", "> log")
    ]


def test_variables_of_the_caller_and_the_script() -> None:
    assert lines("c %Tag% %~dp0x %~nx0", variables={"TAG": Value("cpu")}, script="scripts/b.bat") == [
        "c|cpu|scripts/x|b.bat"
    ]
    assert lines("c %~dp0x") == ["c|%~dp0x"]


def test_directories() -> None:
    text = 'a\ncd /d "%~dp0.."\nb\ncd docker\\asr & c\npushd ..\nd\npopd\ne\ncd %N%\nf'
    found = {c.words[0].value.text: c.cwd for c in read_batch(text, script="scripts/b.bat").commands}
    assert {k: v.shown() if v else None for k, v in found.items() if len(k) == 1} == {
        "a": None, "b": ".", "c": "docker/asr", "d": "docker", "e": "docker/asr", "f": "%N%",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000,
        "if 1==1 " * 3000 + "c",
        "for %%a in (1 2) do " * 3000 + "c",
        "".join(f"for %%{c} in (1 2 3 4 5 6 7 8 9) do " for c in "abcdefgh") + "c %%a",
        "set X=a\n" + "set X=%X%%X%\n" * 60 + "c %X%",
        "".join(f":f{n}\ncall :f{n + 1}\ncall :f{n + 1}\nexit /b\n" for n in range(60)),
        ":a\ncall :a\ncall :a\n",
        ":a\ngoto b\n:b\ngoto a\n",
        'if "%~1"=="" goto z\n' * 500 + ":z\nc",
        "%" * 5001,
        "!" * 5001,
        "^\n" * 5000,
        "c & " * 5000,
        "if a (" * 1000,
    ],
)
def test_hostile_text_is_read_within_bounds(text: str) -> None:
    result = read_batch(text)
    check_bounds(text, result)
    assert len(result.commands) < 20_000


_PIECES = [
    "%", "!", "%%", "%~", "X", "1", "(", ")", '"', "^", "&", "|", ">", "<", "\n", " ", "=", "set ", "if ", "not ",
    "else ", "for ", " in (", ") do ", "call :a", ":a\n", "goto a", "exit /b", "%%s", "%X:~0,1%", "==", "/f ", "'",
    "rem ", "é", "\0", "\\",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)))
def test_any_text_is_read(text: str) -> None:
    check_bounds(text, read_batch(text, script="scripts/x.bat"))


SCRIPT = """@echo off
setlocal EnableDelayedExpansion
set "REGISTRY=%DOCKERHUB_USER%"
if "%REGISTRY%"=="" set "REGISTRY=rajiup"
if not defined TAG (set TAG=cpu) else if /i "%~1"=="cuda" (set "TAG=%~1")
for %%s in (demux tmdb "pre-ner") do (
    call :build %%s %TAG% || goto fail
    if errorlevel 1 (set "FAILED=!FAILED! %%s") else (echo ok ^& done)
)
for /f "tokens=1,2" %%i in ('docker images -q') do docker rmi %%i%%j >nul 2>&1
exit /b 0
:build
docker build -t "%REGISTRY%/app-%~1:%~2" ^
  -f docker\\%~1\\Dockerfile . & goto :eof
:fail
echo failed & exit /b 1
"""


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutilated_scripts_are_read(data: st.DataObject) -> None:
    text = mutilated(data, SCRIPT, _PIECES)
    check_bounds(text, read_batch(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("set T=a\nsetlocal\nset T=b\nendlocal\nc %T%", ["c|a"]),
        ("setlocal\nset T=b\nendlocal\nc x%T%", ["c|x"]),
        ("set T=a\nsetlocal\nsetlocal\nset T=b\nendlocal\nc %T%\nendlocal\nd %T%", ["c|a", "d|a"]),
        ("endlocal\nset T=a\nc %T%", ["c|a"]),
        ("cmd /c docker push x", ["docker|push|x"]),
        ("cmd.exe /s /c docker push x", ["docker|push|x"]),
        ('cmd /c "docker push x"', ["docker|push|x"]),
        ('cmd /s /c "docker push x && docker push y"', ["docker|push|x", "docker|push|y"]),
        ('cmd /c "docker push x&docker push y"', ["docker|push|x", "docker|push|y"]),
        ('start "" /b cmd /c docker push x', ["docker|push|x"]),
        ('start /wait cmd.exe /c "docker push x & docker push y"', ["docker|push|x", "docker|push|y"]),
        ("cmd", ["cmd"]),
        ("start /wait docker push x", ["docker|push|x"]),
        ('start "title" /b docker push x', ["docker|push|x"]),
        ("start /d C:\\x docker push x", ["docker|push|x"]),
        ("set T=a\nc !T!", ["c|!T!"]),
        ("setlocal enabledelayedexpansion\nset T=a\nc !T!", ["c|a"]),
        ("setlocal enabledelayedexpansion\nsetlocal disabledelayedexpansion\nset T=a\nc !T!", ["c|!T!"]),
    ],
)
def test_scopes_and_commands_inside_others(text: str, expected: list[str]) -> None:
    found = read_batch(text).commands
    assert ["|".join(word.value.shown() for word in command.words) for command in found] == expected


@pytest.mark.parametrize("start", ["if 1==1 ", "for %%a in (b) do ", "("])
def test_what_is_nested_too_deep_is_said(start: str) -> None:
    assert read_batch(f"{start * 20}docker push x\n").commands
    error = read_batch(f"{start * 200}docker push x\n").error
    assert error is not None and error.is_limit and "deep" in error.message


def test_a_block_sees_what_was_in_front_of_it() -> None:
    """A called label has changed the variable in between; what a branch undoes is not seen either."""
    text = (
        "@echo off\nset A=old\nif exist x (\nset A=new\ncall :f\ndocker push %A%\n)\ndocker pull %A%\ngoto :eof\n"
        ":f\nset A=inner\ndocker push f-%A%\nexit /b\n"
    )
    commands = [c for c in read_batch(text).commands if c.words[0].value.text == "docker"]
    found = [" ".join(word.value.shown() for word in command.words[1:]) for command in commands]
    assert found[:3] == ["push f-inner", "push old", "pull %A%"]


def test_endlocal_brings_back_what_a_nested_scope_has_changed() -> None:
    text = "set A=1\nset B=1\nsetlocal\nset A=2\nsetlocal\nset A=3\nset B=3\nendlocal\ndocker push %A%%B%\nendlocal\n"
    commands = read_batch(text + "docker pull %A%%B%\n").commands
    assert [command.words[2].value.text for command in commands] == ["21", "11"]


HERE = 'set "R=%~dp0"\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('docker "%~dp0..\\app" "%~f0"', "scripts/../app scripts/b.bat"),
        ('cd /d "%~dp0"\ndocker "%~dp0app" app', "../scripts/app app"),
        ('cd /d "%~dp0\\.."\ndocker app "%~dp0"', "app scripts/"),
        ('pushd "%~dp0.."\ncd app\ndocker "%~dp0x"', "../scripts/x"),
        (HERE + 'docker "%R:~0,-1%\\x" "%R:\\=/%x"', "scripts/x scripts/x"),
        (HERE + 'if "%R:~-1%"=="\\" set "R=%R:~0,-1%"\ndocker %R%', "scripts"),
        ('for %%i in ("%~dp0..") do set R=%%~fi\ndocker %R%\\app', "scripts/../app"),
        (HERE + "cd /d %N%\ndocker %R%x", "…/scripts/x"),
        (HERE + "docker %R:~3% %R:s=t% %R:~0,-99%", "… … …"),
        ("docker %~0 %~t0", "… …"),
        (HERE + "if exist %R% docker a\nif %R%==x docker b", "a b"),
    ],
)
def test_the_folder_of_the_script_is_absolute(text: str, expected: str) -> None:
    """A path below it means the same in every folder, and as much of it as lies outside the repository is unknown."""
    commands = [c for c in read_batch(text, script="scripts/b.bat").commands if c.words[0].value.text == "docker"]
    shown = [word.value.text.replace(HOLE, "…") for command in commands for word in command.words[1:]]
    assert " ".join(shown) == expected


def test_the_folder_of_a_script_at_the_top() -> None:
    assert lines('cd /d "%~dp0"\nc %~dp0app', script="b.bat") == ["cd|/d|.", "c|app"]


def test_options_that_the_caller_may_give_are_none_without_them() -> None:
    text = 'if not defined X set "X="\nc %X% a\nif defined X d'
    found = read_batch(text).commands
    assert [(c.words[0].value.text, c.conditional, len(c.words)) for c in found] == [("c", False, 2), ("d", True, 1)]

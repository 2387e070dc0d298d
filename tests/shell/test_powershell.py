"""PowerShell scripts: words, variables that have one value, and what stays unknown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wxlint.documents.source import Source
from wxlint.images.builds.from_powershell import powershell_script
from wxlint.shell.powershell import read_powershell
from wxlint.shell.powershell_refused import refused


def words(text: str) -> list[list[str]]:
    return [[word.value.shown() for word in command.words] for command in read_powershell(text, "x/a.ps1")]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("docker build -t a:1 .", [["docker", "build", "-t", "a:1", "."]]),
        ("& docker build `\n  -t 'a:1' . # -t b", [["docker", "build", "-t", "a:1", "."]]),
        (
            'docker pull "a b"; docker pull c | Out-Null',
            [["docker", "pull", "a b"], ["docker", "pull", "c"], ["Out-Null"]],
        ),
        ('$T = "1.0"\ndocker pull "a:$T" $T a:${T}', [["docker", "pull", "a:1.0", "1.0", "a:1.0"]]),
        ("$T = 'x$y'\ndocker pull a:$T", [["docker", "pull", "a:x$y"]]),
        ('$A = "r"\n$B = "$A/app"\ndocker pull $B', [["docker", "pull", "r/app"]]),
        ('param(\n [string]$R = "reg", [switch]$X\n)\ndocker pull "$R/a:$X"', [["docker", "pull", "reg/a:$X"]]),
        ("$T = Get-Date\ndocker pull a:$T", [["Get-Date"], ["docker", "pull", "a:$T"]]),
        ('$T = "1"\n$T = "2"\ndocker pull a:$T', [["docker", "pull", "a:$T"]]),
        ('if ($x) { $T = "1" }\ndocker pull a:$T', [["docker", "pull", "a:$T"]]),
        ('foreach ($T in "a", "b") { docker pull $T }', [["docker", "pull", "$T"]]),
        ('$T = "a" + $env:X\ndocker pull "$T"', [["docker", "pull", "$T"]]),
        ('docker pull "a:$($x.y)" $env:TAG @more', [["docker", "pull", "a:$($x.y)", "$env:TAG", "$splatted"]]),
        ("<# docker pull a #>\n@'\ndocker pull b\n'@\ndocker pull c", [["docker", "pull", "c"]]),
        ("docker build -t (Get-Tag) . 2>&1 > $null | Tee-Object x", [["Get-Tag"],
          ["docker", "build", "-t", "$(...)", "."], ["Tee-Object", "x"]]),
        ("$A = @{\n docker = 'x'\n}\ndocker pull a", [["docker", "pull", "a"]]),
        ("$id = docker build -q . && docker push a || docker push b", [["docker", "build", "-q", "."],
          ["docker", "push", "a"], ["docker", "push", "b"]]),
        ("docker build `\n  -t a:1 `\n  .\n", [["docker", "build", "-t", "a:1", "."]]),
        ("if (docker image ls) { return docker pull a } else { docker pull b }", [["docker", "image", "ls"],
          ["docker", "pull", "a"], ["docker", "pull", "b"]]),
        ("docker build @('-t', 'a') .", [["docker", "build", "$(...)", "."]]),
        ("docker ps --format {{.ID}} -q", [["docker", "ps", "--format", "$({...})"], [".ID"]]),
        ("docker run --% a $T; b | x", [["docker", "run", "$--% a $T; b "], ["x"]]),
        ("docker pull a &\nexit 1\ndocker pull b", [["docker", "pull", "a"]]),
        ("&docker pull a; & 'C:\\docker.exe' pull b", [["docker", "pull", "a"], ["C:\\docker.exe", "pull", "b"]]),
        ("@' \ndocker pull b\n'@ | docker build -", [["docker", "build", "-"]]),
        ('function F { param($N = "a") docker pull $N }', [["docker", "pull", "$N"]]),
    ],
)  # fmt: skip
def test_words(text: str, found: list[list[str]]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        # quotes
        ("'it''s'", "it's"),
        ('"a""b`"c"', 'a"b"c'),
        ("\u201ca b\u201d", "a b"),
        ("X=\"a b\"'c'", "X=a bc"),
        ('"a"b', '$"a"b'),
        ('"$T"/b', '$"$T"/b'),
        ('$T"b"', '$$T"b"'),
        # escapes: some letters stand for control characters
        ('"a`nb"', "a$`nb"),
        ("a`tb", "a$`tb"),
        ("a`-b", "a-b"),
        ("a`\nb", "a$`\nb"),
        # arrays are several words
        ("a,b", "$a,b"),
        ('"a","b"', '$"a","b"'),
        # variables: scopes, properties, and what a name may hold
        ("$script:T", "1.0"),
        ('"a:${T}b"', "a:1.0b"),
        ('"a:$($T)-$($T)"', "a:1.0-1.0"),
        ('"$T:latest"', "$T:latest"),
        ("$T:latest", "$T:latest"),
        ('"$T:"', "$T:T:"),
        ('"$T?"', "$$T?"),
        ('"$T.x[0]"', "1.0.x[0]"),
        ("$T.Length", "$T.Length"),
        ("$T[0]", "$T[0]"),
        ("a/$T.tar", "a/1.0.tar"),
        ("$T-cpu", "1.0-cpu"),
        ("$T/$T", "1.0/1.0"),
        ("a$?$$", "a$$?$$$"),
        ("${a b}", "$a b"),
        ("$Tx", "$Tx"),
        ("$true", "$true"),
    ],
)
def test_one_argument(argument: str, value: str) -> None:
    assert words(f'$T = "1.0"\ndocker pull {argument}\n')[-1] == ["docker", "pull", value]


@pytest.mark.parametrize(
    "text",
    [
        "docker pull $T",  # before it is given anything
        '$T += "1"',
        '$T = "1" -replace "1", "2"',
        '$T = "{0}:1" -f $a',
        '$T = "1"[0]',
        '$T = "ab".Length',
        '$T = "a", "b"',
        '$T = [int]"1"',
        '$T = "1" | F',
        '$T = $U = "1"; $T = "2"',
        '$T = "1"; $T++',
        '$T = "1"; $U = $T = "2"',
        '$T = "1"; $T, $U = "2", "3"',
        '$T = "1"; $U, $T = "2", "3"',
        '$T = "1"; $T ??= "2"',
        '$T = "1"; if ($x) { $script:T = "2" }',
        '$T = "1"; Set-Variable -Name T -Value 2',
        '$T = "1"; F -OutVariable T',
        '$T = "1"; [int]::TryParse($x, [ref]$T)',
        '$T = "1"; ForEach ($T in 1..3) { F }',
        '$T = "1"; . ./settings.ps1',
        '$T = "1"; Invoke-Expression $x',
        'param($T = "1" + $x)',
        'param($T = "a`"b")',
        'function F {\n  param($T = "1")\n}',
        '# param($T = "1")',
    ],
)
def test_a_variable_that_may_hold_something_else(text: str) -> None:
    assert words(f'{text}\ndocker pull $T\n$T = "9"')[-1] == ["docker", "pull", "$T"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (". ./settings.ps1\n$T = '1'", "1"),
        ("$U = $T = '1'", "1"),
        ("[string]$T = '1' # x", "1"),
        ("$global:T='1'", "1"),
        ("# it's\nparam(\n  # don't (\n  [string] $T = '1'\n)", "1"),
        ("[CmdletBinding()]\nparam([ValidateSet('1', '2')]$T = '1')", "1"),
    ],
)
def test_a_variable_that_is_known(text: str, value: str) -> None:
    assert words(f"{text}\ndocker pull $T")[-1] == ["docker", "pull", value]


def test_what_may_not_run() -> None:
    text = "docker a || docker b\ndocker c && docker d\nif ($x) { docker e }\ndocker f (docker g)\n"
    found = {c.words[1].value.text: c.conditional for c in read_powershell(text, "a.ps1")}
    assert found == {"a": False, "b": True, "c": False, "d": False, "e": True, "f": False, "g": True}


def test_defaults_of_parameters_and_values_of_loops() -> None:
    text = 'param(\n  [string]$R = "reg",\n  [string]$T\n)\ndocker pull "$R/a:$T"\n'
    text += 'foreach ($v in "x") { docker pull $v }\n'
    assert [line for line in words(text) if line[0] == "docker"] == [
        ["docker", "pull", "reg/a:$T"],
        ["docker", "pull", "$v"],
    ]


def test_parameters_of_functions_are_not_known() -> None:
    text = 'function F {\n  param($N = "a")\n  docker pull $N\n}\n$N = "b"\ndocker pull $N\n'
    assert [line for line in words(text) if line[0] == "docker"] == [["docker", "pull", "$N"], ["docker", "pull", "$N"]]


def test_builds_and_working_folders() -> None:
    text = (
        'Set-Location $PSScriptRoot\n$R = "acme"\n'
        'docker build --build-arg REGISTRY=$R -t "$R/app:1.0-cpu" -f "docker\\app\\Dockerfile" .\n'
    )
    found = powershell_script(Source("Dockerfiles/build.ps1", text), lambda paths: paths[0])
    (build,) = found.builds
    assert build.dockerfile == "Dockerfiles/docker/app/Dockerfile"
    assert [tag.value.text for tag in build.tags] == ["acme/app:1.0-cpu"]
    assert [(name, value.text) for name, value in build.args] == [("REGISTRY", "acme")]
    assert build.tags[0].span.line == 3


@given(st.text(alphabet="ab$\"'`(){}\n;|#<>@=+ :.\\_-", max_size=60))
def test_any_text_ends(text: str) -> None:
    for command in read_powershell(text, "a.ps1"):
        assert command.words
        assert all(0 <= word.start <= word.end <= len(text) for word in command.words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Set-Location (Join-Path $PSScriptRoot "..")\ndocker a', [". a"]),
        ("Set-Location (Split-Path $PSScriptRoot -Parent)\ndocker $PSScriptRoot/x", [". ci/x"]),
        ("Set-Location $PSScriptRoot\ndocker $PSScriptRoot/x\nSet-Location ..\ndocker a", ["ci ../ci/x", ". a"]),
        ('$R = Join-Path -Path $PSScriptRoot -ChildPath ".."\nPush-Location $R\ndocker "$R\\a"', [". ci/../a"]),
        ('$R = (Resolve-Path "$PSScriptRoot/..").Path\ncd $R\ndocker a', [". a"]),
        ("$R = $PSScriptRoot\ndocker $R/a (Join-Path $R b c)", ["- ci/a ci/b/c"]),
        ("cd (Split-Path -Parent (Split-Path -Parent $MyInvocation.MyCommand.Path))\ndocker a", [". a"]),
        ("cd (Split-Path (Split-Path $PSScriptRoot))\ndocker a", [".. a"]),
        ("cd (git rev-parse --show-toplevel)\ndocker a", [". a"]),
        ('docker "$(git rev-parse --show-toplevel)/a"', ["- a"]),
        ("git clone x\ncd x\ncd (git rev-parse --show-toplevel)\ndocker a", ["… a"]),
        ('cd (Join-Path $X "..")\ndocker a', ["… a"]),
        ("cd $X\ncd ..\ndocker a", ["… a"]),
        ("cd (Split-Path $PSScriptRoot -Leaf)\ndocker a", ["… a"]),
        ('cd (Join-Path $PSScriptRoot "..").Length\ndocker a', ["… a"]),
        ("if ($X) { cd (Join-Path $PSScriptRoot ..) }\ndocker a", ["… a"]),
        ("Push-Location x\ndocker a\nPop-Location\ndocker b", ["x a", "- b"]),
        ("cd x\npushd y\npushd z\npopd\ndocker a\npopd\ndocker b", ["x/y a", "x b"]),
        ("Push-Location x\ntry { docker a } finally { Pop-Location }\ndocker b", ["x a", "- b"]),
        ("Push-Location x\ntry { docker a } finally { if ($X) { Pop-Location } }\ndocker b", ["x a", "… b"]),
        ("try { docker a } finally { cd x }\nif ($X) { cd y }\ndocker b", ["- a", "… b"]),
        ("pushd x\nif ($X) { popd }\ndocker a\npopd\ndocker b", ["… a", "… b"]),
        ("if ($X) { pushd x }\npopd\ndocker a", ["… a"]),
        ("pushd x -StackName s\npushd y\npopd\ndocker a\npopd\ndocker b", ["… a", "… b"]),
        ("popd\ndocker a", ["… a"]),
        ('$R = [IO.Path]::Combine($PSScriptRoot, "..", "app")\ncd $R\ndocker a', ["app a"]),
        ('docker ([System.IO.Path]::Combine($PSScriptRoot, "a,b"))', ["- ci/a,b"]),
        ("docker $([IO.Path]::Combine('a', 'b'))/c", ["- a/b/c"]),
        ('cd ([IO.Path]::Combine($PSScriptRoot, "/app"))\ndocker a', ["… a"]),
        ('cd ([IO.Path]::Combine($PSScriptRoot, $X))\ndocker a', ["… a"]),
        ('cd ([IO.Path]::Combine($PSScriptRoot, (f x)))\ndocker a', ["… a"]),
    ],
)  # fmt: skip
def test_paths_below_the_folder_of_the_script(text: str, expected: list[str]) -> None:
    """The working folder, `-` where none is set, and the words behind docker; `…` for what is not known."""
    commands = [c for c in read_powershell(text + "\n", "ci/b.ps1") if c.words[0].value.text == "docker"]
    found = [" ".join([c.cwd.text if c.cwd else "-", *(w.value.text for w in c.words[1:])]) for c in commands]
    assert [text.replace("\0", "…") for text in found] == expected


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ('docker push "a\nb', 12, "a string that does not end"),
        ("docker push it's\n", 14, "a string that does not end"),
        ("docker push 'a''\n", 12, "a string that does not end"),
        ('$a = @"\ndocker push a\n "@\n', 5, "a here-string that does not end"),
        ("<# docker push a\n", 0, "a comment that does not end"),
        ("if ($a) {\n docker push a\n", 8, "{ that does not end"),
        ("if ($a -eq (1) { docker push a }", 3, "( that does not end"),
        ("docker push a\n}\n", 14, "} that nothing opens"),
        ("& { docker push (a } )", 16, "( that } closes"),
        ('docker push "$(foo "b)"', 12, "a string that does not end"),
    ],
)
def test_what_powershell_refuses(text: str, at: int, message: str) -> None:
    assert refused(text) == (at, message)


@pytest.mark.parametrize(
    "text",
    [
        'docker push "a""b`"c" \'d\'\'e\' C# # "\n',
        '$a = @"\n"quoted" \'{(\n"@\n$b = @\'\n"$(\n\'@\n',
        'docker push "$(if ($a) { "b)" } else { \'c\' })"\n',
        'cmd --% /c "open ( {\n<# \' " { #>\n',
        '${a \'b} = 1; ls [a-z; "["; echo `" `{\n',
        "echo \u201cquoted\u201d \u2018too\u2019\n",
        '"$(' * 300,
    ],
)
def test_what_powershell_takes(text: str) -> None:
    assert refused(text) is None

"""Paths of which only the part inside the repository is known."""

from __future__ import annotations

import pytest

from wxlint.shell.bash.reader import read_shell

HERE = 'D=$(cd "$(dirname "$0")" && pwd); '
ROOT = 'R=$(cd "$(dirname "$0")/.." && pwd); '


def calls(text: str) -> list[str]:
    """The docker commands of a script in the folder `docker`: `?` in front where one may not run, `…` for what is not
    known."""
    found = []
    for command in read_shell(text, {}, script="docker/build.sh").commands:
        words = [word.value.text.replace("\0", "…") for word in command.words]
        if words[0] == "docker":
            found.append(("?" if command.conditional else "") + " ".join(words[1:]))
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HERE + "docker -f $D/Dockerfile $D", ["-f ./docker/Dockerfile ./docker"]),
        (ROOT + "docker $R $R/a -v $R/data:/data", [". ./a -v ./data:/data"]),
        (ROOT + 'set -- $R b; docker "$2"', ["b"]),
        (ROOT + "cd $R/docker; docker -f $R/docker/x .", ["-f ../docker/x ."]),
        ("cd docker; docker -f $(pwd)/x; cd ..; docker $(pwd)", ["-f ../docker/x", "."]),
        (ROOT + "cd /tmp; docker $R $(pwd)", ["… /tmp"]),
        (ROOT + 'sh -c "cd $R/a; docker $R"', [".."]),
        (ROOT + "D=${R:-x}/a; docker ${D##*/} ${D%/*}", ["a ."]),
        (HERE + "docker $(basename $D) $(dirname $D)", ["docker ."]),
        (HERE + "for f in $D/*.txt; do docker $f; done", ["?./docker/….txt"]),
    ],
)
def test_a_path_inside_the_repository_is_followed(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


@pytest.mark.parametrize(
    "words",
    [
        "$(basename $R)", "$(dirname $R)", "${R##*/}", "${R%/*}", "${#R}", "${R#.}", "${R//./x}", "${R:0:1}",
        '$(echo "$R" | sed "s|.|x|")', "$(echo $R | cut -d/ -f2)", "$(echo $R/a | tr / -)",
        '$(echo a/b | sed "s|$R|./|")',
    ],
)  # fmt: skip
def test_the_text_of_the_repository_s_own_path_is_not_known(words: str) -> None:
    assert calls(ROOT + f'docker "{words}"') == ["…"]


@pytest.mark.parametrize("test", ['[ "$R" = . ]', "[[ $R == /* ]]", '[ "$R" = "$(pwd)" ]', '[ "${R:0:1}" = / ]'])
def test_a_condition_on_it_is_open(test: str) -> None:
    assert calls(ROOT + f"if {test}; then docker a; fi") == ["?a"]


def test_it_is_not_empty() -> None:
    assert calls(ROOT + 'if [ -z "$R" ]; then docker a; fi; [ -n "$R" ] && docker b') == ["b"]


TOP = "git rev-parse --show-toplevel"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f'cd "$({TOP})"; docker a', ["a"]),
        (f'R=$({TOP}); docker "$R/a"', ["./a"]),
        (f'R="$({TOP} 2>/dev/null || pwd)"; cd docker; docker "$R/a"', ["../a"]),
        (f'cd "$(dirname "$0")"; cd `{TOP}`; docker -f $(pwd)/x', ["-f ./x"]),
        ('R=$(git -C "$(dirname "$0")" rev-parse --show-toplevel); docker $R/a', ["./a"]),
        (f"cd clone; docker $({TOP})/a", ["…/a"]),
        (f"cd /tmp; docker $({TOP})/a", ["…/a"]),
        (f"cd $X; docker $({TOP})/a", ["…/a"]),
        ("docker $(git -C clone rev-parse --show-toplevel)/a", ["…/a"]),
        ("docker $(git rev-parse --git-dir)/a", ["…/a"]),
    ],
)
def test_the_root_of_the_repository_is_known_where_the_script_lies(text: str, expected: list[str]) -> None:
    assert calls(text) == expected


def test_the_root_of_the_repository_is_not_known_to_a_text_that_is_no_file() -> None:
    (command,) = (c for c in read_shell(f"docker $({TOP})", {}).commands if c.words[0].value.text == "docker")
    assert not command.words[1].value.known

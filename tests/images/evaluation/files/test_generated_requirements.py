"""Lists of requirements that commands make: where they go, and what they then hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from wxlint.core.span import Span, Where
from wxlint.core.values import Value
from wxlint.images.evaluation.files.generated_requirements import (
    is_maker,
    made_by,
    may_build,
    may_make,
    merged,
    piped_into,
    written_by,
)
from wxlint.images.installs.call import InstallContext
from wxlint.images.installs.model import Groups, Lines, PackageIndex, Sources, Unread, UnreadKind
from wxlint.images.installs.requirement import Requirement, parse_requirement
from wxlint.shell.bash.reader import read_shell

FILES = {
    "requirements.txt": "torch==2.3.1\nTorchvision\nflask\n#numpy\n",
    "requirements.in": "torch\n",
    "app.in": "flask\n",
    "dir/base.txt": "numpy\n",
}


def lines(text: str) -> Lines:
    found = (parse_requirement(Value(line), None) for line in text.split("\n") if line and not line.startswith("#"))
    return Lines(tuple(found))


class Lists(InstallContext):
    """The files above; a project asks for what is chosen of it."""

    def requirements(self, path: str, variables: Mapping[str, Value], *, as_constraints: bool = False) -> Lines:
        return lines(FILES[path]) if path in FILES else Lines(unread=(Unread(UnreadKind.NOT_THERE, path),))

    def written(self, text: str) -> Lines:
        return lines(text)

    def where(self, start: int, end: int) -> Where:
        return lambda: Span("Dockerfile", 1, 1, 1, 1)

    def edited(self, path: str, edit: Callable[[str], str | None]) -> Lines | None:
        return lines("\n".join(edit(line) or "" for line in FILES[path].split("\n"))) if path in FILES else None

    def project(self, folder: str, groups: Groups, tool: str) -> Lines:
        names = (tool, folder, *groups.names, *("extras",) * groups.every_extra, *("groups",) * groups.every_group)
        return Lines(tuple(Requirement(name) for name in names))

    def pipfile(self, path: str, groups: Groups) -> Lines:
        return Lines(tuple(Requirement(name) for name in (path, *groups.names)))


MADE = [
    # command, where it writes, the names that it then lists; None where these are not known
    ("cat requirements.txt dir/base.txt > all.txt", "all.txt", "torch torchvision flask numpy"),
    ("cat dir/base.txt >> requirements.txt", "requirements.txt", "torch torchvision flask numpy"),
    ("cat notes.md > all.txt", "all.txt", None),
    ("cat > all.txt <<EOF\ntorch\nflask\nEOF", "all.txt", "torch flask"),
    ("cat > all.txt <<-EOF\n\ttorch\n\tEOF", "all.txt", "torch"),
    ("cat > all.txt <<EOF\ntorch==$V\nEOF", "all.txt", None),
    ("echo torch > all.txt", "all.txt", "torch"),
    ("echo torch > all.in", "all.in", "torch"),
    ("echo torch | tee all.txt", None, None),
    ("/bin/echo torch > all.txt", "all.txt", "torch"),
    ("echo -e 'torch\\nflask' > all.txt", "all.txt", "torch flask"),
    ("echo -n torch > all.txt", "all.txt", "torch"),
    ("echo -ne torch > all.txt", "all.txt", "torch"),
    ("echo -en torch > all.txt", "all.txt", "torch"),
    ("printf 'torch\\nflask\\n' > all.txt", "all.txt", "torch flask"),
    ("printf '%s' torch > all.txt", "all.txt", "torch"),
    ("printf '%q' torch > all.txt", "all.txt", None),
    ('printf "%s\\n" torch "$MORE" > all.txt', "all.txt", None),
    ("echo torch==$V > all.txt", "all.txt", None),
    ("echo torch > all.md", None, None),
    ("echo torch", None, None),
    ("cp requirements.txt /tmp/all.txt", "/tmp/all.txt", "torch torchvision flask"),
    ("cp requirements.txt /tmp/", "/tmp/requirements.txt", "torch torchvision flask"),
    ("cp dir/base.txt .", "./base.txt", "numpy"),
    ("mv requirements.in x.txt", "x.txt", "torch"),
    ("cp requirements.txt a b", None, None),
    ("cp notes.md all.txt", None, None),
    ("cp requirements.txt all.txt > log.txt", None, None),
    ("grep -v torch requirements.txt > all.txt", "all.txt", "torchvision flask"),
    ("grep -v torch > all.txt", "all.txt", None),
    ("grep -vi torch requirements.txt > all.txt", "all.txt", "flask"),
    ("grep -v -i torch requirements.txt > all.txt", "all.txt", "flask"),
    ("grep --invert-match --ignore-case torch requirements.txt > all.txt", "all.txt", "flask"),
    ("grep -i torch requirements.txt > all.txt", "all.txt", "torch torchvision"),
    ("grep torch requirements.txt > all.txt", "all.txt", "torch"),
    ("grep -v -e ^torch -e flask requirements.txt > all.txt", "all.txt", "torchvision"),
    ("grep -v --regexp flask requirements.txt > all.txt", "all.txt", "torch torchvision"),
    ("grep -vE 'torch|flask' requirements.txt > all.txt", "all.txt", "torchvision"),
    ("grep -v -E 'torch|flask' requirements.txt > all.txt", "all.txt", "torchvision"),
    ("egrep -v 'torch|flask' requirements.txt > all.txt", "all.txt", "torchvision"),
    ("grep -v 'torch\\|flask' requirements.txt > all.txt", "all.txt", "torchvision"),
    ("grep -v 'torch|flask' requirements.txt > all.txt", "all.txt", "torch torchvision flask"),
    ("grep -v '^[tT]orch' requirements.txt > all.txt", "all.txt", "flask"),
    ("grep -v 't.*h' requirements.txt > all.txt", "all.txt", "torchvision flask"),
    ("grep -v '\\(torch\\)' requirements.txt > all.txt", "all.txt", "torchvision flask"),
    ("grep -v -E '^\\s*(torch|#|flask)' requirements.txt > all.txt", "all.txt", "torchvision"),
    ("grep -vE '^(torch)+' requirements.txt > all.txt", "all.txt", None),
    ("grep -vE '^torch(vision)?$' requirements.txt > all.txt", "all.txt", "torch torchvision flask"),
    ("grep -E '^flask([<>=]|$)?' requirements.txt > all.txt", "all.txt", "flask"),
    ("grep -E '?flask' requirements.txt > all.txt", "all.txt", None),
    ("grep -vE 'torch{1}' requirements.txt > all.txt", "all.txt", None),
    ("grep -v '(torch)' requirements.txt > all.txt", "all.txt", "torch torchvision flask"),
    ("grep -c -v torch requirements.txt > all.txt", "all.txt", None),
    ("grep -v torch requirements.txt dir/base.txt > all.txt", "all.txt", None),
    ("grep -v torch > all.txt", "all.txt", None),
    ("grep -v $NAME requirements.txt > all.txt", "all.txt", None),
    ("grep -v torch missing.txt > all.txt", "all.txt", None),
    ("sed '/^torch/d' requirements.txt > all.txt", "all.txt", "torchvision flask"),
    ("sed -i '/^torch/d' requirements.txt", "requirements.txt", "torchvision flask"),
    ("sed --in-place /flask/d requirements.txt", "requirements.txt", "torch torchvision"),
    ("sed -i -e /torch/d -e /flask/d requirements.txt", "requirements.txt", "torchvision"),
    ("sed -i --expression /torch/d requirements.txt", "requirements.txt", "torchvision flask"),
    ("sed -i s/torch/x/ requirements.txt", "requirements.txt", "x torchvision flask"),
    ("sed 's|^torch==.*$|tensorflow|' requirements.txt > all.txt", "all.txt", "tensorflow torchvision flask"),
    ("sed -i 's/t/T/g; s/^flask$/x/I' requirements.txt", "requirements.txt", "torch torchvision x"),
    ("sed -i '/torch/s/^/#/' requirements.txt", "requirements.txt", "torchvision flask"),
    ("sed -i 's/^torch.*//' requirements.txt", "requirements.txt", "torchvision flask"),
    ("sed -r -i 's/flask|Torchvision/x/' requirements.txt", "requirements.txt", "torch x x"),
    ("sed -i 's/flask/x\\.y/' requirements.txt", "requirements.txt", "torch torchvision x-y"),
    ("sed -i 's/\\(torch\\)/x/' requirements.txt", "requirements.txt", "x torchvision flask"),
    ("sed -i 's/^\\(.\\+\\)ask/x\\1y/' requirements.txt", "requirements.txt", "torch torchvision xfly"),
    ("sed -i -E 's/^(f)l(ask)$/\\2\\1/' requirements.txt", "requirements.txt", "torch torchvision askf"),
    ("sed -i 's/flask/\\1/' requirements.txt", "requirements.txt", None),
    ("sed -i 's/flask/\\Uflask/' requirements.txt", "requirements.txt", None),
    ("sed -i 's/flask/x&/' requirements.txt", "requirements.txt", "torch torchvision xflask"),
    ("sed -i 's/flask/x\\.&/' requirements.txt", "requirements.txt", "torch torchvision x-flask"),
    ("sed -i 's/torch/x/2' requirements.txt", "requirements.txt", None),
    ("sed -i 's/torch/x/;p' requirements.txt", "requirements.txt", None),
    ("sed -i '1d' requirements.txt", "requirements.txt", None),
    ("sed -i //d requirements.txt", "requirements.txt", None),
    ("sed -i '/a/b/d' requirements.txt", "requirements.txt", None),
    ("sed -i /torch/d notes.md", None, None),
    ("sed -i /torch/d *.txt", None, None),
    ("sed -i -n /torch/d requirements.txt", "requirements.txt", None),
    ("poetry export -o all.txt", "all.txt", "poetry ."),
    ("poetry export -f requirements.txt --output all.txt", "all.txt", "poetry ."),
    ("poetry export --with Dev,gpu --output all.txt", "all.txt", "poetry . dev gpu"),
    ("poetry export --without docs --extras 'a b' -o all.txt", "all.txt", "poetry . a b"),
    ("poetry export -E a --only c -o all.txt", "all.txt", "poetry . a c"),
    ("pdm export -G gpu --output all.txt", "all.txt", "pdm . gpu"),
    ("uv export --extra gpu > all.txt", "all.txt", "uv . gpu"),
    ("uv export --group gpu --output-file all.txt", "all.txt", "uv . gpu"),
    ("uv export --all-extras --all-groups -o all.txt", "all.txt", "uv . extras groups"),
    ("poetry export --with-dev -o all.txt", "all.txt", "poetry . groups"),
    ("poetry show > all.txt", "all.txt", None),
    ("python -m poetry export -o all.txt", "all.txt", "poetry ."),
    ("python3 -m pipenv requirements > all.txt", "all.txt", "Pipfile packages"),
    ("pipenv requirements > all.txt", "all.txt", "Pipfile packages"),
    ("pipenv requirements --dev > all.txt", "all.txt", "Pipfile packages dev-packages"),
    ("pipenv lock -r -d > all.txt", "all.txt", "Pipfile packages dev-packages"),
    ("pipenv graph > all.txt", "all.txt", None),
    ("pip-compile", "requirements.txt", "torch"),
    ("pip-compile app.in", "app.txt", "flask"),
    ("pip-compile dir/pyproject.toml", "requirements.txt", "pip dir"),
    ("pip-compile pyproject.toml --extra gpu -o all.txt", "all.txt", "pip . gpu"),
    ("pip-compile app.in requirements.in -o all.txt", "all.txt", "flask torch"),
    ("python -m piptools compile app.in", "app.txt", "flask"),
    ("python -m piptools sync app.in", None, None),
    ("python -m piptools", None, None),
    ("python -m", None, None),
    ("python app.py requirements", None, None),
    ("uv pip compile app.in -o all.txt", "all.txt", "flask"),
    ("uv pip compile pyproject.toml -o all.txt", "all.txt", "uv ."),
    ("uv pip compile --python 3.11 -p 3.11 app.in -o all.txt", "all.txt", "flask"),
    ("uv pip list > all.txt", "all.txt", None),
    ("/usr/bin/python3 -m poetry export -o all.txt", "all.txt", "poetry ."),
    ("python -m piptools compile", "requirements.txt", "torch"),
    ("pip-compile setup.py", "requirements.txt", ""),
    ("cat requirements.txt > all.txt <<EOF\nnumpy\nEOF", "all.txt", "torch torchvision flask"),
    ("cat > all.txt <<EOF\nEOF", "all.txt", None),  # a Dockerfile has the words of a heredoc behind the RUN
    ("echo torch == 2.3.1 > all.txt", "all.txt", "torch"),
    ("sed -i /torch/d requirements.txt dir/base.txt", "requirements.txt", None),
    ("sed -i torch/d requirements.txt", "requirements.txt", None),
    ("sed -i /flask1/d requirements.txt", "requirements.txt", "torch torchvision flask"),
    ("sed -i --expression /torch/d --expression /flask/d requirements.txt", "requirements.txt", "torchvision"),
    ("grep -v --regexp torch --regexp flask requirements.txt > all.txt", "all.txt", "torchvision"),
    ("grep -v 't.*o.*c.*h' requirements.txt > all.txt", "all.txt", "torchvision flask"),
    ("grep -v 't.*o.*r.*c.*h' requirements.txt > all.txt", "all.txt", None),  # too many ways to match
    ("grep '#numpy' requirements.txt > all.txt", "all.txt", ""),
    ("grep -E '^#|torch' requirements.txt > all.txt", "all.txt", "torch"),
]


@pytest.mark.parametrize(("text", "path", "names"), MADE, ids=[row[0] for row in MADE])
def test_lists(text: str, path: str | None, names: str | None) -> None:
    (command, *_) = read_shell(text).commands
    made = made_by(command, Lists())
    assert (made and made.path) == path
    if made is not None:
        found = made.lines and " ".join(r.name for r in made.lines.requirements)
        assert found == names


COMPILED = [
    # what is compiled, the index and the extra indexes that are then in the list
    ("pip-compile -i https://a.example app.in", "https://a.example", ""),
    ("pip-compile --index-url=https://a.example --extra-index-url https://b.example app.in", "https://a.example",
     "https://b.example"),
    ("python -m piptools compile --emit-index-url --extra-index-url https://b.example app.in", "", "https://b.example"),
    ("pip-compile --no-emit-index-url -i https://a.example app.in", "", ""),
    ("uv pip compile -i https://a.example app.in -o all.txt", "", ""),
    ("uv pip compile --emit-index-url --default-index https://a.example --index https://b.example app.in -o all.txt",
     "https://a.example", "https://b.example"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "index", "extra"), COMPILED, ids=[row[0] for row in COMPILED])
def test_a_compiler_writes_its_indexes_into_the_list(text: str, index: str, extra: str) -> None:
    (command,) = read_shell(text).commands
    made = made_by(command, Lists())
    assert made is not None and made.lines is not None
    assert [r.name for r in made.lines.requirements] == ["flask"]
    sources = made.lines.sources
    assert (sources.index.value.text if sources.index is not None else "") == index
    assert " ".join(one.value.text for one in sources.extra) == extra


PIPED = [
    # what runs through pipes, the names that the list then has; None where these are not known
    ("grep -v ^torch requirements.txt | grep -v flask > all.txt", "torchvision"),
    ("grep -v flask requirements.txt |\\\n grep -iv vision > all.txt", "torch"),
    ("cat requirements.txt | sed s/torch/x/ | grep -v flask > all.txt", "x torchvision"),
    ("sed s/flask/torch/ requirements.txt | grep -v torch > all.txt", "torchvision"),
    ("grep -v torch app.in | grep -v torch requirements.txt > all.txt", "torchvision flask"),
    ("sort requirements.txt | grep -v torch > all.txt", None),
    ("cat requirements.txt app.in | grep -v torch > all.txt", None),
    ("cat -n requirements.txt | grep -v torch > all.txt", None),
    ("cat missing.txt | grep -v torch > all.txt", None),
    ("cat requirements.txt > b.txt | grep -v torch > all.txt", None),
    ("cat requirements.txt || grep -v torch > all.txt", None),
    ("cat requirements.txt; grep -v torch > all.txt", None),
    ("cat requirements.txt && ls | grep -v torch > all.txt", None),
]


@pytest.mark.parametrize(("text", "names"), PIPED, ids=[row[0] for row in PIPED])
def test_lists_that_come_through_pipes(text: str, names: str | None) -> None:
    commands = read_shell(text).commands
    made = made_by(commands[-1], Lists(), piped_into(commands, len(commands) - 1, text))
    assert made is not None and made.path == "all.txt"
    assert (made.lines and " ".join(r.name for r in made.lines.requirements)) == names


def test_no_more_than_some_programs_of_a_pipeline_are_followed() -> None:
    text = " | ".join(["cat requirements.txt", *["grep -v nothing"] * 30, "grep -v torch > all.txt"])
    commands = read_shell(text).commands
    fed = piped_into(commands, len(commands) - 1, text)
    assert len(fed) == 20
    made = made_by(commands[-1], Lists(), fed)
    assert made is not None and made.lines is None


WRITTEN = [
    # command, the names that it writes; None where it writes no list, or nobody knows which
    ("cat requirements.txt", "torch torchvision flask"),
    ("/bin/cat requirements.txt dir/base.txt", "torch torchvision flask numpy"),
    ("grep -v torch requirements.txt", "torchvision flask"),
    ("grep -v -e torch -e flask requirements.txt", "torchvision"),
    ("grep -v --regexp torch --regexp flask requirements.txt", "torchvision"),
    ("egrep -v 'torch|flask' requirements.txt", "torchvision"),
    ("cat notes.md", None),
    ("cat requirements.txt > all.txt", None),
    ("cat requirements.txt >> all.txt", None),
    ("sed /torch/d requirements.txt", "torchvision flask"),
    ("grep -v flask requirements.txt | grep -v '^Torch'", "torch"),
    ("cat requirements.txt | grep -v flask | tr '\\n' ' '", "torch torchvision"),
    ("grep -v flask requirements.txt | xargs", "torch torchvision"),
    ("grep -v flask requirements.txt | tr v w", None),
    ("grep -v flask requirements.txt | sort -R | head -1", None),
    ("cd a && grep -v flask requirements.txt", None),
    ("cat requirements.txt dir/base.txt | grep -v torch", None),
    ("echo torch", None),
]


@pytest.mark.parametrize(("text", "names"), WRITTEN, ids=[row[0] for row in WRITTEN])
def test_what_a_command_writes_for_another(text: str, names: str | None) -> None:
    found = written_by(text, Lists())
    assert (found and " ".join(r.name for r in found.requirements)) == names


def test_lists_that_double_do_not_fill_memory() -> None:
    requirements = Lines((Requirement("a"),) * 15_000)
    unread = Lines(unread=(Unread(UnreadKind.NOT_THERE, "a"),) * 15_000)
    index = PackageIndex("file", Value("https://registry.example/simple"), None)
    indexes = Lines(sources=Sources(extra=(index,) * 15_000))
    assert len(merged([requirements, Lines((Requirement("b"),) * 5_000)]).requirements) == 20_000
    for more in (requirements, unread, indexes):
        found = merged([requirements, more])
        assert found.requirements == () and [one.kind for one in found.unread] == [UnreadKind.NOT_WHOLE]
    assert [one.kind for one in merged([unread, indexes]).unread] == [UnreadKind.NOT_WHOLE]


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("python -m build", True),
        ("uv build --wheel", True),
        ("poetry build", True),
        ("pdm build", True),
        ("flit build", True),
        ("pyproject-build", True),
        ("python setup.py bdist_wheel", True),
        ("pip wheel .", True),
        ("pip3 wheel .", True),
        ("make build", False),
        ("ls *.whl wheel", False),
        ("pip install .", False),
    ],
)
def test_a_quick_look_for_wheels(text: str, may: bool) -> None:
    assert may_build(text) is may


@pytest.mark.parametrize(
    "program",
    "cat cp mv echo printf grep egrep sed poetry pdm uv pipenv pip-compile python python3 /usr/bin/sed".split(),
)
def test_programs_that_make_lists(program: str) -> None:
    assert is_maker(read_shell(f"{program} x").commands[0])
    assert not is_maker(read_shell(f"{program}x x").commands[0])


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ("cat a.txt > b.txt", True),
        ("pip-compile", True),
        ("sed -i /a/d x.in", True),
        ("uv pip compile a.in", True),
        ("pipenv lock > r.txt", True),
        ("pip install -r a.txt", False),
        ("cat a > b", False),
    ],
)
def test_a_quick_look(text: str, may: bool) -> None:
    assert may_make(text) is may

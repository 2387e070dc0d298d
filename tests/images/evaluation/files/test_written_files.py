"""Which files a RUN changes, by the names in its commands."""

from __future__ import annotations

import pytest

from wxlint.images.evaluation.files.written_files import changed_by, redirected, touched
from wxlint.shell.bash.reader import read_shell


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("pip install -r requirements.txt", ""),
        ("cp a.txt b.txt", "b.txt"),
        ("cp a.txt b.txt 2>/dev/null || true", "b.txt"),
        ("cp a.txt /tmp/", ""),
        ('mv reqs "/app/requirements.txt"', "requirements.txt"),
        ("cat a.txt b.txt > c.txt", "c.txt"),
        ("grep -v torch a.txt>b.txt && pip install -r b.txt", "b.txt"),
        ("sed s/a/b/ a.txt", ""),
        ("sed -i s/a/b/ a.txt b.toml", "a.txt b.toml"),
        ("sed --in-place s/a/b/ a.txt", "a.txt"),
        ("perl -pi -e s/a/b/ x.sh", "x.sh"),
        ("curl -o x.sh https://example.org/x", "x.sh"),
        ("echo torch | tee -a r.txt", "r.txt"),
        ("pip-compile requirements.in", "requirements.txt"),
        ("uv pip compile pyproject.toml -o /tmp/r.txt", "r.txt"),
        ("poetry export -f requirements.txt --output requirements.txt", "requirements.txt"),
        ("pip freeze > constraints.txt", "constraints.txt"),
        ("export PIP_CONSTRAINT=/c.txt; pip install -c /c.txt a", ""),
        ("cp x.sh y.sh", ""),
        ("echo a >> x.conf", "x.conf"),
        ("cat <<EOF > a.yml\nx\nEOF", "a.yml"),
        ("awk -i inplace 1 a.cfg", "a.cfg"),
        ("yq -i .a=1 a.yaml", "a.yaml"),
        ("yq .a a.yaml", ""),
        ("wget -O a.lock https://example.org/x", "a.lock"),
        ("patch a.txt < b.diff", "a.txt"),
        ("tee x.py", "x.py"),
        ("poetry lock a.lock", "a.lock"),
        ("pdm lock a.lock", "a.lock"),
        ("conda env export -f a.yml", "a.yml"),
        ("pipenv requirements > r.txt", "r.txt"),
        ("hatch export r.txt", "r.txt"),
        ("pip compile a.in", "a.txt"),
        ("piptools compile a.in b.in", "a.txt b.txt"),
        ("pip-compile setup.cfg", "requirements.txt"),
        ("uv pip compile a.in --output-file=out/b.txt", "b.txt"),
        ("uv pip compile a.in -o 'b.txt'", "b.txt"),
        ("toml set a.toml x", "a.toml"),
        ("cp a.txt b.txt > c.log 2>&1", "b.txt"),
        ("cat a.txt | sort > b.txt; cat c.txt", "b.txt"),
        ("cat a.txt &\nsed -i s/x/y/ b.txt", "b.txt"),
        ("chmod +x a.sh > b.conf", "b.conf"),
        ("sed -i s/a/b/ a.sh", "a.sh"),
        ("cp a.in 'b.in'", "b.in"),
        ("echo a.txt", ""),
        ("pip install 'torch>=2.4' 'numpy>1.26' -c c.txt", ""),
        ("pip freeze 'x>=2' >c.txt", "c.txt"),
    ],
)
def test_names(text: str, names: str) -> None:
    assert changed_by(text) == set(names.split())


@pytest.mark.parametrize(
    ("text", "target", "added"),
    [
        ("a > b", "b", False),
        ("a >> b", "b", True),
        ("a >| b", "b", False),
        ("a 1> b", "b", False),
        ("a 1>> b", "b", True),
        ("a > b > c", "c", False),
        ("a 2> b", "", False),
        ("a < b", "", False),
        ("a > b 2> c", "b", False),
        ("a", "", False),
    ],
)
def test_where_output_goes(text: str, target: str, added: bool) -> None:
    (command,) = read_shell(text).commands
    assert redirected(command) == (target, added)


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("cat a.txt", ""),
        ("/usr/bin/cat a.txt > b.txt", "b.txt"),
        ("grep -v x a.txt >> b.txt", "b.txt"),
        ("echo a", ""),
        ("ls -l a", ""),
        ("chmod +x a.sh", ""),
        ("sha256sum -c a", ""),
        ("find a -name x", ""),
        ("find a -exec rm {} ;", "a/*"),
        ("find a/ -delete", "a/*"),
        ("find a b -execdir x", "a/*"),
        ("find a -ok x", "a/*"),
        ("rm -rf a", "a a/*"),
        ("rm a.txt b.in", "a.txt b.in"),
        ("rm a/*", "a/*"),
        ("mv a/ b", "a/ b a/* b/*"),
        ("cp -r a b", "a b a/* b/*"),
        ("rsync a b", "a b a/* b/*"),
        ("chroot a", "a a/*"),
        ("python make.py out.txt", "make.py out.txt"),
        ("python make.py > log", "log make.py"),
    ],
)
def test_what_a_command_may_touch(text: str, files: str) -> None:
    command = read_shell(text).commands[-1]
    assert touched(command) == files.split()

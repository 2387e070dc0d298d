"""Which files a RUN changes, by the names in its commands."""

from __future__ import annotations

import pytest

from wxlint.images.evaluation.written_files import changed_by


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
    ],
)
def test_names(text: str, names: str) -> None:
    assert changed_by(text) == set(names.split())

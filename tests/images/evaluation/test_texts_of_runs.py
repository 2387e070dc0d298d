"""What a RUN installs by its form, the scripts that it calls, its settings of pip, and the files that it makes."""

from __future__ import annotations

import pytest
from image_states import asked_for, state, unread

from wxlint.images.installs.model import Install

pytestmark = pytest.mark.usefixtures("here")

OWN = "https://registry.example/simple"
NVIDIA = "https://pypi.ngc.nvidia.com"
PROJECT = {"pyproject.toml": '[project]\nname = "a"\nversion = "1"\ndependencies = ["torch"]\n'}


def installs(files: dict[str, str], instructions: str) -> tuple[Install, ...]:
    return state(files, instructions).installs


def names(files: dict[str, str], instructions: str) -> str:
    """What is installed, by name; a program that cannot be read in brackets."""
    return " ".join(
        " ".join(r.name for r in one.requirements) or f"[{one.unread[0].name}]"
        if one.unread or one.requirements
        else ""
        for one in installs(files, instructions)
    )


FORMS = [
    # instruction, what is installed
    ('RUN ["pip", "install", "torch"]', "torch"),
    ('RUN ["sh", "-c", "pip install torch"]', "torch"),
    ('RUN ["/bin/ash", "-c", "pip install torch"]', "torch"),
    ('RUN ["dash", "-ec", "pip install torch"]', "torch"),
    ('RUN ["bash", "-lc", "pip install torch", "x"]', "torch"),
    ('RUN ["bash", "-l", "pip install torch"]', ""),
    ('RUN ["sh", "-c"]', ""),
    ('RUN ["python", "-c", "pip install torch"]', ""),
    ('RUN ["echo", "a; pip install torch"]', ""),
    ('RUN ["pip", "install", "flask", "torch; python_version >= \'3.8\'"]', "flask torch"),
    ("RUN <<EOF\npip install torch\nEOF", "torch"),
    ("RUN bash <<EOF\npip install torch\nEOF", "torch"),
    ("RUN sh -e <<EOF\npip install torch\nEOF", "torch"),
    ("RUN set -e <<EOF\npip install torch\nEOF", "torch"),
    ("RUN <<EOF\n#!/bin/zsh\npip install torch\nEOF", "torch"),
    ("RUN <<EOF\n#!/usr/bin/env python3\npip install torch\nEOF", ""),
    ("RUN python3 <<EOF\npip install torch\nEOF", ""),
    ("RUN pip install flask <<EOF\npip install torch\nEOF", "flask"),
]


@pytest.mark.parametrize(("instruction", "found"), FORMS, ids=[row[0] for row in FORMS])
def test_forms_of_run(instruction: str, found: str) -> None:
    assert names({}, instruction) == found


def test_where_an_install_of_a_run_stands() -> None:
    def places(instruction: str) -> list[tuple[int, int]]:
        return [(one.span.line, one.span.column) for one in installs({}, instruction) if one.span is not None]

    assert places("RUN pip install torch && pip install flask") == [(3, 9), (3, 30)]
    assert places("RUN true && \\\n    pip install torch") == [(4, 9)]
    assert places("RUN <<EOF\ntrue\npip install torch\nEOF") == [(5, 5)]
    assert places('RUN ["pip", "install", "torch"]') == [(3, 5)]


def test_a_run_that_does_not_end() -> None:
    first, second = installs({}, "RUN pip install torch && if")
    assert (first.program, unread(first)) == ("RUN", [("this RUN", "INVALID", "no fi")])
    assert first.span is not None and (first.span.line, first.span.column, first.span.end_column) == (3, 26, 28)
    assert [asked_for(one) for one in second.requirements] == ["torch line 3"]


SCRIPTS = [
    # files, instructions, what is installed
    ({"i.sh": "pip install $1\n"}, "RUN ./i.sh torch", "torch"),
    ({"i.sh": "pip install $1\n"}, "RUN bash i.sh torch", "torch"),
    ({"i.sh": "pip install $1\n"}, "RUN ./i.sh $X", "[./i.sh]"),
    ({"i.sh": "pip install ${1}\n"}, "RUN ./i.sh $X", "[./i.sh]"),
    ({"i.sh": "pip install flask\n"}, "RUN ./i.sh $X", "flask"),
    ({"i.sh": "pip install flask\n./j.sh\n", "j.sh": "pip install torch\n./i.sh\n"}, "RUN ./i.sh", "flask torch"),
    ({"install_a.py": "print(1)\n"}, "RUN python install_a.py", ""),
    ({"install_a.py": "import subprocess\n"}, "RUN python install_a.py", "[install_a.py]"),
    ({}, "RUN python install_a.py", "[install_a.py]"),
    ({}, "RUN python a.py", ""),
    ({}, "RUN ./install-deps.sh", "[./install-deps.sh]"),
    ({}, "RUN ./setup.bash", "[./setup.bash]"),
    ({}, "RUN ./x.sh", ""),
    ({}, "RUN ./x.bash", ""),
    ({}, "RUN . ./setup_vars.sh", ""),
    ({}, "RUN . ./install_vars.sh", "[./install_vars.sh]"),
]


@pytest.mark.parametrize(
    ("files", "instructions", "found"), SCRIPTS, ids=[f"{n}-{r[1]}" for n, r in enumerate(SCRIPTS)]
)
def test_scripts_that_a_run_calls(files: dict[str, str], instructions: str, found: str) -> None:
    assert names(files, instructions) == found


MINICONDA = "https://repo.anaconda.com/miniconda/install_m.sh"
DOWNLOADS = [
    (f"RUN curl -LO {MINICONDA} && bash install_m.sh", ""),
    (f"RUN wget {MINICONDA}\nRUN bash install_m.sh", ""),
    ("RUN wget https://sh.rustup.rs -O install_rust.sh\nRUN sh install_rust.sh", ""),
    (f"ADD {MINICONDA} /tmp/\nRUN bash /tmp/install_m.sh", ""),
    (f"ADD {MINICONDA} /tmp/install_x.sh\nRUN bash /tmp/install_x.sh", ""),
    ("RUN curl -LO https://registry.example/install_m.sh && bash install_m.sh", "[install_m.sh]"),
    ("ADD https://registry.example/install_m.sh /tmp/\nRUN bash /tmp/install_m.sh", "[/tmp/install_m.sh]"),
    (f"RUN curl -LO {MINICONDA}\nRUN bash install_other.sh", "[install_other.sh]"),
]


@pytest.mark.parametrize(("instructions", "found"), DOWNLOADS, ids=[row[0] for row in DOWNLOADS])
def test_an_installer_that_was_downloaded(instructions: str, found: str) -> None:
    assert names({}, instructions) == found


def test_an_installer_that_a_script_downloads() -> None:
    script = {"get.sh": f"curl -LO {MINICONDA}\n", "fetch.sh": f"wget {MINICONDA}\n"}
    for name in script:
        assert names(script, f"RUN ./{name} && true\nRUN bash install_m.sh") == ""


PIP = [
    # instructions, the index and the further indexes of the last install
    (f"RUN pip config set global.index-url {OWN}\nRUN pip install torch", OWN, []),
    (f"RUN pip config set global.index-url {OWN} && pip install torch", OWN, []),
    (f"RUN pip config set install.extra-index-url {OWN} && pip install torch", None, [OWN]),
    ("RUN pip config set global.timeout 60 && pip install torch", None, []),
    (f'RUN echo "[global]\\nindex-url = {OWN}" > /etc/pip.conf\nRUN pip install torch', OWN, []),
    (f'RUN echo "extra-index-url = {OWN}" >> /etc/pip.conf\nRUN pip install torch', None, [OWN]),
    (f'RUN echo "index_url={OWN}" > /etc/pip.conf\nRUN rm /etc/pip.conf\nRUN pip install torch', None, []),
    (f"ENV PIP_INDEX_URL={OWN}\nRUN pip config set global.index-url https://a.example && pip install torch", OWN, []),
    ("RUN pip install nvidia-pyindex\nRUN pip install torch", None, [NVIDIA]),
    ("RUN pip install --target /x nvidia-pyindex\nRUN pip install torch", None, []),
    ("RUN pip uninstall -y nvidia-pyindex\nRUN pip install torch", None, []),
]


@pytest.mark.parametrize(("instructions", "index", "extra"), PIP, ids=[row[0] for row in PIP])
def test_settings_of_pip(instructions: str, index: str | None, extra: list[str]) -> None:
    sources = installs({}, instructions)[-1].sources
    assert (sources.index and sources.index.value.text) == index
    assert [one.value.text for one in sources.extra] == extra


def test_a_setting_of_pip_that_a_run_leaves_open() -> None:
    for command in ("touch /etc/pip.conf", 'echo "index-url = $(cat url)" > /etc/pip.conf'):
        sources = installs({}, f"RUN {command}\nRUN pip install torch")[-1].sources
        assert sources.index is not None and not sources.index.value.known


def test_a_script_counts_for_the_settings_of_pip() -> None:
    files = {"i.sh": "pip install nvidia-pyindex\n", "j.sh": f"pip config set global.index-url {OWN}\n"}
    assert [s.value.text for s in installs(files, "RUN ./i.sh\nRUN pip install torch")[-1].sources.extra] == [NVIDIA]
    index = installs(files, "RUN ./j.sh && pip install torch")[-1].sources.index
    assert index is not None and index.value.text == OWN


SWITCHES = [
    ('RUN CMAKE_ARGS="-DGGML_CUDA=on" pip install llama-cpp-python', [("CMAKE_ARGS", "-DGGML_CUDA=on")]),
    ('ENV CMAKE_ARGS="-DGGML_CUDA=on"\nRUN pip install llama-cpp-python', [("CMAKE_ARGS", "-DGGML_CUDA=on")]),
    ("ENV CMAKE_ARGS=a\nRUN CMAKE_ARGS=b pip install llama-cpp-python", [("CMAKE_ARGS", "b")]),
    ("ENV OTHER=a\nRUN pip install llama-cpp-python", []),
]


@pytest.mark.parametrize(("instructions", "switches"), SWITCHES, ids=[row[0] for row in SWITCHES])
def test_variables_that_decide_what_is_compiled(instructions: str, switches: list[tuple[str, str]]) -> None:
    assert [(name, value.text) for name, value in installs({}, instructions)[-1].switches] == switches


MADE = [
    # instructions behind `RUN echo torch > a.txt`, what the last install asks for
    ("RUN pip install -r a.txt", "torch"),
    ("RUN cat a.txt && pip install -r a.txt", "torch"),
    ("RUN echo flask >> a.txt\nRUN pip install -r a.txt", "torch flask"),
    ("RUN echo flask > a.txt\nRUN pip install -r a.txt", "flask"),
    ("RUN cp a.txt b.txt\nRUN pip install -r b.txt", "torch"),
    ("RUN dos2unix a.txt\nRUN pip install -r a.txt", "[a.txt]"),
    ("RUN [ -f x ] && true || echo flask > a.txt\nRUN pip install -r a.txt", "[a.txt]"),
    ("RUN find /w -delete && pip install -r a.txt", "[a.txt]"),
    ("RUN find /w -name a.txt -exec sed -i s/x/y/ {} + && pip install -r a.txt", "[a.txt]"),
    ("RUN sudo rm -rf /w && pip install -r a.txt", "[a.txt]"),
    ("RUN sudo cat a.txt && pip install -r a.txt", "torch"),
    ("RUN find /w -exec sed -i s/torch/flask/ {} +\nRUN pip install -r a.txt", "[a.txt]"),
    ("RUN find /v -delete && pip install -r a.txt", "torch"),
    ("RUN rm -rf /w/* && pip install -r a.txt", "[a.txt]"),
    ("RUN pip install -r /w/a.txt", "torch"),
    ("WORKDIR /x\nRUN pip install -r ../w/a.txt", "torch"),
    ("WORKDIR /x\nRUN pip install -r a.txt", "[a.txt]"),
    ("FROM python:3.11\nRUN pip install -r a.txt", "[a.txt]"),
]


@pytest.mark.parametrize(("instructions", "found"), MADE, ids=[row[0] for row in MADE])
def test_a_list_that_an_earlier_command_made(instructions: str, found: str) -> None:
    assert names({}, f"WORKDIR /w\nRUN echo torch > a.txt\n{instructions}") == found


WHEELS = [
    ("RUN python -m build && pip install dist/*.whl", "torch"),
    ("RUN uv build --wheel -o /o && pip install /o/*.whl", "torch"),
    ("RUN python -m build && pip install other/*.whl", "[other/*.whl]"),
]


@pytest.mark.parametrize(("instructions", "found"), WHEELS, ids=[row[0] for row in WHEELS])
def test_a_wheel_of_the_project_that_was_built(instructions: str, found: str) -> None:
    assert names(PROJECT, instructions).split()[-1] == found

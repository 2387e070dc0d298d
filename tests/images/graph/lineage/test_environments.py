"""Each Python environment of an image has a torch of its own; the image's is that of the one it computes with."""

from __future__ import annotations

from pathlib import Path

import pytest
from file_trees import write_tree

from wxlint import api

SLIM = "FROM python:3.11-slim\n"
GPU = "FROM pytorch/pytorch:2.2.1-cuda12.1-cudnn8-runtime\n"
CONDA = "FROM continuumio/miniconda3:24.1.2-0\n"
UV = "COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /bin/\n"
CPU = "torch==2.5.1 --index-url https://download.pytorch.org/whl/cpu"
CU124 = "torch==2.5.1 --index-url https://download.pytorch.org/whl/cu124"
SYSTEM = f"{SLIM}RUN pip install {CU124}\n"
VENV = f"{SYSTEM}RUN python -m venv /opt/venv && /opt/venv/bin/pip install {CPU}\n"
PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["flask"]\n'
START = {"start.sh": "#!/bin/bash\nset -e\nsource /opt/venv/bin/activate\nexec python app.py\n"}
PASSED = {"run.sh": '#!/bin/sh\nexport PORT=1\nexec "$@"\n'}
NAMED = {"environment.yml": "name: speech\ndependencies:\n  - python=3.10\n  - pip:\n    - torch==2.5.1+cpu\n"}


def torch(root: Path, text: str, files: dict[str, str]) -> str:
    write_tree(root, {"Dockerfile": text, "pyproject.toml": PROJECT, **files})
    return next(image.torch for image in api.images([root]) if not image.target)


STARTS = [
    # what an image of two environments starts with
    ('CMD ["/opt/venv/bin/python", "app.py"]', "cpu"),
    ('ENTRYPOINT ["tini", "--"]\nCMD ["/opt/venv/bin/uvicorn", "app:app"]', "cpu"),
    ('CMD ["/opt/venv/bin/uvicorn", "app:app"]\nENTRYPOINT ["tini", "--"]', "cpu"),
    ('CMD ["/opt/venv/bin/python", "a.py"]\nFROM 0\nENTRYPOINT ["tini", "--"]', "unknown"),
    ('CMD ["python", "app.py"]', "cu124"),
    ("CMD exec python3 app.py", "cu124"),
    ('CMD ["bash", "-c", ". /opt/venv/bin/activate && python app.py"]', "cpu"),
    ("CMD . /opt/venv/bin/activate; cd /app; python app.py", "cpu"),
    ('COPY start.sh /start.sh\nENTRYPOINT ["/start.sh"]', "cpu"),
    ('COPY start.sh /start.sh\nCMD ["bash", "/start.sh"]', "cpu"),
    ('COPY run.sh /\nENTRYPOINT ["/run.sh"]\nCMD ["/opt/venv/bin/python", "a.py"]', "cpu"),
    ('COPY run.sh /\nENTRYPOINT ["/run.sh"]\nCMD ["python", "a.py"]', "cu124"),
    ('ENV PATH=/opt/venv/bin:$PATH\nCMD ["python", "app.py"]', "cpu"),
    ("ENV PATH=/root/.local/bin:/opt/venv/bin:$PATH", "cpu"),
    ('ENV PATH=/opt/venv/bin:$PATH\nCMD ["/usr/local/bin/python", "app.py"]', "cu124"),
    ('ENV PATH=/opt/venv/bin:$PATH\nCMD ["/not/there.sh"]', "cpu"),
    # which of both is not known
    ("", "unknown"),
    ('CMD ["/not/there.sh"]', "unknown"),
    ("CMD python a.py & /opt/venv/bin/python b.py", "unknown"),
    ('CMD ["bash"]', "unknown"),
    ('CMD ["supervisord"]', "unknown"),
]


@pytest.mark.parametrize(("start", "found"), STARTS, ids=[row[0] for row in STARTS])
def test_what_is_started_says_which_one_computes(tmp_path: Path, start: str, found: str) -> None:
    assert torch(tmp_path, VENV + start + "\n", {**START, **PASSED}) == found


TARGETS = [
    # commands beside a system's torch for cu124, and what the image computes with
    (f"RUN virtualenv /v\nENV VIRTUAL_ENV=/v\nENV PATH=$VIRTUAL_ENV/bin:$PATH\nRUN pip install {CPU}", "cpu"),
    (f"RUN python -m venv /v\nRUN . /v/bin/activate && pip install {CPU}\nCMD /v/bin/python a.py", "cpu"),
    (f"RUN python -m venv /v\nRUN PATH=/v/bin:$PATH pip install {CPU}\nCMD /v/bin/python a.py", "cpu"),
    (
        f"RUN python -m venv /v\nRUN . /v/bin/activate && deactivate && pip install -I {CPU}\nCMD python a.py",
        "cpu",
    ),
    (f"RUN python -m venv /v && /v/bin/python -m pip install {CPU}\nCMD /v/bin/python a.py", "cpu"),
    (f"RUN python -m venv /v\nRUN pip --python /v/bin/python install {CPU}\nCMD /v/bin/python a.py", "cpu"),
    ("RUN python -m venv /v && /v/bin/pip install flask\nCMD /v/bin/python a.py", "none"),
    ("RUN python -m venv --system-site-packages /v && /v/bin/pip install flask\nCMD /v/bin/python a.py", "cu124"),
    (
        f"RUN python -m venv --system-site-packages /v && /v/bin/pip install -I {CPU}\nCMD /v/bin/python a.py",
        "cpu",
    ),
    (
        f"RUN python -m venv --system-site-packages /v && /v/bin/pip install -I {CPU}\nCMD python a.py",
        "cu124",
    ),
    (f"RUN uv venv /v && uv pip install --python /v/bin/python {CPU}\nCMD /v/bin/python a.py", "cpu"),
    (f"RUN uv venv /v && uv pip install -p /v {CPU}\nCMD /v/bin/python a.py", "cpu"),
    (f"ENV VIRTUAL_ENV=/v\nRUN uv venv /v && uv pip install {CPU}\nCMD /v/bin/python a.py", "cpu"),
    (f"WORKDIR /w\nRUN uv venv\nRUN uv pip install {CPU}\nCMD .venv/bin/python a.py", "cpu"),
    (f"WORKDIR /w\nRUN uv venv\nRUN uv pip install --system --reinstall {CPU}\nCMD python a.py", "cpu"),
    (f"WORKDIR /w\nRUN uv venv\nRUN uv pip install --system --reinstall {CPU}\nCMD .venv/bin/python a.py", "none"),
    (f"RUN pipx install {CPU}\nCMD python a.py", "cu124"),
    (f"RUN uv tool install {CPU}\nCMD python a.py", "cu124"),
    (f"RUN pip install --target /opt/lib {CPU}\nCMD python a.py", "cu124"),
    # a pip that the environment does not have is that of another
    (f"RUN uv venv /v\nENV PATH=/v/bin:$PATH\nRUN pip install {CPU}", "unknown"),
    (f"RUN uv venv --seed /v\nENV PATH=/v/bin:$PATH\nRUN pip install {CPU}", "cpu"),
    # an environment that nothing is known of may be any
    (f"RUN python -m venv /v && /other/bin/pip install -I {CPU}\nCMD python a.py", "unknown"),
]


@pytest.mark.parametrize(("commands", "found"), TARGETS, ids=[row[0] for row in TARGETS])
def test_commands_act_on_their_environment(tmp_path: Path, commands: str, found: str) -> None:
    assert torch(tmp_path, f"{SYSTEM}{UV}{commands}\n", {}) == found


OF_CONDA = [
    (f"RUN conda create -n a python=3.10 && conda run -n a pip install {CPU}\nCMD conda run -n a python a.py", "cpu"),
    (f"RUN conda create -n a python=3.10 && conda run -n a pip install {CPU}\nCMD python a.py", "cu124"),
    (f"RUN conda create -n a python=3.10 && conda run -n a pip install {CPU}\nCMD conda run -n a python a.py -n b",
     "cpu"),
    (f'RUN conda create -n a\nSHELL ["conda", "run", "-n", "a", "/bin/bash", "-c"]\nRUN pip install {CPU}', "unknown"),
    (f'RUN conda create -n a\nSHELL ["conda", "run", "--name=a", "bash", "-c"]\nRUN pip install {CPU}\n'
     "CMD conda run -n a python a.py", "cpu"),
    (f"RUN conda create -n a && /opt/conda/envs/a/bin/pip install {CPU}\nENV PATH=/opt/conda/envs/a/bin:$PATH", "cpu"),
    (f"RUN conda create -p /e && /e/bin/pip install {CPU}\nCMD /e/bin/python a.py", "cpu"),
    (f"RUN conda create -n a && echo 'conda activate a' >> ~/.bashrc\nSHELL [\"/bin/bash\", \"--login\", \"-c\"]\n"
     f"RUN pip install {CPU}\nCMD conda run -n a python a.py", "cpu"),
    (f"RUN conda create -n a && echo 'conda activate a' >> ~/.bashrc\nSHELL [\"/bin/bash\", \"-c\"]\n"
     f"RUN pip install {CPU}\nCMD conda run -n a python a.py", "none"),
    ("RUN conda create -n a python=3.10 flask\nENV PATH=/opt/conda/envs/a/bin:$PATH", "none"),
    ("COPY environment.yml .\nRUN conda env create -f environment.yml\nCMD conda run -n speech python a.py", "cpu"),
    ("COPY environment.yml .\nRUN conda env create -f environment.yml -n b\nCMD conda run -n b python a.py", "cpu"),
    ("COPY environment.yml .\nRUN conda env create -f environment.yml\nCMD python a.py", "cu124"),
    ("COPY environment.yml .\nRUN conda env update -n base -f environment.yml\nCMD python a.py", "cpu"),
    (f"RUN conda create -n a && . /opt/conda/etc/profile.d/conda.sh && conda activate a && pip install {CPU}\n"
     'ENTRYPOINT ["conda", "run", "--no-capture-output", "-n", "a"]\nCMD ["python", "a.py"]', "cpu"),
]  # fmt: skip


@pytest.mark.parametrize(("commands", "found"), OF_CONDA, ids=[row[0] for row in OF_CONDA])
def test_environments_of_conda_beside_base(tmp_path: Path, commands: str, found: str) -> None:
    assert torch(tmp_path, f"{CONDA}RUN pip install {CU124}\n{commands}\n", NAMED) == found


PROJECTS = [
    ('CMD ["uv", "run", "app.py"]', "none"),
    ("ENV PATH=/app/.venv/bin:$PATH", "none"),
    ('CMD ["python", "app.py"]', "cu121"),
    ("", "cu121"),  # of the two only one holds torch
    (f"RUN uv pip install {CPU}\nCMD uv run --no-sync app.py", "cpu"),
    (f"RUN uv pip install {CPU}\nCMD python app.py", "cu121"),
]


@pytest.mark.parametrize(("end", "found"), PROJECTS, ids=[row[0] for row in PROJECTS])
def test_a_project_of_uv_beside_the_torch_of_the_base(tmp_path: Path, end: str, found: str) -> None:
    text = f"{GPU}{UV}WORKDIR /app\nCOPY pyproject.toml .\nRUN uv sync\n{end}\n"
    assert torch(tmp_path, text, {}) == found


def test_a_project_in_the_environment_of_the_system(tmp_path: Path) -> None:
    text = f"{SYSTEM}{UV}ENV UV_PROJECT_ENVIRONMENT=/usr/local\nWORKDIR /app\nCOPY pyproject.toml .\nRUN uv sync\n"
    assert torch(tmp_path, text + 'CMD ["uv", "run", "a.py"]\n', {}) == "none"


COPIES = [
    ("COPY --from=b /opt/venv /opt/venv", "CMD /opt/venv/bin/python a.py", "cpu"),
    ("COPY --from=b /opt/venv /srv/env", "CMD /srv/env/bin/python a.py", "cpu"),
    ("COPY --from=b /opt /opt", "ENV PATH=/opt/venv/bin:$PATH", "cpu"),
    ("COPY --from=b /opt/venv /opt/venv", "CMD python a.py", "cu121"),
    ("COPY --from=b /opt/venv /opt/venv", "", "unknown"),
]


@pytest.mark.parametrize(("copy", "end", "found"), COPIES, ids=[f"{row[0]} {row[1]}" for row in COPIES])
def test_an_environment_is_copied_with_what_it_holds(tmp_path: Path, copy: str, end: str, found: str) -> None:
    builder = f"FROM python:3.11 AS b\nRUN python -m venv /opt/venv && /opt/venv/bin/pip install {CPU}\n"
    assert torch(tmp_path, f"{builder}{GPU}{copy}\n{end}\n", {}) == found


@pytest.mark.parametrize("options", ["-m venv", "-mvenv", "-Im venv --clear", "-W ignore -mvirtualenv", "-B -mvenv"])
def test_a_module_may_be_attached_to_its_option(tmp_path: Path, options: str) -> None:
    builder = f"FROM python:3.11 AS b\nWORKDIR /srv\nRUN python {options} v\nRUN ./v/bin/pip install {CPU}\n"
    end = "COPY --from=b /srv /srv\nENTRYPOINT ./v/bin/app\nWORKDIR /srv\n"
    assert torch(tmp_path, f"{builder}{GPU}{end}", {}) == "cpu"


PROGRAMS = [
    # what the environment that PATH leads to holds, beside a system with uvicorn and a torch for cu124
    ("", "cu124"),
    ("RUN /v/bin/pip install -U pip setuptools", "cu124"),
    (f"RUN /v/bin/pip install {CPU}", "unknown"),
    (f"RUN /v/bin/pip install uvicorn {CPU}", "cpu"),
    ("RUN /v/bin/pip install uvicorn", "none"),
]


@pytest.mark.parametrize(("command", "found"), PROGRAMS, ids=[row[0] for row in PROGRAMS])
def test_a_program_computes_with_the_python_that_it_was_installed_for(tmp_path: Path, command: str, found: str) -> None:
    text = f"{SLIM}RUN pip install uvicorn {CU124}\nRUN python -m venv /v\nENV PATH=/v/bin:$PATH\n"
    assert torch(tmp_path, f'{text}{command}\nCMD ["uvicorn", "app:app"]\n', {}) == found


SITE = "lib/python3.11/site-packages"
LIBRARIES = [
    # what is copied to where, and what the image computes with
    (f"COPY --from=b /usr/local/{SITE} /usr/local/{SITE}", "CMD python a.py", "cpu"),
    (f"COPY --from=b /usr/local/{SITE}/ /v/{SITE}/", "CMD /v/bin/python a.py", "cpu"),
    (f"COPY --from=b /opt/venv/{SITE} /v/{SITE}", "CMD /v/bin/python a.py", "cu124"),
    (f"COPY --from=b /opt/venv/{SITE} /usr/local/{SITE}", "CMD python a.py", "cu124"),
]


@pytest.mark.parametrize(("copy", "end", "found"), LIBRARIES, ids=[f"{row[0]} {row[1]}" for row in LIBRARIES])
def test_libraries_are_copied_from_where_they_lie_to_where_they_are_put(
    tmp_path: Path, copy: str, end: str, found: str
) -> None:
    whl = "https://download.pytorch.org/whl"
    builder = f"FROM python:3.11 AS b\nRUN pip install {CPU}\nRUN python -m venv /opt/venv\n"
    builder += f"ENV PATH=/opt/venv/bin:$PATH\nRUN pip install torch==2.5.1 -i {whl}/cu124\n"
    assert torch(tmp_path, f"{builder}FROM python:3.11\nRUN python -m venv /v\n{copy}\n{end}\n", {}) == found


def test_a_folder_on_path_that_holds_no_python_leads_nowhere(tmp_path: Path) -> None:
    files = {
        "base/Dockerfile": f"{VENV}ENV PATH=/opt/venv/bin:$PATH\n",
        "app/Dockerfile": "FROM acme/base:1\nENV PATH=/opt/tools-env/bin:$PATH\nCMD python a.py\n",
        "build.sh": "docker build -t acme/base:1 base\ndocker build -t acme/app:1 app\n",
    }
    write_tree(tmp_path, files)
    assert [image.torch for image in api.images([tmp_path], use_policy=False)] == ["cpu", "cpu"]


def test_environments_are_there_in_what_starts_from_the_image(tmp_path: Path) -> None:
    files = {
        "base/Dockerfile": f"{VENV}ENV PATH=/opt/venv/bin:$PATH\n",
        "app/Dockerfile": "FROM acme/base:1\nRUN pip install flask accelerate\n",
        "other/Dockerfile": 'FROM acme/base:1\nCMD ["/usr/local/bin/python", "a.py"]\n',
        "build.sh": "for name in base app other; do docker build -t acme/$name:1 $name; done\n",
    }
    write_tree(tmp_path, files)
    found = {image.path.rpartition("/")[0].rpartition("/")[2]: image.torch for image in api.images([tmp_path])}
    assert found == {"base": "cpu", "app": "cpu", "other": "cu124"}


IN_FOLDER = "ENV POETRY_VIRTUALENVS_IN_PROJECT=true\n"
BUILT = "poetry install --no-root"
OF_POETRY = [
    (f"{IN_FOLDER}RUN {BUILT}\nENV PATH=/app/.venv/bin:$PATH", "none"),
    (f"{IN_FOLDER}RUN {BUILT}\nCMD poetry run python a.py", "none"),
    (f"{IN_FOLDER}RUN {BUILT}\nCMD python a.py", "cu124"),
    (f"RUN poetry config virtualenvs.in-project true && {BUILT}\nENV PATH=/app/.venv/bin:$PATH", "none"),
    (f"{IN_FOLDER}RUN poetry config virtualenvs.create false && {BUILT}\nCMD python a.py", "cu124"),
    (
        f"{IN_FOLDER}RUN python -m venv /v && . /v/bin/activate && {BUILT} && pip install {CPU}\nCMD /v/bin/python a",
        "cpu",
    ),
    ("ENV PIPENV_VENV_IN_PROJECT=1\nRUN pipenv install flask\nENV PATH=/app/.venv/bin:$PATH", "none"),
    ("ENV PIPENV_VENV_IN_PROJECT=1\nRUN pipenv install --system flask\nCMD python a.py", "cu124"),
]


@pytest.mark.parametrize(("commands", "found"), OF_POETRY, ids=[row[0] for row in OF_POETRY])
def test_projects_of_poetry_and_pipenv(tmp_path: Path, commands: str, found: str) -> None:
    project = '[tool.poetry]\nname = "app"\n[tool.poetry.dependencies]\nflask = "*"\n'
    text = f"{SYSTEM}WORKDIR /app\nCOPY pyproject.toml .\n{commands}\n"
    assert torch(tmp_path, text, {"pyproject.toml": project}) == found


def test_a_python_with_nothing_but_installers_does_not_compute(tmp_path: Path) -> None:
    text = f"{SLIM}RUN pip install -U pip uv\nRUN uv venv /v && uv pip install -p /v {CPU}\nCMD python a.py\n"
    assert torch(tmp_path, text, {}) == "cpu"
    assert torch(tmp_path, text.replace("pip uv", "pip uv flask"), {}) == "none"


def test_the_packages_of_an_environment_that_pythonpath_names(tmp_path: Path) -> None:
    made = f"{SLIM}RUN pip install flask && python -m venv /v && /v/bin/pip install {CPU}\n"
    path = "ENV PYTHONPATH=/srv:/v/lib/python3.11/site-packages\n"
    assert torch(tmp_path, f"{made}{path}CMD python a.py\n", {}) == "cpu"
    assert torch(tmp_path, f"{made}CMD python a.py\n", {}) == "none"


def test_an_argument_of_the_name_of_path_is_not_there_when_a_container_runs(tmp_path: Path) -> None:
    path = "ENV PATH=/opt/venv/bin:$PATH\nARG PATH=/opt/venv/bin:$PATH\nCMD python a.py\n"
    assert torch(tmp_path, VENV + path, {}) == "cpu"


def test_the_reason_names_both(tmp_path: Path) -> None:
    write_tree(tmp_path, {"Dockerfile": VENV})
    (image,) = api.images([tmp_path])
    assert image.torch == "unknown"
    assert any("the system's Python (cu124) or /opt/venv (cpu)" in str(reason) for reason in image.because)


NVIDIA = "FROM nvcr.io/nvidia/pytorch:24.05-py3\n"


@pytest.mark.parametrize(
    ("command", "found"),
    [
        ("apt-get install -y python3-virtualenv git curl", "cu124"),
        ("pip install virtualenv flask", "cu124"),
        ("echo python -m venv /v", "cu124"),
        (f"cd /srv && python3 -m venv v && v/bin/pip install {CPU}", "cpu"),
        (f"sudo virtualenv -p python3 /srv/v && /srv/v/bin/pip install {CPU}", "cpu"),
    ],
)
def test_environments_are_made_by_programs_that_make_them(tmp_path: Path, command: str, found: str) -> None:
    end = "ENV PATH=/srv/v/bin:$PATH\n" if found == "cpu" else ""
    assert torch(tmp_path, f"{NVIDIA}RUN {command}\n{end}", {}) == found


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        ("RUN python3 -m venv /opt/tools", "cu124"),
        ("RUN python3 -m venv /opt/tools && /opt/tools/bin/pip install black", "cu124"),
        ("RUN python3 -m venv /opt/tools\nCMD /opt/tools/bin/python a.py", "none"),
        (f"RUN python3 -m venv /v && /v/bin/pip install {CPU}", "cpu"),
    ],
)
def test_an_environment_without_torch_beside_a_base_with_its_own(tmp_path: Path, commands: str, found: str) -> None:
    assert torch(tmp_path, f"{NVIDIA}{commands}\n", {}) == found


@pytest.mark.parametrize(
    "commands",
    [
        f'RUN python -m venv /opt/venv\nENV PATH="/opt/venv/bin/:$PATH"\nRUN pip install {CPU}',
        f'RUN python -m venv /opt/x\nENV PATH="/opt/./x//bin:$PATH"\nRUN pip install {CPU}',
        f'WORKDIR /srv\nRUN python -m venv x\nENV PATH="x/bin:$PATH"\nRUN pip install {CPU}',
        f"WORKDIR /srv\nRUN python -m venv ~/x\nENV PATH=/root/x/bin:$PATH\nRUN pip install {CPU}",
        f"WORKDIR /srv\nRUN python -m venv ~/x && ~/x/bin/pip install {CPU}\nENV PATH=/root/x/bin:$PATH",
        f"WORKDIR /srv\nRUN python -m venv ~/x && . ~/x/bin/activate && pip install {CPU}\nCMD /root/x/bin/python a",
        f"WORKDIR /srv\nRUN python -m venv ~/x && ~/x/bin/pip install {CPU}\nCMD ~/x/bin/python a",
    ],
)
def test_one_environment_under_several_paths(tmp_path: Path, commands: str) -> None:
    assert torch(tmp_path, f"{SYSTEM}{commands}\n", {}) == "cpu"


def test_environments_are_there_in_what_starts_from_one_of_two_builds(tmp_path: Path) -> None:
    made = "ARG NOTE\nRUN python -m venv /opt/venv && /opt/venv/bin/pip install"
    files = {
        "base/Dockerfile": f"{SYSTEM}{made} {CPU}\nENV PATH=/opt/venv/bin:$PATH\n",
        "app/Dockerfile": "FROM acme/base:1\nRUN pip install flask\n",
        "other/Dockerfile": 'FROM acme/base:1\nCMD ["/usr/local/bin/python", "a.py"]\n',
        "build.sh": "docker build -t acme/base:1 --build-arg NOTE=a base\n"
        "docker build -t acme/base:1 --build-arg NOTE=b base\n"
        "for name in app other; do docker build -t acme/$name:1 $name; done\n",
    }
    write_tree(tmp_path, files)
    found = {image.path.rpartition("/")[0].rpartition("/")[2]: image.torch for image in api.images([tmp_path])}
    assert found == {"base": "cpu", "app": "cpu", "other": "cu124"}

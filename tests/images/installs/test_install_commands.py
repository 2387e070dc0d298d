"""Install commands with the options of each tool: what is taken for a value, a folder, a group, or for nothing."""

from __future__ import annotations

import pytest
from shell_installs import CPU, CUDA, context, one, read

from wxlint.images.installs.model import Groups, UnreadKind

VALUED = (
    "--platform -b --build-constraint --prefix --python-version --implementation --abi --timeout --retries"
    " --trusted-host --cache-dir --proxy --cert --client-cert --no-binary --only-binary --progress-bar --src --report"
    " --config-settings -C --global-option --install-option --keyring-provider --log --use-feature --exists-action"
    " --use-deprecated --root-user-action --python -p -w --wheel-dir --all-releases --only-final --uploaded-prior-to"
    " --refresh-package --requirements-from-script"
).split()


@pytest.mark.parametrize("option", VALUED)
def test_the_value_of_an_option_of_pip_is_nothing_to_install(option: str) -> None:
    assert [r.name for r in one(f"pip install {option} value torch").requirements] == ["torch"]


@pytest.mark.parametrize(
    "option",
    "--link-mode --exclude-newer --exclude-newer-package --python-platform --resolution --fork-strategy"
    " --python-preference --config-file"
    " --no-build-package --no-binary-package --reinstall-package --build-constraints --allow-insecure-host"
    " --no-build-isolation-package --index-strategy --prerelease".split(),
)
def test_the_value_of_an_option_of_uv_is_nothing_to_install(option: str) -> None:
    assert [r.name for r in one(f"uv pip install {option} value torch").requirements] == ["torch"]


@pytest.mark.parametrize(
    "option",
    "-n --name -p --prefix -c --channel --solver --experimental-solver --platform --subdir --clone --repodata-fn"
    " --revision --root-prefix -r --rc-file --channel-priority".split(),
)
def test_the_value_of_an_option_of_conda_is_nothing_to_install(option: str) -> None:
    assert [r.name for r in one(f"conda install {option} value pytorch").requirements] == ["pytorch"]


@pytest.mark.parametrize(
    "option", "-o --option -t --target-release -a --host-architecture -c --config-file --solver".split()
)
def test_the_value_of_an_option_of_apt_is_nothing_to_install(option: str) -> None:
    assert [r.name for r in one(f"apt-get install {option} value libcudnn8").requirements] == ["libcudnn8"]


@pytest.mark.parametrize(
    "option",
    "--directory --project -C -P -p --config-file --color --config-setting --python --cache-dir".split(),
)
def test_options_before_the_verb_of_a_project_tool_have_values(option: str) -> None:
    assert one(f"poetry {option} value install").tool == "poetry"


@pytest.mark.parametrize(
    "text",
    [
        "python -m pip install torch",
        "python -mpip install torch",
        "python -Im pip install torch",
        "python -X utf8 -W ignore -u -m pip install torch",
        "python -Xutf8 -Wignore -m pip install torch",
        "python --check-hash-based-pycs always -m pip install torch",
        "python $FLAGS -m pip install torch",
        "python3.12 -m pip3 install torch",
        "/usr/bin/pypy3 -m pip install torch",
        "$PYTHON -m pip install torch",
        "${VENV}/bin/python -m pip install torch",
        "pip3.exe install torch",
        "$VENV/bin/pip install torch",
        "conda run pip install torch",
        "micromamba run -p /x pip install torch",
        "conda run --name app pip install torch",
        "conda run --prefix /x --cwd /y pip install torch",
        "poetry run pip install torch",
        "pdm run pip install torch",
        "hatch run pip install torch",
        "rye run pip install torch",
        "pipenv run pip install torch",
        "python -m poetry run pip install torch",
        "python -m conda run pip install torch",
        "uv run --no-sync pip install torch",
        "uv run --no-project pip3 install torch",
        "UV_NO_SYNC=1 uv run /opt/venv/bin/pip install torch",
        "conda run poetry run python -m pip install torch",
    ],
)
def test_what_starts_pip(text: str) -> None:
    install = one(text)
    assert (install.tool, [r.name for r in install.requirements]) == ("pip", ["torch"])


@pytest.mark.parametrize(
    "text",
    [
        "python -m",
        "python a b -m pip install torch",
        "python run.py -m pip install torch",
        "python ${DIR}/run.py -m pip install torch",
        "python -c code -m pip install torch",
        "python - -m pip install torch",
        "python -W -m pip install torch",
        "python -m venv install",
        "python -c 'import pip' install torch",
        "conda",
        "conda list torch",
        "conda run",
        "conda env list",
        "conda env",
        "poetry",
        "poetry run",
        "poetry show torch",
        "pdm list",
        "uv",
        "uv pip",
        "uv pip list",
        "uv pip install --dry-run torch",
        "uv run --no-sync",
        "uv run --no-sync app install torch",
        "uv run --isolated pipx install torch",
        "uv run --no-project --with torch python app.py",
        "uv add --frozen torch",
        "uv add --no-sync torch",
        "UV_NO_SYNC=1 uv remove torch",
        "pip install --dry-run torch",
        "pip sync --dry-run requirements.txt",
        "pixi",
        "pixi list",
        "apt-get",
        "apt-get download libcudnn8",
        "apt search cuda",
        "bash",
        "bash -x",
        "sh cuda.txt",
        "bash install.txt",
        "python setup.py build",
        "python train.py",
        "python -V",
        "amdgpu-install --list-usecase",
        "pipenv",
        "pipenv graph",
        "comfy launch -- --listen",
        "comfy set-default /comfyui",
        "spack env create own",
        "./install_ffmpeg.sh",
    ],
)
def test_what_installs_nothing_that_is_looked_at(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("./install.sh", "./install.sh"),
        ("scripts/setup_env.bash", "scripts/setup_env.bash"),
        ("bash -e install.sh", "install.sh"),
        ("sh ./provision.sh --all", "./provision.sh"),
        (". ./bootstrap.sh", "./bootstrap.sh"),
        ("source init.sh", "init.sh"),
        ("dash build.sh", "build.sh"),
        ("zsh build.bash", "build.bash"),
        ("python setup.py install", "setup.py"),
        ("python setup.py develop", "setup.py"),
        ("python3 scripts/install_torch.py", "scripts/install_torch.py"),
        ("python -u scripts/install_torch.py", "scripts/install_torch.py"),
        ("pixi install", "pixi"),
        ("pixi add torch", "pixi"),
        ("pixi run train", "pixi"),
        ("comfy --workspace /comfyui install --version latest --nvidia", "comfy"),
        ("/opt/venv/bin/comfy install", "/opt/venv/bin/comfy"),
        ("comfy node install comfyui-manager", "comfy"),
        ("spack install py-torch", "spack"),
        ("easy_install torch", "easy_install"),
        ("spacy download --url https://models.example en_core_web_trf", "download"),
    ],
)
def test_programs_whose_effect_is_not_known(text: str, program: str) -> None:
    install = one(text)
    assert (install.tool, install.program) == ("script", program)
    assert [(unread.kind, unread.name) for unread in install.unread] == [(UnreadKind.PROGRAM, program)]
    assert install.span is not None
    assert text[install.span.column - 1 : install.span.end_column - 1] == program


@pytest.mark.parametrize("tool", "apt-get apt aptitude yum dnf microdnf zypper tdnf".split())
@pytest.mark.parametrize("verb", ["install", "reinstall"])
def test_packages_of_the_system(tool: str, verb: str) -> None:
    install = one(f"{tool} {verb} -y libCUDNN8=8.9.*")
    assert (install.tool, [(r.name, r.written) for r in install.requirements]) == (
        "apt",
        [("libcudnn8", "libCUDNN8=8.9.*")],
    )


@pytest.mark.parametrize(
    ("text", "name", "written"),
    [
        ("amdgpu-install --usecase=rocm -y", "rocm", "amdgpu-install"),
        ("/usr/bin/amdgpu-install --usecase=hiplibsdk", "rocm", "amdgpu-install"),
        ("sh cuda_12.1.0_linux.run --silent", "nvidia-cuda-toolkit", "cuda_12.1.0_linux.run"),
        ("./cuda_12.1.0_linux.run --silent", "nvidia-cuda-toolkit", "./cuda_12.1.0_linux.run"),
    ],
)
def test_installers_of_makers(text: str, name: str, written: str) -> None:
    install = one(text)
    assert (install.tool, [(r.name, r.written) for r in install.requirements]) == ("apt", [(name, written)])


PROJECTS = [
    # text, the folder, the groups, who reads it
    ("pip install .", ".", Groups(), "pip"),
    ("pip install /app", "/app", Groups(), "pip"),
    ("pip install -e .", ".", Groups(), "pip"),
    ("pip install --editable ./lib", "./lib", Groups(), "pip"),
    ("pip install .[gpu,Dev]", ".", Groups(("gpu", "dev")), "pip"),
    ("pip install '.[ gpu , ]'", ".", Groups(("gpu",)), "pip"),
    ("pip install -e file:///app[gpu]", "/app", Groups(("gpu",)), "pip"),
    ("uv pip install .", ".", Groups(), "uv"),
    ("uv pip install -e .[gpu]", ".", Groups(("gpu",)), "uv"),
    ("uv pip install -r pyproject.toml", ".", Groups(), "uv"),
    ("uv pip install -r /pyproject.toml", "/", Groups(), "uv"),
    ("uv pip install -r app/pyproject.toml --extra GPU", "app", Groups(("gpu",)), "uv"),
    ("uv pip install -r pyproject.toml --group dev", ".", Groups(("dev",)), "uv"),
    ("uv pip install -r pyproject.toml --all-extras", ".", Groups(every_extra=True), "uv"),
    ("uv pip install -r pyproject.toml --all-groups", ".", Groups(every_group=True), "uv"),
    ("uv sync", ".", None, "uv"),
    ("uv sync --project app", "app", None, "uv"),
    ("uv --directory app sync", "app", None, "uv"),
    ("poetry install", ".", None, "poetry"),
    ("poetry -C app install", "app", None, "poetry"),
    ("poetry -P app install", "app", None, "poetry"),
    ("poetry install -C app", "app", None, "poetry"),
    ("poetry sync", ".", None, "poetry"),
    ("pdm install -p app", "app", None, "pdm"),
    ("pdm -p app i", "app", None, "pdm"),
]


@pytest.mark.parametrize(("text", "folder", "groups", "tool"), PROJECTS, ids=[row[0] for row in PROJECTS])
def test_projects_that_are_installed(text: str, folder: str, groups: Groups | None, tool: str) -> None:
    within = context(text)
    read(text, folder=within)
    ((found, chosen, reader),) = within.projects
    assert (found, reader) == (folder, tool)
    assert groups is None or chosen == groups


@pytest.mark.parametrize("text", ["pip install --no-deps .", "pip install --no-deps -e .", "pip install /wheels"])
def test_what_asks_for_nothing_of_a_project(text: str) -> None:
    within = context(text)
    install = one(text, folder=within)
    assert (install.requirements, install.unread, within.projects) == ((), (), [])


@pytest.mark.parametrize("text", ["PIP_NO_DEPS=1 pip install .", "uv pip install --no-deps -e ."])
def test_dependencies_that_are_left_out(text: str) -> None:
    install = one(text)
    assert (install.requirements, install.no_deps) == ((), True)


SWITCHES = [
    ("PIP_UPGRADE=1 pip install torch", "upgrade", True),
    ("PIP_UPGRADE=true pip install torch", "upgrade", True),
    ("PIP_UPGRADE=on pip install torch", "upgrade", True),
    ("PIP_UPGRADE=YES pip install torch", "upgrade", True),
    ("PIP_UPGRADE=y pip install torch", "upgrade", True),
    ("PIP_UPGRADE=t pip install torch", "upgrade", True),
    ("PIP_UPGRADE=0 pip install torch", "upgrade", False),
    ("pip install torch", "upgrade", False),
    ("uv pip install -U torch", "upgrade", True),
    ("uv pip install -P torch torch", "upgrade", True),
    ("uv pip install --upgrade-package torch torch", "upgrade", True),
    ("uv pip install --upgrade-package flask torch", "upgrade", False),
    ("pip install -I torch", "reinstall", True),
    ("pip install --ignore-installed torch", "reinstall", True),
    ("uv pip install --reinstall torch", "reinstall", True),
    ("uv pip install --force-reinstall torch", "reinstall", True),
    ("pip install torch", "reinstall", False),
    ("uv pip install --no-deps torch", "no_deps", True),
    ("pip install --pre torch", "prerelease", True),
    ("PIP_PRE=1 pip install torch", "prerelease", True),
    ("pip install torch", "prerelease", False),
    ("pip install --all-releases :all: torch", "prerelease", True),
    ("pip install --all-releases numpy,Torch torch", "prerelease", True),
    ("pip install --all-releases numpy --only-final torch torch", "prerelease", False),
    ("pip install --uploaded-prior-to 2024-01-01 torch", "older", True),
    ("PIP_UPLOADED_PRIOR_TO=2024-01-01 pip install torch", "older", True),
    ("pip install torch", "older", False),
    ("uv pip install --exclude-newer 2024-01-01 torch", "older", True),
    ("uv pip install --exclude-newer-package torch=2024-01-01 torch", "older", True),
    ("pip install --all-releases :all: --only-final torch torch", "prerelease", False),
    ("UV_EXCLUDE_NEWER=2024-01-01 uv pip install torch", "older", True),
    ("uv pip install torch", "older", False),
    ("uv pip install --pre torch", "prerelease", True),
    ("uv pip install --prerelease allow torch", "prerelease", True),
    ("uv pip install --prerelease=if-necessary torch", "prerelease", False),
    ("UV_PRERELEASE=allow uv pip install torch", "prerelease", True),
    ("uv pip install torch", "prerelease", False),
    ("pip wheel torch", "builds", True),
    ("pip install torch", "builds", False),
    ("pip-sync requirements.txt", "exact", True),
    ("pip install -r requirements.txt", "exact", False),
    ("uv pip sync requirements.txt", "exact", True),
    ("uv pip install --exact torch", "exact", True),
    ("uv pip install torch", "exact", False),
    ("poetry install --sync", "exact", True),
    ("poetry sync", "exact", True),
    ("poetry install", "exact", False),
    ("uv sync", "exact", True),
    ("pip uninstall -y torch", "removes", True),
    ("uv pip uninstall torch", "removes", True),
    ("pip install torch", "removes", False),
    ("pip install $PIP_OPTIONS torch", "open", True),
    ("pip install $EXTRA_ARGS torch", "open", True),
    ('pip install "$PIP_OPTIONS" torch', "open", False),
    ("pip install $PACKAGE torch", "open", False),
    ("pip install --target '' torch", "elsewhere", False),
    ("uv pip install -t /x torch", "elsewhere", True),
    ("uv pip install --root /x torch", "elsewhere", True),
    ("UV_INDEX_STRATEGY=unsafe-best-match uv pip install torch", "best_match", True),
    ("UV_INDEX_STRATEGY=first-index uv pip install torch", "best_match", False),
    ("[ -f x ] && conda install pytorch", "conditional", True),
    ("[ -f x ] && poetry install", "conditional", True),
    ("[ -f x ] && apt-get install libcudnn8", "conditional", True),
    ("[ -f x ] && pip uninstall -y torch", "conditional", True),
    ("[ -f x ] && ./install.sh", "conditional", True),
    ("[ -f x ] && sh cuda_12.run", "conditional", True),
    ("[ -f x ] && pipenv install", "conditional", True),
]


@pytest.mark.parametrize(("text", "field", "value"), SWITCHES, ids=[f"{row[1]}: {row[0]}" for row in SWITCHES])
def test_switches(text: str, field: str, value: bool) -> None:
    assert getattr(one(text), field) is value


INDEXES = [
    # text, index, extra, links, whether there is no index
    (f"pip install torch --pypi-url {CPU}", [CPU], [], [], False),
    (f"PIP_PYPI_URL={CPU} pip install torch", [CPU], [], [], False),
    (f"pip install torch -i {CUDA} -i {CPU}", [CPU], [], [], False),
    (f"pip install torch --no-index -f {CPU} -i {CUDA}", [], [], [CPU], True),
    (f"PIP_NO_INDEX=1 pip install torch -f {CPU}", [], [], [CPU], True),
    (f"PIP_FIND_LINKS={CUDA} pip install torch -f {CPU}", [], [], [CUDA, CPU], False),
    (f"uv pip install torch --find-links {CPU}", [], [], [CPU], False),
    (f"UV_FIND_LINKS={CPU} uv pip install torch", [], [], [CPU], False),
    (f"UV_FIND_LINKS={CUDA} uv pip install torch -f {CPU}", [], [], [CPU], False),
    (f"uv pip install torch --no-index -f {CPU}", [], [], [CPU], True),
    (f"UV_NO_INDEX=1 uv pip install torch -f {CPU}", [], [], [CPU], True),
    (f"uv pip install torch --index {CPU} --extra-index-url {CUDA}", [], [CPU, CUDA], [], False),
    (f"uv pip install torch -i {CPU}", [CPU], [], [], False),
    (f"uv pip install torch -i {CPU} --default-index {CUDA}", [CUDA], [], [], False),
    (f"UV_INDEX_URL={CPU} uv pip install torch -i {CUDA}", [CUDA], [], [], False),
    (f"UV_DEFAULT_INDEX=torch={CPU} uv pip install torch", [CPU], [], [], False),
    (f"uv add torch --index {CPU}", [], [CPU], [], False),
]


@pytest.mark.parametrize(("text", "index", "extra", "links", "no_index"), INDEXES, ids=[row[0] for row in INDEXES])
def test_indexes(text: str, index: list[str], extra: list[str], links: list[str], no_index: bool) -> None:
    found = one(text).sources
    assert ([found.index.value.text] if found.index else []) == index
    assert ([s.value.text for s in found.extra], [s.value.text for s in found.links]) == (extra, links)
    assert (found.no_index, bool(found)) == (no_index, True)


def test_indexes_of_files_are_joined_with_those_of_the_command() -> None:
    registry = "https://registry.example/simple"
    pip = one(f"pip install -r indexed.txt -i {CPU} --extra-index-url {CPU}").sources
    assert pip.index is not None and pip.index.value.text == registry
    assert [s.value.text for s in pip.extra] == [registry]
    uv = one(f"uv pip install -r indexed.txt -i {CPU} --extra-index-url {CUDA}").sources
    assert uv.index is not None and uv.index.value.text == CPU
    assert [s.value.text for s in uv.extra] == [CUDA, registry]
    assert one("pip install -r indexed.txt --no-index").sources.no_index


LIMITED = [
    ("pip install torch -c limits.txt -c constraints.txt", {}, ["numpy", "torch"]),
    ("pip install torch --constraints=limits.txt", {}, ["numpy"]),
    ("pip install torch -c limits.txt", {"PIP_CONSTRAINT": "constraints.txt"}, ["torch", "numpy"]),
    ("uv pip install torch --constraints limits.txt", {}, ["numpy"]),
    ("uv pip install torch", {"UV_CONSTRAINT": "limits.txt constraints.txt"}, ["numpy", "torch"]),
    ("uv pip install torch -c limits.txt", {"UV_CONSTRAINT": "constraints.txt"}, ["numpy"]),
]


@pytest.mark.parametrize(("text", "env", "names"), LIMITED, ids=[row[0] for row in LIMITED])
def test_constraints(text: str, env: dict[str, str], names: list[str]) -> None:
    assert [r.name for r in one(text, env).constraints] == names


OVERRIDES = [
    ("uv pip install flask --override requirements.txt", {}, ["torch"]),
    ("uv pip install flask --overrides requirements.txt", {"UV_OVERRIDE": "indexed.txt"}, ["torch"]),
    ("uv pip install flask", {"UV_OVERRIDE": "requirements.txt indexed.txt"}, ["torch", "numpy"]),
    ("pip install flask", {"UV_OVERRIDE": "requirements.txt"}, []),
]


@pytest.mark.parametrize(("text", "env", "names"), OVERRIDES, ids=[row[0] + "".join(row[1]) for row in OVERRIDES])
def test_overrides(text: str, env: dict[str, str], names: list[str]) -> None:
    assert [r.name for r in one(text, env).overrides] == names


def test_an_override_stands_in_the_place_of_what_is_named() -> None:
    found = one("uv pip install torch==2.3.1+cu121 --override requirements.txt").requirements[0]
    assert (found.name, found.specifier, found.pin, found.local) == ("torch", "", None, None)
    assert found.written == "torch==2.3.1+cu121"


NAMES = [
    ("PIP_REQUIREMENT=requirements.txt pip install flask", ["flask", "torch"]),
    ("pip install --requirements requirements.txt", ["torch"]),
    ("pip uninstall -y torch flask", ["torch", "flask"]),
    ("pip uninstall -y -r requirements.txt", ["torch"]),
    ("pip-sync", ["torch"]),
    ("pip-sync indexed.txt requirements.txt", ["numpy", "torch"]),
    ("uv pip sync indexed.txt requirements.txt", ["numpy", "torch"]),
    ("pip install -e git+https://registry.example/x/whisperx.git", ["whisperx"]),
    ("pip install $PIP_OPTIONS torch", ["torch"]),
    ("uv pip install $PIP_OPTIONS torch", ["torch"]),
    ("poetry add torch flask", ["torch", "flask"]),
    ("pdm add torch", ["torch"]),
    ("pipenv install torch", ["torch"]),
    ("pipenv install -r requirements.txt", ["torch"]),
    ("conda install pytorch=2.3 numpy", ["pytorch", "numpy"]),
    ("conda update pytorch", ["pytorch"]),
    ("conda create pytorch", ["pytorch"]),
    ("python3 -m spacy download en_core_web_trf", ["en-core-web-trf"]),
    ("spacy download -d en_core_web_trf-3.8.0 -q", ["en-core-web-trf"]),
]


@pytest.mark.parametrize(("text", "names"), NAMES, ids=[row[0] for row in NAMES])
def test_names(text: str, names: list[str]) -> None:
    install = one(text)
    assert [r.name for r in install.requirements] == names
    assert install.unread == ()


@pytest.mark.parametrize("suffix", ["x.tar.gz", "x.zip", "x.whl"])
def test_a_local_file_whose_name_does_not_say_what_it_holds(suffix: str) -> None:
    (unread,) = one(f"pip install -e /tmp/{suffix}").unread
    assert (unread.kind, unread.name) == (UnreadKind.WHEEL, f"/tmp/{suffix}")


def test_environments_of_conda() -> None:
    install = one("conda env create -f environment.yml -c pytorch")
    assert ([r.name for r in install.requirements], install.channels) == (["pytorch"], ("pytorch", "conda-forge"))
    assert [unread.kind for unread in install.unread] == [UnreadKind.INVALID]
    assert [r.name for r in one("conda env update --file environment.yml").requirements] == ["pytorch"]
    assert [r.name for r in one("conda install --file environment.yml numpy").requirements] == ["numpy", "pytorch"]
    assert [unread.name for unread in one("conda env create --file other.yml").unread] == ["other.yml"]


@pytest.mark.parametrize(("verb", "upgrade"), [("create", False), ("update", True)])
def test_what_an_environment_of_conda_hands_to_pip(verb: str, upgrade: bool) -> None:
    conda, pip = read(f"conda env {verb} -f pip.yml")
    assert (conda.tool, pip.tool, pip.upgrade, conda.upgrade) == ("conda", "pip", upgrade, False)
    assert [r.name for r in pip.requirements] == ["torch"] and pip.sources.index is not None
    assert pip.span == conda.span


def test_installs_stand_where_their_verbs_do() -> None:
    for text, written in (
        ("pip uninstall -y torch", "uninstall"),
        ("uv pip install torch", "install"),
        ("conda install pytorch", "install"),
        ("poetry install", "install"),
        ("apt-get -y install libcudnn8", "install"),
        ("pipenv sync", "sync"),
        ("sh cuda_12.run --silent", "cuda_12.run --silent"),
    ):
        span = one(text).span
        assert span is not None and text[span.column - 1 : span.end_column - 1] == written, text

"""Requirements, markers and the quick look at a RUN, where spellings differ."""

from __future__ import annotations

import pytest
from shell_installs import one

from wxlint.core.values import HOLE, Value
from wxlint.images.installs.markers import Environment, applies
from wxlint.images.installs.requirement import (
    Bound,
    Doubt,
    conda_requirement,
    is_refused,
    marker_of,
    parse_requirement,
)
from wxlint.images.installs.screening import worth_reading

HOST = "https://registry.example"


@pytest.mark.parametrize(
    ("text", "name", "kind", "url"),
    [
        (".", "", "path", "."),
        ("/app", "", "path", "/app"),
        ("~/app", "", "path", "~/app"),
        ("libs/app", "", "path", "libs/app"),
        ("libs/app/", "", "path", "libs/app/"),
        ("libs/app[gpu,a-b]", "", "path", "libs/app[gpu,a-b]"),
        ("libs/app>=1", "", "unknown", None),
        ("libs//app", "", "unknown", None),
        ("file:app", "", "path", "file:app"),
        ("file:///app", "", "path", "file:///app"),
        ("hg+https://registry.example/x/app", "app", "vcs", "hg+https://registry.example/x/app"),
        ("svn+https://registry.example/x/app", "app", "vcs", "svn+https://registry.example/x/app"),
        ("bzr+https://registry.example/x/app", "app", "vcs", "bzr+https://registry.example/x/app"),
        ("git+https://registry.example/x/App.git@main", "app", "vcs", "git+https://registry.example/x/App.git@main"),
        ("git+ssh://git@registry.example/x/app.git", "", "vcs", "git+ssh://git@registry.example/x/app.git"),
        (f"git+{HOST}/x/y.git#subdirectory=a&egg=b_c", "b-c", "vcs", f"git+{HOST}/x/y.git#subdirectory=a&egg=b_c"),
        ("app@git+https://registry.example/x/y.git", "app", "vcs", "git+https://registry.example/x/y.git"),
        (f"{HOST}/app.tar.gz", "", "url", f"{HOST}/app.tar.gz"),
        (
            f"{HOST}/app-1.0-py3-none-any.whl?x=1#sha256=a",
            "app",
            "url",
            f"{HOST}/app-1.0-py3-none-any.whl?x=1#sha256=a",
        ),
        ("app-1.0-py3-none-any.whl", "app", "url", "app-1.0-py3-none-any.whl"),
        ("./app-1.0-1-py3-none-any.whl", "app", "url", "./app-1.0-1-py3-none-any.whl"),
        ("odd.whl", "", "path", "odd.whl"),
        ("odd.tar.gz", "", "path", "odd.tar.gz"),
        ("odd.zip", "", "path", "odd.zip"),
        ("two words", "", "unknown", None),
        (".yaml<=2.1", "", "unknown", None),
        ("app==", "", "unknown", None),
        ("app[Bad!]", "", "unknown", None),
        ("app>=1,<2,", "app", "name", None),
        ("app (>=1)", "app", "name", None),
        ("", "", "unknown", None),
    ],
)
def test_kinds(text: str, name: str, kind: str, url: str | None) -> None:
    found = parse_requirement(Value(text), None)
    assert (found.kind, found.url) == (kind, url)
    assert found.name == name or kind == "vcs"


@pytest.mark.parametrize(
    ("text", "extras", "specifier", "pin", "local"),
    [
        ("app[A, b]==1.0", ("a", "b"), "==1.0", "1.0", None),
        ("app[]", (), "", None, None),
        ("app ( >=1 , <2 )", (), ">=1,<2", None, None),
        ("app==1.0+x", (), "==1.0+x", "1.0", "x"),
        ("app===1.0", (), "===1.0", "1.0", None),
        ("app==1.*", (), "==1.*", None, None),
        ("app==1.0,<2", (), "==1.0,<2", None, None),
        ("app~=1.4", (), "~=1.4", None, None),
        (f"app=={HOLE}", (), f"=={HOLE}", None, None),
        (f"app=={HOLE}+cpu", (), f"=={HOLE}+cpu", None, "cpu"),
        (f"app==1+{HOLE}", (), f"==1+{HOLE}", None, None),
        ("app-1.0-py3-none-any.whl", (), "==1.0", "1.0", None),
        ("app-1.0+x-py3-none-any.whl", (), "==1.0+x", "1.0", "x"),
    ],
)
def test_versions(text: str, extras: tuple[str, ...], specifier: str, pin: str | None, local: str | None) -> None:
    found = parse_requirement(Value(text, ("$X",) * text.count(HOLE)), None)
    assert (found.extras, found.specifier, found.pin, found.local) == (extras, specifier, pin, local)
    assert found.written == text.replace(HOLE, "$X")


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("app==2.2.2 +cpu", True),
        ("app >= 1, <2 beta", True),
        ("app=1.0", True),
        ("app[gpu] = 1.0", True),
        ("app=1.0=py311_0", True),
        ("app 1.0", True),
        ("app other", True),
        ("app other>=2", True),
        ("app==1.0 ; python_version > '3'", False),
        ("app >=1 , <2", False),
        ("app (>=1)", False),
        ("app [gpu] == 1.0", False),
        ("app==1.*", False),
    ],
)
def test_lines_that_pip_refuses(text: str, refused: bool) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        Requirement(text)
        accepted = True
    except InvalidRequirement:
        accepted = False
    assert (is_refused(Value(text)), accepted) == (refused, not refused)


@pytest.mark.parametrize("text", ["app>=1.0.x-beta", "./my app.whl", f"app=={HOLE} +cpu"])
def test_lines_that_some_pip_may_take(text: str) -> None:
    assert not is_refused(Value(text, ("$X",) * text.count(HOLE)))


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("app; python_version > '3'", "python_version > '3'"),
        ("app", ""),
        (f"app @ {HOST}/a.zip; os_name == 'nt'", "os_name == 'nt'"),
        (f"app @ {HOST}/a;b.zip ; os_name == 'nt'", "os_name == 'nt'"),
        (f"app @ {HOST}/a;b.zip", ""),
    ],
)
def test_the_marker_of_a_requirement(text: str, marker: str) -> None:
    assert marker_of(text) == marker


@pytest.mark.parametrize(
    ("text", "name", "specifier", "pin", "build"),
    [
        ("'PyTorch'", "pytorch", "", None, ""),
        ("pytorch 2.3 py_0", "pytorch", "2.3 py_0", None, ""),
        ("pytorch=2.3 cuda_0", "pytorch", "=2.3 cuda_0", "2.3", "cuda_0"),
        ("pytorch=2.3.*", "pytorch", "=2.3.*", "2.3", ""),
        ("pytorch=2.3*", "pytorch", "=2.3*", "2.3", ""),
        ("pytorch==2.3", "pytorch", "==2.3", "2.3", ""),
        ("pytorch==*cuda*", "pytorch", "==*cuda*", None, ""),
        ("pytorch=*=cuda_0", "pytorch", "=*=cuda_0", None, "cuda_0"),
        ("conda-forge::pytorch>=2[build=x]", "pytorch", ">=2", None, ""),
        (f"pytorch={HOLE}", "pytorch", f"={HOLE}", None, ""),
        (f"{HOLE}=1", "", "", None, ""),
        ("!", "", "", None, ""),
    ],
)
def test_packages_of_conda(text: str, name: str, specifier: str, pin: str | None, build: str) -> None:
    found = conda_requirement(Value(text, ("$X",) * text.count(HOLE)), None)
    assert (found.name, found.pin) == (name, pin)
    if name and "==*" not in text:
        assert (found.specifier, found.build) == (specifier, build)
    assert (found.kind == "unknown") is not bool(name)


def test_what_an_index_that_is_bound_shows() -> None:
    assert Bound(HOST).shown() == HOST
    assert all(Bound("", doubt).shown() == doubt.value for doubt in Doubt)


@pytest.mark.parametrize(
    ("marker", "holds"),
    [
        ("platform_python_implementation == 'CPython'", True),
        ("platform_system == 'Linux'", True),
        ("os.name == 'posix'", True),
        ("sys.platform == 'linux'", True),
        ("sys_platform === 'linux'", True),
        ("sys_platform > 'a'", None),
        ("'lin' in sys_platform", True),
        ("'lin' not in sys_platform", False),
        ("'win' not  in sys_platform", True),
        ("python_version == '3.11'", True),
        ("python_version == '3.11.*'", True),
        ("python_version != '3.1*'", None),
        ("python_version === '3.11'", True),
        ("python_version ~= '3.10'", True),
        ("python_version ~= '3.12'", False),
        ("python_version ~= '2.7'", False),
        ("python_version > '3.11'", False),
        ("python_version >= '3.11'", True),
        ("python_version <= '3.11'", True),
        ("python_version < '3.11'", False),
        ("'3.11' <= python_version", True),
        ("python_full_version >= '3.11.4'", True),
        ("python_full_version == '3.11.5'", False),
        ("python_full_version == '3.11.*'", True),
        ("python_version >= '3.11rc1'", True),
        ("extra == 'a-b'", True),
        ("extra == 'A_B'", True),
        ("extra != 'a-b'", False),
        ("extra == 'c'", False),
        ("'a.b' == extra", True),
        ("extra in 'a-b'", None),
        ("(sys_platform == 'linux' or extra == 'c') and extra == 'a-b'", True),
        ("sys_platform == 'linux' or", None),
        ("(sys_platform == 'linux'", None),
        ("sys_platform == 'linux')", None),
        ("sys_platform and 'linux'", None),
        ("sys_platform == 'linux' ", True),
        (" and ".join(["sys_platform == 'linux'"] * 90), True),
        (" and ".join(["sys_platform == 'linux'"] * 110), None),
        ("(" * 40 + "sys_platform == 'linux'" + ")" * 40, True),
        ("(" * 60 + "sys_platform == 'linux'" + ")" * 60, None),
    ],
)
def test_markers(marker: str, holds: bool | None) -> None:
    assert applies(marker, Environment("3.11.4", "x86_64"), ("a-b",)) is holds


def test_an_extra_that_may_be_any() -> None:
    assert applies("extra == 'gpu'", Environment(), (HOLE,)) is None
    assert applies("extra == 'gpu'", Environment(), ("gpu", HOLE)) is True
    assert applies("python_version >= '3.15'", Environment()) is None
    assert applies("python_version >= '3.16'", Environment()) is False
    assert applies("python_version < '3.8'", Environment()) is False
    assert applies("python_version == '3.8'", Environment()) is None


@pytest.mark.parametrize(
    ("text", "worth"),
    [(f"{tool} {verb} x", True) for tool in "pip pip3 conda mamba uv poetry pdm".split() for verb in ("install", "add")]
    + [(f"pip {verb} x", True) for verb in "uninstall wheel sync create update config run lock".split()]
    + [
        (f"apt-get install {name}", True)
        for name in "cuda-12 libcudnn8 nvidia-x libnvinfer8 libcublas-12 libnccl2 tensorrt rocm habanalabs-x"
        " aws-neuronx-x level-zero intel-opencl-icd python3-torch python3-pytorch libcufft-12 libcurand-12"
        " libcusparse-12 libnvjpeg libnpp-12".split()
    ]
    + [(f"{tool} install cuda", True) for tool in "apt aptitude yum dnf microdnf tdnf zypper".split()]
    + [(f"./{name}.sh", True) for name in "install setup requirements depend bootstrap one_click start_linux".split()]
    + [(f"bash {name}.bash", True) for name in "provision init build torch package".split()]
    + [("python setup.py install", True), ("./$NAME.sh", True), ("./`x`.sh", True), ("amdgpu-install", True)]
    + [("pixi install", True), ("sh cuda_12.run", True), ("$PIP install x", True), ("PIP INSTALL x", True)]
    + [("apt-get install curl", False), ("pip; install", False), ("install pip", False), ("./run.sh", True)]
    + [("sh other.run", False), ("cuda install", False), ("apt-get update cuda", False), ("ls", False)],
)
def test_the_quick_look(text: str, worth: bool) -> None:
    assert worth_reading(text) is worth


def test_a_bare_name_says_nothing_else() -> None:
    found = parse_requirement(Value("torch"), None)
    assert found == ("torch", (), "", None, None, None, "name", "torch", None, "", None, False, "", "")
    assert found.span is None


def test_a_bare_install_says_nothing_else() -> None:
    install = one("pip install torch")
    switches = ("upgrade", "reinstall", "no_deps", "prerelease", "best_match", "conditional", "elsewhere", "open")
    assert not any(getattr(install, name) for name in (*switches, "removes", "builds", "exact"))
    assert (install.folder, install.program, install.backend, install.channels, install.unread) == (
        "",
        "",
        None,
        (),
        (),
    )
    assert (install.constraints, install.redirected, install.because) == ((), (), ())
    assert not install.sources and not install.sources.no_index

"""`check --fix`, `--diff` and `--unsafe-fixes`: what is changed, what is not, and what is refused."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from before_family import family
from hypothesis import given
from hypothesis import strategies as st

from wxlint.cli.main import main
from wxlint.core.errors import InputError
from wxlint.core.fix import Edit
from wxlint.core.span import Span
from wxlint.documents.source import from_bytes
from wxlint.fixes.editing import edited

CU121 = "https://download.pytorch.org/whl/cu121"
CPU = "https://download.pytorch.org/whl/cpu"
GPU_BASE = "FROM nvidia/cuda:12.1.0-cudnn8-runtime-ubuntu22.04\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(files: Mapping[str, str | bytes]) -> None:
    for name, text in files.items():
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def fix(*words: str) -> int:
    return main(["check", "--fix", "--no-cache", *words])


# -- the migration of a whole family


def test_the_whole_migration_is_one_command(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(family())
    os.chmod("scripts/build-all-images.sh", 0o755)
    assert main(["check", "--no-cache", "--policy", "policies/family.yaml"]) == 1
    capsys.readouterr()
    assert fix("--policy", "policies/family.yaml") == 0
    out, err = capsys.readouterr()
    assert out.startswith("nothing found")
    assert "fixed 41 findings in 16 files" in err
    assert main(["check", "--no-cache", "--policy", "policies/family.yaml", "--fail-on", "info"]) == 0
    asr = Path("docker/asr/Dockerfile").read_text()
    assert "FROM rajiup/cp-whisperx-app-base:cuda\n" in asr
    assert f"ARG TORCH_INDEX_URL={CU121}\n" in Path("docker/pyannote-vad/Dockerfile").read_text()
    assert "--index-url ${TORCH_INDEX_URL}\n" in Path("docker/pyannote-vad/Dockerfile").read_text()
    assert "# Geräusche: Größe" in Path("docker/diarization/Dockerfile").read_text("utf-8")
    assert b"FROM rajiup/cp-whisperx-app-base:cpu\r\n" in Path("docker/mux/Dockerfile").read_bytes()
    assert ":latest" not in Path("scripts/build-all-images.bat").read_text()
    assert Path("scripts/build-all-images.sh").stat().st_mode & 0o111
    after = contents(tree)
    assert fix("--policy", "policies/family.yaml") == 0
    assert contents(tree) == after


def test_a_patch_of_the_migration_is_applied_by_git(tree: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    write(family())
    os.chmod("scripts/build-all-images.sh", 0o755)
    before = contents(tree)
    assert main(["check", "--diff", "--no-cache", "--policy", "policies/family.yaml"]) == 1
    patch = capfdbinary.readouterr().out
    assert contents(tree) == before
    shutil.rmtree(tree / ".git")
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "-c", "core.autocrlf=false", "apply", "-"], input=patch, check=True)
    assert main(["check", "--no-cache", "--policy", "policies/family.yaml"]) == 0
    assert main(["check", "--diff", "--no-cache", "--policy", "policies/family.yaml"]) == 0


# -- one kind at a time: files before, what is asked for, a file and what it holds afterwards

KINDS = [
    pytest.param(
        {"Dockerfile.gpu": GPU_BASE + f"RUN pip install torch==2.3.1 -i {CPU}\n"},
        ["--unsafe-fixes"],
        {"Dockerfile.gpu": GPU_BASE + f"RUN pip install torch==2.3.1 -i {CU121}\n"},
        id="index of the base's CUDA",
    ),
    pytest.param(
        {"Dockerfile.cpu": f"FROM python:3.11-slim\nARG CH=cu121\nRUN pip install torch==2.3.1 -i {CPU[:-3]}${{CH}}\n"},
        ["--unsafe-fixes"],
        {"Dockerfile.cpu": f"FROM python:3.11-slim\nARG CH=cpu\nRUN pip install torch==2.3.1 -i {CPU[:-3]}${{CH}}\n"},
        id="an ARG with the channel alone",
    ),
    pytest.param(
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\n"
            'RUN pip install --no-cache-dir "torch==2.3.1" torchvision==0.18.1\n'
        },
        ["--unsafe-fixes"],
        {
            "Dockerfile.cpu": 'FROM python:3.11-slim\nRUN pip install --no-cache-dir "torch==2.3.1" '
            f"torchvision==0.18.1 --index-url {CPU}\n"
        },
        id="missing index",
    ),
    pytest.param(
        {"Dockerfile.cpu": "FROM python:3.11-slim\nRUN pip install torch==2.3.1 flask\n"},
        ["--unsafe-fixes"],
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\n"
            f"RUN pip install torch==2.3.1 --index-url {CPU} && pip install torch==2.3.1 flask\n"
        },
        id="missing index beside other packages",
    ),
    pytest.param(
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\nCOPY requirements.txt /\nRUN pip install -r /requirements.txt\n",
            "requirements.txt": "# all\nflask\ntorch==2.3.1  # pinned\n",
        },
        ["--unsafe-fixes"],
        {"requirements.txt": f"--extra-index-url {CPU}\n# all\nflask\ntorch==2.3.1+cpu  # pinned\n"},
        id="missing index of a list",
    ),
    pytest.param(
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\nCOPY requirements.txt /\nRUN pip install -r /requirements.txt\n",
            "requirements.txt": f"flask\ntorch==2.3.1 --index-url {CPU}  # pinned\n",
        },
        ["--unsafe-fixes"],
        {"requirements.txt": f"flask\n--extra-index-url {CPU}\ntorch==2.3.1+cpu  # pinned\n"},
        id="an option behind a requirement",
    ),
    pytest.param(
        {"Dockerfile": "FROM python:3.11-slim\nRUN pip install flask>=2 numpy<2\n"},
        [],
        {"Dockerfile": 'FROM python:3.11-slim\nRUN pip install "flask>=2" "numpy<2"\n'},
        id="quotes",
    ),
    pytest.param(
        {"Dockerfile": 'FROM python:3.11-slim\nRUN bash -c "pip install flask>=2"\n'},
        [],
        {"Dockerfile": "FROM python:3.11-slim\nRUN bash -c \"pip install 'flask>=2'\"\n"},
        id="quotes in quotes",
    ),
    pytest.param(
        {
            "Dockerfile": "FROM python:3.11-slim\n# wxlint: ignore[latest-tag] it was once\n# a word\nRUN true\n",
            "compose.yml": "services:\n  a:\n    image: redis:7  # wxlint: ignore[latest-tag] why not\n",
        },
        [],
        {
            "Dockerfile": "FROM python:3.11-slim\n# a word\nRUN true\n",
            "compose.yml": "services:\n  a:\n    image: redis:7\n",
        },
        id="a suppression of nothing",
    ),
    pytest.param(
        {"Dockerfile": "FROM python:3.11-slim\n# wxlint: ignore[latest-tagg] a typing mistake\nRUN true\n"},
        [],
        {},
        id="a suppression of a rule that does not exist",
    ),
    pytest.param(
        {"Dockerfile": "FROM nvidia/cuda:11.7.0-cudnn8-devel-ubuntu20.04\n"},
        [],
        {"Dockerfile": "FROM nvidia/cuda:11.7.1-cudnn8-devel-ubuntu20.04\n"},
        id="a deleted tag of CUDA",
    ),
    pytest.param(
        {"Dockerfile.gpu": GPU_BASE + "RUN pip install onnxruntime==1.17.1 onnxruntime-gpu==1.17.1\n"},
        ["--unsafe-fixes", "--select", "shadowed-build"],
        {"Dockerfile.gpu": GPU_BASE + "RUN pip install onnxruntime-gpu==1.17.1\n"},
        id="twins",
    ),
    pytest.param(
        {"Dockerfile.gpu": GPU_BASE + 'RUN pip install "onnxruntime==1.17.1"\n'},
        ["--unsafe-fixes", "--select", "cpu-build"],
        {"Dockerfile.gpu": GPU_BASE + 'RUN pip install "onnxruntime-gpu==1.17.1"\n'},
        id="the other build",
    ),
    pytest.param(
        {"Dockerfile": f"FROM python:3.11-slim\nRUN pip install torch==2.3.1 torchvision==0.16.0 -i {CU121}\n"},
        ["--unsafe-fixes", "--select", "torch-version"],
        {"Dockerfile": f"FROM python:3.11-slim\nRUN pip install torch==2.3.1 torchvision==0.18.1 -i {CU121}\n"},
        id="a companion",
    ),
    pytest.param(
        {"run.sh": "#!/bin/sh\ndocker compose run --rm --gpus all asr out/movie\n", "compose.yml": "services: {}\n"},
        ["--select", "compose-run-gpus"],
        {"run.sh": "#!/bin/sh\ndocker compose run --rm asr out/movie\n"},
        id="a flag that compose lacks",
    ),
    pytest.param(
        {
            "Dockerfile.gpu": GPU_BASE,
            "b.sh": "docker build -f Dockerfile.gpu -t x/a:cuda .\ndocker run --rm x/a:cuda\n",
        },
        ["--unsafe-fixes"],
        {"b.sh": "docker build -f Dockerfile.gpu -t x/a:cuda .\ndocker run --rm --gpus all x/a:cuda\n"},
        id="docker run of a cuda image",
    ),
    pytest.param(
        {
            "Dockerfile.rocm": "FROM rocm/dev-ubuntu-22.04:6.2\n",
            "b.sh": "docker build -f Dockerfile.rocm -t x/a:rocm .\ndocker run --rm x/a:rocm\n",
        },
        ["--unsafe-fixes"],
        {
            "b.sh": "docker build -f Dockerfile.rocm -t x/a:rocm .\n"
            "docker run --rm --device /dev/kfd --device /dev/dri x/a:rocm\n"
        },
        id="docker run of a rocm image",
    ),
    pytest.param(
        {
            "requirements.txt": f"--extra-index-url {CPU}\ntorch==2.3.1\n",
            "Dockerfile": "FROM python:3.11-slim\nCOPY requirements.txt /\nRUN pip install -r requirements.txt\n",
        },
        [],
        {},
        id="a list that may be installed on macOS",
    ),
    pytest.param(
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\n",
            "b.sh": "docker build -f Dockerfile.cpu -t x/a:cpu .\ndocker run --gpus all --rm x/a:cpu\n",
        },
        ["--unsafe-fixes"],
        {"b.sh": "docker build -f Dockerfile.cpu -t x/a:cpu .\ndocker run --rm x/a:cpu\n"},
        id="docker run of a cpu image",
    ),
    pytest.param(
        {"compose.yml": "services:\n  a:\n    image: x/a:cpu  # no GPU\n    gpus: all\n    restart: always\n"},
        ["--unsafe-fixes"],
        {"compose.yml": "services:\n  a:\n    image: x/a:cpu  # no GPU\n    restart: always\n"},
        id="a GPU of a cpu service",
    ),
    pytest.param(
        {
            "compose.yml": "services:\n  a:\n    image: x/a:cpu\n    deploy:\n      resources:\n        reservations:\n"
            "          devices:\n            - driver: nvidia\n              count: 1\n"
            "              capabilities: [gpu]\n  b:\n    image: x/b:cpu\n"
        },
        ["--unsafe-fixes"],
        {"compose.yml": "services:\n  a:\n    image: x/a:cpu\n  b:\n    image: x/b:cpu\n"},
        id="a reservation of a cpu service",
    ),
    pytest.param(
        {
            "compose.yml": "services:\n  a:\n    image: x/a:cuda\n    deploy:\n      replicas: 1\n\n"
            "  b:\n    image: r:1\n"
        },
        ["--unsafe-fixes"],
        {
            "compose.yml": "services:\n  a:\n    image: x/a:cuda\n    deploy:\n      replicas: 1\n      resources:\n"
            "        reservations:\n          devices:\n            - driver: nvidia\n              count: all\n"
            "              capabilities: [gpu]\n\n  b:\n    image: r:1\n"
        },
        id="a GPU service with a deploy of its own",
    ),
    pytest.param(
        {
            "compose.yml": "services:\n  a:\n    image: x/a:cuda\n    deploy:\n      resources:\n"
            "        reservations:\n          devices:\n            - capabilities:\n                - gpu\n"
        },
        ["--unsafe-fixes"],
        {
            "compose.yml": "services:\n  a:\n    image: x/a:cuda\n    deploy:\n      resources:\n"
            "        reservations:\n          devices:\n            - count: all\n"
            "              capabilities:\n                - gpu\n"
        },
        id="a device without a number",
    ),
    pytest.param(
        {
            "deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
            "      containers:\n        - name: asr\n          image: x/asr:1.0-cuda\n"
        },
        ["--unsafe-fixes"],
        {
            "deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nspec:\n  template:\n    spec:\n"
            "      containers:\n        - name: asr\n          image: x/asr:1.0-cuda\n          resources:\n"
            "            limits:\n              nvidia.com/gpu: 1\n"
        },
        id="a GPU of a pod",
    ),
    pytest.param(
        {
            "Dockerfile.cpu": "FROM python:3.11-slim\n",
            "Dockerfile.gpu": GPU_BASE,
            "app/Dockerfile.gpu": "FROM x/base:latest\n",
            "b.sh": "docker build -f Dockerfile.cpu -t x/base:cpu .\ndocker build -f Dockerfile.gpu -t x/base:cuda .\n"
            "docker build -f app/Dockerfile.gpu -t x/app:cuda app\n",
        },
        ["--unsafe-fixes"],
        {"app/Dockerfile.gpu": "FROM x/base:cuda\n"},
        id="latest without a policy",
    ),
]


@pytest.mark.parametrize("before, words, after", KINDS)
def test_kind(tree: Path, before: dict[str, str], words: list[str], after: dict[str, str]) -> None:
    write(before)
    fix(*words, "--no-policy", ".")
    found = {name: Path(name).read_text() for name in before}
    assert found == {**before, **after}
    fix(*words, "--no-policy", ".")
    assert {name: Path(name).read_text() for name in before} == found


@pytest.mark.parametrize("before, words, after", [kind for kind in KINDS if "--unsafe-fixes" in kind.values[1]])
def test_what_is_unsafe_is_not_done_unasked(
    tree: Path, before: dict[str, str], words: list[str], after: dict[str, str]
) -> None:
    write(before)
    fix(*(word for word in words if word != "--unsafe-fixes"), "--no-policy", ".")
    assert {name: Path(name).read_text() for name in before} == before


# -- refused


def test_a_fix_that_changes_another_image_is_refused_and_named(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = f"--index-url {CPU}\ntorch==2.3.1\n"
    install = "COPY requirements.txt /\nRUN pip install -r /requirements.txt\n"
    files = {
        "requirements.txt": listed,
        "Dockerfile.gpu": GPU_BASE + install,
        "tool/Dockerfile": "FROM python:3.11-slim\n" + install,
        "b.sh": "docker build -f Dockerfile.gpu -t x/a:cuda .\ndocker build -f tool/Dockerfile -t x/tool:1 .\n",
    }
    write(files)
    fix("--unsafe-fixes", "--no-policy", ".")
    assert Path("requirements.txt").read_text() == listed
    assert (
        "not fixed requirements.txt:1: torch-index: take torch from cu121: it changes another image, tool/Dockerfile"
        in (capsys.readouterr().err)
    )


def test_a_fix_that_makes_a_finding_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        {
            "policy.yaml": "wxlint: 1\nimage: x/{stage}\ndockerfile: '{stage}/Dockerfile'\nscripts: [b.sh]\nvariants:\n"
            "  cpu: {stages: [a]}\n  cuda: {stages: [b]}\n",
            "a/Dockerfile": "FROM python:3.11-slim\n",
            "b/Dockerfile": GPU_BASE,
            "b.sh": "for s in a b; do\n  docker build -t x/$s:cpu $s\ndone\n",
        }
    )
    before = Path("b.sh").read_text()
    assert fix("--policy", "policy.yaml") == 1
    assert Path("b.sh").read_text() == before
    assert "tag it :cuda: it makes a new finding: b.sh:2: variant-tag" in capsys.readouterr().err


POLICY = (
    "wxlint: 1\nimage: x/{stage}\ndockerfile: Dockerfile\ncompose: [compose.yml]\nvariants:\n  cuda: {stages: [asr]}\n"
)
SERVICE = b"services:\n  asr:\n    image: x/asr:cpu\n    restart: always # "


def test_a_fix_is_taken_back_when_what_it_brings_to_light_cannot_be_fixed(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The tag of a GPU stage asks for a device, whose lines would come behind one that cannot be changed."""
    write({"wxlint.yaml": POLICY, "Dockerfile": GPU_BASE, "compose.yml": SERVICE + b"\xff\n"})
    assert fix(".") == 1
    assert Path("compose.yml").read_bytes() == SERVICE + b"\xff\n"
    assert ": tag it :cuda: it makes a new finding: compose.yml:2: gpu-reservation" in capsys.readouterr().err
    write({"compose.yml": SERVICE + b"!\n"})
    assert fix(".") == 0
    assert b"image: x/asr:cuda\n" in Path("compose.yml").read_bytes()


TAGGED = {
    "deploy/pod.yaml": "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: asr\n      image: x/asr:{}\n"
    "      resources: {limits: {nvidia.com/gpu: 1}}\n",
    ".github/workflows/ci.yml": "on: push\njobs:\n  b:\n    runs-on: ubuntu-latest\n    steps:\n"
    "      - uses: actions/checkout@v4\n      - uses: docker/build-push-action@v6\n        with:\n"
    "          context: .\n          push: true\n          tags: x/asr:{}\n",
    "Makefile": "TAG ?= {}\nbuild:\n\tdocker build -t x/asr:$(TAG) .\n",
    "docker-bake.hcl": 'target "asr" {\n  context = "."\n  tags = ["x/asr:{}"]\n}\n',
    "build.sh": '#!/bin/sh\nTAG={}\ndocker build -t x/asr:${TAG} .\ndocker push "x/asr:$TAG"\n',
    "build.bat": "@echo off\r\nset TAG={}\r\ndocker build -t x/asr:%TAG% .\r\n",
}


@pytest.mark.parametrize("name", TAGGED)
@pytest.mark.parametrize("wrong", ["latest", "cpu"])
def test_tags_wherever_they_stand(tree: Path, name: str, wrong: str) -> None:
    """In manifests, workflows, makefiles, bake files and scripts; where a variable holds the tag, there."""
    policy = POLICY.replace("compose: [compose.yml]\n", "").replace(
        "{stages: [asr]}", "{stages: [asr]}\n  cpu: {optional: [mux]}"
    )
    text = TAGGED[name]
    write({"wxlint.yaml": policy, "Dockerfile": GPU_BASE, name: text.replace("{}", wrong)})
    fix(".")
    assert Path(name).read_bytes().decode() == text.replace("{}", "cuda")


def test_new_lines_end_as_the_lines_around_them(tree: Path) -> None:
    write({"wxlint.yaml": POLICY, "Dockerfile": GPU_BASE, "compose.yml": SERVICE.replace(b"\n", b"\r\n") + b"!\r\n"})
    assert fix(".") == 0
    text = Path("compose.yml").read_bytes()
    assert text.count(b"\n") == text.count(b"\r\n") == 11


def test_files_that_were_not_given_are_left_alone(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(
        {
            "Dockerfile.gpu": GPU_BASE + "COPY r.txt /\nRUN pip install -r /r.txt\n",
            "r.txt": f"--index-url {CPU}\ntorch==2.3.1\n",
            "other/Dockerfile": "FROM python:3.11-slim\nRUN pip install flask>=2\n",
        }
    )
    before = contents(tree)
    fix("--unsafe-fixes", "--no-policy", "Dockerfile.gpu")
    assert contents(tree) == before


def test_standard_input_is_refused(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fix("-") == 2
    assert main(["check", "--unsafe-fixes", "."]) == 2
    assert main(["check", "--fix", "--diff", "."]) == 2


# -- hostile files

BAD = b"FROM python:3.11-slim\n# \xff\xfe\nRUN pip install flask>=2\n"
GOOD = b'FROM python:3.11-slim\n# \xff\xfe\nRUN pip install "flask>=2"\n'


def test_bytes_that_are_no_text_stay(tree: Path) -> None:
    write({"Dockerfile": BAD})
    assert fix(".") == 0
    assert Path("Dockerfile").read_bytes() == GOOD


def test_a_line_with_bytes_that_are_no_text_is_not_changed(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write({"Dockerfile": b"FROM python:3.11-slim\nRUN pip install flask>=2 # \xff\n"})
    assert fix(".") == 1
    assert Path("Dockerfile").read_bytes().endswith(b"flask>=2 # \xff\n")
    assert "holds bytes that are no text" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_other_encodings_stay(tree: Path, encoding: str) -> None:
    write({"requirements.txt": f"--extra-index-url {CPU}\r\ntorch==2.3.1\r\n".encode(encoding)})
    write({"Dockerfile": "FROM python:3.11-slim\nCOPY requirements.txt /\nRUN pip install -r requirements.txt\n"})
    fix("--unsafe-fixes", ".")
    assert Path("requirements.txt").read_bytes() == (
        f"--extra-index-url {CPU}\r\ntorch==2.3.1+cpu\r\n".encode(encoding)
    )


def test_modes_stay_and_a_link_stays_one(tree: Path) -> None:
    write({"docker/real": "FROM python:3.11-slim\nRUN pip install flask>=2\n"})
    os.chmod("docker/real", 0o640)
    os.symlink("docker/real", "Dockerfile")
    assert fix("Dockerfile") == 0
    assert Path("Dockerfile").is_symlink()
    assert '"flask>=2"' in Path("docker/real").read_text()
    assert stat.S_IMODE(Path("docker/real").stat().st_mode) == 0o640


def test_a_link_that_leads_out_is_not_followed(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "Dockerfile"
    outside.write_text("FROM python:3.11-slim\nRUN pip install flask>=2\n")
    os.symlink(outside, "Dockerfile")
    fix("Dockerfile")
    assert "flask>=2\n" in outside.read_text()
    assert "outside the repository" in capsys.readouterr().err


def test_a_read_only_file_is_not_changed_and_others_are(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "FROM python:3.11-slim\nRUN pip install flask>=2\n"
    write({"a/Dockerfile": text, "b/Dockerfile": text})
    os.chmod("a/Dockerfile", 0o444)
    assert fix(".") == 1
    assert Path("a/Dockerfile").read_text() == text
    assert '"flask>=2"' in Path("b/Dockerfile").read_text()
    assert "a/Dockerfile: not changed: it is read-only" in capsys.readouterr().err
    assert main(["check", "--diff", "--no-cache", "."]) == 1
    assert "+++ b/a/Dockerfile" in capsys.readouterr().out


def test_a_file_that_changes_meanwhile_is_kept(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from wxlint.fixes import run

    write({"a/Dockerfile": BAD, "b/Dockerfile": BAD})
    real = run.Disk.write

    def write_later(self: run.Disk, files: Mapping[str, bytes]) -> None:
        Path("b/Dockerfile").write_bytes(BAD + b"# somebody else\n")
        real(self, files)

    monkeypatch.setattr(run.Disk, "write", write_later)
    assert fix(".") == 2
    assert Path("a/Dockerfile").read_bytes() == BAD
    assert Path("b/Dockerfile").read_bytes() == BAD + b"# somebody else\n"


def test_hostile_names_are_escaped(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = "\x1b[31m::error::x.Dockerfile"
    write({name: "FROM python:3.11-slim\nRUN pip install flask>=2\n"})
    assert main(["check", "--diff", "--no-cache", "."]) == 1
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert fix(".") == 0
    assert '"flask>=2"' in Path(name).read_text()


# -- property: what no edit covers stays, byte for byte

TEXT = st.text(
    st.sampled_from("ab\n\r\t é\u20ac\U0001f600\0\x0b\x85\u2028") | st.characters(exclude_categories=["Cs"]),
    max_size=60,
)


@given(
    TEXT,
    st.data(),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    st.sampled_from([b"", b"\xff", b"\xe9"]),
)
def test_other_bytes_stay(text: str, data: st.DataObject, encoding: str, tail: bytes) -> None:
    raw = text.encode(encoding) + (tail if encoding.startswith("utf-8") else b"")
    source = from_bytes("x", raw)
    start = data.draw(st.integers(0, len(source.text)))
    end = data.draw(st.integers(start, len(source.text)))
    new = data.draw(st.sampled_from(["", "x", "é\n", "\n\n"]))
    edit = Edit(source.span(start, end), new)
    try:
        result = edited(raw, source, [edit])
    except InputError:
        assert "\ufffd" in source.text
        return
    assert from_bytes("x", result).text.replace("\r\n", "\n") == (
        (source.text[:start] + new + source.text[end:]).replace("\r\n", "\n")
    )
    first, last = edit.span.line - 1, len(source.starts) - edit.span.end_line
    was, now = _raw_lines(raw, encoding), _raw_lines(result, encoding)
    assert now[:first] == was[:first]
    assert now[len(now) - last :] == was[len(was) - last :]


def _raw_lines(data: bytes, encoding: str) -> list[str]:
    return data.decode(encoding, "surrogateescape" if encoding.startswith("utf-8") else "strict").split("\n")


def test_an_empty_edit_list_changes_nothing() -> None:
    raw = b"\xef\xbb\xbfa\r\nb\nc\xff"
    assert edited(raw, from_bytes("x", raw), []) == raw


def test_a_changed_line_is_noticed() -> None:
    source = from_bytes("x", b"one\ntwo\n")
    with pytest.raises(InputError, match="another one now"):
        edited(b"one\nTWO\n", source, [Edit(Span("x", 2, 1, 2, 2), "")])

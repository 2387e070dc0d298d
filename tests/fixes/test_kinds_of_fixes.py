"""One kind of fix at a time: files before, what is asked for, a file and what it holds afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from fixed_trees import CPU, CU121, GPU_BASE, fix, write

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
def test_kind(here: Path, before: dict[str, str], words: list[str], after: dict[str, str]) -> None:
    write(before)
    fix(*words, "--no-policy", ".")
    found = {name: Path(name).read_text() for name in before}
    assert found == {**before, **after}
    fix(*words, "--no-policy", ".")
    assert {name: Path(name).read_text() for name in before} == found


@pytest.mark.parametrize("before, words, after", [kind for kind in KINDS if "--unsafe-fixes" in kind.values[1]])
def test_what_is_unsafe_is_not_done_unasked(
    here: Path, before: dict[str, str], words: list[str], after: dict[str, str]
) -> None:
    write(before)
    fix(*(word for word in words if word != "--unsafe-fixes"), "--no-policy", ".")
    assert {name: Path(name).read_text() for name in before} == before


def test_a_tag_that_another_build_gives_is_not_given_twice(here: Path) -> None:
    """Whether the tag is wrong, or the Dockerfile that is built under it, a person must say."""
    script = "docker build -f Dockerfile.gpu -t x/app:cuda .\ndocker build -f Dockerfile.gpu -t x/app:cpu .\n"
    before = {"Dockerfile.cpu": "FROM python:3.11-slim\n", "Dockerfile.gpu": GPU_BASE, "b.sh": script}
    write(before)
    fix("--unsafe-fixes", "--no-policy", ".")
    assert {name: Path(name).read_text() for name in before} == before

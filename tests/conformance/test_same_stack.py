"""The probe and `wxlint inspect` say the same of what a real image computes with, whatever Pythons are in it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from small_family import docker, family, need_engine

from wxlint.conformance.collect.probing import run_probe
from wxlint.conformance.container.engine import Engine
from wxlint.inspection.stack import stack_of

LOCAL, VENV = "/usr/local/lib/python3.11/dist-packages", "/opt/venv/lib/python3.11/site-packages"
PUT = """\
import os, sys
site = sys.argv[1]
for name, version in (words.split("==") for words in sys.argv[2:]):
    folder = f"{site}/{name.replace('-', '_')}-{version}.dist-info"
    os.makedirs(folder)
    with open(f"{folder}/METADATA", "w") as file:
        file.write(f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    if name == "torch":
        os.makedirs(f"{site}/torch")
        open(f"{site}/torch/__init__.py", "w").close()
        with open(f"{site}/torch/version.py", "w") as file:
            cuda = f"{version[-3:-1]}.{version[-1]}"
            file.write(f"__version__ = '{version}'\\ncuda = '{cuda}'\\nhip = None\\n")
"""
BASE = "FROM python:3.11-slim\nRUN useradd -m stage\nCOPY put.py /\n"
STAGES = {
    "venv": f"""\
RUN python /put.py {LOCAL} torch==1.13.1+cu118 torchvision==0.14.1 onnxruntime-gpu==1.16.0 \\
 && python -m venv --without-pip /opt/venv && python /put.py {VENV} torch==2.2.1+cu121 ctranslate2==4.4.0
ENV PATH=/opt/venv/bin:$PATH
""",
    "user": f"""\
RUN python /put.py {LOCAL} torch==1.13.1+cu118 \\
 && python /put.py /extra ctranslate2==4.4.0 && python /put.py /srv/wheels jaxlib==0.4.7+cuda12.cudnn88 \\
 && python /put.py /home/stage/.local/lib/python3.11/site-packages torch==2.2.1+cu121 && chown -R stage /home/stage
ENV PYTHONPATH=/extra
""",
}


@pytest.mark.engine
@pytest.mark.parametrize("stage", STAGES)
def test_probe_and_inspect_name_the_same_stack(tmp_path: Path, stage: str) -> None:
    need_engine()
    with family(tmp_path, {}) as made:
        made.write("put.py", PUT)
        made.write(
            "Dockerfile", f"FROM python:3.11-slim\nRUN useradd -m stage\nCOPY put.py /\n{STAGES[stage]}USER stage\n"
        )
        image = f"{made.prefix}-{stage}:cuda"
        docker("build", "-q", "-t", image, str(tmp_path))
        facts = run_probe(Engine(), image).facts
        assert facts is not None
        probed = stack_of(
            [(one["name"], one["version"]) for one in facts["distributions"]],
            facts["torch"]["cuda"],
            facts["torch"]["hip"],
        )
        command = [sys.executable, "-m", "wxlint", "inspect", "--engine", "docker", "--format", "json", image]
        inspected = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)["stack"]
    assert [(one["name"], one["version"], one["cuda"]) for one in inspected] == [
        (one.name, one.version, one.cuda) for one in probed
    ]
    assert [one.name for one in probed] == ["ctranslate2", "torch"]
    assert probed[1].version == "2.2.1+cu121"

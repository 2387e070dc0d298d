"""Which GPUs a compose file for the CPU leaves in place, against `docker compose config`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.differential.compose import plugin
from wxlint.lint.inputs import gather
from wxlint.rules import load_rule

BASE = """services:
  deploy:
    image: x
    deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}
  gpus: {image: x, gpus: all}
  listed: {image: x, gpus: [{count: 1}]}
  runtime: {image: x, runtime: nvidia}
  device: {image: x, devices: ["nvidia.com/gpu=all"]}
"""
OVERLAYS = [
    # service, what the file for the CPU says of it
    ("deploy", "deploy: {resources: {reservations: {devices: []}}}"),
    ("deploy", "deploy: {resources: {reservations: {devices: !reset []}}}"),
    ("deploy", "deploy: {resources: {reservations: {devices: !override []}}}"),
    ("deploy", "deploy: {resources: {reservations: {devices: null}}}"),
    ("deploy", "deploy: {resources: {reservations: {memory: 1g}}}"),
    ("deploy", "deploy: {resources: {reservations: !reset null}}"),
    ("deploy", "deploy: {resources: !override {limits: {memory: 1g}}}"),
    ("deploy", "deploy: {resources: {limits: {memory: 1g}}}"),
    ("deploy", "deploy: {}"),
    ("deploy", "deploy: !reset {}"),
    ("deploy", 'runtime: ""'),
    ("gpus", "gpus: []"),
    ("gpus", "gpus: !reset []"),
    ("gpus", "gpus: !override []"),
    ("gpus", "gpus: null"),
    ("listed", "gpus: []"),
    ("listed", "gpus: !reset null"),
    ("runtime", 'runtime: ""'),
    ("runtime", "runtime: runc"),
    ("runtime", "runtime: null"),
    ("runtime", "runtime: !reset null"),
    ("runtime", "environment: [DEVICE=cpu]"),
    ("device", "devices: []"),
    ("device", "devices: !reset []"),
    ("device", "devices: !override [/dev/null]"),
]


@pytest.mark.skipif(plugin() is None, reason="docker compose is not installed")
@pytest.mark.parametrize(("service", "said"), OVERLAYS, ids=[f"{one[0]}: {one[1]}" for one in OVERLAYS])
def test_the_gpu_that_is_left_is_reported(
    service: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docker-compose.yml").write_text(BASE)
    Path("docker-compose.cpu.yml").write_text(f"services:\n  {service}: {{{said}}}\n")
    command = [str(plugin()), "-f", "docker-compose.yml", "-f", "docker-compose.cpu.yml", "config", "--format", "json"]
    merged = json.loads(subprocess.run(command, capture_output=True, check=True, text=True, timeout=60).stdout)
    left = merged["services"][service]
    reservations = left.get("deploy", {}).get("resources", {}).get("reservations", {})
    gpus = [*(left.get("gpus") or ()), *(reservations.get("devices") or ())]
    gpus += [one for one in left.get("devices") or () if "nvidia" in str(one)]
    kept = bool(gpus) or left.get("runtime") == "nvidia"
    found = list(load_rule("gpu-not-removed").check(gather(["."], no_policy=True).repository))
    assert bool(found) == kept, merged["services"][service]

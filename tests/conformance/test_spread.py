"""How images are spread over several engines, and which words name an engine."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from small_family import Family

from wxlint.conformance.container import gpu
from wxlint.conformance.container.client import Client, contexts, read_client, read_clients
from wxlint.conformance.container.model import About
from wxlint.conformance.container.spread import Candidate, spread
from wxlint.conformance.plugin.engines import Engines
from wxlint.core.errors import UsageError
from wxlint.documents.source import read
from wxlint.plan.build_plan import make_plan
from wxlint.plan.model import Plan
from wxlint.policy.load import load_policy

POLICY = """\
wxlint: 1
image: "{prefix}-{{stage}}"
variants:
  cpu: {{base: base, upstream: ["python:*"], torch-channel: cpu, stages: [one, two]}}
  cuda:
    base: {{stage: base, dockerfile: docker/base/Dockerfile}}
    upstream: ["python:*"]
    torch-channel: cu121
    stages: [asr]
"""
STAGES = {
    "one": "FROM {prefix}-base:cpu\n",
    "two": "FROM {prefix}-base:cpu\n",
    "asr": "FROM {prefix}-base:cuda\n",
}
NOTHING: frozenset[str] = frozenset()
PLAIN, WITH_GPU = Candidate(False, NOTHING), Candidate(True, NOTHING)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    made = Family(tmp_path_factory.mktemp("family"), STAGES, POLICY)
    return make_plan(load_policy(read(made.policy, "wxlint.yaml"), made.policy))


def test_what_stands_on_one_base_is_built_on_one_engine(plan: Plan) -> None:
    placed = spread(plan.steps, [PLAIN, PLAIN], gpu=False, builds=True)
    assert len({placed[image] for image in ("base:cpu", "one:cpu", "two:cpu")}) == 1
    assert placed["base:cuda"] == placed["asr:cuda"] != placed["base:cpu"]


@pytest.mark.parametrize("builds", [True, False])
def test_gpu_images_go_where_a_gpu_is(plan: Plan, builds: bool) -> None:
    assert spread(plan.steps, [PLAIN, WITH_GPU], gpu=True, builds=builds)["asr:cuda"] == 1
    assert spread(plan.steps, [WITH_GPU, PLAIN], gpu=True, builds=builds)["asr:cuda"] == 0


def test_without_a_gpu_in_sight_gpu_images_are_not_left_out(plan: Plan) -> None:
    placed = spread(plan.steps, [PLAIN, PLAIN], gpu=True, builds=True)
    assert placed.keys() == {step.image for step in plan.steps}


def test_what_is_not_built_is_spread_one_by_one_and_looked_at_where_it_is(plan: Plan) -> None:
    placed = spread(plan.steps, [PLAIN, PLAIN], gpu=False, builds=False)
    assert sorted(placed.values()) == [0, 0, 0, 1, 1] or sorted(placed.values()) == [0, 0, 1, 1, 1]
    there = Candidate(False, frozenset(("one:cpu", "asr:cuda")))
    placed = spread(plan.steps, [PLAIN, there, WITH_GPU], gpu=True, builds=False)
    assert (placed["one:cpu"], placed["asr:cuda"]) == (1, 1)
    both = there._replace(gpu=True)
    assert spread(plan.steps, [there, both], gpu=True, builds=False)["asr:cuda"] == 1


@pytest.mark.parametrize(
    ("text", "client"),
    [
        ("docker", Client("docker")),
        ("/opt/bin/podman", Client("/opt/bin/podman")),
        ("unix:///run/other.sock", Client(host="unix:///run/other.sock")),
        ("tcp://127.0.0.1:2375", Client(host="tcp://127.0.0.1:2375")),
        ("tcp://[::1]:2375", Client(host="tcp://[::1]:2375")),
        ("ssh://ci@gpu-1.example:2222", Client(host="ssh://ci@gpu-1.example:2222")),
        ("default", Client(context="default")),
    ],
)
def test_words_that_name_an_engine(text: str, client: Client) -> None:
    assert read_client(text) == client


@pytest.mark.parametrize(
    "text", ["rm", "http://x", "ssh://-oProxyCommand=x", "ssh://a b", "tcp://", "--context", "a/b"]
)
def test_words_that_name_none(text: str) -> None:
    with pytest.raises(UsageError, match="docker, podman, an address"):
        read_client(text)


def test_contexts_are_those_of_docker_s_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    folder = tmp_path / "contexts" / "meta" / hashlib.sha256(b"gpu-box").hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": "gpu-box", "Endpoints": {}}))
    assert contexts() == ("default", "gpu-box")
    assert read_clients(["gpu-box, docker", "unix:///a", "docker"]) == (
        Client(context="gpu-box"),
        Client("docker"),
        Client(host="unix:///a"),
    )
    assert read_clients([]) == (Client("docker"),)
    with pytest.raises(UsageError, match="did you mean.*gpu-box"):
        read_client("gpu-bax")


def test_a_client_leads_the_program_to_its_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://another:1")
    assert Client("docker").env is None
    assert (Client(host="unix:///a").env or {})["DOCKER_HOST"] == "unix:///a"
    env = Client(context="gpu-box").env or {}
    assert (env["DOCKER_HOST"], env["DOCKER_CONTEXT"]) == ("", "gpu-box")


def test_a_service_on_one_engine_does_not_lead_the_others_astray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    plain, other = Engines.named(["docker,unix:///a"], "s", "o")
    (alone,) = Engines.named([], "s", "o")
    monkeypatch.setenv("DOCKER_HOST", "unix:///a")
    assert plain.env is not None and "DOCKER_HOST" not in plain.env
    assert other.env is not None and other.env["DOCKER_HOST"] == "unix:///a"
    assert alone.env is None, "the user's environment counts as it is"


def test_an_engine_elsewhere_has_gpus_of_its_own() -> None:
    far = About("docker", "24", "24", "linux", "amd64", ("nvidia", "runc"), False, "ssh://gpu-1")
    assert gpu.seen(far)
    assert not gpu.seen(far._replace(runtimes=("runc",)))
    assert gpu.gpus(far)[0].lock != gpu.gpus(far._replace(name="ssh://gpu-2"))[0].lock

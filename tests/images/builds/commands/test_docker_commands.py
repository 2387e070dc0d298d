"""docker command lines: which program it is, its verb, options with values, and what follows them."""

from __future__ import annotations

import pytest

from wxlint.images.builds.commands import docker_cli
from wxlint.images.builds.commands.docker_cli import docker_command
from wxlint.shell.bash.reader import read_shell


def arguments(text: str) -> tuple[str, list[str]] | None:
    found = docker_command(read_shell(text).commands[0])
    return found and (found.verb, [word.value.text for word in found.arguments])


@pytest.mark.parametrize("option", sorted(docker_cli._RUN_VALUE))
def test_options_of_run_with_a_value(option: str) -> None:
    assert arguments(f"docker run {option} value a:1 cmd") == ("run", ["a:1", "cmd"])


@pytest.mark.parametrize("option", ["--authfile", "--jobs", "--add-host", "--ssh", "-o", "--provenance", "--volume"])
def test_options_of_build_with_a_value(option: str) -> None:
    assert arguments(f"docker build {option} value .") == ("build", ["."])


@pytest.mark.parametrize("option", ["--hooks-dir", "--gpus", "--add-host", "-e", "--name", "-w", "--mount"])
def test_further_options_with_a_value(option: str) -> None:
    assert arguments(f"docker create {option} value a:1") == ("create", ["a:1"])


@pytest.mark.parametrize("option", "-c --context -H --host -l --log-level --config --tlskey -n --address".split())
def test_options_before_the_verb(option: str) -> None:
    assert arguments(f"docker {option} value run a:1") == ("run", ["a:1"])


@pytest.mark.parametrize("option", "-f --file -p --project-name --profile --env-file --ansi --progress".split())
def test_options_of_compose(option: str) -> None:
    assert arguments(f"docker compose {option} value up a") == ("compose up", ["a"])


OF_COMPOSE = {  # as the reference of docker compose has them
    "exec": "-e --env --index -u --user -w --workdir --detach-keys",
    "up": "--attach --exit-code-from --no-attach --pull --scale -t --timeout --wait-timeout",
    "create": "--pull --scale",
    "build": "--build-arg --builder -m --memory --progress --provenance --sbom --ssh",
    "pull": "--policy",
    "restart": "-t --timeout",
    "down": "--rmi -t --timeout",
    "run": "-e --env --entrypoint -l --label --name -p --publish -u --user -v --volume -w --workdir --pull",
}


@pytest.mark.parametrize(
    ("verb", "option"), [(verb, option) for verb, options in OF_COMPOSE.items() for option in options.split()]
)
def test_options_of_the_commands_of_compose(verb: str, option: str) -> None:
    assert arguments(f"docker compose {verb} {option} value web") == (f"compose {verb}", ["web"])


@pytest.mark.parametrize("text", ["up -d web", "logs -f web", "run -T web", "run -d web", "exec -T web"])
def test_switches_of_the_commands_of_compose(text: str) -> None:
    assert arguments(f"docker compose {text}") == (f"compose {text.split()[0]}", ["web"])


VERBS = [
    ("docker run a:1", "run"),
    ("podman run a:1", "run"),
    ("nerdctl run a:1", "run"),
    ("buildah pull a:1", "pull"),
    ("sudo-docker run a:1", "run"),
    ("docker.exe run a:1", "run"),
    ("podman.exe run a:1", "run"),
    ("nvidia-docker run a:1", "run"),
    ("/usr/bin/docker run a:1", "run"),
    ("sudo docker run a:1", "run"),
    ("docker container run a:1", "run"),
    ("docker container create a:1", "create"),
    ("docker image pull a:1", "pull"),
    ("docker image push a:1", "push"),
    ("docker image build .", "build"),
    ("docker buildx build .", "build"),
    ("docker buildx b .", "build"),
    ("docker buildx --builder x build .", "build"),
    ("docker builder build .", "build"),
    ("docker buildx create a", "buildx create"),
    ("docker builder prune", "builder prune"),
    ("buildah bud .", "build"),
    ("buildah build-using-dockerfile .", "build"),
    ("docker compose up", "compose up"),
    ("docker-compose up", "compose up"),
    ("podman-compose run a", "compose run"),
    ("docker stack deploy -c f.yml app", "stack deploy"),
    ("docker stack deploy --compose-file f.yml --resolve-image never app", "stack deploy"),
    ("docker stack app", "stack app"),
    ("docker run-it a", "run-it"),
    ("$DOCKER run a:1", "run"),
    ("$Q docker run a:1", "run"),
    ("${SUDO}docker run a:1", "run"),
    ("$CONTAINER_ENGINE build .", "build"),
    ("$CONTAINER_ENGINE login", "login"),
    ("C:\\\\bin\\\\docker.exe run a:1", "run"),
]


@pytest.mark.parametrize(("text", "verb"), VERBS, ids=[row[0] for row in VERBS])
def test_verbs(text: str, verb: str) -> None:
    found = arguments(text)
    assert found is not None and found[0] == verb


@pytest.mark.parametrize("text", ["docker", "docker compose", "docker buildx --builder x", "dockerd run", "ls docker"])
def test_what_is_no_docker_command(text: str) -> None:
    assert arguments(text) is None


def test_arguments_of_a_stack() -> None:
    for option in ("-c", "--compose-file", "--orchestrator", "--resolve-image"):
        assert arguments(f"docker stack deploy app {option} value") == ("stack deploy", ["app"])


KANIKO = [
    # options, contexts, target, platform, tags
    ("--context app --destination a:1", ["app"], None, [], ["a:1"]),
    ("-c app -d a:1 -d b:1", ["app"], None, [], ["a:1", "b:1"]),
    ("--context=dir://app --target run", ["app"], "run", [], []),
    ("--context a --context b", ["b"], None, [], []),
    ("--custom-platform linux/arm64 -c app", ["app"], None, ["linux/arm64"], []),
    ("--customPlatform=linux/arm64 -c app", ["app"], None, ["linux/arm64"], []),
    *(
        (f"{option} value -c app", ["app"], None, [], [])
        for option in ("--build-arg --cache-repo --cache-dir --label --verbosity -f --dockerfile".split())
    ),
    ("--cache=true --single-snapshot -c app", ["app"], None, [], []),
    ("--destination a:1", [], None, [], ["a:1"]),
]


@pytest.mark.parametrize(("text", "contexts", "target", "platforms", "tags"), KANIKO, ids=[row[0] for row in KANIKO])
def test_options_of_kaniko(
    text: str, contexts: list[str], target: str | None, platforms: list[str], tags: list[str]
) -> None:
    found = docker_command(read_shell(f"/kaniko/executor {text}").commands[0])
    assert found is not None and found.verb == "build"

    def values(name: str) -> list[str]:
        return [option.value.text for option in found.values(name) if option.value is not None]

    assert [word.value.text for word in found.arguments] == contexts
    assert (values("--target"), values("--platform"), values("--tag")) == (
        [target] if target else [],
        platforms,
        tags,
    )


def test_an_executor_that_is_not_kanikos() -> None:
    assert docker_command(read_shell("/opt/executor --context app").commands[0]) is None

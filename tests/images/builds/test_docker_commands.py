"""docker command lines of scripts: options with values, the image, the build, and where paths start."""

from __future__ import annotations

from posixpath import normpath

import pytest

from wxlint.core.values import Value
from wxlint.documents.source import Source
from wxlint.images.builds import docker_cli
from wxlint.images.builds.docker_cli import docker_command
from wxlint.images.builds.from_scripts import Script, folders, read_script
from wxlint.shell.bash.reader import read_shell


def arguments(text: str) -> tuple[str, list[str]] | None:
    found = docker_command(read_shell(text).commands[0])
    return found and (found.verb, [word.value.text for word in found.arguments])


def script(text: str, dockerfiles: tuple[str, ...] = ("Dockerfile",), path: str = "build.sh") -> Script:
    source = Source(path, text)
    commands = read_shell(text, where=lambda offset: (path, source.position(offset)[0])).commands
    return read_script(
        source, commands, lambda paths: next((p for p in map(normpath, paths) if p in dockerfiles), None)
    )


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


@pytest.mark.parametrize(
    "text",
    [
        "exec -e value web",
        "exec -T --index 2 -w /x web",
        "up --timeout 3 --pull always web",
        "build --build-arg A=1 -m 1g web",
        "pull --policy missing web",
        "restart -t 3 web",
        "create --scale web=2 web",
    ],
)
def test_options_of_the_commands_of_compose(text: str) -> None:
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
    ("C:\\\\bin\\\\docker.exe run a:1", "run"),
]


@pytest.mark.parametrize(("text", "verb"), VERBS, ids=[row[0] for row in VERBS])
def test_verbs(text: str, verb: str) -> None:
    found = arguments(text)
    assert found is not None and found[0] == verb


@pytest.mark.parametrize("text", ["docker", "docker compose", "docker buildx --builder x", "dockerd run", "ls docker"])
def test_what_is_no_docker_command(text: str) -> None:
    assert arguments(text) is None


IMAGES = [
    ("docker run -it --rm a:1 cmd --flag", "a:1"),
    ("docker run $OPTS a:1", "a:1"),
    ("docker run $GPU_FLAGS -d a:1", "a:1"),
    ("docker run $X a/b:1", "a/b:1"),
    ("docker run $X -d a/b:latest", "a/b:latest"),
    ("docker run $X", None),
    ("docker run $IMAGE a/b:1", None),
    ("docker run $X ./a", None),
    ("docker run sha256:abc", None),
    ("docker run $X /bin/a:b", None),
    ("docker run $X ./a:1", None),
    ("docker run $X a/b", "a/b"),
    ("docker run $X a:1", "a:1"),
    ("docker run $X a", None),
    ("docker run $X -d a", None),
    ("docker run $X -p 80:80", None),
    ("docker run $X -d $Y a/b:latest", "a/b:latest"),
    *(
        (f"docker run ${{{name}}} a", "a")
        for name in (
            "OPTS ARGS FLAGS PARAMS EXTRA GPU DEVICE RUNTIME VOLUMES MOUNTS ENV PORTS NET TTY INTERACTIVE RUN USER CMD"
            " COMMAND PROXY CACHE PLATFORM platform".split()
        )
    ),
    *((f"docker run ${{{name}}} a:1", None) for name in "IMAGE IMG CONTAINER REPO TAG REFERENCE image".split()),
    ("docker pull a:1 b:1", "a:1 b:1"),
    ("docker tag a:1 b:1 c:1", "a:1 b:1"),
    ("docker tag 0123456789ab b:1", "b:1"),
    ("docker push 0123456789ab", None),
    ("docker tag 0123456789a b:1", "0123456789a b:1"),
    ("docker push a/0123456789ab", "a/0123456789ab"),
    ("docker rmi a:1", None),
]


@pytest.mark.parametrize(("text", "images"), IMAGES, ids=[row[0] for row in IMAGES])
def test_images_that_are_used(text: str, images: str | None) -> None:
    found = [use for use in script(text).uses if use.value.known]
    assert " ".join(use.value.text for use in found if use.value.text[:1] not in ("$", "\0", ".")) == (images or "")
    for use in found:
        assert text[use.span.column - 1 : use.span.end_column - 1] == use.value.text


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


def test_what_tag_produces_and_what_every_tag_means() -> None:
    assert [use.produces for use in script("docker tag a:1 b:1").uses] == [False, True]
    (use,) = script("docker push --all-tags a/b").uses
    assert use.reference is not None and not use.reference.tag_known
    (use,) = script("docker pull -a a/b").uses
    assert use.reference is not None and not use.reference.untagged
    (use,) = script("docker push -a a/b:1").uses
    assert use.reference is not None and use.reference.tag == "1"
    (use,) = script("docker run a/b").uses
    assert use.reference is not None and use.reference.untagged


BUILDS = [
    # command, the Dockerfile, contexts, target, platform, tags
    ("docker build .", "Dockerfile", (".",), None, "linux/amd64", []),
    ("docker build -t a:1 --tag b:1 .", "Dockerfile", (".",), None, "linux/amd64", ["a:1", "b:1"]),
    ("docker build -f x/Dockerfile .", "x/Dockerfile", (".",), None, "linux/amd64", []),
    ("docker build --file=x/Dockerfile .", "x/Dockerfile", (".",), None, "linux/amd64", []),
    ("docker build x", "x/Dockerfile", ("x",), None, "linux/amd64", []),
    ("cd x && docker build .", "x/Dockerfile", ("x",), None, "linux/amd64", []),
    ("docker build --target gpu .", "Dockerfile", (".",), "gpu", "linux/amd64", []),
    ("docker build --target $T .", "Dockerfile", (".",), None, "linux/amd64", []),
    ("docker build --platform linux/arm64 .", "Dockerfile", (".",), None, "linux/arm64", []),
    ("docker build --platform linux/amd64,linux/arm64 .", "Dockerfile", (".",), None, "linux/amd64", []),
    ("docker build --platform windows/amd64 .", "Dockerfile", (".",), None, "windows/amd64", []),
    ("docker build --platform linux/$A .", "Dockerfile", (".",), None, "linux/amd64", []),
    ("docker build --platform odd .", "Dockerfile", (".",), None, "linux/amd64", []),
]


@pytest.mark.parametrize(
    ("text", "dockerfile", "contexts", "target", "platform", "tags"), BUILDS, ids=[row[0] for row in BUILDS]
)
def test_builds(
    text: str, dockerfile: str, contexts: tuple[str, ...], target: str | None, platform: str, tags: list[str]
) -> None:
    (build,) = script(text, ("Dockerfile", "x/Dockerfile")).builds
    assert (build.dockerfile, build.contexts[:1], build.target, build.platform) == (
        dockerfile,
        contexts,
        target,
        platform,
    )
    assert [tag.value.text for tag in build.tags] == tags and all(tag.produces for tag in build.tags)
    assert build.more is False and build.wanted == ()


def test_arguments_and_contexts_of_a_build() -> None:
    text = "docker build --build-arg A=1 --build-arg B --build-context src=../x $OPTS ."
    (build,) = script(text).builds
    assert [(name, value.text) for name, value in build.args] == [("A", "1"), ("B", "\0")]
    assert [(name, value.text) for name, value in build.named_contexts] == [("src", "../x")]
    assert build.more
    (missing,) = script("docker build -f gone/Dockerfile .").builds
    assert missing.dockerfile == "" and "gone/Dockerfile" in missing.wanted


@pytest.mark.parametrize(
    ("path", "cwd", "starts"),
    [
        ("build.sh", None, ["."]),
        ("a/b/build.sh", None, [".", "a", "a/b"]),
        ("a/build.sh", Value("x"), ["./x", "a/x"]),
        ("a/build.sh", Value("a"), ["a"]),
        ("a/build.sh", Value("a/b"), ["a/b"]),
        ("a/build.sh", Value("ab"), ["./ab", "a/ab"]),
        ("a/build.sh", Value("x\\y"), ["./x/y", "a/x/y"]),
        ("a/build.sh", Value("/abs"), []),
        ("a/build.sh", Value("\0", ("$D",)), []),
        ("build.sh", Value("x"), ["./x"]),
    ],
)
def test_where_relative_paths_start(path: str, cwd: Value | None, starts: list[str]) -> None:
    assert folders(path, cwd) == starts


@pytest.mark.parametrize(
    ("text", "expressions"),
    [
        ("sed -i s/a/b/ Dockerfile", [("s/a/b/",)]),
        ("sed -i -e s/a/b/ --expression s/c/d/ Dockerfile", [("s/a/b/", "s/c/d/")]),
        ("sed -i s/a/b/ Dockerfile other", [("s/a/b/",)]),
        ("sed -i $E Dockerfile", []),
        ("sed -i -f x Dockerfile", []),
        ("sed -n s/a/b/ Dockerfile", []),
        ("sed -i s/a/b/ other", []),
        ("sed -i s/a/b/ $F", []),
        ("sed", []),
    ],
)
def test_edits_of_dockerfiles(text: str, expressions: list[tuple[str, ...]]) -> None:
    edits = script(text).edits
    assert [edit.expressions for edit in edits] == expressions
    assert all(edit.dockerfile == "Dockerfile" and edit.span.line == 1 for edit in edits)

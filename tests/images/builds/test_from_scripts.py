"""What docker commands of scripts build and use: images, contexts, arguments, and where paths start."""

from __future__ import annotations

import pytest
from built_by_scripts import first_normal_of, first_of

from wxlint.core.values import Value
from wxlint.documents.source import Source
from wxlint.images.builds.commands.script_folders import folders
from wxlint.images.builds.from_scripts import read_script
from wxlint.images.builds.model import Script
from wxlint.images.model.records import Build
from wxlint.shell.bash.reader import read_shell
from wxlint.shell.scripts import script_commands


def script(text: str, dockerfiles: tuple[str, ...] = ("Dockerfile",), path: str = "build.sh") -> Script:
    source = Source(path, text)
    commands = read_shell(text, where=lambda offset: (path, source.position(offset)[0])).commands
    return read_script(source, commands, first_normal_of(*dockerfiles))


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


@pytest.mark.parametrize(
    ("command", "every"),
    [
        ("docker push a/b --all-tags", True),
        ("docker push a/b --all-tags=true", True),
        ("docker push a/b -q -a", True),
        ("docker push --all-tags=false a/b", False),
        ("docker push a/b --all-tags=0", False),
    ],
)
def test_every_tag_wherever_it_is_said(command: str, every: bool) -> None:
    (use,) = script(command).uses
    assert use.reference is not None and use.reference.untagged is not every


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
        ("./build.sh", None, ["."]),
        ("/app/ci/build.sh", None, ["/", "/app", "/app/ci"]),
        ("../ci/build.sh", None, [".", "..", "../ci"]),
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
    assert [tuple(each.written if each else None for each in edit.substitutions) for edit in edits] == expressions
    assert all(edit.dockerfile == "Dockerfile" and edit.span.line == 1 for edit in edits)


def build(text: str) -> Build:
    return script(text, ("Dockerfile", "x/Dockerfile", "app/Containerfile")).builds[-1]


@pytest.mark.parametrize(
    ("text", "dockerfile", "contexts", "wanted"),
    [
        ("docker build app", "app/Containerfile", ("app",), ()),
        ("docker build gone", "", ("gone",), ("gone/Dockerfile", "gone/Containerfile")),
        ("docker build -f gone/Dockerfile x", "", ("x",), ("gone/Dockerfile",)),
        ("docker build -f gone/Dockerfile $OPTIONS x", "", ("x",), ()),
        ("docker build -", "", ("-",), ()),
        ("docker build -f - x", "", ("x",), ()),
        ("docker build -f $F x", "", ("x",), ()),
        ("docker build $CONTEXT", "", (), ()),
        ("docker build -f x/Dockerfile $CONTEXT", "x/Dockerfile", (), ()),
        ("docker build -f x/Dockerfile x", "x/Dockerfile", ("x",), ()),
        ("docker build -f a -f x/Dockerfile .", "x/Dockerfile", (".",), ()),
        ("docker build -f 'x\\\\Dockerfile' .", "x/Dockerfile", (".",), ()),
        ("docker build https://registry.example/x.git", "", ("https:/registry.example/x.git",), ()),
        ("cd $D; docker build .", "", (), ()),
        ("cd /abs && docker build .", "", (), ()),
        ("docker build -f Dockerfile x", "Dockerfile", ("x",), ()),
        ("/kaniko/executor -f Dockerfile -c x", "x/Dockerfile", ("x",), ()),
        ("/kaniko/executor -f x/Dockerfile -c app", "x/Dockerfile", ("app",), ()),
    ],
)
def test_the_dockerfile_and_the_contexts(
    text: str, dockerfile: str, contexts: tuple[str, ...], wanted: tuple[str, ...]
) -> None:
    found = build(text)
    assert (found.dockerfile, found.contexts, found.wanted) == (dockerfile, contexts, wanted)


def test_both_paths_of_a_build_start_in_one_folder() -> None:
    found = script("docker build -f x/Dockerfile sub", ("ci/x/Dockerfile",), "ci/build.sh").builds[0]
    assert (found.dockerfile, found.contexts) == ("ci/x/Dockerfile", ("ci/sub", "sub"))
    found = script("docker build sub", ("ci/sub/Dockerfile",), "ci/build.sh").builds[0]
    assert (found.dockerfile, found.contexts) == ("ci/sub/Dockerfile", ("ci/sub",))


@pytest.mark.parametrize(
    ("given", "platform", "platforms"),
    [
        ("linux/arm64", "linux/arm64", ("linux/arm64",)),
        ("linux/arm64,linux/riscv64", "linux/amd64", ("linux/arm64", "linux/riscv64")),
        ("linux/arm64,$P", "linux/amd64", ("linux/arm64",)),
        ("linux/$P", "linux/amd64", ()),
        ("arm64", "linux/amd64", ()),
        ("linux/amd64 --platform linux/arm64", "linux/arm64", ("linux/arm64",)),
    ],
)
def test_platforms(given: str, platform: str, platforms: tuple[str, ...]) -> None:
    found = build(f"docker build --platform {given} .")
    assert (found.platform, found.platforms) == (platform, platforms)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("docker build .", False),
        ("docker build --build-arg A=1 .", False),
        ("docker build --build-arg $A .", True),
        ("docker build --build-arg $A=1 .", True),
        ("docker build --build-arg A=$A .", False),
        ("docker build $OPTIONS .", True),
        ('if x; then OPTIONS="--no-cache"; fi\ndocker build $OPTIONS .', False),
        ('if x; then OPTIONS="--build-arg A=1"; fi\ndocker build $OPTIONS .', True),
        ('if x; then OPTIONS="$1"; fi\ndocker build $OPTIONS .', True),
        ('if x; then OPTIONS=a; else OPTIONS+=" $1"; fi\ndocker build $OPTIONS .', True),
    ],
)
def test_arguments_that_may_be_given_besides(text: str, more: bool) -> None:
    assert build(text).more is more


def test_where_a_build_argument_is_given() -> None:
    found = build("docker build \\\n  --build-arg A=1 \\\n  --build-arg B=$C --build-arg D .")
    reasons = [(name, value.shown(), *value.because) for name, value in found.args]
    assert [(name, shown, reason.kind, reason.path, reason.line, reason.name) for name, shown, reason in reasons] == [
        ("A", "1", "build-arg", "build.sh", 2, "A"),
        ("B", "$C", "build-arg", "build.sh", 3, "B"),
        ("D", "${D}", "build-arg", "build.sh", 3, "D"),
    ]


def test_named_contexts_of_a_build() -> None:
    found = build("docker build --build-context a=b=c --build-context d=$D .")
    assert [(name, value.shown()) for name, value in found.named_contexts] == [("a", "b=c"), ("d", "$D")]


def test_tags_that_are_not_known_are_left_out() -> None:
    assert [tag.value.shown() for tag in build("docker build -t $T -t '' -t a:$T .").tags] == ["a:$T"]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("for v in a b; do docker build -t e:$v .; done", [["for v=a"], ["for v=b"]]),
        ("for v in a b; do docker build -t e:1 .; done", [[], []]),  # every round comes to it
        ("for v in a b; do docker build -t 'e:1' .; done", [[], []]),
        ("for v in a b; do docker pull p:1; if [ $v = a ]; then docker build -t e:1 .; fi; done", [["for v=a"]]),
        ("for v in a b; do docker $v -t e:1 .; docker build -t f:1 .; done", [[], []]),
        ("f() { docker build -t e:$1 .; }\nf a", [["f a"]]),
        ("f() { docker build -t e:1 .; }\nf a; f b", [[], []]),
    ],
)
def test_the_rounds_that_a_tag_depends_on(text: str, reasons: list[list[str]]) -> None:
    found = [tag for build in script(text).builds for tag in build.tags]
    decide = [{reason.text for reason in tag.because if reason.kind in ("loop", "call")} for tag in found]
    assert decide == [set(each) for each in reasons]


def test_what_led_to_a_build() -> None:
    found = build("ls\nfor v in a; do\n  docker build .\ndone")
    assert [(reason.kind, reason.line) for reason in found.built_by] == [("build", 3), ("loop", 2)]


def test_where_an_edit_looks_for_the_dockerfile() -> None:
    edits = script("cd x && sed -i s/a/b/ Dockerfile", ("Dockerfile", "x/Dockerfile")).edits
    assert [edit.dockerfile for edit in edits] == ["x/Dockerfile"]
    assert script("sed -i -l 3 -e s/a/b/ -e $E Dockerfile").edits == ()
    (edit,) = script("sed -i -l 3 s/a/b/ Dockerfile").edits
    assert [each.written for each in edit.substitutions if each] == ["s/a/b/"]


@pytest.mark.parametrize(
    ("text", "dockerfile", "context"),
    [
        ("docker build .", "x/Dockerfile", "x"),
        ("docker build -f Dockerfile .", "x/Dockerfile", "x"),
        ("docker build -f y/Dockerfile .", "y/Dockerfile", "."),
        ("docker build -f Dockerfile.gpu .", "Dockerfile.gpu", "."),
    ],
)
def test_a_dockerfile_beside_the_script_is_the_one_that_it_means(text: str, dockerfile: str, context: str) -> None:
    known = ("Dockerfile", "Dockerfile.gpu", "x/Dockerfile", "y/Dockerfile")
    source = Source("x/build.sh", text)
    commands = read_shell(text, script=source.path).commands
    (made,) = read_script(source, commands, first_of(*known)).builds
    assert (made.dockerfile, made.contexts[0]) == (dockerfile, context)


DOCKERFILE = "app/Dockerfile"


@pytest.mark.parametrize(
    "text",
    [
        'cd /d "%~dp0.."\ndocker build app',
        'cd /d "%~dp0\\.."\ndocker build app',
        'cd /d "%~dp0"\ndocker build ..\\app',
        'pushd "%~dp0.."\ndocker build app',
        'set ROOT=%~dp0..\ncd /d "%ROOT%"\ndocker build app',
        'docker build "%~dp0..\\app"',
        'cd /d "%~dp0"\ndocker build -f "%~dp0..\\app\\Dockerfile" "%~dp0.."',
    ],
)
def test_builds_of_a_batch_file_behind_its_own_folder(text: str) -> None:
    """As the commands of script files are read, so that what reads them knows where they are."""
    source = Source("ci/b.bat", text)
    commands = script_commands("batch", source.path, text).commands
    found = read_script(source, commands, first_normal_of(DOCKERFILE))
    assert [build.dockerfile for build in found.builds] == [DOCKERFILE]


@pytest.mark.parametrize("options", ["$OPTIONS", '"${OPTIONS[@]}"', "$(options)"])
def test_options_that_are_not_known_are_no_context(options: str) -> None:
    text = f"OPTIONS=($(cat options))\ndocker build {options} -f app/Dockerfile.cuda -t e/app:cuda .\n"
    (build,) = script(text, ("app/Dockerfile.cuda",)).builds
    assert (build.dockerfile, build.contexts[0]) == ("app/Dockerfile.cuda", ".")

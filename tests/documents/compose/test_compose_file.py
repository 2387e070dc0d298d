"""One compose file by itself: typed services, positions, device requests, and what compose would refuse.

Expectations are written from the compose specification, and were compared with compose-go on random projects.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.merge import Text
from wxlint.documents.compose.reader import ComposeFile, ComposeReader, default_files
from wxlint.documents.compose.services import Service
from wxlint.documents.compose.template import MASK, masked, unmasked
from wxlint.documents.source import Source


def read_file(text: str, env: str | None = None, path: str = "compose.yml") -> ComposeFile:
    files = {path: text, ".env": env}
    file = ComposeReader(lambda p: Source(p, found) if (found := files.get(p)) is not None else None).file(path)
    assert file is not None
    return file


def service(body: str, env: str | None = None, path: str = "compose.yml", good: bool = True) -> Service:
    """The service `a` with the given fields, one per line."""
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    file = read_file(f"services:\n  a:\n{indented}", env, path)
    assert not (good and file.problems)
    (found,) = file.services
    return found


def stretch(text: Text | None) -> str:
    assert text is not None
    return text.place.source.text[text.place.start : text.place.end]


def shown(texts: tuple[Text, ...]) -> list[str]:
    return [text.value.shown() for text in texts]


@pytest.mark.parametrize(
    ("line", "value", "written", "line_column"),
    [
        ("image: app:cpu # c", "app:cpu", "app:cpu", (3, 12)),
        ('image: "app:cpu"', "app:cpu", "app:cpu", (3, 13)),
        ("image:   'app:cpu'", "app:cpu", "app:cpu", (3, 15)),
        ("image: >-\n  app:cpu", "app:cpu", "app:cpu", (4, 7)),
        ("image:\n  app:cpu", "app:cpu", "app:cpu", (4, 7)),
        ("image: !!str app:cpu", "app:cpu", "app:cpu", (3, 18)),
        ("image: &i app:cpu", "app:cpu", "app:cpu", (3, 15)),
        ("image: app:${TAG}", "app:cuda", "app:${TAG}", (3, 12)),
        ('image: "é😀${NO:-x}"', "é😀x", "é😀${NO:-x}", (3, 13)),
    ],
)
def test_an_image_and_where_it_stands(line: str, value: str, written: str, line_column: tuple[int, int]) -> None:
    image = service(line, "TAG=cuda\n").image
    assert image is not None
    assert image.value.text == value
    assert stretch(image) == written
    assert image.place.span[1:3] == line_column
    assert image.place.span.path == "compose.yml"


def test_where_a_value_comes_from() -> None:
    image = service("image: ${REGISTRY}/app:${TAG:-cpu}", "REGISTRY=r.io\n").image
    assert image is not None
    assert [r.shown() for r in image.value.because] == ["REGISTRY=r.io (.env:1)", "default of ${TAG:-cpu}"]
    image = service("image: ${REGISTRY}/app").image
    assert image is not None
    assert (image.value.text, image.value.holes) == (HOLE + "/app", ("${REGISTRY}",))


def test_an_image_behind_a_merge_key_stands_where_the_anchor_is() -> None:
    file = read_file("x-base: &base\n  image: 'app:cpu'\nservices:\n  a:\n    <<: *base\n  b: *base\n")
    assert [s.image.place.span[1:4] for s in file.services if s.image] == [(2, 11, 2)] * 2
    assert [s.name for s in file.services] == ["a", "b"]


def test_no_interpolation_in_keys() -> None:
    file = read_file("services:\n  $a:\n    image: x\n    environment: {$B: 1}\n")
    assert file.services[0].name == "$a"
    assert file.services[0].environment[0].name == "$B"


@pytest.mark.parametrize(
    ("body", "path", "folder", "dockerfile"),
    [
        ("build: .", "compose.yml", ".", "Dockerfile"),
        ("build: ./app/", "compose.yml", "app", "app/Dockerfile"),
        ("build: ..", "docker/compose.yml", ".", "Dockerfile"),
        ("build: {dockerfile: a.Dockerfile}", "docker/compose.yml", "docker", "docker/a.Dockerfile"),
        ("build: {context: ../.., dockerfile: docker/asr/Dockerfile}", "a/b/c.yml", ".", "docker/asr/Dockerfile"),
        ("build: {context: app, dockerfile: ../Dockerfile}", "compose.yml", "app", "Dockerfile"),
        ("build: {context: app, dockerfile: /abs/Dockerfile}", "compose.yml", "app", "/abs/Dockerfile"),
        ("build: {context: /src}", "compose.yml", "/src", "/src/Dockerfile"),
        ("build: {context: ../up}", "compose.yml", "../up", "../up/Dockerfile"),
        ("build: ${DIR:-app}", "compose.yml", "app", "app/Dockerfile"),
        ("build: {context: $DIR}", "compose.yml", None, None),
        ("build: {context: ., dockerfile: $FILE}", "compose.yml", ".", None),
        ("build: {context: ., dockerfile_inline: FROM x}", "compose.yml", ".", None),
        ("build: ~/app", "compose.yml", None, None),
        ("build: https://github.com/a/b.git#main:docker", "compose.yml", None, None),
        ("build: git@github.com:a/b.git", "compose.yml", None, None),
        ("build: github.com/a/b", "compose.yml", None, None),
    ],
)
def test_build_folder_and_dockerfile(body: str, path: str, folder: str | None, dockerfile: str | None) -> None:
    build = service(body, path=path).build
    assert build is not None
    assert (build.folder, build.dockerfile_path) == (folder, dockerfile)
    assert build.remote == ("git" in body)


def test_build_in_full() -> None:
    build = service(
        "build:\n"
        "  context: .\n"
        "  target: gpu-${V:-1}\n"
        "  args: [A=1, B, 'C=${TAG}=x', D=]\n"
        "  tags: [app:cuda, 'app:2']\n"
        "  cache_from: [app:cache]\n"
        "  platforms: [linux/amd64]\n"
        "  additional_contexts: {base: 'docker-image://app:base', src: ../src}\n",
        "TAG=cuda\n",
    ).build
    assert build is not None
    assert build.target is not None and build.target.value.text == "gpu-1"
    assert [(arg.name, arg.value.text if arg.value else None) for arg in build.args] == [
        ("A", "1"), ("B", None), ("C", "cuda=x"), ("D", ""),
    ]  # fmt: skip
    text = build.place.source.text
    assert [text[arg.place.start : arg.place.end] for arg in build.args] == ["1", "B", "${TAG}=x", ""]
    assert (shown(build.tags), shown(build.cache_from)) == (["app:cuda", "app:2"], ["app:cache"])
    assert shown(build.platforms) == ["linux/amd64"]
    assert [(c.name, c.value.text) for c in build.additional_contexts if c.value] == [
        ("base", "docker-image://app:base"), ("src", "../src"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3.10", "3.1"), ("12.0", "12"), ("'3.10'", "3.10"), ("3.10.1", "3.10.1"), ("1", "1"), ("010", "8"),
        ("08", "8"), ("0x1f", "31"), ("True", "true"), ("yes", "yes"), ("1e3", "1000"), ("", None), ("null", None),
        ("$N", HOLE), (".inf", ".inf"), ("''", ""), ("cu${CUDA:-121}", "cu121"),
    ],
)  # fmt: skip
def test_build_args_are_what_compose_makes_of_the_scalar(written: str, value: str | None) -> None:
    build = service(f"build:\n  args:\n    PYTHON: {written}").build
    assert build is not None
    ((name, found, place),) = build.args
    assert name == "PYTHON"
    assert (found.text if found else None) == value
    if value == "3.1" and found:
        assert [r.shown() for r in found.because] == ["3.10 without quotes is the number 3.1"]
    assert place.span.line == 5


RESERVED = "deploy:\n  resources:\n    reservations:\n      devices:\n"


@pytest.mark.parametrize(
    ("body", "how", "gpu", "vendor"),
    [
        (RESERVED + "      - {driver: nvidia, count: 1, capabilities: [gpu]}", ["deploy"], True, "nvidia"),
        (RESERVED + "      - capabilities: [gpu]", ["deploy"], True, ""),
        (RESERVED + "      - {capabilities: [compute, utility]}", ["deploy"], True, ""),
        (RESERVED + "      - {capabilities: [tpu], driver: google}", ["deploy"], False, "google"),
        (RESERVED + "      - {capabilities: ['${CAP}']}", ["deploy"], None, ""),
        (
            RESERVED + "      - {driver: cdi, device_ids: [nvidia.com/gpu=all], capabilities: [x]}",
            ["deploy"],
            True,
            "nvidia",
        ),
        ("gpus: all", ["gpus"], True, ""),
        ("gpus:\n- driver: nvidia\n  count: 2", ["gpus"], True, "nvidia"),
        ("runtime: nvidia", ["runtime"], True, "nvidia"),
        ("runtime: ${RUNTIME}", ["runtime"], None, ""),
        ("runtime: ${RUNTIME:-nvidia}", ["runtime"], True, "nvidia"),
        ("runtime: runc", [], None, ""),
        ("devices: ['nvidia.com/gpu=all']", ["device"], True, "nvidia"),
        ("devices: ['amd.com/gpu=0']", ["device"], True, "amd"),
        ("devices: ['vendor.com/net=eth0', /dev/snd, '${X}y']", ["device"], None, ""),
        ("devices: ['/dev/nvidia0:/dev/nvidia0']", ["device"], True, "nvidia"),
        ("devices: [/dev/kfd, /dev/dri]", ["device", "device"], True, "amd"),
        ("devices: [{source: /dev/nvidiactl, target: /dev/x}]", ["device"], True, "nvidia"),
        ("devices: ['/dev/ttyUSB0:/dev/x']", [], None, ""),
        (
            RESERVED.replace("devices", "generic_resources")
            + "      - discrete_resource_spec: {kind: NVIDIA-GPU, value: 1}",
            ["generic"],
            True,
            "nvidia",
        ),
        ("deploy:\n  resources:\n    limits: {cpus: '2'}", [], None, ""),
        ("environment: [NVIDIA_VISIBLE_DEVICES=all]", [], None, ""),
    ],
)
def test_device_requests(body: str, how: list[str], gpu: bool | None, vendor: str) -> None:
    devices = service(body).devices
    assert [device.how for device in devices] == how
    if devices:
        assert (devices[0].gpu, devices[0].vendor) == (gpu, vendor)


def test_a_device_request_in_full() -> None:
    (device,) = service(
        RESERVED + "      - {driver: nvidia, device_ids: ['0', '1'], capabilities: [gpu, video]}"
    ).devices
    assert device.driver is not None and device.driver.value.text == "nvidia"
    assert (shown(device.device_ids), shown(device.capabilities)) == (["0", "1"], ["gpu", "video"])
    assert device.place.span[1:3] == (7, 13)


def test_the_other_fields() -> None:
    found = service(
        "image: a\n"
        "profiles: [gpu, '${P:-x}']\n"
        "depends_on: {b: {condition: service_completed_successfully}, c: {condition: service_started}}\n"
        "entrypoint: python -m app\n"
        "command: [a, '$$HOME', '${X:-y}']\n"
        "environment:\n- A=1\n- B\n"
        "pull_policy: build\nplatform: linux/arm64\nruntime: runc\n"
        "extends: {service: base, file: ../common.yml}\n"
        "ports: ['80:80']\nx-own: {any: thing}\n"
    )
    assert shown(found.profiles) == ["gpu", "x"]
    assert [(d.service, d.condition) for d in found.depends_on] == [
        ("b", "service_completed_successfully"), ("c", "service_started"),
    ]  # fmt: skip
    assert found.entrypoint is not None and not found.entrypoint.listed
    assert shown(found.entrypoint.words) == ["python -m app"]
    assert found.command is not None and found.command.listed
    assert shown(found.command.words) == ["a", "$HOME", "y"]
    assert [(e.name, e.value.text if e.value else None) for e in found.environment] == [("A", "1"), ("B", None)]
    assert [stretch(t) for t in (found.pull_policy, found.platform, found.runtime)] == ["build", "linux/arm64", "runc"]
    assert found.extends is not None and stretch(found.extends.file) == "../common.yml"
    assert [(d.service, d.condition) for d in service("image: a\ndepends_on: [b]").depends_on] == [
        ("b", "service_started")
    ]
    assert found.paths == ("compose.yml",)


def test_version_1_files_have_services_at_the_top() -> None:
    file = read_file("web:\n  build: .\ndb:\n  image: postgres:9\nx-y: 1\n")
    assert [s.name for s in file.services] == ["web", "db"]
    assert file.problems == ()


def test_includes_as_written() -> None:
    file = read_file("include:\n- a.yml\n- {path: [b.yml, c.yml], project_directory: d, env_file: e.env}\n")
    assert [shown(include.paths) for include in file.includes] == [["a.yml"], ["b.yml", "c.yml"]]
    assert [stretch(include.project_directory) for include in file.includes[1:]] == ["d"]
    assert shown(file.includes[1].env_files) == ["e.env"]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the file is empty"),
        ("# nothing\n", 1, "the file is empty"),
        ("- a\n", 1, "a compose file must be a mapping"),
        ("text\n", 1, "a compose file must be a mapping"),
        ("text\n--- *a\n", 2, "there is no anchor a before this alias"),
        ("services: [a]\n", 1, "services must be a mapping"),
        ("services:\n", 1, "services must be a mapping"),
        ("services:\n  a: 1\n", 2, "a service must be a mapping"),
        ("services:\n  a: image\n", 2, "a service must be a mapping"),
        ("services:\n  a: {image: 1.2}\n", 2, "image must be a string"),
        ("services:\n  a: {image: }\n", 2, "image must be a string"),
        ("services:\n  a: {image: [x]}\n", 2, "image must be a string"),
        ("services:\n  a: {build: [x]}\n", 2, "build must be a string or a mapping"),
        ("services:\n  a: {build: }\n", 2, "build must be a string or a mapping"),
        ("services:\n  a: {build: {target: 1}}\n", 2, "build.target must be a string"),
        ("services:\n  a: {build: {args: x}}\n", 2, "build.args must be a list or a mapping"),
        ("services:\n  a: {build: {args: {A: [1]}}}\n", 2, "build.args.A must be a string, a number or a boolean"),
        ("services:\n  a: {build: {tags: x}}\n", 2, "build.tags must be a list of strings"),
        ("services:\n  a: {build: {dockerfile: a, dockerfile_inline: FROM b}}\n", 2,
         "build has both dockerfile and dockerfile_inline"),
        ("services:\n  a: {deploy: x}\n", 2, "deploy must be a mapping"),
        ("services:\n  a: {deploy: {resources: [x]}}\n", 2, "deploy.resources must be a mapping"),
        ("services:\n  a: {devices: x}\n", 2, "devices must be a list"),
        ("services:\n  a: {gpus: one}\n", 2, 'gpus must be "all" or a list of mappings'),
        ("services:\n  a: {gpus: 1}\n", 2, 'gpus must be "all" or a list of mappings'),
        ("services:\n  a: {gpus: [all]}\n", 2, "gpus must be a list of mappings"),
        ("services:\n  a: {profiles: x}\n", 2, "profiles must be a list of strings"),
        ("services:\n  a: {depends_on: x}\n", 2, "depends_on must be a list or a mapping"),
        ("services:\n  a: {depends_on: {b: {condition: started}}}\n", 2,
         "depends_on.condition must be one of service_started, service_healthy, service_completed_successfully"),
        ("services:\n  a: {extends: {file: x}}\n", 2, "extends must name a service"),
        ("include: x\n", 1, "include must be a list"),
        ("include: [{}]\n", 1, "include must name a file"),
        ("services:\n  a:\n    image: a\n    image: b\n", 4, "the key is given twice: first in line 3"),
        ("services:\n  a: {image: 'x:${T!}'}\n", 2, "invalid interpolation ${T!}; write $$ for a plain $"),
        ("services:\n  a: {labels: {x: '${'}}\n", 2, "invalid interpolation ${; write $$ for a plain $"),
        ("x-a: ['${1}']\n", 1, "invalid interpolation ${1}; write $$ for a plain $"),
        ("volumes: {a: {name: '${ x}'}}\n", 1, "invalid interpolation ${ x}; write $$ for a plain $"),
    ],
)  # fmt: skip
def test_what_compose_would_refuse(text: str, line: int, message: str) -> None:
    ((span, found, *_),) = read_file(text).problems
    assert (span.line, found) == (line, message)
    assert span.path == "compose.yml"


@pytest.mark.parametrize(
    ("entry", "message", "text"),
    [
        ("{count: 1}", "a device reservation needs capabilities, such as [gpu]", "{count: 1}"),
        ("{count: 1, device_ids: ['0'], capabilities: [gpu]}", "count and device_ids exclude each other", "1"),
        ("{count: two, capabilities: [gpu]}", "count must be a number or all", "two"),
        ("{count: 1.5, capabilities: [gpu]}", "count must be a number or all", "1.5"),
        ("{count: '', capabilities: [gpu]}", "count must be a number or all", ""),
        ("{capabilities: gpu}", "devices.capabilities must be a list of strings", "gpu"),
        ("{capabilities: [[gpu]]}", "devices.capabilities must be a list of strings", "[[gpu]]"),
        ("gpu", "deploy.resources.reservations.devices must be a list of mappings", "gpu"),
    ],
)
def test_a_bad_reservation(entry: str, message: str, text: str) -> None:
    body = "".join(f"    {line}\n" for line in f"{RESERVED}      - {entry}".splitlines())
    file = read_file(f"services:\n  a:\n{body}")
    ((span, found, *_),) = file.problems
    assert found == message
    assert file.source.line_text(span.line)[span.column - 1 : span.end_column - 1] == text


@pytest.mark.parametrize("count", ["1", "'2'", "all", "ALL", "-1", "${N}", "${N:-1}"])
def test_a_good_count(count: str) -> None:
    service(RESERVED + f"      - count: {count}\n        capabilities: [gpu]")


def test_an_interpolation_problem_stands_at_its_place() -> None:
    file = read_file('services:\n  a:\n    command: ["x\\ty", "a ${B} ${C%%.*} d"]\n')
    ((span, *_),) = file.problems
    assert file.source.line_text(3)[span.column - 1 : span.end_column - 1] == "${C%%.*}"


def test_the_files_that_compose_takes_by_itself() -> None:
    assert default_files(["docker-compose.yml", "docker-compose.override.yml", "x"]) == [
        "docker-compose.yml", "docker-compose.override.yml",
    ]  # fmt: skip
    assert default_files(["docker-compose.yml", "compose.yaml"]) == ["compose.yaml"]
    assert default_files(["compose.override.yml"]) == []


FULL = """\
x-gpu: &gpu
  deploy: {resources: {reservations: {devices: [{driver: nvidia, count: 1, capabilities: [gpu]}]}}}
include:
  - other.yml
  - path: [a.yml, b.yml]
    env_file: ./x.env
services:
  asr:
    <<: *gpu
    image: "${REGISTRY:-reg}/asr:${TAG}"
    build:
      context: ../..
      dockerfile: docker/asr/Dockerfile
      args: [BASE=x:${TAG:?none}, "B"]
      target: !reset null
    extends: {service: base, file: compose.yml}
    depends_on: {base: {condition: service_healthy}}
    devices: ["nvidia.com/gpu=all", /dev/dri]
  base: !override
    image: >-
      app:1
    gpus: all
    runtime: nvidia
    environment: {A: 1.50, B: null, C: "$$x"}
    extends: base
    command: |
      run ${X}
"""


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = FULL
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        other = draw(st.integers(0, len(text)))
        piece = draw(st.one_of(st.text(max_size=4), st.just(text[other : other + draw(st.integers(0, 30))])))
        text = text[:start] + piece + text[end:]
    return text.replace("\0", "")


@given(st.one_of(st.text(), mutated()), st.one_of(st.none(), st.text(), st.just("TAG=cuda\nREGISTRY=$TAG\n")))
@settings(max_examples=400, deadline=None)
def test_nothing_escapes_and_images_are_where_they_are_said_to_be(text: str, env: str | None) -> None:
    files = {"compose.yml": text, ".env": env, "other.yml": text, "a.yml": FULL, "x.env": env}

    def read(path: str) -> Source | None:
        found = files.get(path)
        return None if found is None else Source(path, found)

    reader = ComposeReader(read)
    file = reader.file("compose.yml")
    project = reader.project(["compose.yml", "a.yml"])
    assert file is not None
    lengths = {path: len(found) for path, found in files.items() if found is not None}
    for span, message, *_ in (*file.problems, *project.problems):
        assert message
        assert 1 <= span.line <= span.end_line
        assert lengths[span.path] >= 0
    for found in (*file.services, *project.services):
        for value in (found.image, found.build and found.build.context, found.build and found.build.target):
            if value:
                source, start, end, _ = value.place
                assert 0 <= start <= end <= len(source.text)
                if (
                    value.value.text == value.value.shown()
                    and not value.value.because
                    and "$" not in source.text[start:end]
                ):
                    raw = source.text[start:end]
                    if "\n" not in raw and "\\" not in raw and "'" not in raw and raw.isascii():
                        assert raw.split() == value.value.text.split()
        for device in found.devices:
            assert device.gpu in (True, False, None)
            assert isinstance(device.vendor, str)


@given(
    st.lists(
        st.sampled_from(["{{", "}}", "{%", "%}", "\n", " ", "a: ", "- ", '"', "#!for", "${A}", "x", MASK, "{", "}"])
    ).map("".join)
)
def test_masking_a_template_moves_nothing(text: str) -> None:
    hidden = masked(text)
    assert [i for i, c in enumerate(hidden) if c == "\n"] == [i for i, c in enumerate(text) if c == "\n"]
    assert len(hidden) == len(text)
    assert all(new in (old, " ", MASK) for old, new in zip(text, hidden))
    value = unmasked(Value(hidden), text)
    assert len(value.holes) == value.text.count(HOLE) and MASK not in value.text

"""Compose projects: overrides, `extends`, `include`, and files made to break a reader.

Expectations are written from the compose specification, and were compared with compose-go on random projects.
"""

from __future__ import annotations

import posixpath

import pytest

from tests.support.small_projects import Files, image, merged, messages, services
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.merge import Place, Series, Table, Text, by_name
from wxlint.documents.compose.reader import ComposeReader, ReadProject
from wxlint.documents.source import Source

PLACE = Place(Source("compose.yml", ""), 0, 0, "")


def test_an_override_replaces_the_image_and_says_where() -> None:
    found = merged("image: a:1\npull_policy: build", "image: a:2")
    assert image(found) == "a:2"
    assert found.image is not None and found.image.place.span == ("over.yml", 3, 12, 3, 15)
    assert found.pull_policy is not None and found.pull_policy.place.span.path == "compose.yml"
    assert found.key.span.path == "over.yml"
    assert set(found.paths) == {"compose.yml", "over.yml"}


@pytest.mark.parametrize(
    ("base", "over", "args"),
    [
        ("{A: 1, B: 2}", "{B: 3, C: 4}", {"A": "1", "B": "3", "C": "4"}),
        ("[A=1, B=2]", "{B: 3}", {"A": "1", "B": "3"}),
        ("{A: 1}", "[A]", {"A": None}),
        ("[A]", "[A=1, A=2]", {"A": "2"}),
        ("{A: 1, B: 2}", "{A: !reset null}", {"B": "2"}),
        ("{A: 1, B: 2}", "!override {C: 3}", {"C": "3"}),
        ("{A: 1}", "!reset null", {}),
        ("{A: 1}", "{}", {"A": "1"}),
    ],
)
def test_build_args_and_environment_merge_by_name(base: str, over: str, args: dict[str, str | None]) -> None:
    found = merged(f"build: {{args: {base}}}\nenvironment: {base}", f"build: {{args: {over}}}\nenvironment: {over}")
    assert found.build is not None
    for named in (found.build.args, found.environment):
        assert {name: value.text if value else None for name, value, _ in named} == args


@pytest.mark.parametrize(
    ("base", "over", "context", "target"),
    [
        ("./app", "{target: t}", "./app", "t"),
        ("{context: app, target: t}", "other", "other", "t"),
        ("{context: app, target: t}", "!override other", "other", None),
        ("{context: app, target: t}", "{target: !reset null}", "app", None),
    ],
)
def test_builds_merge(base: str, over: str, context: str, target: str | None) -> None:
    build = merged(f"build: {base}", f"build: {over}").build
    assert build is not None and build.context is not None
    assert build.context.value.text == context
    assert (build.target.value.text if build.target else None) == target


def test_sequences_are_appended_and_commands_replaced() -> None:
    found = merged(
        "image: a\nprofiles: [x, y]\ncommand: [a, b]\nentrypoint: e\ngpus: [{count: 1}]\n"
        "devices: ['/dev/nvidia0:/dev/n', '/dev/nvidia1']\nbuild: {tags: [t], cache_from: [c], platforms: [p]}",
        "profiles: [y, z]\ncommand: [c]\nentrypoint: !reset\ngpus: [{count: 2}]\n"
        "devices: ['/dev/nvidia2:/dev/n']\nbuild: {tags: [t, u], cache_from: [c], platforms: [q]}",
    )
    assert [text.value.text for text in found.profiles] == ["x", "y", "z"]
    assert found.command is not None and [word.value.text for word in found.command.words] == ["c"]
    assert found.entrypoint is None
    assert [(d.how, d.quantity.value.text if d.quantity else "") for d in found.devices if d.how == "gpus"] == [
        ("gpus", "1"), ("gpus", "2"),
    ]  # fmt: skip
    names = [device.name.value.text for device in found.devices if device.name]
    assert names == ["/dev/nvidia2:/dev/n", "/dev/nvidia1"]
    assert found.build is not None
    assert [text.value.text for text in found.build.tags] == ["t", "u"]
    assert [text.value.text for text in found.build.cache_from] == ["c", "c"]
    assert [text.value.text for text in found.build.platforms] == ["p", "q"]


def test_reservations_are_appended_reset_and_overridden() -> None:
    def reserve(entry: str) -> str:
        return "image: a\ndeploy: {resources: {reservations: {devices: " + entry + "}}}"

    one, two = "[{capabilities: [gpu], count: 1}]", "[{capabilities: [gpu], count: 2}]"
    assert len(merged(reserve(one), reserve(two)).devices) == 2
    assert len(merged(reserve(one), reserve("!override " + two)).devices) == 1
    assert merged(reserve(one), reserve("!reset []")).devices == ()
    assert merged(reserve(one), "deploy: !reset null").devices == ()


def test_depends_on_merges_by_service() -> None:
    text = "services:\n  a: {image: a, depends_on: %s}\n  b: {image: b}\n  c: {image: c}\n"
    files = {
        "compose.yml": text % "{b: {condition: service_healthy}}",
        "over.yml": text % "[c]",
        "list.yml": text % "[b]",
    }
    found = services(files, "compose.yml", "over.yml")["a"]
    assert [(d.service, d.condition) for d in found.depends_on] == [("b", "service_healthy"), ("c", "service_started")]
    found = services(files, "compose.yml", "list.yml")["a"]
    assert [(d.service, d.condition) for d in found.depends_on] == [("b", "service_started")]


def test_a_null_keeps_and_a_reset_service_goes() -> None:
    files = {"compose.yml": "services:\n  a: {image: a, gpus: all}\n  b: {image: b}\n"}
    files["over.yml"] = "services:\n  a: {gpus: null}\n  b: !reset null\n"
    project = Files(files).project("compose.yml", "over.yml")
    assert [(s.name, len(s.devices)) for s in project.services] == [("a", 1)]
    files["again.yml"] = "services:\n  a: {image: !reset null}\n  b: {image: c}\n"
    project = Files(files).project("compose.yml", "over.yml", "again.yml")
    assert [(s.name, s.image and s.image.value.text) for s in project.services] == [("a", None), ("b", "c")]
    assert [problem.message for problem in project.problems] == ["the service a has neither an image nor a build"]


def test_what_is_reset_stays_away_from_later_files() -> None:
    files = {
        "compose.yml": "services: {a: {image: x, devices: [/dev/nvidia0]}}",
        "over.yml": "services: {a: {devices: !reset [/dev/nvidia1]}}",
        "again.yml": "services: {a: {devices: [/dev/nvidia2]}}",
    }
    (device,) = services(files, "compose.yml", "over.yml", "again.yml")["a"].devices
    assert device.name is not None
    assert device.name.value.text == "/dev/nvidia2"


def test_each_file_is_interpolated_before_the_merge() -> None:
    files = {
        ".env": "TAG=1\n",
        "compose.yml": "services: {a: {image: 'x:$TAG'}}",
        "o/over.yml": "services: {a: {build: ./b}}",
    }
    found = services(files, "compose.yml", "o/over.yml")["a"]
    assert image(found) == "x:1"
    assert found.build is not None and found.build.folder == "b"  # from the first file's folder


def test_documents_of_one_file_merge() -> None:
    found = services({"compose.yml": "services: {a: {image: x}}\n---\nservices: {a: {pull_policy: build}}\n"})
    assert image(found["a"]) == "x"
    assert found["a"].pull_policy is not None


def test_extends_in_the_same_file() -> None:
    files = {
        "compose.yml": "services:\n"
        "  a: {extends: b, image: 'a:1'}\n"
        "  b: {extends: {service: c}, environment: {X: 1}}\n"
        "  c: {image: 'c:1', gpus: all, environment: {X: 0, Y: 0}}\n"
    }
    found = services(files)
    assert (image(found["a"]), image(found["b"])) == ("a:1", "c:1")
    assert [d.how for d in found["a"].devices] == ["gpus"]
    assert {e.name: e.value.text for e in found["a"].environment if e.value} == {"X": "1", "Y": "0"}
    assert found["a"].extends is None


def test_extends_from_another_file_keeps_its_folder() -> None:
    files = {
        "compose.yml": "services:\n  a: {extends: {file: docker/common.yml, service: base}}\n",
        "docker/common.yml": "services:\n  base: {extends: {file: ../more/m.yml, service: m}, build: ./b}\n",
        "more/m.yml": "services:\n  m: {image: 'm:${TAG}', build: {target: t}}\n",
        ".env": "TAG=root\n",
        "more/.env": "TAG=other\n",
    }
    found = services(files)["a"]
    assert image(found) == "m:root"
    assert found.image is not None and found.image.place.span.path == "more/m.yml"
    assert found.build is not None
    assert (found.build.folder, found.build.dockerfile_path) == ("docker/b", "docker/b/Dockerfile")
    assert found.build.target is not None and found.build.target.value.text == "t"
    assert set(found.paths) == {"compose.yml", "docker/common.yml", "more/m.yml"}


def test_extends_can_be_reset() -> None:
    files = {"compose.yml": "services:\n  a: {extends: b, gpus: !reset null}\n  b: {image: b, gpus: all}\n"}
    assert services(files)["a"].devices == ()


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {"compose.yml": "services:\n  a: {extends: a, image: x}\n"},
            ("compose.yml", 2, "the service a extends itself"),
        ),
        (
            {"compose.yml": "services:\n  a: {extends: b, image: x}\n  b: {extends: a, image: x}\n"},
            ("compose.yml", 3, "the service a extends itself"),
        ),
        (
            {
                "compose.yml": "services:\n  a: {extends: {file: b.yml, service: b}, image: x}\n",
                "b.yml": "services:\n  b: {extends: {file: ./compose.yml, service: a}, image: x}\n",
            },
            ("b.yml", 2, "the service a extends itself"),
        ),
        (
            {"compose.yml": "services:\n  a: {extends: nope, image: x}\n"},
            ("compose.yml", 2, "there is no service nope in compose.yml to extend"),
        ),
        (
            {"compose.yml": "services:\n  a: {image: x, extends: {file: no.yml, service: b}}\n"},
            ("compose.yml", 2, "no.yml cannot be read"),
        ),
        ({"compose.yml": "include: [no.yml]\n"}, ("compose.yml", 1, "no.yml cannot be read")),
        (
            {"compose.yml": "include: [{path: a.yml, env_file: no.env}]\n", "a.yml": "services: {}\n"},
            ("compose.yml", 1, "no.env cannot be read"),
        ),
        ({"compose.yml": "include: [./compose.yml]\n"}, ("compose.yml", 1, "compose.yml includes itself")),
        (
            {"compose.yml": "include: [a/a.yml]\n", "a/a.yml": "include: [../compose.yml]\n"},
            ("a/a.yml", 1, "compose.yml includes itself"),
        ),
        (
            {"compose.yml": "services:\n  a: {environment: {X: 1}}\n"},
            ("compose.yml", 2, "the service a has neither an image nor a build"),
        ),
        (
            {"compose.yml": "services:\n  a: {image: '${NO:-}'}\n"},
            ("compose.yml", 2, "the service a has neither an image nor a build"),
        ),
        (
            {"compose.yml": "services:\n  a: {image: x, depends_on: [b]}\n"},
            ("compose.yml", 2, "there is no service b to depend on"),
        ),
        (
            {".env": "A=1\nB B=1\n", "compose.yml": "services:\n  a: {image: x}\n"},
            (".env", 2, "a space in the name of a variable"),
        ),
    ],
)
def test_problems_of_a_project(files: dict[str, str], problem: tuple[str, int, str]) -> None:
    assert messages(files) == [problem]


def test_a_type_that_cannot_be_overridden() -> None:
    files = {
        "compose.yml": "services: {a: {image: x, devices: [/dev/a]}}",
        "over.yml": "services:\n  a: {devices: {x: y}}",
    }
    assert ("over.yml", 2, "cannot override devices") in messages(files, "compose.yml", "over.yml")


def test_a_service_with_a_provider_needs_no_image() -> None:
    assert services({"compose.yml": "services: {a: {provider: {type: model}}}"})["a"].provider


def test_include() -> None:
    files = {
        ".env": "TAG=outer\n",
        "compose.yml": "include:\n- base/compose.yml\nservices:\n  c: {image: 'c:2', depends_on: [a]}\n",
        "base/compose.yml": "services:\n  a: {build: ./ctx, image: 'a:$TAG-$ONLY'}\n  b: {image: 'b:1', gpus: all}\n",
        "base/.env": "TAG=inner\nONLY=base\n",
    }
    found = services(files)
    assert image(found["a"]) == "a:outer-base"
    assert found["a"].build is not None and found["a"].build.folder == "base/ctx"
    assert image(found["c"]) == "c:2"
    assert len(found["b"].devices) == 1


def test_a_service_that_is_included_as_well() -> None:
    files = {
        "compose.yml": "include: [i.yml]\nservices: {a: {image: x, gpus: all}}",
        "i.yml": "services: {a: {image: x}}",
    }
    assert [message for _, _, message in messages(files, "compose.yml")] == [
        "the service a is in i.yml as well, which is included"
    ]


@pytest.mark.parametrize(
    ("services", "message"),
    [
        (
            "a: {image: x, container_name: n}, b: {image: y, container_name: n}",
            "the container of a has the name n already",
        ),
        ("a: {image: x, container_name: n, scale: 2}", "2 containers of a cannot have one name"),
        ("a: {image: x, container_name: n, deploy: {replicas: 3}}", "3 containers of a cannot have one name"),
        ("a: {image: x, container_name: n, deploy: {replicas: 1}}, b: {image: y, container_name: m}", None),
        ("a: {image: x, container_name: n, profiles: [p]}, b: {image: y, container_name: n, profiles: [q]}", None),
        ("a: {image: x, container_name: $N}, b: {image: y, container_name: $N}", None),
    ],
)
def test_names_of_containers(services: str, message: str | None) -> None:
    found = [text for _, _, text in messages({"compose.yml": f"services: {{{services}}}"}, "compose.yml")]
    assert found == ([message] if message else [])


def test_include_in_its_long_form() -> None:
    files = {
        "compose.yml": "include:\n- path: [inc/a.yml, inc/b.yml]\n  project_directory: .\n  env_file: x.env\n",
        "inc/a.yml": "services:\n  a: {build: ./ctx, image: 'a:$TAG'}\n",
        "inc/b.yml": "services:\n  a: {pull_policy: build}\n",
        "inc/.env": "TAG=no\n",
        "x.env": "TAG=yes\n",
    }
    found = services(files)["a"]
    assert image(found) == "a:yes"
    assert found.build is not None and found.build.folder == "ctx"
    assert found.pull_policy is not None


def test_extends_sees_what_was_included() -> None:
    files = {"compose.yml": "include: [i.yml]\nservices: {a: {extends: b}}", "i.yml": "services: {b: {image: x}}"}
    assert image(services(files)["a"]) == "x"


@pytest.mark.parametrize(
    "text",
    [
        "include: ['${X}/a.yml']\nservices: {a: {image: x, depends_on: [elsewhere]}}",
        "include: ['https://github.com/a/b.git']\nservices: {a: {image: x, depends_on: [elsewhere]}}",
        "include: ['oci://docker.io/a/b']\nservices: {a: {image: x}}",
        "services: {a: {extends: {file: '${X}.yml', service: b}}}",
        "services: {a: {extends: {service: '$X'}}}",
    ],
)
def test_what_cannot_be_followed_is_unknown_and_no_problem(text: str) -> None:
    project = Files({"compose.yml": text}).project()
    assert project.problems == ()
    assert len(project.unknown) == 1


def test_each_file_is_read_once() -> None:
    files = Files(
        {
            "compose.yml": "include: [i.yml, j.yml]\nservices: {a: {extends: {file: c.yml, service: b}}}",
            "i.yml": "services: {x: {extends: {file: c.yml, service: b}}}",
            "j.yml": "services: {y: {extends: {file: c.yml, service: b}}}",
            "c.yml": "services: {b: {image: x}}",
        }
    )
    reader = ComposeReader(files.read)
    assert set(reader.project(["./compose.yml"]).paths) == {"compose.yml", "i.yml", "j.yml", "c.yml"}
    reader.project(["compose.yml"])
    reader.file("compose.yml")
    assert len(files.read_paths) == len(set(files.read_paths))


def test_no_files() -> None:
    assert ComposeReader(Files({}).read).project([]) == ReadProject((), (), (), ())
    assert ComposeReader(Files({}).read).file("compose.yml") is None
    assert Files({}).project("nope.yml").services == ()


def test_a_long_chain_of_extends_is_refused() -> None:
    lines = [f"  s{i}: {{extends: s{i + 1}, image: x}}\n" for i in range(3000)]
    found = messages({"compose.yml": "services:\n" + "".join(lines) + "  s3000: {image: x}\n"})
    assert {message for _, _, message in found} == {"more than 50 services extend each other"}


def test_many_services_that_extend_a_huge_one_are_refused() -> None:
    huge = "".join(f"      - V{i}=1\n" for i in range(5000))
    small = "".join(f"  s{i}: {{extends: base, environment: [A=1]}}\n" for i in range(1000))
    found = messages({"compose.yml": f"services:\n  base:\n    image: x\n    environment:\n{huge}{small}"})
    assert [message for _, _, message in found] == ["more than 100000 entries to merge"]


def test_doubling_includes_are_refused() -> None:
    files = {f"f{i}.yml": f"include: [f{i + 1}.yml, f{i + 1}.yml]\n" for i in range(18)}
    found = messages({**files, "f18.yml": "services: {a: {image: x}}\n"}, "f0.yml")
    assert {message for _, _, message in found} == {"more than 200 files included, or 20 in each other"}


def test_paths_are_normalised() -> None:
    files = {"a/b/compose.yml": "services: {a: {extends: {file: ../../x//y/../c.yml, service: b}}}"}
    files["x/c.yml"] = "services: {b: {build: ../..}}"
    found = services(files, posixpath.join(".", "a/b/compose.yml"))["a"]
    assert found.build is not None and found.build.folder == ".."


def test_a_name_that_is_long_and_unknown_is_not_taken_for_another() -> None:
    """Messages cut what is long; merging by name compares the whole of it."""
    one, other = (f"$(az ml workspace show --query container_registry --output {name})" for name in ("one", "other"))
    tables = [by_name(Series(tuple(Text(Value(f"{HOLE}=1", (hole,)), "str", PLACE) for hole in (one, other)), PLACE))]
    assert [list(table.entries) for table in tables if isinstance(table, Table)] == [[one, other]]

"""What generated projects have found, each held to docker compose 2.26."""

from __future__ import annotations

import pytest

from tests.support.small_projects import Files, image, merged, messages, services


# -- what the generated projects of tests/differential found, each held to docker compose 2.26
@pytest.mark.parametrize("body", ["", " null", " ~", " {}", "\n    # image: a:2"])
def test_an_empty_service_in_an_override_changes_nothing(body: str) -> None:
    files = {"compose.yml": "services:\n  a: {image: a:1}\n", "over.yml": f"services:\n  a:{body}\n"}
    found = services(files, "compose.yml", "over.yml")["a"]
    assert image(found) == "a:1"
    assert found.key.span.path == ("over.yml" if body == " {}" else "compose.yml")


@pytest.mark.parametrize("value", ["", " null"])
def test_an_empty_service_alone_is_refused(value: str) -> None:
    files = {"compose.yml": f"services:\n  a:{value}\n  b: {{image: b}}\n"}
    assert messages(files) == [("compose.yml", 2, "a service must be a mapping")]
    (problem,) = Files(files).project().problems
    assert (problem.whole, problem.service) == (True, "a")


def test_reset_takes_away_what_the_base_says_and_not_what_a_merge_key_brings() -> None:
    files = {
        "compose.yml": "services:\n  a: {image: a, build: {context: base, target: t}, gpus: all}\n",
        "over.yml": "x-b: &b {build: over, runtime: nvidia}\nservices:\n"
        "  a:\n    <<: *b\n    build: !reset null\n    gpus: !reset null\n    runtime: !reset null\n",
    }
    found = services(files, "compose.yml", "over.yml")["a"]
    assert found.build is not None
    assert (found.build.folder, found.build.target) == ("over", None)
    assert [device.how for device in found.devices] == ["runtime"]


def test_a_tag_below_override_is_none() -> None:
    over = "image: a\nbuild: !override\n  context: x\n  target: !reset t\n  args: {A: !reset 1, B: !override 2}"
    found = merged("image: a\nbuild: {context: y, args: {C: 3}}", over)
    assert found.build is not None and found.build.target is not None
    assert (found.build.folder, found.build.target.value.text) == ("x", "t")
    assert {arg.name: arg.value.text for arg in found.build.args if arg.value} == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    ("base", "over", "counts"),
    [
        ("all", "[]", ["all"]),
        ("all", "[{count: 1}]", ["all", "1"]),
        ("[{count: 2}]", "[{count: 1}]", ["2", "1"]),
        ("all", "!override [{count: 1}]", ["1"]),
        ("all", "!reset []", []),
        ("all", "", ["all"]),
    ],
)
def test_gpus_are_a_list_when_another_file_comes(base: str, over: str, counts: list[str]) -> None:
    found = merged(f"image: a\ngpus: {base}", f"gpus: {over}")
    assert [device.quantity.value.text for device in found.devices if device.quantity] == counts
    assert all(device.gpu for device in found.devices)


@pytest.mark.parametrize(("file", "counts"), [("", ["1"]), ("file: other.yml, ", ["all", "1"])])
def test_gpus_of_an_extended_service_are_a_list_in_another_file_only(file: str, counts: list[str]) -> None:
    files = {
        "compose.yml": f"services:\n  b: {{image: a, gpus: all}}\n"
        f"  a: {{extends: {{{file}service: b}}, gpus: [{{count: 1}}]}}\n",
        "other.yml": "services: {b: {image: a, gpus: all}}\n",
    }
    found = services(files)["a"]
    assert [device.quantity.value.text for device in found.devices if device.quantity] == counts


def test_the_tags_of_an_extended_service_stay_with_it() -> None:
    files = {
        "compose.yml": "services:\n  a: {image: a, profiles: [p], runtime: nvidia}\n",
        "over.yml": "services:\n  b: {image: b, profiles: !override [q], runtime: !reset null}\n  a: {extends: b}\n",
    }
    found = services(files, "compose.yml", "over.yml")["a"]
    assert [text.value.text for text in found.profiles] == ["p", "q"]
    assert found.runtime is not None and found.runtime.value.text == "nvidia"


def test_a_service_that_overrides_another_file_still_extends() -> None:
    files = {
        "compose.yml": "services:\n  a: {image: a, runtime: nvidia}\n",
        "over.yml": "services:\n  b: {image: b, gpus: all}\n  a: !override {extends: b, platform: linux/arm64}\n",
    }
    found = services(files, "compose.yml", "over.yml")["a"]
    assert image(found) == "b"
    assert (found.runtime, [device.how for device in found.devices]) == (None, ["gpus"])


def test_an_included_build_without_a_context_is_in_the_folder_of_its_file() -> None:
    files = {
        "compose.yml": "include: [sub/compose.yml]\nservices: {}\n",
        "sub/compose.yml": "services: {a: {build: {target: t}}}\n",
        "over.yml": "services: {a: {build: {args: {A: 1}}}}\n",
    }
    found = services(files, "compose.yml", "over.yml")["a"]
    assert found.build is not None
    assert (found.build.folder, found.build.dockerfile_path) == ("sub", "sub/Dockerfile")


def test_a_device_file_is_given_once() -> None:
    found = merged("image: a\ndevices: [/dev/dri, '/dev/fuse:/dev/dri', /dev/kfd]", "image: a")
    assert [device.name.value.text for device in found.devices if device.name] == ["/dev/kfd"]


def test_what_is_reset_below_an_anchor_is_about_no_other_file() -> None:
    files = {
        "compose.yml": "services:\n  a: {image: a, build: {target: t, args: {A: 1}}}\n",
        "over.yml": "x-b: &b {image: !reset b, build: {target: !reset t, args: !override {B: 2}}}\n"
        "services: {a: {<<: *b}}\n",
    }
    found = services(files, "compose.yml", "over.yml")["a"]
    assert image(found) == "a"
    assert found.build is not None and found.build.target is not None
    assert [arg.name for arg in found.build.args] == ["B"]


@pytest.mark.parametrize(
    ("over", "profiles"),
    [
        ("x: &x {profiles: !override [q]}\nservices: {a: {<<: *x}}", ["q"]),
        ("x: &x {profiles: !override [q]}\nservices: {a: {<<: *x, profiles: [z]}}", ["z"]),
        ("x: &x {profiles: !override [q]}\ny: &y {<<: *x}\nservices: {a: {<<: *y}}", ["q"]),
        ("x: &x {profiles: !override [q]}\nservices: {a: {<<: [*x]}}", ["p", "q"]),
        ("services: {a: {<<: [{profiles: !override [q]}]}}", ["p", "q"]),
        ("services: {a: {<<: {profiles: !override [q]}}}", ["q"]),
        ("services: {a: {<<: {profiles: !reset []}}}", []),
        ("services: {a: {<<: {profiles: !reset []}, profiles: [z]}}", ["z"]),
        ("x: &x {profiles: !reset []}\nservices: {a: {<<: *x, profiles: [z]}}", ["p", "z"]),
        ("services:\n  b: &b {image: b, profiles: !override [q]}\n  a: {<<: *b}", ["q"]),
        ("services:\n  b: &b {image: b, profiles: !reset [q]}\n  a: {<<: *b}", ["p"]),
        ("x: {p: &p !override [q]}\nservices: {a: {profiles: *p}}", ["q"]),
        ("x: {p: &p !reset [q]}\nservices: {a: {profiles: *p}}", []),
        ("x: &x !override {image: x}\nservices: {a: {<<: *x}}", []),
    ],
)
def test_a_tag_is_in_force_where_a_merge_key_or_an_alias_takes_it(over: str, profiles: list[str]) -> None:
    files = {"compose.yml": "services: {a: {image: a, profiles: [p]}}\n", "over.yml": f"{over}\n"}
    found = services(files, "compose.yml", "over.yml")["a"]
    assert [profile.value.text for profile in found.profiles] == profiles


RESERVED = "resources: {reservations: {devices: %s[{capabilities: [gpu, utility]}]}}"


@pytest.mark.parametrize(
    ("over", "capabilities"),
    [
        (f"x: &x {{deploy: {{{RESERVED % '!override '}}}}}\nservices: {{a: {{<<: *x}}}}", [["gpu", "utility"]]),
        (f"x: &x {{{RESERVED % '!override '}}}\nservices: {{a: {{deploy: {{<<: *x}}}}}}", [["gpu", "utility"]]),
        (f"x: &x {{{RESERVED % '!override '}}}\nservices: {{a: {{deploy: *x}}}}", [["gpu", "utility"]]),
        (f"x: &x {{{RESERVED % '!reset '}}}\nservices: {{a: {{deploy: *x}}}}", [["gpu"]]),
        (f"x: &x {{deploy: !override {{{RESERVED % '!reset '}}}}}\nservices: {{a: {{<<: *x}}}}", [["gpu", "utility"]]),
        (
            f"x: &x {{deploy: !override {{{RESERVED % '!reset '}}}}}\nservices: {{a: {{<<: [*x]}}}}",
            [["gpu"], ["gpu", "utility"]],
        ),
        (
            f"x: &x {{deploy: {{{RESERVED % '!override '}}}}}\nservices: {{a: {{<<: *x, deploy: "
            "{resources: {reservations: {devices: [{capabilities: [tpu]}]}}}}}",
            [["tpu"]],
        ),
        (f"x: &x {{deploy: {{{RESERVED % '!override '}}}}}\nservices: {{a: {{<<: *x, deploy: {{replicas: 1}}}}}}", []),
    ],
)
def test_a_tag_deep_below_a_merge_key(over: str, capabilities: list[list[str]]) -> None:
    base = "services: {a: {image: a, deploy: {resources: {reservations: {devices: [{capabilities: [gpu]}]}}}}}\n"
    found = services({"compose.yml": base, "over.yml": f"{over}\n"}, "compose.yml", "over.yml")["a"]
    assert [[text.value.text for text in device.capabilities] for device in found.devices] == capabilities


def test_the_tags_of_a_namesake_in_the_extended_file() -> None:
    files = {
        "compose.yml": "services:\n  a: {extends: {file: x.yml, service: b}}\n"
        "  c: {extends: {file: x.yml, service: b}}\n",
        "x.yml": "services:\n  b: {image: b, gpus: all, runtime: nvidia}\n  a: {image: a, gpus: !reset null}\n",
    }
    found = services(files)
    assert [device.how for device in found["a"].devices] == ["runtime"]
    assert [device.how for device in found["c"].devices] == ["runtime", "gpus"]


def test_the_tags_of_a_namesake_of_a_service_on_the_way() -> None:
    files = {
        "compose.yml": "services:\n  d: {image: !override d, gpus: all}\n"
        "  a: {extends: {file: x.yml, service: d}}\n  b: {extends: {file: x.yml, service: c}}\n",
        "x.yml": "services:\n  c: {image: c, build: x}\n  d: {extends: c}\n",
    }
    found = services(files)
    assert found["a"].image is None
    assert found["a"].build is not None
    assert image(found["b"]) == "c"


@pytest.mark.parametrize("file", ["", "file: compose.yml, "])
def test_gpus_without_a_value_leave_those_of_an_extended_service(file: str) -> None:
    files = {
        "compose.yml": f"services:\n  a: {{extends: {{{file}service: b}}, gpus: }}\n  b: {{image: b, gpus: all}}\n"
    }
    assert [device.quantity.value.text for device in services(files)["a"].devices if device.quantity] == ["all"]

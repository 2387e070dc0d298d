"""What is refused of a policy: each mistake at its place, with what is allowed."""

from __future__ import annotations

import pytest

from tests.support.policies import problems

KEYS = (
    "wxlint, name, extends, registry, registry-arg, registry-env, image, tags, parts, other-images, exclude, per-path, "
    "platforms, target, dockerfile, context, root, compose, scripts, forbidden-tags, expect, variants, stages, rules"
)
CHANNEL = (
    "a channel of the PyTorch index: cpu, cu121 and the like, rocm6.2 and the like, xpu, nightly/ before one of them, "
    "default, any-cuda or any-rocm"
)
NAME = "lower-case letters and digits, with single . _ - between them"
USER = "any, non-root, root, or a user's name or number in quotes"
FILLED = "a path below the root, relative to it, with / and no .. in it; {stage}, {variant} and {tag} are filled in"
BELOW = "a path or glob below the root, relative to it, with / and no .. in it"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", ["1:1: an empty policy"]),
        ("# nothing\n", ["1:1: an empty policy"]),
        ("a: [\n", None),
        ("wxlint: 1\n---\nwxlint: 1\n", ["3:1: a second document in the file"]),
        ("wxlint: 1\nname: a\nname: b\n", ["3:1: the key is given twice: first in line 2"]),
        ("wxlint\n", ['1:1: found "wxlint"; allowed: a mapping']),
        ("name: a\n", ['1:1: the key "wxlint" is missing in a policy']),
        ("wxlint: 2\n", ["1:9: wxlint: found the number 2; allowed: 1"]),
        ("wxlint: '1'\n", ['1:9: wxlint: found "1"; allowed: 1']),
        ("wxlint: true\n", ["1:9: wxlint: found true; allowed: 1"]),
        ("wxlint: 1\nname:\n", [f"2:6: name: found nothing; allowed: {NAME}"]),
        (
            "wxlint: 1\nvarients: {}\n",
            [f'2:1: unknown key "varients" in a policy; allowed: {KEYS}; did you mean "variants"?'],
        ),
        ('wxlint: 1\n"a\\e[31m": 1\n', [f'2:1: unknown key "a\\x1b[31m" in a policy; allowed: {KEYS}']),
        ("wxlint: 1\nexpect: {pyhton: '3.11'}\n", None),
        (
            "wxlint: 1\nexpect:\n  python: 3.10\n",
            [
                "3:11: expect.python: found the number 3.10; allowed: "
                'a version in quotes, such as "12.1"; as a string it is written "3.10"'
            ],
        ),
        (
            "wxlint: 1\nexpect: {user: 1000}\n",
            [f'2:16: expect.user: found the number 1000; allowed: {USER}; as a string it is written "1000"'],
        ),
        (
            "wxlint: 1\nexpect: {torch: need}\n",
            ['2:17: expect.torch: found "need"; allowed: required, optional, forbidden'],
        ),
        (
            "wxlint: 1\nexpect: {torch: require}\n",
            ['2:17: expect.torch: found "require"; allowed: required, optional, forbidden; did you mean "required"?'],
        ),
        ("wxlint: 1\nexpect: {gpu: yes}\n", ['2:15: expect.gpu: found "yes"; allowed: true or false']),
        (
            "wxlint: 1\nexpect: {max-size: 3 gigs}\n",
            ['2:20: expect.max-size: found "3 gigs"; allowed: a size such as 1.8 GB or 500 MiB, or a number of bytes'],
        ),
        (
            "wxlint: 1\nexpect: {max-size: -1}\n",
            ["2:20: expect.max-size: found the number -1; allowed: a whole number of at least 0"],
        ),
        (
            "wxlint: 1\nexpect: {max-size: [1]}\n",
            [
                "2:20: expect.max-size: found a list; allowed: a whole number of at least 0 "
                "or a size such as 1.8 GB or 500 MiB, or a number of bytes"
            ],
        ),
        (
            "wxlint: 1\nexpect: {entrypoint: {timeout: 0}}\n",
            ["2:32: expect.entrypoint.timeout: found the number 0; allowed: a number above 0 and at most 3600"],
        ),
        (
            "wxlint: 1\nexpect: {entrypoint: {pattern: '('}}\n",
            [
                "2:32: expect.entrypoint.pattern: no regular expression of Python's: "
                "missing ), unterminated subpattern at position 0"
            ],
        ),
        (
            "wxlint: 1\nexpect: {entrypoint: {pattern: ''}}\n",
            ['2:32: expect.entrypoint.pattern: found ""; allowed: a string that is not empty'],
        ),
        ("wxlint: 1\nrules: {latest-tags: error}\n", None),
        (
            "wxlint: 1\nrules: {latest-tag: fatal}\n",
            ['2:21: rules.latest-tag: found "fatal"; allowed: error, warning, info, off'],
        ),
        (
            "wxlint: 1\nrules: {latest-tag: [off]}\n",
            ["2:21: rules.latest-tag: found a list; allowed: error, warning, info, off or a mapping"],
        ),
        (
            "wxlint: 1\nrules: {latest-tag: {paths: {../x: off}}}\n",
            [f'2:30: a key of rules.latest-tag.paths: found "../x"; allowed: {BELOW}'],
        ),
        (
            "wxlint: 1\nrules: {latest-tag: {paths: {'a[': off}}}\n",
            ['2:36: rules.latest-tag.paths: "a[" is no glob: a [ that is not closed, or ! or # in front'],
        ),
        (
            "wxlint: 1\ncompose: [/etc/compose.yml, a/../../b.yml, 'C:/c.yml', 'a\\b']\n",
            [
                f'2:11: compose: found "/etc/compose.yml"; allowed: {BELOW}',
                f'2:29: compose: found "a/../../b.yml"; allowed: {BELOW}',
                f'2:44: compose: found "C:/c.yml"; allowed: {BELOW}',
                f'2:56: compose: found "a\\b"; allowed: {BELOW}',
            ],
        ),
        ("wxlint: 1\ncompose: [a, b, a]\n", ['2:17: compose: "a" is listed twice']),
        ("wxlint: 1\nroot: no/such/folder\n", ['2:7: root: there is no folder "no/such/folder"']),
        (
            "wxlint: 1\nimage: App\n",
            [
                '2:8: image: found "App"; allowed: lower-case parts between slashes, {registry} only in front, '
                "named parts such as {stage} and {variant} in the last part and in a tag behind it"
            ],
        ),
        ("wxlint: 1\nimage: '{stage}/app'\n", None),
        (
            "wxlint: 1\nimage: '{registry}/{stage}'\n",
            ['2:8: image: {registry} is used, so the key "registry" must say what stands for it by default'],
        ),
        ("wxlint: 1\nimage: 'app-{stage}'\nregistry: a\n", ["3:11: registry: not used, since image has no {registry}"]),
        (
            "wxlint: 1\nvariants: {cpu: {}}\n",
            ['2:1: there are variants, so "image" must say how their images are called'],
        ),
        ("wxlint: 1\nstages: {a: {}}\n", ['2:10: stages: no variant has a stage "a"; there are no variants']),
    ],
)
def test_errors(text: str, wanted: list[str] | None) -> None:
    found = problems(text)
    if wanted is not None:
        assert found == [f"p.yaml:{one}" for one in wanted]
    assert all(one.startswith("p.yaml:") for one in found)


def with_variants(text: str) -> str:
    return f"wxlint: 1\nimage: a-{{stage}}\nvariants:\n{text}"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("  cpu: {stages: [a, b, a]}\n", ['4:24: variants.cpu.stages: "a" is listed twice']),
        (
            "  cpu: {stages: [a, b], optional: [c, b]}\n",
            ['4:39: variants.cpu.optional: "b" is one of its stages, so it cannot be optional'],
        ),
        (
            "  cpu: {base: b, stages: [b], optional: [b]}\n",
            [
                '4:27: variants.cpu.stages: "b" is the variant\'s base, and no stage beside it',
                '4:42: variants.cpu.optional: "b" is one of its stages, so it cannot be optional',
            ],
        ),
        ("  cpu: {tag: x}\n  cuda: {tag: x}\n", ['5:15: variants.cuda: its tag "x" is that of the variant cpu too']),
        ("  cpu: {}\n  cuda: {tag: cpu}\n", ['5:15: variants.cuda: its tag "cpu" is that of the variant cpu too']),
        ("  cpu: {tag: latest}\n", ['4:14: variants.cpu: its tag "latest" is one of forbidden-tags']),
        (
            "  fast: {}\n",
            [
                '4:3: the key "accelerator" is missing in variants.fast, whose name is none of these; '
                "allowed: cpu, cuda, rocm, other"
            ],
        ),
        (
            "  gpu: {accelerator: nvidia}\n",
            ['4:22: variants.gpu.accelerator: found "nvidia"; allowed: cpu, cuda, rocm, other'],
        ),
        ("  CPU: {}\n", [f'4:3: a key of variants: found "CPU"; allowed: {NAME}']),
        (
            "  cuda: {torch-channel: cu12.1}\n",
            [f'4:25: variants.cuda.torch-channel: found "cu12.1"; allowed: {CHANNEL}'],
        ),
        (
            "  cpu: {torch-channel: cu121}\n",
            ['4:24: variants.cpu.torch-channel: "cu121" is no channel for the accelerator cpu'],
        ),
        (
            "  cpu: {torch-channel: default}\n",
            ['4:24: variants.cpu.torch-channel: "default" is no channel for the accelerator cpu'],
        ),
        (
            "  rocm: {torch-channel: cpu}\n",
            ['4:25: variants.rocm.torch-channel: "cpu" is no channel for the accelerator rocm'],
        ),
        (
            "  cuda: {torch-channel: cu121, expect: {cuda: '11.8'}}\n",
            ['4:47: variants.cuda.expect.cuda: "11.8", but the channel cu121 is built for CUDA 12.1'],
        ),
        (
            "  cuda: {upstream: ['a:[']}\n",
            ['4:21: variants.cuda.upstream: "a:[" is no glob: a [ that is not closed, or ! or # in front'],
        ),
        (
            "  cuda: {stages: [asr]}\nstages: {arr: {}}\n",
            ['5:10: stages: no variant has a stage "arr"; allowed: asr; did you mean "asr"?'],
        ),
        (
            "  cuda: {stages: [asr]}\n  cpu: {stages: [a]}\nstages: {asr: {variants: {cpu: {}}}}\n",
            ['6:27: stages.asr.variants: no variant "cpu" has this stage; allowed: cuda'],
        ),
        (
            "  cuda: {stages: [asr, ml]}\nstages: {asr: {base: lm}}\n",
            ['5:22: stages.asr.base: the variant cuda has no stage "lm"; allowed: asr, ml'],
        ),
        (
            "  cuda: {stages: [a, b]}\nstages:\n  a: {base: b}\n  b: {base: a}\n",
            [
                "6:13: stages.a.base: goes in a circle: a from b from a",
                "7:13: stages.b.base: goes in a circle: b from a from b",
            ],
        ),
        (
            "  cuda: {stages: [a]}\nstages: {a: {variants: {cuda: {torch-channel: cpu}}}}\n",
            ['5:47: stages.a.variants.cuda.torch-channel: "cpu" is no channel for the accelerator cuda'],
        ),
        (
            "  cuda: {stages: [a, b], compose: [c.yml]}\nstages: {a: {service: b}}\n",
            ["4:22: variants.cuda.stages: the compose service b is that of a too"],
        ),
        (
            "  cuda: {base: {dockerfile: a/b}}\n",
            ["4:10: variants.cuda.base: says neither of stage and image; allowed: one of them"],
        ),
        (
            "  cuda: {dockerfile: '{name}/Dockerfile'}\n",
            [f'4:22: variants.cuda.dockerfile: found "{{name}}/Dockerfile"; allowed: {FILLED}'],
        ),
    ],
)
def test_errors_in_variants_and_stages(text: str, wanted: list[str]) -> None:
    assert problems(with_variants(text)) == [f"p.yaml:{one}" for one in wanted]


def test_an_unknown_rule_is_named_with_the_nearest() -> None:
    (problem,) = problems("wxlint: 1\nrules: {latest-tags: error}\n")
    assert problem.startswith('p.yaml:2:9: a key of rules: found "latest-tags"; allowed: ')
    assert problem.endswith('; did you mean "latest-tag"?')


def test_every_problem_is_listed_in_order() -> None:
    assert [one.split(": ")[0] for one in problems("name: A\nwxlint: 3\nx: 1\nexpect: {a: 1, user: []}\n")] == [
        "p.yaml:1:7",
        "p.yaml:2:9",
        "p.yaml:3:1",
        "p.yaml:4:10",
        "p.yaml:4:22",
    ]

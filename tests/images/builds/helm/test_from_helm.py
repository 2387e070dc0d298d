"""Images of Helm charts: values laid over others, and Applications of Argo CD that set them."""

from __future__ import annotations

import pytest

from wxlint.core.cache import NO_CACHE
from wxlint.core.values import HOLE
from wxlint.documents.source import Source
from wxlint.images.builds.helm.calls import laid_values
from wxlint.images.builds.helm.from_helm import helm_script
from wxlint.images.builds.kubernetes.from_kubernetes import Kubernetes

VALUES = """\
replicas: 2
image:
  registry: registry.example
  repository: acme/asr
  tag: 1.0-cuda
worker:
  image: {repository: acme/worker, tag: "1.0"}
"""
SUBCHART = "image:\n  repository: acme/vad\n  tag: 0.9\n"
CHART = {"chart/values.yaml": VALUES, "chart/charts/vad/values.yaml": SUBCHART}


def images(path: str, text: str, files: dict[str, str] = CHART) -> list[str]:
    """What a file of values names, unknown parts as `?`."""
    read = lambda name: Source(name, files[name]) if name in files else None  # noqa: E731
    return [use.value.text.replace(HOLE, "?") for use in helm_script(Source(path, text), NO_CACHE, read).uses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: {tag: 1.0-cpu}\n", ["registry.example/acme/asr:1.0-cpu"]),
        ("worker:\n  image:\n    tag: '2.0'\n", ["acme/worker:2.0"]),
        ("image: {repository: mirror/asr}\n", ["registry.example/mirror/asr:1.0-cuda"]),
        ("vad:\n  image: {tag: 1.1-cpu}\n", ["acme/vad:1.1-cpu"]),
        ("image: {pullPolicy: Always}\n", []),
        ("other: {tag: x}\n", []),
        ("global: {imageRegistry: mirror.example}\nimage: {tag: x1}\n", ["?/acme/asr:x1"]),
        ("global: {imageRegistry: ''}\nimage: {tag: x1}\n", ["registry.example/acme/asr:x1"]),
    ],
)
def test_values_over_the_charts_own(text: str, expected: list[str]) -> None:
    assert images("chart/values-gpu.yaml", text) == expected


def test_a_tag_without_a_chart_is_none() -> None:
    assert images("values-gpu.yaml", "image: {tag: x}\n", {}) == []


def test_the_charts_own_values_are_laid_over_nothing_but_charts_below() -> None:
    assert images("chart/values.yaml", VALUES) == ["registry.example/acme/asr:1.0-cuda", "acme/worker:1.0"]
    assert images("chart/values.yaml", "vad:\n  image: {tag: 2.0-cuda}\n") == ["acme/vad:2.0-cuda"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("image: {name: acme/asr, tag: x}\n", ["acme/asr:x"]),
        ("asrImage: {repo: acme/asr, tag: x}\n", ["acme/asr:x"]),
        ("image: {image: acme/asr, tag: x}\n", ["acme/asr:x"]),
        ("image: acme/asr\nimageTag: x\n", ["acme/asr:x"]),
        ("service: {name: acme/asr, tag: x}\n", []),
    ],
)
def test_other_spellings(text: str, expected: list[str]) -> None:
    assert images("values.yaml", text, {}) == expected


APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
spec:
  source:
    repoURL: https://git.example/acme/asr
    path: chart
    helm:
      parameters:
        - {name: image.tag, value: 1.1-cuda}
        - {name: replicas, value: "3"}
      values: |
        worker:
          image:
            tag: "1.1"
"""
SOURCES = """\
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
spec:
  template:
    spec:
      sources:
        - {path: "apps/{{name}}", helm: {valuesObject: {image: {repository: acme/a, tag: b1}}}}
        - path: overlays/gpu
          kustomize: {images: ["acme/asr=mirror/asr:1.0-cuda", "acme/vad:1.0", "acme/{{tag}}"]}
"""


def applied(text: str) -> list[tuple[str, str]]:
    """The images that an Application sets, with the text at their places."""
    read = lambda name: Source(name, CHART[name]) if name in CHART else None  # noqa: E731
    uses = Kubernetes([Source("app.yaml", text)], NO_CACHE, read).uses()
    lines = text.splitlines()
    return [(u.value.text, lines[u.span.line - 1][u.span.column - 1 : u.span.end_column - 1]) for u in uses]


def test_applications_of_argo_cd() -> None:
    assert applied(APPLICATION) == [("acme/worker:1.1", "1.1"), ("registry.example/acme/asr:1.1-cuda", "1.1-cuda")]
    assert applied(SOURCES) == [
        ("acme/a:b1", "b1"),
        ("mirror/asr:1.0-cuda", "acme/asr=mirror/asr:1.0-cuda"),
        ("acme/vad:1.0", "acme/vad:1.0"),
    ]


def test_a_container_that_an_operation_adds() -> None:
    text = """\
kind: Kustomization
patches:
  - patch: |-
      - op: add
        path: /spec/template/spec/containers/-
        value: {name: vad, image: "acme/vad:1.0-cuda"}
      - op: replace
        path: /spec/template/spec/initContainers
        value: [{name: init, image: "acme/init:1"}]
"""
    uses = Kubernetes([Source("kustomization.yaml", text)], NO_CACHE).uses()
    assert [use.value.text for use in uses] == ["acme/vad:1.0-cuda", "acme/init:1"]


def test_a_line_that_names_helm_over_and_over() -> None:
    """It is looked through once, not from each name to its end."""
    text = "helm -f " * 200_000
    assert list(laid_values(Source("deploy.sh", text), NO_CACHE, lambda path: True)) == []

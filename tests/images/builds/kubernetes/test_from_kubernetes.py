"""Images in Kubernetes manifests and kustomizations."""

from __future__ import annotations

import pytest

from wxlint.documents.source import Source
from wxlint.images.builds.kubernetes.from_kubernetes import Kubernetes

POD = """\
apiVersion: argoproj.io/v1alpha1
kind: Workflow
spec:
  templates:
    - name: train
      container:
        image: example/train:{{ inputs.tag }}
    - name: other
      container: {image: "example/other:1", resources: {limits: {amd.com/gpu: 2}}}
"""


def test_custom_resources_are_read_by_where_containers_stand() -> None:
    found = Kubernetes([Source("wf.yaml", POD)])
    assert [(use.kind, use.value.shown()) for use in found.uses()] == [
        ("kubernetes image", "example/train:{{ inputs.tag }}"),
        ("kubernetes image", "example/other:1"),
    ]
    assert [len(running.container.gpus) for running in found.running] == [0, 1]


def test_a_kustomization_says_what_runs() -> None:
    pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - {name: a, image: asr}\n"
    kustomization = "kind: Kustomization\nimages:\n  - name: asr\n    newName: example/asr\n    newTag: 1.0-cuda\n"
    found = Kubernetes([Source("base/pod.yaml", pod), Source("kustomization.yaml", kustomization)])
    (use,) = found.uses()
    assert (use.value.text, use.span.line, use.reference and use.reference.tag) == (
        "example/asr:1.0-cuda",
        5,
        "1.0-cuda",
    )


def test_what_is_no_manifest_runs_nothing() -> None:
    texts = ["", "- a", "spec: {containers: 3}", "spec: {containers: [1, {image: {a: 1}}]}", "images: [", "{{ x }}: a"]
    assert list(Kubernetes([Source(f"{n}.yaml", text) for n, text in enumerate(texts)]).uses()) == []


CUSTOM = [
    # (text, [(image, GPUs, whether something else may give one)])
    (
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nspec:\n  predictor:\n    model:\n"
        "      image: e/asr:1-cuda\n      resources: {limits: {nvidia.com/gpu: 1}}\n",
        [("e/asr:1-cuda", 1, False)],
    ),
    (
        "apiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\nspec:\n  containers:\n"
        "    - {name: kserve, image: 'e/asr:1-cuda'}\n",
        [("e/asr:1-cuda", 0, True)],
    ),
    (
        "apiVersion: ray.io/v1\nkind: RayCluster\nspec:\n"
        "  headGroupSpec: {template: {spec: {containers: [{name: h, image: 'e/r:gpu'}]}}}\n"
        "  workerGroupSpecs:\n    - template:\n        spec:\n          containers:\n"
        "            - {name: w, image: 'e/r:gpu', resources: {limits: {nvidia.com/gpu: 2}}}\n",
        [("e/r:gpu", 0, True), ("e/r:gpu", 1, False)],
    ),
    (
        "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nspec:\n  templates:\n"
        "    - {name: s, script: {image: 'e/s:1', source: 'x', resources: {limits: {amd.com/gpu: 1}}}}\n"
        "    - name: c\n      containerSet: {containers: [{name: a, image: 'e/c:1'}]}\n"
        "    - {name: p, container: {image: 'e/p:1'}, sidecars: [{name: q, image: 'e/q:1'}], podSpecPatch: 'x: gpu'}\n",
        [("e/s:1", 1, False), ("e/c:1", 0, False), ("e/q:1", 0, True), ("e/p:1", 0, True)],
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - name: a\n      image: e/a:1\n"
        "      resources: {limits: {nvidia.com/mig-1g.5gb: 1}}\n",
        [("e/a:1", 1, False)],
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  runtimeClassName: nvidia\n  containers: [{name: a, image: 'e/a:1'}]\n",
        [("e/a:1", 0, True)],
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  nodeSelector: {nvidia.com/gpu.present: 'true'}\n"
        "  containers: [{name: a, image: 'e/a:1', resources: {limits: {cpu: 1}}}]\n",
        [("e/a:1", 0, False)],
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n"
        "    - {name: a, image: 'e/a:1', env: [{name: NVIDIA_VISIBLE_DEVICES, value: all}]}\n",
        [("e/a:1", 0, True)],
    ),
    (
        "apiVersion: v1\nkind: Pod\nspec:\n"
        "  containers: [{name: a, image: 'e/a:1', resources: {limits: {nvidia.com/gpu: 0}}}]\n",
        [("e/a:1", 0, False)],
    ),
    (
        "apiVersion: example/v1\nkind: Model\nspec: {image: 'e/m:1', args: [x]}\nstatus: {image: 'e/n:1'}\n",
        [("e/m:1", 0, True)],
    ),
]


@pytest.mark.parametrize(("text", "expected"), CUSTOM)
def test_pods_of_many_kinds(text: str, expected: list[tuple[str, int, bool]]) -> None:
    found = Kubernetes([Source("x.yaml", text)]).running
    assert [(r.use.value.text, len(r.container.gpus), r.pod.gpu_elsewhere) for r in found] == expected


POD_A = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n    - {name: a, image: 'e/a:1-cuda'}\n"
STRATEGIC = (
    "spec:\n  containers:\n    - name: a\n      image: e/a:2-cuda\n      resources: {limits: {nvidia.com/gpu: 1}}\n"
)
JSON6902 = (
    "- op: replace\n  path: /spec/template/spec/containers/0/image\n  value: e/a:3-cuda\n"
    "- op: add\n  path: /spec/containers/0/resources/limits/nvidia.com~1gpu\n  value: 1\n"
    "- op: remove\n  path: /spec/containers/0/image\n"
)


def indented(text: str) -> str:
    return "".join(f"      {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    ("kustomization", "files", "images", "given"),
    [
        (f"patches:\n  - patch: |-\n{indented(STRATEGIC)}", {}, {"e/a:1-cuda", "e/a:2-cuda"}, True),
        (
            f"patches:\n  - target: {{kind: Pod}}\n    patch: |-\n{indented(JSON6902)}",
            {},
            {"e/a:1-cuda", "e/a:3-cuda"},
            True,
        ),
        (f"patchesStrategicMerge:\n  - |-\n{indented(STRATEGIC)}", {}, {"e/a:1-cuda", "e/a:2-cuda"}, True),
        ("patchesStrategicMerge: [gpu.yaml]\n", {"o/gpu.yaml": STRATEGIC}, {"e/a:1-cuda", "e/a:2-cuda"}, True),
        ("patchesJson6902: [{path: j.yaml}]\n", {"o/j.yaml": JSON6902}, {"e/a:1-cuda", "e/a:3-cuda"}, True),
        ("patches: [{path: gone.yaml}]\n", {}, {"e/a:1-cuda"}, False),
        ("patches:\n  - patch: '- {op: add, path: /metadata/x, value: 1}'\n", {}, {"e/a:1-cuda"}, False),
        ("patches: [1, {patch: '{'}, {}]\n", {}, {"e/a:1-cuda"}, False),
    ],
)
def test_patches_of_kustomizations(kustomization: str, files: dict[str, str], images: set[str], given: bool) -> None:
    sources = {path: Source(path, text) for path, text in files.items()}
    text = f"kind: Kustomization\n{kustomization}"
    found = Kubernetes([Source("base/pod.yaml", POD_A), Source("o/kustomization.yaml", text)], read=sources.get)
    uses = list(found.uses())
    assert {use.value.text for use in uses} == images
    assert [running.pod.gpu_elsewhere for running in found.running] == [given]
    for use in uses:
        if use.span.path == "o/kustomization.yaml":
            line = text.splitlines()[use.span.line - 1]
            assert line[use.span.column - 1 : use.span.end_column - 1] == use.value.text


def test_a_patch_that_is_a_manifest_is_read_once_and_lacks_nothing() -> None:
    patch = "apiVersion: v1\nkind: Pod\nspec:\n  containers: [{name: a, image: 'e/a:2-cuda'}]\n"
    kustomization = "resources: [../base]\npatches: [{path: gpu.yaml}]\n"
    found = Kubernetes([Source("o/gpu.yaml", patch), Source("o/kustomization.yml", kustomization)])
    assert [use.value.text for use in found.uses()] == ["e/a:2-cuda"]
    assert [running.pod.gpu_elsewhere for running in found.running] == [True]

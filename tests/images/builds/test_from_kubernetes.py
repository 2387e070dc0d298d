"""Images in Kubernetes manifests and kustomizations."""

from __future__ import annotations

from wxlint.documents.source import Source
from wxlint.images.builds.from_kubernetes import Kubernetes

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

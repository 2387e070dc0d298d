"""Which build of torch an address or a local version stands for, and how releases compare."""

from __future__ import annotations

import pytest
from packaging.specifiers import SpecifierSet

from wxlint import facts
from wxlint.images.stack.torch.channels import accelerator_of, channel_of_local, channel_of_url
from wxlint.images.stack.torch.releases import (
    companion_version,
    contains,
    is_complete,
    local_rank,
    numbers,
    release_sets,
    releases,
    same_release,
    within,
)

WHEELS = "https://download.pytorch.org/whl"


@pytest.mark.parametrize(
    ("url", "channel"),
    [
        (f"{WHEELS}/cpu", "cpu"),
        (f" {WHEELS}/cu121/ ", "cu121"),
        (f"{WHEELS}/CU121", "cu121"),
        (f"{WHEELS}/cpu-cxx11-abi", "cpu"),
        (f"{WHEELS}/cpu_cxx11_abi", "cpu"),
        (f"{WHEELS}/nightly/cu130", "cu130"),
        (f"{WHEELS}/test/cpu", "cpu"),
        (f"{WHEELS}/preview/cu92", "cu92"),
        (f"{WHEELS}/rocm6.0", "rocm6.0"),
        (f"{WHEELS}/rocm6.0.2/torch", "rocm6.0.2"),
        (f"{WHEELS}/xpu", "xpu"),
        (f"{WHEELS}/cu1211", "unknown"),
        (f"{WHEELS}/cpus", "unknown"),
        (f"{WHEELS}/cu121/torch-2.1.0%2Bcu121-cp311-cp311-linux_x86_64.whl", "cu121"),
        ("https://mirror.example/pytorch-wheels/cu118", "cu118"),
        ("https://mirror.example/pytorch/wheels/cu118", "cu118"),
        ("https://mirror.example/pytorch/wheel/cu118", "cu118"),
        ("https://mirror.example/torch-wheels/cpu", "cpu"),
        ("https://mirror.example/repository/pytorch-cu124/simple", "cu124"),
        ("https://mirror.example/torch-cpu", "cpu"),
        ("https://mirror.example/repository/pytorch-whl-rocm6.2/simple/", "rocm6.2"),
        ("https://mirror.example/pytorch/cu118/", "cu118"),
        ("https://mirror.example/repository/pytorch-cu12x/simple", "unknown"),
        ("https://mirror.example/torch-cpuinfo/simple", "unknown"),
        ("https://mirror.example/my-torch-cpu/simple", "unknown"),
        (WHEELS, "all"),
        (f"{WHEELS}/", "all"),
        (f"{WHEELS}/torch_stable.html", "all"),
        (f"{WHEELS}/nightly/torch_nightly.html", "all"),
        (f"{WHEELS}/torch/", "all"),
        ("https://download-r2.pytorch.org/whl", "all"),
        ("https://pytorch-extension.intel.com/release-whl/stable/xpu/us/", "xpu"),
        ("https://pytorch-extension.intel.com/release-whl/xpu", "xpu"),
        ("https://pytorch-extension.intel.com/release-whl/stable/cpu/us/", "unknown"),
        ("the default index", "default"),
        ("https://registry.example/simple", "unknown"),
        ("https://mirrors.aliyun.com/pypi/simple/", "default"),
        ("https://pypi.tuna.tsinghua.edu.cn/simple", "default"),
        ("https://mirrors.cloud.tencent.com/pypi/simple", "default"),
        ("http://mirrors.tencentyun.com/pypi/simple", "default"),
        ("https://registry.example/https://mirrors.aliyun.com/pypi/", "unknown"),
        ("", "unknown"),
    ],
)
def test_the_channel_of_an_index(url: str, channel: str) -> None:
    assert channel_of_url(url) == channel


@pytest.mark.parametrize(
    ("local", "channel"),
    [
        ("cu121", "cu121"),
        ("CU121", "cu121"),
        ("cpu", "cpu"),
        ("cpu.cxx11.abi", "cpu"),
        ("rocm6.0", "rocm6.0"),
        ("xpu", "xpu"),
        ("2.1.0+cu118", "cu118"),
        ("pt21.cu121", "cu121"),
        ("git123", None),
        ("acu121", None),
        ("cu121x", None),
    ],
)
def test_the_channel_of_a_local_version(local: str, channel: str | None) -> None:
    assert channel_of_local(local) == channel


@pytest.mark.parametrize(
    ("channel", "accelerator"),
    [
        ("cpu", "cpu"),
        ("default", "cuda"),
        ("cu121", "cuda"),
        ("cuda", None),
        ("rocm6.0", "rocm"),
        ("xpu", "other"),
        ("none", None),
        ("unknown", None),
        ("", None),
    ],
)
def test_what_a_channel_computes_with(channel: str, accelerator: str | None) -> None:
    assert accelerator_of(channel) == accelerator


SPECIFIERS = (
    ">=2.1 <=2.1 ==2.1 ~=2.1 !=2.1 <2.1 >2.1 >=2.1.1 <=2.1.1 ==2.1.1 ~=2.1.1 !=2.1.1 <2.1.1 >2.1.1 ==2.* !=2.* ==2.1.*"
    " !=2.1.* >=2,<3 >=2.0.1,!=2.1.1,<2.2 ~=2.0 >=2.1rc1 ===2.1.1 ,>=2.1 <2.10 >=2.9,<2.11"
).split()
VERSIONS = "1.13.1 2.0 2.0.1 2.1 2.1.0 2.1.1 2.1.2 2.2.0 2.9.1 2.10.0 2.11.0 3.0.0".split()


@pytest.mark.parametrize("specifier", SPECIFIERS)
def test_ranges_hold_what_the_packaging_library_says(specifier: str) -> None:
    right = SpecifierSet(specifier.removeprefix(","))
    assert {v: within(specifier, v) for v in VERSIONS} == {v: right.contains(v, prereleases=True) for v in VERSIONS}


def test_a_release_is_in_the_range_that_names_one_of_its_builds() -> None:
    assert within("==2.1.1+cpu", "2.1.1") and within(">=2,==2.1.1+cu121", "2.1.1")
    assert not within("==2.1.1+cpu", "2.1.2") and not within("==2.1.1+cpu,<2", "2.1.1")


def test_ranges_over_several_versions() -> None:
    assert contains(">=2", ("2.0", "2.1")) is True
    assert contains(">=2", ("1.13", "1.12")) is False
    assert contains(">=2", ("1.13", "2.1")) is None
    assert contains("no range", ("2.1",)) is False


def test_one_release_has_several_spellings() -> None:
    assert same_release("2.1", "2.1.0") and same_release("2", "2.0.0") and same_release("2.1.0", "2.1.0")
    assert not same_release("2.1", "2.1.1") and not same_release("2.10", "2.1") and not same_release("0", "1")
    assert numbers("2.1.0+cu121") == (2, 1, 0)
    assert numbers("2.1.0.post4") == (2, 1, 0)


def test_local_versions_sort_above_the_plain_one() -> None:
    ranks = [local_rank(channel) for channel in ("default", "cpu", "cu118", "cu121")]
    assert ranks == sorted(ranks) and len(set(ranks)) == 4


def test_which_channels_are_listed_wholly() -> None:
    assert all(map(is_complete, ("default", "cpu", "cu121")))
    assert not any(map(is_complete, ("rocm6.0", "unknown", "xpu", "none")))


def test_releases_for_a_python() -> None:
    assert releases("cu121", "3.12") == tuple(v for v in facts.torch_releases("cu121") if v >= "2.2")
    assert releases("cu121", "3.11.9") == releases("cu121", None) == facts.torch_releases("cu121")
    assert releases("cu121", "3.8")[-1] == "2.4.1"
    assert releases("cu121", "3.13")[0] == "2.5.0"


def test_releases_of_every_python_that_may_be_there() -> None:
    known = release_sets(("cu121", "cpu"), "3.12")
    assert known == ((releases("cu121", "3.12"), releases("cpu", "3.12")),)
    newest = {listed[-1] for (listed,) in release_sets(("cu121",), None)}
    assert newest == {"2.4.1", "2.5.1"}
    assert {listed[-1] for (listed,) in release_sets(("cu121",), None, "2.5.0")} == {"2.5.1"}
    assert release_sets(("cu121",), "3.14") == ()
    assert release_sets(("cu121",), None, "of nobody") == release_sets(("cu121",), None)


@pytest.mark.parametrize(
    ("name", "specifier", "listed", "version"),
    [
        ("torchvision", "", ("2.3.1",), "0.18.1"),
        ("torchaudio", "", ("2.3.0", "2.3.1", "2.2.2"), "2.3.1"),
        ("torchaudio", "", ("2.10.0", "2.9.1"), "2.10.0"),
        ("torchvision", "<0.19", ("2.3.1", "2.4.1"), "0.18.1"),
        ("torchvision", ">=0.30", ("2.3.1",), None),
        ("torchvision", "", (), None),
        ("torchvision", "", ("of nobody", "2.3.1"), "0.18.1"),
        ("flask", "", ("2.3.1",), None),
    ],
)
def test_the_newest_companion(name: str, specifier: str, listed: tuple[str, ...], version: str | None) -> None:
    assert companion_version(name, specifier, listed) == version

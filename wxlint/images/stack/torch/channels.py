"""Which torch build a wheel index, a local version or a wheel URL stands for.

A channel is the last part of an address of the PyTorch wheel index: `cpu`, `cu121`, `rocm6.0`, `xpu`. Besides these:
"default" (the package index pip uses when nothing is said), "none" (no torch) and "unknown".
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from wxlint.core.patterns import late

if TYPE_CHECKING:
    from wxlint.images.installs.model import PackageIndex

_CHANNEL = r"(cpu(?:[._-]?cxx11[._-]?abi)?|cu\d{2,3}|rocm\d+(?:\.\d+)*|xpu)"
_IN_URL = late(
    r"(?:/whl|pytorch-wheels|/pytorch/wheels?|/torch-wheels?)/(?:nightly/|test/|preview/)?" + _CHANNEL + r"(?![\w.])",
    re.I,
)
_IN_MIRROR = late(r"/(?:py)?torch(?:[-_](?:whl|wheels?))?[-_/]" + _CHANNEL + r"(?=/|$)", re.I)
"""A repository of a mirror that is named after torch and one channel: `/repository/pytorch-cu124/simple`."""
_INTEL = late(r"pytorch-extension\.intel\.com/release-whl/(?:[\w-]+/)?xpu(?![\w.-])", re.I)
"""Intel's own wheels: for its GPUs with a torch of their own, for the CPU without one."""
_WHEEL_INDEX = late(
    r"download(?:-r2)?\.pytorch\.org/whl(?:/nightly|/test)?(?:/torch_stable\.html|/torch_nightly\.html|/torch/?|/?)$",
    re.I,
)
_INDEX_ROOT = late(r"https?://download(?:-r2)?\.pytorch\.org/whl/(?:nightly/|test/)?(?:" + _CHANNEL + r")?/?$", re.I)
"""The root of an index, which lists projects (PEP 503)."""
_LOCAL = late(r"(?:^|[.+-])" + _CHANNEL + r"(?![\w])", re.I)
_ITSELF = r"the default index$|https?://pypi\.(?:python\.)?org/"
_DEFAULT = late(
    _ITSELF + r"|https?://(?:test\.pypi\.org/|files\.pythonhosted\.org/"
    r"|(?:pypi\.tuna|mirrors\.tuna|pypi\.mirrors|mirrors|mirror|pypi|repo|pypi\.doubanio|pypi\.douban|mirror\.sjtu|mirror\.nju|mirror\.baidu)"
    r"\.(?:tsinghua|ustc|aliyun|cloud\.aliyuncs|tencent|cloud\.tencent|huaweicloud|douban|sjtu|nju|bfsu|sustech|hust|zju|baidu|163|volces|tencentyun)"
    r"\.(?:edu\.cn|com|com\.cn|cn)/|pypi\.(?:douban|doubanio)\.com/)",
    re.I,
)
"""The default index and the public mirrors that serve the same files (documented by their operators)."""


@functools.lru_cache(maxsize=1024)
def channel_of_url(url: str) -> str:
    """The channel an index URL serves: a channel, "default", "all" (every channel at once) or "unknown"."""
    url = url.strip().replace("%2B", "+").replace("%2b", "+")
    match = _IN_URL.search(url) or _IN_MIRROR.search(url)
    if match:
        return normal(match[1])
    if _INTEL.search(url):
        return "xpu"
    if _WHEEL_INDEX.search(url):
        return "all"
    if _DEFAULT.match(url):
        return "default"
    return "unknown"


_DEFAULT_ITSELF = late(_ITSELF, re.I)


def is_default_itself(source: PackageIndex) -> bool:
    """Whether an index is the default one and no mirror of it: some keep what it no longer has."""
    return source.value.known and _DEFAULT_ITSELF.match(source.value.text.strip()) is not None


def lists_no_wheels(source: PackageIndex) -> bool:
    """Whether a page that --find-links names is the root of an index: its links are projects, and pip and uv take files
    only from such a page."""
    return source.value.known and _INDEX_ROOT.match(source.value.text.strip()) is not None


def channel_of_local(local: str) -> str | None:
    """The channel a local version names ("cu121" in 2.1.0+cu121, "cpu" in 2.1.0+cpu); None for another local part."""
    match = _LOCAL.search(local)
    return normal(match[1]) if match else None


def normal(channel: str) -> str:
    """A channel in its plain spelling."""
    channel = channel.lower()
    return "cpu" if channel.startswith("cpu") else channel


def accelerator_of(channel: str) -> str | None:
    """cpu, cuda, rocm or other; None when the channel is none or not known. The default index holds CUDA builds on
    Linux."""
    if channel == "cpu":
        return "cpu"
    if channel == "default" or (channel.startswith("cu") and channel[2:].isdigit()):
        return "cuda"
    if channel.startswith("rocm"):
        return "rocm"
    if channel == "xpu":
        return "other"
    return None


def served_by(source: PackageIndex) -> str:
    """The channel of an index, whose address may be partly unknown."""
    return channel_of_url(source.value.text) if source.value.known else "unknown"

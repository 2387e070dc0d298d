"""The ways in which a compose service asks for a device."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wxlint.core.patterns import late
from wxlint.core.tuples import NamedTuple
from wxlint.core.values import HOLE, Value
from wxlint.documents.compose.fields import Fields
from wxlint.documents.compose.merge import Place, Series, Table, Text, Tree, unique_items

_NVIDIA = frozenset(("gpu", "nvidia", "compute", "compat32", "graphics", "utility", "video", "display"))
"""The capabilities that docker's nvidia device driver answers to (moby, daemon/nvidia_linux.go)."""
_DRIVER_PARTS = _NVIDIA - {"gpu", "nvidia"}
"""Of these, the parts of the driver that a container gets; without any, those that its image names (the same file)."""
_CDI = late(r"([\w.-]+)/([\w.-]+)=")
_MAKERS = {"nvidia": "nvidia", "amd": "amd", "rocm": "amd", "kfd": "amd", "intel": "intel"}


class DeviceRequest(NamedTuple):
    """One way in which a service asks for a device.

    how: "deploy" (deploy.resources.reservations.devices), "generic" (..generic_resources), "gpus", "runtime", "device".
    name: the runtime, the CDI name or device file, the kind of generic resource; else None. quantity: the `count`.
    """

    how: str
    place: Place
    name: Text | None = None
    driver: Text | None = None
    quantity: Text | None = None
    device_ids: tuple[Text, ...] = ()
    capabilities: tuple[Text, ...] = ()

    @property
    def vendor(self) -> str:
        """The maker: "nvidia", "amd", "intel" or another name; "" when nothing says it."""
        if self.name:
            return _vendor(self.name.value)
        driver = _vendor(self.driver.value) if self.driver else ""
        if driver and driver != "cdi":
            return driver
        return next(filter(None, (_vendor(text.value) for text in self.device_ids if "/" in text.value.text)), "")

    @property
    def gpu(self) -> bool | None:
        """Whether a GPU is asked for; None when unknown variables decide."""
        if self.how == "gpus":
            return True
        if self.name:
            text = self.name.value.text
            return None if text.startswith(HOLE) else self.how != "generic" or "gpu" in text.lower()
        capabilities = [text.value for text in self.capabilities]
        if self.computes is False:
            return None  # to watch a GPU, not to compute on it
        if self.vendor in ("nvidia", "amd") or any(value.text in _NVIDIA for value in capabilities):
            return True
        return None if any(value.holes for value in capabilities) else False

    @property
    def computes(self) -> bool | None:
        """Whether the request lets CUDA in; it does not when it names parts of NVIDIA's driver without "compute"."""
        words = [text.value for text in self.capabilities]
        if any(word.holes for word in words):
            return None
        parts = _DRIVER_PARTS.intersection(word.text for word in words)
        return None if self.vendor not in ("", "nvidia") else not parts or "compute" in parts


class DeviceReader:
    """Reads the devices of services, noting problems."""

    def __init__(self, fields: Fields) -> None:
        self.fields = fields

    def devices(self, table: Table) -> Iterator[DeviceRequest]:
        runtime = table.get("runtime")
        if isinstance(runtime, Text) and (runtime.value.holes or runtime.value.text in ("nvidia", "amd", "rocm")):
            yield DeviceRequest("runtime", runtime.place, runtime)
        yield from self._reservations(table)
        gpus = table.get("gpus")
        if isinstance(gpus, Text) and gpus.kind != "null":
            if gpus.value.known and gpus.value.text != "all":
                self.fields.problem(gpus.place, 'gpus must be "all" or a list of mappings')
            yield DeviceRequest("gpus", gpus.place, quantity=gpus)
        elif gpus:
            yield from self._requests("gpus", gpus, "gpus")
        devices = table.get("devices")
        if devices and not isinstance(devices, Series):
            self.fields.problem(devices.place, "devices must be a list")
        for item in unique_items(devices.items, ".devices") if isinstance(devices, Series) else ():
            source = item.get("source") if isinstance(item, Table) else item
            if not isinstance(source, Text):
                self.fields.problem(item.place, "devices must be strings, or mappings with a source")
            elif _is_gpu_device(source.value.text):
                yield DeviceRequest("device", source.place, source)

    def _reservations(self, table: Table) -> Iterator[DeviceRequest]:
        deploy = self.fields.table(table.get("deploy"), "deploy")
        resources = self.fields.table(deploy.get("resources"), "deploy.resources") if deploy else None
        if resources is None:
            return
        limits = self.fields.table(resources.get("limits"), "deploy.resources.limits")
        if limits and (devices := limits.get("devices")):
            message = "deploy.resources.limits has no devices: they stand under deploy.resources.reservations"
            self.fields.problem(limits.entries["devices"].key, message)
            yield from self._requests("deploy", devices, "deploy.resources.limits.devices")
        what = "deploy.resources.reservations"
        reservations = self.fields.table(resources.get("reservations"), what)
        if reservations is None:
            return
        if devices := reservations.get("devices"):
            yield from self._requests("deploy", devices, f"{what}.devices")
        generic = reservations.get("generic_resources")
        for item in generic.items if isinstance(generic, Series) else ():
            spec = item.get("discrete_resource_spec") if isinstance(item, Table) else None
            kind = spec.get("kind") if isinstance(spec, Table) else None
            if isinstance(kind, Text):
                yield DeviceRequest("generic", item.place, kind)

    def _requests(self, how: str, tree: Tree, what: str) -> Iterator[DeviceRequest]:
        if not isinstance(tree, Series):
            if not (isinstance(tree, Text) and tree.kind == "null"):
                self.fields.problem(tree.place, f"{what} must be a list of mappings")
            return
        for item in tree.items:
            if not isinstance(item, Table):
                self.fields.problem(item.place, f"{what} must be a list of mappings")
                continue
            capabilities, ids = item.get("capabilities"), item.get("device_ids")
            count = item.get("count")
            if capabilities is None and how == "deploy":
                self.fields.problem(item.place, "a device reservation needs capabilities, such as [gpu]")
            if count and ids:
                self.fields.problem(count.place, "count and device_ids exclude each other")
            if count and not _is_count(count):
                self.fields.problem(count.place, "count must be a number or all")
            yield DeviceRequest(
                how,
                item.place,
                None,
                self.fields.text(item, "driver", "devices."),
                count if isinstance(count, Text) else None,
                self.fields.texts(item, "device_ids", "devices."),
                self.fields.texts(item, "capabilities", "devices."),
            )


def _vendor(value: Value) -> str:
    """The maker that a runtime, driver, CDI name ("nvidia.com/gpu=all"), device file or resource kind names."""
    text = value.text.lower()
    if value.holes and text.startswith(HOLE):
        return ""
    maker = next((maker for word, maker in _MAKERS.items() if word in text), "")
    cdi = _CDI.match(text)
    return maker or (cdi[1] if cdi else "" if "/" in text else text)


def _is_gpu_device(text: str) -> bool:
    """Whether an entry of `devices` is a GPU, or may be one."""
    cdi = _CDI.match(text)
    return "gpu" in cdi[2] if cdi else text.startswith((HOLE, "/dev/nvidia", "/dev/kfd", "/dev/dri"))


def _is_count(tree: Tree) -> bool:
    if not isinstance(tree, Text) or tree.kind not in ("int", "str"):
        return False
    return HOLE in tree.value.text or bool(re.fullmatch(r"(?i:all)|[-+]?[0-9]+", tree.value.text))

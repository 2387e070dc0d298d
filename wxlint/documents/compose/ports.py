"""The ports of the host that a compose service takes."""

from __future__ import annotations

from collections.abc import Iterator

from wxlint.core.tuples import NamedTuple
from wxlint.documents.compose.merge import Place, Series, Table, Text
from wxlint.documents.compose.services import Service

_EVERY_ADDRESS = ("", "0.0.0.0", "::", "[::]")


class HostPort(NamedTuple):
    """One port of the host. address: of the host, "" for every one."""

    number: str
    protocol: str
    address: str
    place: Place

    def excludes(self, other: HostPort) -> bool:
        """Whether the engine refuses one where another container has the other."""
        if (self.number, self.protocol) != (other.number, other.protocol):
            return False
        return self.address == other.address or "" in (self.address, other.address)


def host_ports(service: Service) -> Iterator[HostPort]:
    """Yield the ports that a service is given on the host, defaults of variables among them.

    Ranges, of which the engine may choose, and ports that are not known are left out.
    """
    for item in service.ports.items if isinstance(service.ports, Series) else ():
        if isinstance(item, Text) and item.value.known:
            written, _, protocol = item.value.text.partition("/")
            outside, colon, _ = written.rpartition(":")
            address, _, number = outside.rpartition(":") if colon else ("", "", "")
        elif isinstance(item, Table):
            texts = {key: tree.value.text for key, (_, tree) in item.members() if isinstance(tree, Text)}
            number, protocol = texts.get("published", ""), texts.get("protocol", "")
            address = texts.get("host_ip", "")
        else:
            continue
        if number.isdigit():
            every = address in _EVERY_ADDRESS
            yield HostPort(number, protocol or "tcp", "" if every else address, item.place)

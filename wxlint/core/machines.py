"""What a processor is called: by `uname -m`, and by platforms and Debian."""

PROCESSORS = {"x86_64": "amd64", "aarch64": "arm64"}
"""The name in a platform (`linux/amd64`), by that of `uname -m`."""


def host_architecture() -> str:
    """What the processor of this machine is called in a platform; "" where that is not known."""
    import platform  # which few runs need

    machine = platform.machine().lower()
    return PROCESSORS.get(machine, machine)

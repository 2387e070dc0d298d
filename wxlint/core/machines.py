"""What a processor is called: by `uname -m`, and by platforms and Debian."""

PROCESSORS = {"x86_64": "amd64", "aarch64": "arm64"}
"""The name in a platform (`linux/amd64`), by that of `uname -m`."""

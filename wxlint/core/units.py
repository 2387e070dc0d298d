"""Quantities as people read them."""

from __future__ import annotations


def amount(size: int) -> str:
    """Bytes in powers of 1000, as `docker images` shows them: "900 B", "3.0 kB", "5.50 GB"."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.2f} GB"

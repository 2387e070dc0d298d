"""The fixtures of the family's tests; what they are made of is in family_kit.py."""

from family_kit import cpu_images, family

__all__ = ["cpu_images", "family"]

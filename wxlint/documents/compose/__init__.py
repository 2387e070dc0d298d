"""Compose files: merged, interpolated, typed; nothing is run."""

"""Gathers the evidence that the checks judge."""

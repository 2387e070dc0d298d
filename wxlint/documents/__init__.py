"""Readers, one per file format. Each is the only importer of its format's library, and never raises on bad input."""

"""The pytest plugin: session, items, report."""

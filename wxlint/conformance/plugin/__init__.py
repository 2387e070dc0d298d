"""The pytest plugin: policies as tests, their preparation, the report, and what clears up."""

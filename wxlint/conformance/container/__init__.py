"""The container engine, builds, processes and GPUs."""

"""The container engine: its images, builds, containers, services and GPUs."""

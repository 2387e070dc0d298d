"""One Dockerfile in one build: references, stages, installs."""

"""What the documents say about images: references, stages, builds, installs, lineage."""

"""What Helm charts and their values run."""

"""What Kubernetes manifests run, and what Argo CD sets in them."""

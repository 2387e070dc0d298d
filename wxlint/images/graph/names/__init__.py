"""What names say: of accelerators, of what stands beside them, of the repository itself."""

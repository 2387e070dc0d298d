"""The policy: which images a family has, and what is expected of each."""

"""The policy: which images a family has, and what is expected of each."""

FORBIDDEN_TAGS = ("latest",)
"""Where a policy says nothing, and where there is none."""

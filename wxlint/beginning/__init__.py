"""`wxlint init`: the policy that a repository implies, with the evidence, and where a written one and it part."""

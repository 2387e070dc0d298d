"""One run of the linter: inputs, rules, suppressions, processes."""

"""What every room may use: errors, findings, partly known values. Imports nothing else of wxlint."""

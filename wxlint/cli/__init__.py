"""The command line: arguments, exit codes, and the only code that prints."""

"""Makefiles as far as builds and RUN instructions run them: variables, and what the recipes of a target start."""

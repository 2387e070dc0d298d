"""The Python environments of a stage: which are made, which one a command acts in, which one is started."""

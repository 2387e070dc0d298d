"""What a script or a RUN would run, worked out without running it."""

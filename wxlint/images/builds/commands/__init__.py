"""What docker command lines of scripts build, copy and name."""

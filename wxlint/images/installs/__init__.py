"""Install commands: what is installed, and from where."""

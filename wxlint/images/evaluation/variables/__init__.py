"""Variables of a Dockerfile: how BuildKit expands them in words, and which defaults are no values."""

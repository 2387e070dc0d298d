"""The build order of a family, and the formats it is written in."""

"""HCL as bake files use it, and the same in JSON: blocks, attributes and expressions; nothing is evaluated."""

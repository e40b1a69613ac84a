"""A smoke test of a deployment: what only AWS can show, done once, and recorded."""

"""The chain of signed entries: what it is, what may join it, how it is audited."""

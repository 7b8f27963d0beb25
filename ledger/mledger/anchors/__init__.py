"""Kinds of anchors, one per file: who outside vouches for a checkpoint."""

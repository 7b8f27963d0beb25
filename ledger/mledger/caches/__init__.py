"""What may be deleted at any time: indexes, snapshots and words, each with its head."""

"""What may be deleted: indexes, snapshots and words of a ledger."""

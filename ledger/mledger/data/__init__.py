"""Data as a ledger knows it: digests, contents, profiles, never a row."""

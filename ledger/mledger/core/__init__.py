"""Bytes and values: canonical JSON, digests, the Merkle tree, notes and envelopes."""

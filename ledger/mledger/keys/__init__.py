"""Ed25519 keys, their files, and what a role may record."""

"""The rules, one a file; each registers by its decorator."""

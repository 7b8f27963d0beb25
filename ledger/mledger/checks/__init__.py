"""Checks: rules over what is recorded, pure functions that yield findings."""

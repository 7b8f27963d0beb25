"""Checks a whole ledger, and says how far it can be believed."""

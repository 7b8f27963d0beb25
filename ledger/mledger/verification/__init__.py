"""The verification of a whole ledger: what is checked, compared, and believed of others."""

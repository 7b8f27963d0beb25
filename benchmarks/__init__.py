"""How fast the ledger is, against limits measured in the same run."""

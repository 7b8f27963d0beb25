"""mledger."""

"""The command line of mledger."""

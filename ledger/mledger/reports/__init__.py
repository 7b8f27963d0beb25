"""Reports: documents about models, made of claims with their events."""

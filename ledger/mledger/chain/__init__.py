"""The chain of signed entries: made, judged, audited."""

"""What can be found out about a run without being told."""

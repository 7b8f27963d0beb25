"""What a check found, written for other programs."""

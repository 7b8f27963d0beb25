"""The vocabulary: what can happen in the life of a machine-learning model."""

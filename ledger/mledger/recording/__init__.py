"""Recording runs while they happen: nothing here may break a training."""

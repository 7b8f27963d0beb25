"""Pure folds of the history into states."""

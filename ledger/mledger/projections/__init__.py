"""Pure folds of the history into states: what is, as the events say."""

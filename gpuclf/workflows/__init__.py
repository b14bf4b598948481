"""The jobs from end to end: an `Experiment` in; a score, a model, predictions or a table out."""

"""Workflows: complete tasks, from an `Experiment` and its files to a result, one per command."""

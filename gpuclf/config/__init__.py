"""Experiment and its parts: options, presets, TOML files, grids."""

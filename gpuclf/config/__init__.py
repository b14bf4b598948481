"""Experiment and its parts, presets, TOML files and search grids."""

"""Splitting clips into training and test, and cross-validation over the splits."""

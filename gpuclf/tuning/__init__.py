"""Hyper-parameter search: search spaces, search strategies and nested cross-validation."""

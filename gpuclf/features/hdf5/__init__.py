"""Readers of HDF5 datasets, block by block."""

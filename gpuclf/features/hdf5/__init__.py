"""Block-wise, multi-threaded readers of HDF5 datasets, and a writer of compressed chunks."""

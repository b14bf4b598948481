"""Private helpers: output files, memory, versions, formatting, compilation, dataclass fields."""

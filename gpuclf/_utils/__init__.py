"""Output files, memory, versions, formatting, compiled functions, fields of settings."""

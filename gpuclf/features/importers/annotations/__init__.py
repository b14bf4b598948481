"""Annotated parts of recordings, read from the files of annotation programs."""

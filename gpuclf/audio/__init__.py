"""Recordings: their sound, and the features of its frames.

The only place that names librosa, soundfile and soxr, which the extra ``audio`` installs.
"""

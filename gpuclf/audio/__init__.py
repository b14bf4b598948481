"""Audio decoding and extraction of frame-level features.

The only package that imports librosa, soundfile and soxr (optional dependencies ``gpuclf[audio]``).
"""

"""Audio decoding and extraction of frame-level features.

The only package that imports librosa, soundfile, PyAV and soxr, the optional dependencies
``gpuclf[audio]``, and onnxruntime, that of ``gpuclf[onnx]``.
"""

"""The jobs from end to end: an `Experiment` in; a score, a model, predictions or a table out."""

from gpuclf.pipeline.auditing import Audit, audit
from gpuclf.pipeline.comparing import Compared, compare
from gpuclf.pipeline.evaluation import evaluate
from gpuclf.pipeline.extracting import Extracted, extract
from gpuclf.pipeline.modelling import predict, train
from gpuclf.pipeline.reading import Reading, read_clip
from gpuclf.pipeline.recordings import predict_recordings
from gpuclf.pipeline.searching import search
from gpuclf.pipeline.sweeping import Sweep, sweep

__all__ = [
    "Audit",
    "Compared",
    "Extracted",
    "Reading",
    "Sweep",
    "audit",
    "compare",
    "evaluate",
    "extract",
    "predict",
    "predict_recordings",
    "read_clip",
    "search",
    "sweep",
    "train",
]

"""The jobs from end to end: an `Experiment` in; a score, a model, predictions or a table out."""

from gpuclf.pipeline.evaluation import evaluate
from gpuclf.pipeline.modelling import predict, train
from gpuclf.pipeline.reading import Reading
from gpuclf.pipeline.searching import search

__all__ = ["Reading", "evaluate", "predict", "search", "train"]

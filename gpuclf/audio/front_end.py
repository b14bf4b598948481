"""Front ends: what computes the frames of a signal, for each kind of extraction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from gpuclf._typing import Frames
from gpuclf._utils.versions import versions
from gpuclf.audio.embedding import Embedding
from gpuclf.audio.onnx_front_end import OnnxFrontEnd
from gpuclf.audio.settings import MEL_SETS, Extraction
from gpuclf.audio.spectra import Spectra
from gpuclf.backend import Backend, resolve

AnyExtraction = Extraction | Embedding

GIL_BOUND = frozenset({"Xs", "Xn"})  # mostly Python code: faster with processes than with threads


class FrontEnd(Protocol):
    """Computation of the frames of signals.

    Attributes
    ----------
    processes : bool
        Whether processes compute faster than threads.
    """

    @property
    def processes(self) -> bool: ...  # noqa: D102

    def backend(self, choice: str | Backend) -> Backend:
        """Return where to compute for a choice of backend, after a check that it is possible.

        Raises
        ------
        BackendError
            If it is not.
        """

    def packages(self, backend: Backend) -> dict[str, str]:
        """Return the names and versions of what computes, for the record in the feature file."""

    def frames(self, sound: Frames, backend: Backend) -> dict[str, Frames]:
        """Return the frames of a signal by feature set.

        Raises
        ------
        UnusableError
            If the signal has no frames.
        """


class SpectralFrontEnd:
    """Computation of spectra; see `FrontEnd` and `gpuclf.audio.spectra`.

    Parameters
    ----------
    extraction : Extraction
        Parameters.
    """

    def __init__(self, extraction: Extraction) -> None:
        self.extraction = extraction

    @property
    def processes(self) -> bool:
        """Whether a feature set is computed by Python code."""
        return not GIL_BOUND.isdisjoint(self.extraction.features)

    def backend(self, choice: str | Backend) -> Backend:
        """Return where to compute; only ``mel`` and ``mfcc`` need another backend than the CPU."""
        return resolve("cpu" if MEL_SETS.isdisjoint(self.extraction.features) else choice)

    def packages(self, backend: Backend) -> dict[str, str]:
        """Return the versions of librosa and of the array module."""
        return {**versions(("librosa",)), backend.xp.__name__: backend.xp.__version__}

    def frames(self, sound: Frames, backend: Backend) -> dict[str, Frames]:
        """Return the spectra of a signal by feature set."""
        spectra = Spectra(sound, self.extraction, backend)
        return {name: spectra[name] for name in self.extraction.features}


def front_end_of(extraction: AnyExtraction) -> FrontEnd:
    """Return the front end of an extraction."""
    if isinstance(extraction, Embedding):
        return OnnxFrontEnd(extraction)
    return SpectralFrontEnd(extraction)


def extraction_from_dict(values: Mapping[str, Any]) -> AnyExtraction:
    """Return the extraction that its method `to_dict` has described.

    Raises
    ------
    InputError
        If a name is unknown or a value is invalid.

    Examples
    --------
    >>> extraction_from_dict({"features": ["mel"], "sr": 8000}).sr
    8000
    """
    return Embedding.from_dict(values) if "model" in values else Extraction.from_dict(values)

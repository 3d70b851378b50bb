"""Readers of the headers of weights: bounded, streaming, and never the weights themselves."""

from hearthub.fit.readers.gguf import read_gguf
from hearthub.fit.readers.onnx import read_onnx
from hearthub.fit.readers.safetensors import read_safetensors
from hearthub.fit.readers.torch import read_torch
from hearthub.fit.sources import Source, SourceFile
from hearthub.fit.weights import WeightFile

__all__ = ["FORMATS", "read"]

FORMATS = {
    "gguf": read_gguf,
    "onnx": read_onnx,
    "safetensors": read_safetensors,
    "torch": read_torch,
}


def read(source: Source, file: SourceFile, form: str) -> WeightFile:
    """The header of one file. Raises BadRequest for a malformed one, TooLarge where the source
    gives no more."""
    return FORMATS[form](source, file)

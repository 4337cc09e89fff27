"""Image captioning with interchangeable LSTM, ELMo and Transformer decoders."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from captioner.models.search_settings import SearchSettings as SearchSettings
    from captioner.pipeline import load_captioner as load_captioner

__version__ = "0.1.0"
__all__ = ["SearchSettings", "__version__", "load_captioner"]

_HOME = {"SearchSettings": "captioner.models", "load_captioner": "captioner.pipeline"}


def __getattr__(name: str) -> Any:
    # Imported on use, so that ``python -m captioner --help`` does not wait for torch.
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'captioner' has no attribute {name!r}")

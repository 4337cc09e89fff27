"""Image captioning with interchangeable LSTM, ELMo and Transformer decoders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from captioner.pipeline import load_captioner as load_captioner

__version__ = "0.1.0"
__all__ = ["__version__", "load_captioner"]


def __getattr__(name: str) -> Any:
    # Imported on use, so that ``python -m captioner --help`` does not wait for torch.
    if name == "load_captioner":
        from captioner.pipeline import load_captioner

        return load_captioner
    raise AttributeError(f"module 'captioner' has no attribute {name!r}")

"""BiLMOptions: the sizes of a biLM."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from captioner.language_models.options_json import format_options, parse_options

_MOST_LAYERS = 64
_MOST = 1 << 16  # of all other sizes: the published models stay below a tenth of it


@dataclass(frozen=True)
class BiLMOptions:
    """Architecture of a biLM: sizes, clipping, activation.

    The defaults are the model of Peters et al., 2018, section 3.4, of 94 million parameters.

    Attributes:
        character_size: Width of a character's embedding.
        filters: Width of each kind of filter over characters, and how many there are.
        highways: Highway layers after the filters.
        projection_size: Width P of a word vector and of the hidden states.
        cell_size: Width of the memory of each LSTM layer, above P.
        layers: LSTM layers of each direction.
        cell_clip: Largest magnitude of a cell, or None for no limit.
        projection_clip: The same of a hidden state.
        skip_connections: Layers after the first add their input to their output.
        max_characters: Characters of a word C, marks included, at least the widest filter.
        activation: ``relu`` or ``tanh``, after the filters.

    Raises:
        ValueError: If a size makes no such model.

    Example:
        >>> options = BiLMOptions(projection_size=16, cell_size=64)
        >>> BiLMOptions.from_json(options.to_json()) == options
        True
    """

    character_size: int = 16
    filters: tuple[tuple[int, int], ...] = (
        (1, 32),
        (2, 32),
        (3, 64),
        (4, 128),
        (5, 256),
        (6, 512),
        (7, 1024),
    )
    highways: int = 2
    projection_size: int = 512
    cell_size: int = 4096
    layers: int = 2
    cell_clip: float | None = 3.0
    projection_clip: float | None = 3.0
    skip_connections: bool = True
    max_characters: int = 50
    activation: str = "relu"

    def __post_init__(self) -> None:
        widest = max((width for width, _ in self.filters), default=0)
        count = sum(number for _, number in self.filters)
        smallest = {
            "filters": min((size for pair in self.filters for size in pair), default=0),
            "character_size": self.character_size,
            "projection_size": self.projection_size,
            "layers": self.layers,
            "highways": self.highways + 1,
        }
        for name, size in smallest.items():
            if size < 1:
                least = 0 if name == "highways" else 1
                raise ValueError(f"{name}: expected {least} or more, found {getattr(self, name)}")
        self._check_upper_limits(count, widest)
        if self.max_characters < max(3, widest):
            raise ValueError(
                f"max_characters: expected at least {max(3, widest)}, found {self.max_characters}"
            )
        # The official format has no projection from equal widths: its tools would leave it out.
        for name, width in (("cell_size", self.cell_size), ("filters", count)):
            if width <= self.projection_size:
                raise ValueError(
                    f"{name}: expected more than projection_size {self.projection_size} in all,"
                    f" found {width}"
                )
        for name in ("cell_clip", "projection_clip"):
            limit = getattr(self, name)
            if limit is not None and not limit > 0:
                raise ValueError(f"{name}: expected a number above 0 or none, found {limit}")
        if self.activation not in ("relu", "tanh"):
            raise ValueError(f"activation: expected relu or tanh, found {self.activation!r}")

    def _check_upper_limits(self, count: int, widest: int) -> None:
        """Refuse what would take all memory or time before it is compared with any weights."""
        largest = {
            "layers": (self.layers, _MOST_LAYERS),
            "highways": (self.highways, _MOST_LAYERS),
            "filters": (max(count, widest, len(self.filters)), _MOST),
            "character_size": (self.character_size, _MOST),
            "projection_size": (self.projection_size, _MOST),
            "cell_size": (self.cell_size, _MOST),
            "max_characters": (self.max_characters, _MOST),
        }
        for name, (size, most) in largest.items():
            if size > most:
                raise ValueError(f"{name}: expected at most {most}, found more")

    @classmethod
    def from_json(cls, text: str) -> BiLMOptions:
        """Return the options that an official options.json states.

        Args:
            text: What is in the file.

        Raises:
            ValueError: If it is no such JSON, or a value is missing, unknown, of the wrong type or
                makes no such model.
        """
        return cls(**parse_options(text))

    def to_json(self) -> str:
        """Return the text of an official options.json."""
        return format_options(asdict(self))

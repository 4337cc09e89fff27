"""Image captioning with interchangeable LSTM, ELMo and Transformer decoders."""

__version__ = "0.1.0"

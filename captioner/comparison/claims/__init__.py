"""What is said about LSTM, ELMo and Transformer, checked against what was measured."""

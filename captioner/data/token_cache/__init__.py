"""The token cache: image tokens of a frozen encoder, computed once and kept on disk."""

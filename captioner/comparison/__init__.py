"""Several captioners, trained and judged under the same conditions, as numbers one can trust."""

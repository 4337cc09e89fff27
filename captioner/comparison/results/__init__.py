"""What a comparison finds out, as one structure that is measured, written and drawn."""

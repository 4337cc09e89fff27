"""What commands do once their arguments are known to be right; importing it may take seconds."""

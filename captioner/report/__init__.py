"""What a comparison has found out, as pages and figures."""

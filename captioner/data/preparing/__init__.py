"""Public data sets, from their makers' addresses to the folders that the readers expect."""

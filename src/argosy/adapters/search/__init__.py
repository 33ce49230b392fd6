"""Search engines behind the port of the search island."""

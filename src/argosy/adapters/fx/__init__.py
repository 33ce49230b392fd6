"""Reference rates of currencies from files."""

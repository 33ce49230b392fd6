"""The use cases that write: whole products, and large ones part by part."""

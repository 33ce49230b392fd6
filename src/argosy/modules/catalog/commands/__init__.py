"""The use cases that write: whole products (upsert), single ones, the tree, media, imports."""

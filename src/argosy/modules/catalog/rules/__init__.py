"""The pure part of the catalog: `fields` (single values and rows), `planning` (whole products)."""

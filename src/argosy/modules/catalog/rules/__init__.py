"""The pure part of the catalog: `fields` (single values and rows), `attributes` and `units`,
`planning` (whole products).
"""

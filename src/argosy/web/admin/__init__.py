"""The back office in a browser, at `/admin`: what its pages do, the API at `/admin/v1` does too.

Each file with pages exports `ROUTES`, and `ENTRIES` for the places that the sidebar and the command
palette lead to; `web/app.py` collects both. `docs/howto/extend-the-admin.md` tells how to add one.
"""

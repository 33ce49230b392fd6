"""The whole command line of `argosy`."""

from __future__ import annotations

import typer

from argosy import __version__
from argosy.entry import (
    cli_bench,
    cli_books,
    cli_brands,
    cli_catalog,
    cli_changes,
    cli_compliance,
    cli_demo,
    cli_drill,
    cli_events,
    cli_feeds,
    cli_fees,
    cli_imports,
    cli_kits,
    cli_mappings,
    cli_media,
    cli_normaliser,
    cli_prices,
    cli_processes,
    cli_projections,
    cli_promotions,
    cli_redirects,
    cli_relations,
    cli_reviews,
    cli_search,
    cli_staff,
    cli_stock,
    cli_taxes,
    cli_taxonomy,
    cli_translations,
    cli_types,
    doctor,
)
from argosy.entry.terminal import HELP, console, options

app = typer.Typer(
    name="argosy",
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
)
imports = typer.Typer(
    help="Bring in products, stock, prices, tax rates, reviews and redirects from files.",
    no_args_is_help=True,
)
exports = typer.Typer(
    help="Write the catalogue, its reviews and redirects to files.", no_args_is_help=True
)


app.callback()(options)


@app.command()
def version() -> None:
    """Print the version."""
    console.print(__version__)


for part in (cli_demo, cli_processes, doctor, cli_bench, cli_drill):
    part.register(app)
for part in (
    cli_catalog,
    cli_kits,
    cli_stock,
    cli_prices,
    cli_redirects,
    cli_relations,
    cli_reviews,
    cli_taxes,
):
    part.register_imports(imports)
for giving in (cli_catalog, cli_kits, cli_redirects, cli_relations, cli_reviews):
    giving.register_exports(exports)
app.add_typer(imports, name="import", rich_help_panel="Data")
app.add_typer(exports, name="export", rich_help_panel="Data")
app.add_typer(cli_imports.app, name="imports", rich_help_panel="Data")
app.add_typer(cli_changes.app, name="changes", rich_help_panel="Data")
app.add_typer(cli_feeds.app, name="feeds", rich_help_panel="Data")
app.add_typer(cli_mappings.app, name="mappings", rich_help_panel="Data")
app.add_typer(cli_normaliser.app, name="normaliser", rich_help_panel="Data")
app.add_typer(cli_stock.app, name="stock", rich_help_panel="Data")
app.add_typer(cli_brands.app, name="brands", rich_help_panel="Data")
app.add_typer(cli_compliance.app, name="compliance", rich_help_panel="Data")
app.add_typer(cli_promotions.app, name="promotions", rich_help_panel="Data")
app.add_typer(cli_fees.app, name="fees", rich_help_panel="Data")
app.add_typer(cli_projections.app, name="projections", rich_help_panel="Data")
app.add_typer(cli_media.app, name="media", rich_help_panel="Data")
app.add_typer(cli_search.app, name="search", rich_help_panel="Data")
app.add_typer(cli_taxonomy.app, name="taxonomy", rich_help_panel="Data")
app.add_typer(cli_translations.app, name="translations", rich_help_panel="Data")
app.add_typer(cli_types.app, name="types", rich_help_panel="Data")
app.add_typer(cli_books.app, name="books", rich_help_panel="Finance")
app.add_typer(cli_staff.staff, name="staff", rich_help_panel="Access")
app.add_typer(cli_staff.keys, name="keys", rich_help_panel="Access")
app.add_typer(cli_events.events, name="events", rich_help_panel="Operations")
app.add_typer(cli_events.jobs, name="jobs", rich_help_panel="Operations")


def main() -> None:
    """Run the whole command line."""
    app()

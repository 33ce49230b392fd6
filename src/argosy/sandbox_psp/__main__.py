"""`python -m argosy.sandbox_psp --port 8790 --db :memory: --webhook-url URL`."""

import argparse
import sys

from argosy.sandbox_psp.config import Config, RefusedInProduction
from argosy.sandbox_psp.server import run


def main() -> int:
    """Read the options and serve. Exit code 2 when refused."""
    defaults = Config()
    parser = argparse.ArgumentParser(prog="argosy.sandbox_psp", description=__doc__)
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=defaults.port)
    parser.add_argument("--db", default=defaults.database, help="file name or :memory:")
    parser.add_argument("--api-key", default=defaults.api_key)
    parser.add_argument("--webhook-url", default=None)
    parser.add_argument("--webhook-secret", default=defaults.webhook_secret)
    parser.add_argument("--public-url", default=None, help="address of the 3DS page for browsers")
    given = parser.parse_args()
    config = Config(
        host=given.host,
        port=given.port,
        database=given.db,
        api_key=given.api_key,
        webhook_url=given.webhook_url,
        webhook_secret=given.webhook_secret,
        public_url=given.public_url,
    )
    try:
        run(config)
    except RefusedInProduction as refused:
        sys.stderr.write(f"{refused}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

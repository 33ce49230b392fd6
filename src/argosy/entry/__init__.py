"""Where processes begin: HTTP server, worker, command line; and the wiring they share."""

"""The rules of search: words that name the thing itself, languages, and what a query means."""

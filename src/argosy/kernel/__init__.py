"""Pure words every part speaks: money, ids, errors, events, paging. No I/O and no clock."""

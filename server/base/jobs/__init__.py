"""Work to do outside of requests, written down in the transaction that wants it."""

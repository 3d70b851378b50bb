"""The observatory: what the open ecosystem does, with every number backed by a query."""

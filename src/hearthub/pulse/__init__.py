"""The observatory: history of hubs, metrics over it, trending, reports and claims."""

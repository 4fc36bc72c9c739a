"""Drawing many requests together, one decode step after the other.  No asyncio, but for `thread`."""

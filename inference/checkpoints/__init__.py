"""Models on disk: found, fetched, verified, converted, loaded."""

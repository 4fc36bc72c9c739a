"""Which picture of a grid comes first."""

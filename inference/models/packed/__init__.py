"""The networks' fast twins: weights laid out for drawing, caches in slots."""

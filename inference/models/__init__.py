"""Neural networks: one module per network, each read from top to bottom with shapes in comments."""

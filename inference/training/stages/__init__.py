"""The stages of training, one module a command."""

"""What a prompt says, as a model reads it."""

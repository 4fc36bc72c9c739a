"""What may be drawn: prompts are judged before anything is."""

"""Inner loops in C, and what the processor is good at."""

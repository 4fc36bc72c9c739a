"""What a person asks for, and whether they may: orders, admission, limits, the queue."""

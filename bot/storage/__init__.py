"""Where picture files are kept."""

"""What people do to what exists: one place decides who may, does it, and writes the audit log."""

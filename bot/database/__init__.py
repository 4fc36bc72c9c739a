"""What Easel remembers: the tables and, one module a subject, the questions asked of them."""

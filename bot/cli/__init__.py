"""The `easel` command line: one module a group of commands."""

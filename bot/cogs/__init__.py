"""Commands: each cog reads options, asks the core, and hands the result to a view."""

"""Easel's Discord bot: commands, queue, request log and web pages; asyncio throughout, and never a model."""

"""The inference servers: the pool, its endpoints, and the server that the bot starts itself."""

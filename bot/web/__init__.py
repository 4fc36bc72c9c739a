"""The web pages of the bot process: moderation console, community gallery, one's own data, health."""

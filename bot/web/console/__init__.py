"""The moderation console: one server's request log, review queue, people, words and acts, for those who keep it."""

"""A stand-in for Discord's REST API and gateway on loopback, and the real bot as a child process before it.

For what must cross a real socket and outlive the bot's process: kill -9 and restart, requests that fail, hang or are
cut, uploads, load.  `stand_in` puts the parts together; `world` holds the rules.
"""

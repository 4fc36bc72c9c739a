"""From a prompt to pictures: models, engine and the server around them. Never imports the bot."""

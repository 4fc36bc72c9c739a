"""The community's pages: a server's gallery, a picture with its recipe, people, the feed."""

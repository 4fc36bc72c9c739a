"""What models learn from: icons, scenes, captions, and the stream of them."""

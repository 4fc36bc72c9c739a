"""Painting: the thing in a drawn picture, in another colour."""

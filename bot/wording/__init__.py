"""What people read and write, as words: free of Discord."""

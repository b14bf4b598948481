"""Feature files made from arrays, CSV tables and other files."""

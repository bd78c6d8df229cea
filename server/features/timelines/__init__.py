"""What those we follow say."""

"""The API that scripts post with."""

"""What we publish: posts, their revisions, texts, pictures, tags and polls."""

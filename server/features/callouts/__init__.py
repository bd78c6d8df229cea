"""Call-outs: what they say beside any post, and how they stand."""

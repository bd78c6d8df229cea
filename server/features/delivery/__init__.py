"""What we say to other servers: written down with the post, sent by others' clocks, never lost."""

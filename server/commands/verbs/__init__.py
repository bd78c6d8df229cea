"""What the command line can ask a house to do: by a running server through its socket, or in the command's own process."""

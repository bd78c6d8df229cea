"""Pictures: re-drawn from their pixels, nothing else kept."""

"""Who follows us, and whom we follow."""

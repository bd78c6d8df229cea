"""Groups that we trust and show."""

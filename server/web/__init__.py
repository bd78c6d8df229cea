"""Faces: HTTP in, one verb called, HTTP out."""

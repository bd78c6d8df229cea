"""The face that other servers see."""

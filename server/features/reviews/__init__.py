"""Two pairs of eyes: which changes want a second one, who asked, what was decided."""

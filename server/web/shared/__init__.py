"""What every face needs: errors, headers, sessions, rendering."""

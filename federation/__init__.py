"""The protocol as a library: ActivityPub, WebFinger, HTTP signatures. It knows no server, no database and no clock."""

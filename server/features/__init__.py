"""Rooms: what the house can do. Each has a model, a service of verbs and a store; a room imports only rooms below it."""

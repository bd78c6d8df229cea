"""The floor: database, jobs, settings, log, ids and times. It knows no room, no face and no protocol."""

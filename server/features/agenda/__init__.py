"""The agenda: call-outs as events, for servers and programs that know calendars."""

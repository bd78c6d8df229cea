"""Everything that other servers send us comes through here."""

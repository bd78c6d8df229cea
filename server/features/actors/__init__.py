"""Who we are on the network: the instance actor, the campaign, and whatever comes later, as rows."""

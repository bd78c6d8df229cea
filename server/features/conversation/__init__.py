"""What others say to us: replies, mentions, messages, boosts, likes, votes, reports. Strangers' words are held."""

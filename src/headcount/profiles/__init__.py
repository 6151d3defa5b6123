"""What a person is here: identity, properties, consent, and the port of the store that keeps them."""

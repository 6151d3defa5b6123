"""What somebody asks and does about people: looking, taking out, consent, properties, counting."""

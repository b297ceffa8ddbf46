"""How nodes tell each other that something happened: hints and passing frames, never the truth."""

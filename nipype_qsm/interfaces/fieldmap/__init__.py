"""One field from several echoes."""

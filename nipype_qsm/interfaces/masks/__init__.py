"""Where the data can be trusted."""

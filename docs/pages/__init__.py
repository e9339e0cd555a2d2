"""What the site needs beyond Sphinx: mathematics without a network, pages made from the code, blocks that run."""

"""Phase without jumps of 2 pi."""

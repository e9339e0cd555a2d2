"""From one space to another: transforms, resampling, and how well two images lie on each other."""

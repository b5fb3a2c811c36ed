"""Files to fuzz with: a small corpus made on the spot and from the sample clips, and what is done to it."""

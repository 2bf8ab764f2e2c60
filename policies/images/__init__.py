"""Tools for the images of a stack: what they are, which digest is meant, how they get into a mirror, their bill."""

"""What ends a check before it has judged anything."""


class Unusable(Exception):
    """A file that can't be read, or a configuration that means nothing: the message names it and the remedy."""

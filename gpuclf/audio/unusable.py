"""The exception of recordings that cannot be used."""


class UnusableError(Exception):
    """Recording that cannot be used; the message is the reason."""

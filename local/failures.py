"""What can go wrong while it starts."""


class LocalCloudFailed(Exception):
    """The text says what is wrong and what to do; it is all that the user sees."""

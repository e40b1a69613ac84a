"""What may go wrong on the way up."""


class LocalCloudFailed(Exception):
    """The text says what is wrong and what to do; it is all that the user sees."""

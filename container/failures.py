"""Why an order came to nothing."""


class Failure(Exception):
    """The text is for the user: the cause and the way out. Anything else that is raised is a bug."""

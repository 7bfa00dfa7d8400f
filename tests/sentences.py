"""What a call complains of, for tests in which it may or may not."""


def complaint(call, *args, **kwargs):
    """Return the sentence of the error that the call raises for bad input, or None."""
    try:
        call(*args, **kwargs)
    except (ValueError, TypeError) as error:
        return str(error)
    return None

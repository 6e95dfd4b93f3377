"""The one error type of the script: a code of Adutora's table where there is one."""


class IngestError(Exception):
    """A failure whose code Adutora knows. `message` is one line and never holds a secret."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message

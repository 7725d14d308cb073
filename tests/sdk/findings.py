"""What was read and what it should be, compared value by value."""


class Findings:
    def __init__(self):
        self.compared = 0
        self.objects = 0
        self.wrong = []

    def object(self, found=1) -> None:
        self.objects += found

    def same(self, what: str, found, wanted) -> None:
        self.compared += 1
        if found != wanted:
            self.wrong.append(f"{what}: {found!r}, wanted {wanted!r}")

    def one(self, what: str, found: list):
        """Exactly one of a kind."""
        self.same(f"number of {what}", len(found), 1)
        if not found:
            raise AssertionError(f"there is no {what}")
        self.object()
        return found[0]

    def told(self) -> dict:
        if self.wrong:
            raise AssertionError("not as the procedure wants it:\n  " + "\n  ".join(self.wrong))
        return {"objects": self.objects, "values": self.compared}

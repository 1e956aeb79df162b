"""Pages that are written by hand but for one part, which a program writes between two marks."""

from dataclasses import dataclass
from pathlib import Path

from forkgrade.files import write_whole

from tools.places import name


@dataclass(frozen=True)
class Part:
    """A part of a Markdown page that is generated.

    Attributes:
        page: the file.
        begin: the line above the part, with its newline.
        end: the line below it, with its newline.
    """

    page: Path
    begin: str
    end: str

    def text(self) -> str:
        """The page as it is."""
        return self.page.read_text(encoding="utf-8")

    def inside(self) -> str:
        """What stands between the marks now."""
        return self.split(self.text())[1]

    def split(self, text: str) -> tuple[str, str, str]:
        """A page's text before, between and after the marks, which belong to neither.

        Raises SystemExit where the marks do not stand there once and in their order.
        """
        before, found, rest = text.partition(self.begin)
        inside, closed, after = rest.partition(self.end)
        marks = text.count(self.begin), text.count(self.end)
        if not (found and closed) or marks != (1, 1):
            raise SystemExit(
                f"{self.page.name} needs, once and in this order, the lines\n"
                f"{self.begin}{self.end}between which a table goes"
            )
        return before, inside, after

    def filled(self, text: str, body: str) -> str:
        """A page's text with `body` between the marks."""
        before, _, after = self.split(text)
        return f"{before}{self.begin}\n{body}\n{self.end}{after}"

    def write(self, body: str) -> None:
        """Brings the page up to date and prints whether that changed it."""
        text = self.text()
        new = self.filled(text, body)
        if new != text:
            write_whole(self.page, new)
        print(f"{'unchanged' if new == text else 'changed':9}  {name(self.page)}")

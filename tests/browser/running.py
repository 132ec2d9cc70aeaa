"""A reader who runs and edits blocks."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page, Worker, expect

BOOT = 90_000  # ms until Python has started and loaded what it needs, on a busy machine
CLOCK = """([block, action]) => new Promise((resolve) => {
  const button = block.querySelector(`.dl-run__${action}`);
  const begin = performance.now();
  const done = () => ["done", "stopped"].includes(block.dataset.dlRun);
  const look = () => (done() ? resolve(performance.now() - begin) : requestAnimationFrame(look));
  delete block.dataset.dlRun;
  button.click();
  look();
})"""


@dataclass
class Reader:
    """A page of the site, its blocks by number, and what went wrong in it."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.wrong.extend([message.text] if message.type == "error" else []))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.address + path)

    def block(self, number: int) -> Locator:
        return self.page.locator(f"#block-{number}")

    def status(self, number: int) -> Locator:
        return self.block(number).locator(".dl-run > [role=status]")

    def out(self, number: int) -> Locator:
        """What the reader's run has printed."""
        return self.block(number).locator(".dl-result > .dl-output:not(.dl-output--err, .dl-output--error) samp")

    def worker(self) -> Worker | None:
        """The worker in which programs run; the search has one of its own."""
        return next((worker for worker in self.page.workers if worker.url.startswith("blob:")), None)

    def press(self, number: int) -> None:
        self.block(number).locator(".dl-run__run").click()

    def run(self, number: int, timeout: float = 30_000) -> None:
        """Press Run and wait until the block has ended, however it did."""
        self.block(number).evaluate("block => { delete block.dataset.dlRun; }")
        self.press(number)
        ended = re.compile("^(done|error|failed|stopped)$")
        expect(self.block(number)).to_have_attribute("data-dl-run", ended, timeout=timeout)

    def write(self, number: int, code: str) -> None:
        """Put a program in the place of a block's."""
        self.block(number).locator(".dl-run__edit").click()
        expect(self.block(number).locator(".cm-content")).to_be_focused()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(code)

    def run_for(self, number: int) -> float:
        """Milliseconds from the press of Run to its end."""
        return self._clock(number, "run")

    def stop_for(self, number: int) -> float:
        """Milliseconds from the press of Stop until the block can be run again."""
        return self._clock(number, "stop")

    def _clock(self, number: int, action: str) -> float:
        block = self.block(number).element_handle()
        return float(self.page.evaluate(CLOCK, [block, action]))

    def until(self, holds: str) -> None:
        """Wait until an expression holds, which the page's policy does not let Playwright do by itself."""
        look = f"const look = async () => (await ({holds}) ? resolve() : setTimeout(look, 50)); look();"
        self.page.evaluate(f"() => new Promise((resolve) => {{ {look} }})")

    def focused(self) -> str:
        """The name of the control that has the focus."""
        name = "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"
        return str(self.page.evaluate(name))

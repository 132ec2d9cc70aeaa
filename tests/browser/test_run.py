"""Blocks run by their own buttons: what a reader sees from the press to the result, in one page that stays open."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from .conftest import Elsewhere
from .running import BOOT, Reader

WORDS = {"ja": ("ブロック {} を実行", "実行しました"), "en": ("Run block {}", "Done")}


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(
        viewport={"width": 1280, "height": 800}, color_scheme="light", permissions=["clipboard-read", "clipboard-write"]
    )
    context.set_default_timeout(30_000)
    yield context
    context.close()


@pytest.fixture(scope="module")
def opened(context: BrowserContext, address: str) -> Reader:
    """An English page whose second block has been run once."""
    reader = Reader(context.new_page(), address)
    reader.open("en/guide/")
    reader.run(2, timeout=BOOT)
    return reader


@pytest.fixture
def reader(opened: Reader) -> Iterator[Reader]:
    yield opened
    for number in (2, 3):
        reset = opened.block(number).locator(".dl-run__reset")
        if reset.is_visible():
            reset.click()
    assert opened.wrong == []
    opened.wrong.clear()


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_nothing_but_the_script_of_the_buttons_is_loaded_before_a_press(
    context: BrowserContext, address: str, lang: str
) -> None:
    page = context.new_page()
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url.partition("?")[0]))
    page.goto(f"{address}{'en/' if lang == 'en' else ''}guide/#block-2", wait_until="networkidle")
    assert [url for url in loaded if "/run/" in url] == [f"{address}assets/run/run.js"]
    name = WORDS[lang][0].format(2)
    expect(page.get_by_role("button", name=name, exact=True)).to_have_count(1)
    assert Reader(page, address).worker() is None
    page.close()


def test_a_block_prints_what_the_page_shows_and_says_that_it_is_the_readers_run(reader: Reader) -> None:
    shown = reader.block(2).locator(":scope > .dl-output samp").inner_text()
    reader.run(2)
    result = reader.block(2).locator(".dl-result .dl-output")
    assert result.locator("samp").inner_text() == shown
    expect(result).to_have_attribute("aria-label", re.compile(r"Output of your run \([\d.]+ s\)"))
    expect(reader.block(2).locator(":scope > .dl-output")).to_be_hidden()
    expect(reader.status(2)).to_have_text(re.compile(r"Done \([\d.]+ s\)"))


def test_the_second_press_runs_within_the_twinkling_of_an_eye(reader: Reader) -> None:
    assert reader.run_for(2) < 1000  # ms; 50 on a machine that has nothing else to do


def test_a_figure_is_drawn_and_follows_the_scheme(reader: Reader) -> None:
    reader.run(3, timeout=BOOT)
    figure = reader.block(3).locator(".dl-result img")
    expect(figure).to_have_attribute("src", re.compile("%231f6feb"))
    expect(figure).to_have_js_property("complete", True)
    assert figure.evaluate("image => image.naturalWidth") > 300
    own = reader.block(3).locator(":scope > .dl-figure img.dl-only-light")
    assert (figure.get_attribute("width"), figure.get_attribute("height")) == (
        own.get_attribute("width"),
        own.get_attribute("height"),
    )
    expect(own).to_be_hidden()
    reader.page.locator("label[for=__palette_1]").click()
    expect(reader.block(3).locator(".dl-result img")).to_have_attribute("src", re.compile("%2379b8ff"))
    reader.page.locator("label[for=__palette_0]").click()
    expect(reader.block(3).locator(".dl-result img")).to_have_attribute("src", re.compile("%231f6feb"))


def test_output_comes_while_the_program_runs(reader: Reader) -> None:
    reader.write(2, "print('first', flush=True)\nfor k in range(10**9):\n    pass\n")
    reader.press(2)
    expect(reader.out(2)).to_have_text("first\n")
    expect(reader.block(2).get_by_role("button", name="Stop block 2")).to_be_visible()
    reader.block(2).get_by_role("button", name="Stop block 2").click()
    expect(reader.status(2)).to_have_text("Stopped")
    expect(reader.block(2).locator(".dl-run__stop")).to_be_hidden()
    assert reader.focused() == "Run block 2"
    reader.write(2, "print(6 * 7)")
    reader.run(2, timeout=BOOT)
    expect(reader.out(2)).to_have_text("42\n")


def test_stop_ends_an_endless_loop_within_a_second(reader: Reader) -> None:
    reader.write(2, "while True:\n    pass\n")
    reader.press(2)
    expect(reader.status(2)).to_have_text("Running…", timeout=BOOT)
    assert reader.stop_for(2) < 1000
    reader.block(2).locator(".dl-run__reset").click()
    reader.run(2, timeout=BOOT)


def test_endless_output_is_cut_and_the_page_stays_alive(reader: Reader) -> None:
    reader.write(2, "while True:\n    print('x' * 99)\n")
    reader.press(2)
    note = reader.block(2).locator(".dl-result__note")
    expect(note).to_have_text(re.compile("longer than 200,000 characters"), timeout=BOOT)
    assert len(reader.out(2).inner_text()) <= 200_000
    assert reader.stop_for(2) < 1000
    reader.block(2).locator(".dl-run__reset").click()
    reader.run(2, timeout=BOOT)


def test_an_error_shows_the_readers_frames_and_marks_the_line(reader: Reader) -> None:
    code = "import numpy as np\n\ndef half(x):\n    return np.reshape(x, 3)\n\nprint(1)\nhalf(np.zeros((2, 2)))\n"
    reader.write(2, code)
    reader.run(2)
    error = reader.block(2).locator(".dl-output--error samp").inner_text()
    assert re.findall(r'File "([^"]*)", line (\d+)', error) == [("<block 2>", "7"), ("<block 2>", "4")]
    assert "half(np.zeros((2, 2)))" in error
    assert error.endswith("ValueError: cannot reshape array of size 4 into shape (3,)\n")
    expect(reader.block(2).locator(".cm-line.dl-mark")).to_have_text("    return np.reshape(x, 3)")
    expect(reader.status(2)).to_have_text("Ended with an error on line 4")
    expect(reader.out(2)).to_have_text("1\n")


def test_a_warning_is_set_apart_and_a_bar_leaves_no_trace(reader: Reader) -> None:
    code = "import warnings\nfrom tqdm import tqdm\nfor _ in tqdm(range(3), leave=False): pass\n"
    reader.write(2, code + "warnings.warn('far off')\nprint(7)\n")
    reader.run(2, timeout=BOOT)
    warning = reader.block(2).locator(".dl-output--err samp").inner_text()
    assert warning.startswith("<block 2>:4: UserWarning: far off")
    assert "it/s" not in warning
    expect(reader.out(2)).to_have_text("7\n")


def test_a_block_leaves_nothing_behind(reader: Reader) -> None:
    reader.write(
        2,
        "import numpy as np, sys, os\nnp.seterr(all='raise')\nnp.set_printoptions(precision=2)\nleft = 1\n"
        "open('file', 'w').close()\nprint(__name__, sys.modules['__main__'].left)\n",
    )
    reader.run(2)
    expect(reader.out(2)).to_have_text("__main__ 1\n")
    reader.write(2, "import numpy as np, os\nprint(os.listdir(), 'left' in globals(), np.geterr()['divide'], np.pi)\n")
    reader.run(2)
    expect(reader.out(2)).to_have_text("[] False warn 3.141592653589793\n")


def test_japanese_in_a_label_is_drawn(reader: Reader) -> None:
    requests: list[str] = []
    reader.page.on("request", lambda request: requests.append(request.url))
    reader.write(3, "import matplotlib.pyplot as plt\nplt.title('勾配')  # 題\n")
    reader.run(3, timeout=BOOT)
    expect(reader.block(3).locator(".dl-result img")).to_have_count(1)
    expect(reader.block(3).locator(".dl-output--err")).to_have_count(0)  # matplotlib warns of letters it has not
    reader.write(
        3, "import matplotlib.pyplot as plt\nplt.title('勾配')\nfont = plt.rcParams['font.family']\nprint(font)\n"
    )
    reader.run(3)
    expect(reader.out(3)).to_contain_text("Noto Sans JP")


def test_memory_that_is_not_there_is_said_in_a_sentence(reader: Reader) -> None:
    reader.write(2, "import numpy as np\nkept = [np.empty(10**8) for _ in range(9)]\n")
    reader.run(2, timeout=BOOT)
    said = reader.block(2).locator(".dl-result").inner_text() + reader.status(2).inner_text()
    assert "not enough memory" in said
    reader.write(2, "print('again')")
    reader.run(2, timeout=BOOT)
    expect(reader.out(2)).to_have_text("again\n")


def test_a_worker_that_goes_by_itself_is_noticed(reader: Reader) -> None:
    reader.write(2, "import js\njs.close()\n")
    reader.run(2, timeout=BOOT)
    reader.write(2, "print('again')")
    reader.run(2, timeout=BOOT)  # may still have been sent to the one that is gone
    reader.run(2, timeout=BOOT)
    expect(reader.out(2)).to_have_text("again\n")


def test_a_broken_python_is_said_in_a_sentence(reader: Reader) -> None:
    reader.write(2, "import ctypes\nctypes.string_at(0xFFFFFFF0, 64)\n")
    reader.run(2, timeout=BOOT)
    reader.wrong.clear()  # Pyodide tells the console, too
    expect(reader.status(2)).to_have_text("Python broke down and was ended. Press again to start afresh.")
    reader.wrong.clear()  # Pyodide tells the console, too
    reader.write(2, "print('again')")
    reader.run(2, timeout=BOOT)
    expect(reader.out(2)).to_have_text("again\n")


def test_a_program_reaches_neither_the_network_nor_the_caches(reader: Reader) -> None:
    names = "XMLHttpRequest WebSocket EventSource caches indexedDB Worker importScripts"
    reader.write(2, f"import js\nprint([name for name in {names.split()} if getattr(js, name, None) is not None])\n")
    reader.run(2, timeout=BOOT)
    expect(reader.out(2)).to_have_text("[]\n")
    worker = reader.worker()
    assert worker is not None
    answer = worker.evaluate("fetch('/en/guide/').then(() => 'came', (error) => String(error))")
    assert "not a file of the runtime" in answer


def test_a_program_is_under_the_policy_of_its_page(reader: Reader, elsewhere: Elsewhere) -> None:
    """Text is not evaluated as JavaScript, which alone could import a script, and none comes from another origin."""
    tries = "lambda: js.eval('1'), lambda: js.Function.new('return 1')"
    code = f"import js\nfor evaluate in {tries}:\n    try:\n        print(evaluate())\n"
    reader.write(2, code + "    except Exception as error:\n        print(str(error).partition(':')[0])\n")
    reader.run(2, timeout=BOOT)
    expect(reader.out(2)).to_have_text("EvalError\nEvalError\n")
    worker = reader.worker()
    assert worker is not None
    said = worker.evaluate(f"import('{elsewhere.address}a.js').then(() => 'came', (error) => String(error))")
    assert "Failed to fetch" in said
    assert elsewhere.asked == []
    reader.wrong.clear()  # what was refused is told to the console


def test_output_is_text_whatever_it_looks_like(reader: Reader) -> None:
    markup = "<img src=x onerror=alert(1)><script>1</script>"
    reader.write(2, f"print({markup!r})\nraise ValueError({markup!r})\n")
    reader.run(2)
    expect(reader.out(2)).to_have_text(markup + "\n")
    assert reader.block(2).locator(".dl-result :is(img, script)").count() == 0


def test_run_all_runs_one_after_the_other_and_can_be_stopped(context: BrowserContext, address: str) -> None:
    reader = Reader(context.new_page(), address)
    reader.open("en/basics/output-layer/")
    reader.page.get_by_role("button", name="Run all on this page").click()
    bar = reader.page.locator(".dl-all")
    count = reader.page.locator(".dl-block").count()
    expect(bar.get_by_role("status")).to_have_text(f"Ran {count} blocks", timeout=3 * BOOT)
    assert reader.page.locator(".dl-result").count() == count
    assert reader.page.locator(".dl-result .dl-output--error").count() == 0
    bar.get_by_role("button", name="Run all on this page").click()
    bar.get_by_role("button", name="Stop all").click()
    expect(bar.get_by_role("status")).to_have_text("Stopped")
    assert reader.focused() == "Run all on this page"
    assert reader.wrong == []
    reader.page.close()


def test_a_cell_of_a_lab_runs_those_before_it_once(context: BrowserContext, address: str) -> None:
    reader = Reader(context.new_page(), address)
    reader.open("labs/spirals/")
    reader.run(2, timeout=2 * BOOT)
    assert reader.page.locator(".dl-result").count() == 2
    first = reader.block(1).locator(".dl-result").element_handle()
    reader.run(3, timeout=2 * BOOT)
    assert first is not None
    assert first.is_visible()  # it was not run again
    assert reader.page.locator(".dl-result .dl-output--error").count() == 0
    assert reader.wrong == []
    reader.page.close()

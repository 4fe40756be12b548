"""Both pages in a real browser: nothing fails, nothing is fetched, and what is there works."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from fakes import FAILING, fake_sweep
from test_live_page import grow, lines_of

from hyperwatt.experiments.reporting.live_page import serve
from hyperwatt.experiments.reporting.report import build_report
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.sweep import Sweep

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PATIENCE_S = 60.0
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    programs = {name: shutil.which(name) for name in ("chromium", "chromedriver")}
    missing = [name for name, path in programs.items() if path is None]
    if missing:
        pytest.skip(f"no {' and no '.join(missing)} on this machine")
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    for word in ("headless=new", "no-sandbox", "disable-background-networking", "disable-gpu"):
        options.add_argument(f"--{word}")
    options.binary_location = str(programs["chromium"])
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    service = webdriver.ChromeService(executable_path=str(programs["chromedriver"]))
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_page_load_timeout(PATIENCE_S)
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("run") / "r"
    return fake_sweep(folder, "strategy=random", "limits.trials=60")


@pytest.fixture(scope="module")
def page(sweep: Sweep) -> str:
    path = sweep.folder.report
    path.write_text(build_report(sweep).html(), encoding="utf-8")
    return path.resolve().as_uri()


@pytest.fixture
def opened(browser: Any, page: str) -> Any:
    browser.set_window_size(*SIZES["desktop"])
    browser.get(page)
    return browser


def until(driver: Any, holds: Callable[[], object], what: str) -> None:
    """Wait for something; patiently, as machines are slow."""
    from selenium.common.exceptions import StaleElementReferenceException

    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        with suppress(StaleElementReferenceException):  # the page was exchanged under the question
            if holds():
                return
        time.sleep(0.1)
    raise AssertionError(f"{what}; the browser says {driver.get_log('browser')}")


def find(driver: Any, selector: str) -> list[Any]:
    return list(driver.find_elements("css selector", selector))


def click(driver: Any, element: Any) -> None:
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", element)
    element.click()


def cells(driver: Any, key: str) -> list[str]:
    return [cell.text for cell in find(driver, f"#rows td.{key}")]


def draw_all(driver: Any) -> None:
    """Scroll past every plot, so that it is drawn."""
    for plot in find(driver, ".plot"):
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
        until(driver, lambda plot=plot: find_in(plot, "svg, canvas"), "a plot was not drawn")


def find_in(element: Any, selector: str) -> list[Any]:
    return list(element.find_elements("css selector", selector))


def faults(driver: Any) -> list[str]:
    return [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def hosts_asked(driver: Any) -> set[str]:
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]
    return {url.split("/")[2] for url in asked if url.startswith(("http:", "https:", "ws"))}


@pytest.mark.parametrize("size", SIZES)
def test_every_plot_is_drawn_and_nothing_fails_or_is_fetched(
    opened: Any, page: str, size: str
) -> None:
    opened.get_log("performance")
    opened.set_window_size(*SIZES[size])
    opened.get(page)

    draw_all(opened)

    assert len(find(opened, ".plot")) > 8
    assert faults(opened) == []
    assert hosts_asked(opened) == set()
    wider = opened.execute_script("return document.documentElement.scrollWidth - innerWidth")
    assert wider <= 1


def test_the_table_is_sorted_by_a_click_and_the_other_way_by_another(opened: Any) -> None:
    [head] = find(opened, "#trials th[data-key=o0] button")
    click(opened, head)
    values = [float(text) for text in cells(opened, "o0") if text]
    click(opened, head)
    turned = [float(text) for text in cells(opened, "o0") if text]

    assert len(values) > 10
    assert values == sorted(values)
    assert turned == sorted(turned, reverse=True)
    assert turned[0] >= values[-1]


def test_the_table_is_searched_and_narrowed(opened: Any, sweep: Sweep) -> None:
    [search] = find(opened, "#search")
    search.send_keys(f"failed {FAILING}")
    assert cells(opened, "id") == [FAILING]
    search.clear()
    search.send_keys("x")
    search.send_keys("\b")
    [kind] = find(opened, "#kind option[value=''] ~ option")[:1]
    click(opened, kind)
    assert set(cells(opened, "standing")) == {kind.text}
    [count] = find(opened, "#count")
    assert count.text.endswith(f"of {len(sweep.state.trials)} trials")


def test_a_configuration_is_copied_as_yaml_and_as_a_command(opened: Any, sweep: Sweep) -> None:
    trial_id = cells(opened, "id")[0]
    as_yaml, as_command = find(opened, "#rows tr:first-child button.copy")

    click(opened, as_yaml)
    told = "return document.getElementById('said').dataset.text"
    until(opened, lambda: opened.execute_script(told), "nothing was copied")
    copied = opened.execute_script(told)
    click(opened, as_command)
    until(opened, lambda: opened.execute_script(told) != copied, "no command was copied")

    assert yaml.safe_load(copied) == dict(sweep.state.trials[trial_id].candidate)
    assert opened.execute_script(told).startswith("hyperwatt run ")


def test_a_point_tells_its_trial_when_pointed_at_and_finds_it_when_clicked(opened: Any) -> None:
    from selenium.webdriver import ActionChains

    selector = "[data-drawing='objective-by-memory']"
    [plot] = find(opened, selector)
    opened.execute_script("arguments[0].scrollIntoView({block: 'center'})", plot)
    point = f"{selector} svg path[aria-roledescription=point]"
    until(opened, lambda: find(opened, point), "the plot was not drawn")

    ActionChains(opened).move_to_element(find(opened, point)[0]).perform()
    until(opened, lambda: find(opened, "#vg-tooltip-element.visible"), "no tooltip came up")
    said = find(opened, "#vg-tooltip-element")[0].text
    ActionChains(opened).click().perform()

    until(opened, lambda: find(opened, "#search")[0].get_property("value"), "nothing was searched")
    trial_id = find(opened, "#search")[0].get_property("value")
    assert trial_id in said
    assert cells(opened, "id") == [trial_id]


def test_dark_and_light_are_kept(opened: Any, page: str) -> None:
    paper = "return getComputedStyle(document.body).backgroundColor"
    before = opened.execute_script(paper)

    click(opened, find(opened, "#theme")[0])
    after = opened.execute_script(paper)

    def kept() -> bool:  # what is stored reaches the next page a moment later
        opened.get(page)
        return bool(opened.execute_script(paper) == after)

    assert before != after
    until(opened, kept, "the theme was forgotten")
    click(opened, find(opened, "#theme")[0])


def test_the_live_page_follows_the_run_and_keeps_what_was_typed(
    browser: Any, sweep: Sweep, tmp_path: Path
) -> None:
    run, lines = RunFolder(tmp_path / "part"), lines_of(sweep)
    run.path.mkdir()
    run.spec.write_text(sweep.folder.spec.read_text())
    run.journal.write_bytes(b"".join(lines[:200]))
    browser.set_window_size(*SIZES["desktop"])
    browser.get("about:blank")
    browser.get_log("performance")
    with serve(run, "127.0.0.1", 0) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        browser.get(server.url)
        [search] = find(browser, "#search")
        search.send_keys("t00")
        early = find(browser, "#count")[0].text
        grow(run, b"".join(lines[200:]))
        until(browser, lambda: find(browser, "#alive")[0].text == "finished", "it did not follow")
        until(browser, lambda: find(browser, "#count")[0].text != early, "the table did not grow")
        typed = find(browser, "#search")[0].get_property("value")
        draw_all(browser)
        found, asked = faults(browser), hosts_asked(browser)
        server.shutdown()
        thread.join()

    assert typed == "t00"
    assert found == []
    assert asked <= {server.url.split("/")[2]}

"""What people expect of pages because all good ones do it (quality 4), each with a keyboard, a mouse or paper in a real
browser. How every page looks in every view is test_pages.py's, at every width test_widths.py's.

Proves U-01, U-04, U-05, U-06, U-10, U-13, U-16, U-18, U-19, U-21, U-23 and F-45.
"""

import datetime
import re
import urllib.parse

import people
import tickets
from harness.browser import View
from playwright.sync_api import Page, expect


def focused(page: Page) -> str:
    return page.evaluate("(document.activeElement.textContent || '').trim()")


def open_closed_tickets(signed_in) -> Page:
    """A list of several pages."""
    return signed_in(people.TECHNICIAN).page("/tickets?view=closed")


def test_u01_a_pressed_button_says_so_before_there_is_an_answer(signed_in):
    browser = signed_in(people.EXTERNAL_USER)
    page, beside = browser.page("/tickets/new"), browser.page("/tickets")
    tickets.labelled(page, "Title").fill("Pressed once")
    # The page that goes away tells the one beside it what it looked like when the browser could paint it for the first time.
    page.evaluate(
        """() => document.addEventListener('submit', event => requestAnimationFrame(() => {
             const button = event.target.querySelector('button[aria-busy=true] .spinner')?.parentElement;
             localStorage.setItem('seen', button?.textContent.trim() ?? 'nothing');
           }))"""
    )
    # The answer comes once that has happened.
    held = []
    page.route("**/tickets/new", lambda route: held.append(route))
    page.get_by_role("button", name="Open ticket").click(no_wait_after=True)
    beside.wait_for_function("localStorage.getItem('seen')", polling=50)
    assert beside.evaluate("localStorage.getItem('seen')") == "Open ticket"
    held.pop().continue_()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pressed once")


def test_u04_the_keyboard_skips_the_frame_and_goes_through_a_menu_and_back(signed_in):
    page = signed_in(people.EXTERNAL_USER).page("/")
    page.keyboard.press("Tab")
    assert focused(page) == "Skip to content"
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    menu = page.get_by_label(re.compile("^Your menu"))
    menu.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert focused(page) == "My Settings"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    expect(page.get_by_role("link", name="My Settings")).to_be_hidden()


def test_u04_where_the_focus_is_can_be_seen(signed_in):
    page = signed_in(people.EXTERNAL_MANAGER).page("/tickets")
    seen = 0
    for _ in range(30):
        page.keyboard.press("Tab")
        look = page.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              const box = document.activeElement.getBoundingClientRect();
              return {what: document.activeElement.outerHTML.slice(0, 90), outline: style.outlineStyle,
                width: parseFloat(style.outlineWidth), shadow: style.boxShadow, height: box.height};
            }"""
        )
        if look["what"].startswith("<body"):
            break
        assert (look["outline"] != "none" and look["width"] >= 1.5) or look["shadow"] != "none", look
        seen += 1
    assert seen > 15


def test_u05_back_brings_the_filter_and_the_place_in_the_list(signed_in):
    page = open_closed_tickets(signed_in)
    page.set_viewport_size({"width": 1000, "height": 500})
    last = page.locator("table.table tbody tr").last
    last.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    assert before > 200
    last.locator("a").first.click()
    expect(page.locator("dl.facts").first).to_be_visible()
    page.go_back()
    expect(last).to_be_in_viewport()
    assert urllib.parse.urlparse(page.url).query == "view=closed"
    assert abs(page.evaluate("scrollY") - before) < 100


def test_u06_a_number_that_is_quoted_leads_to_its_page(signed_in):
    browser = signed_in(people.EXTERNAL_MANAGER)
    page = browser.page("/tickets?view=closed")
    number = page.locator("table.table tbody tr").first.get_by_text(re.compile(r"^TKT-\d+$")).text_content().strip()
    page.goto("/tickets")
    page.get_by_role("searchbox").fill(number.lower())
    page.keyboard.press("Enter")
    page.wait_for_url("**/accounts/*/tickets/*")
    expect(tickets.fact(page, "Number")).to_contain_text(number)
    page.goto("/invoices")
    invoice = page.locator("table.table tbody tr").first.get_by_role("link").first.text_content().strip()
    assert invoice.startswith("INV-")
    page.goto(f"/invoices?number={invoice}")
    page.wait_for_url("**/accounts/*/invoices/*")
    expect(page.get_by_role("heading", level=1)).to_contain_text(invoice)


def test_u10_what_was_done_is_said_for_six_seconds_and_as_long_as_somebody_points_at_it(signed_in):
    page = signed_in(people.EXTERNAL_USER).page()
    # Time goes on when the test says so, and not while it waits.
    page.clock.install()
    page.clock.pause_at(datetime.datetime.now() + datetime.timedelta(minutes=1))
    tickets.open_ticket(page, tickets.Report("Said for a while"))
    toast = tickets.toast(page).locator("[data-toast]")
    expect(toast).to_contain_text("is here")
    toast.hover()
    page.clock.run_for(20_000)
    expect(toast).to_be_visible()
    page.mouse.move(5, 5)
    page.clock.run_for(5_000)
    expect(toast).to_be_visible()
    page.clock.run_for(1_500)
    expect(toast).to_have_count(0)


def test_u13_what_is_half_written_outlives_a_reload_and_the_session(signed_in, visits):
    browser = signed_in(people.EXTERNAL_USER)
    page = browser.page("/tickets/new")
    tickets.labelled(page, "Title").fill("Half a title")
    tickets.labelled(page, "Details").fill("And half a story")
    page.reload()
    expect(tickets.labelled(page, "Details")).to_have_value("And half a story")
    browser.lose_login()
    page.reload()
    page.wait_for_url("**/login?next=**")
    visits.log_in_here(page, people.EXTERNAL_USER.user)
    page.wait_for_url("**/tickets/new")
    expect(tickets.labelled(page, "Title")).to_have_value("Half a title")
    expect(tickets.labelled(page, "Details")).to_have_value("And half a story")
    page.get_by_role("button", name="Open ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Half a title")
    page.goto("/tickets/new")
    expect(tickets.labelled(page, "Title")).to_have_value("")


def test_u16_pages_of_a_list_by_keyboard_and_back(signed_in):
    page = open_closed_tickets(signed_in)
    rows = page.locator("table.table tbody tr")
    first = rows.first.inner_text()
    assert rows.count() == 25
    expect(page.locator("main")).to_contain_text(re.compile(r"1\s*[–-]\s*25 of"))
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**page_token=**")
    assert "view=closed" in page.url
    assert rows.first.inner_text() != first
    page.reload()
    assert rows.first.inner_text() != first
    page.go_back()
    expect(rows.first).to_contain_text(first.splitlines()[0])


GIVE = """(zone, [kind, name, size]) => {
  const files = new DataTransfer();
  files.items.add(new File([new Uint8Array(size).fill(97)], name, {type: 'text/plain'}));
  const event = kind === 'paste'
    ? new ClipboardEvent('paste', {clipboardData: files, bubbles: true})
    : new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true});
  zone.dispatchEvent(event);
}"""


def test_u18_files_are_dropped_pasted_and_taken_off_and_what_is_too_large_is_told_before(signed_in):
    page = signed_in(people.EXTERNAL_USER).page("/tickets/new")
    tickets.labelled(page, "Title").fill("With a dropped file")
    zone, chosen = page.locator("[data-drop]"), page.locator("[data-files] li")
    expect(page.locator("main")).to_contain_text("26 MB")
    zone.evaluate(GIVE, ["drop", "dropped.txt", 2_000])
    page.locator("form.form").evaluate(GIVE, ["paste", "pasted.txt", 3_000])
    expect(chosen).to_have_count(2)
    expect(chosen.first).to_contain_text("dropped.txt · 2 KB")
    zone.evaluate(GIVE, ["drop", "film.txt", 26_214_401])
    expect(chosen.nth(2)).to_contain_text("too large")
    page.get_by_role("button", name="Remove film.txt").click()
    expect(chosen).to_have_count(2)
    page.get_by_role("button", name="Open ticket").click()
    for name in ("dropped.txt", "pasted.txt"):
        expect(page.get_by_role("link", name=name)).to_be_visible()


def test_u19_times_are_those_of_the_reader_with_the_zone_in_words(signed_in):
    titles = set()
    for zone in ("Pacific/Auckland", "America/New_York", "Asia/Kolkata", "Europe/Dublin"):
        page = signed_in(people.EXTERNAL_USER, zone=zone).page("/tickets")
        shown = page.locator("table.table time[data-style]").first
        said = shown.get_attribute("title")
        assert said == shown.evaluate(
            """(time, zone) => new Date(time.dateTime).toLocaleString(
                 undefined, {dateStyle: 'full', timeStyle: 'long', timeZone: zone})""",
            zone,
        )
        titles.add(said)
    assert len(titles) == 4


def test_u23_paper_has_the_invoice_and_nothing_of_the_frame(signed_in):
    page = signed_in(people.EXTERNAL_MANAGER).page("/invoices")
    page.locator("table.table tbody tr").first.get_by_role("link").first.click()
    heading = page.get_by_role("heading", level=1).text_content().strip()
    facts = page.locator("main").inner_text()
    page.emulate_media(media="print")
    expect(page.locator(".print-head")).to_be_visible()
    expect(page.locator(".print-head")).to_contain_text(re.search(r"INV-[\d-]+", heading).group())
    for frame in (".bar", ".skip", ".menu", "main .actions", "main .crumbs"):
        for part in page.locator(frame).all():
            expect(part).to_be_hidden()
    # The same figures, and black on white whatever the theme.
    for amount in set(re.findall(r"€[\d,.]+", facts)):
        expect(page.locator("main")).to_contain_text(amount)
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    assert page.pdf(format="A4").startswith(b"%PDF-")


def test_u21_the_chosen_theme_is_there_before_any_script_and_over_the_systems(signed_in):
    browser = signed_in(people.EXTERNAL_USER, View(1440, "light"), java_script_enabled=False)
    page = browser.page("/")
    page.get_by_label(re.compile("^Your menu")).click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.get_by_label(re.compile("^Your menu")).click()
    page.get_by_role("button", name="System").click()
    expect(page.locator("html[data-theme]")).to_have_count(0)

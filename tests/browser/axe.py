"""axe-core in a page: what it finds against WCAG 2.2 AA and common practice, wide and narrow."""

from axe_playwright_python.base import AXE_SCRIPT

WIDE, NARROW = {"width": 1280, "height": 720}, {"width": 400, "height": 800}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]}
# Widths differ in what stands where, schemes in colours alone: two looks see all of both.
LOOKS = ((WIDE, "light"), (NARROW, "dark"))
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"


def violations(page):
    """One for each rule, with the first of what breaks it."""
    found = page.evaluate("rules => axe.run(document, rules)", RULES)
    for rule in found["violations"]:
        first, *others = rule["nodes"]
        more = f" and {len(others)} more" if others else ""
        yield f"{rule['id']}: {first['html'][:200]}{more}\n{first['failureSummary']}"


def faults_of(page, url, looks=LOOKS):
    """What is wrong with one page, and in which look; it is loaded once."""
    page.goto(url)
    yield from faults_as_is(page, url, looks)


def faults_as_is(page, url="", looks=LOOKS):
    """The same of a page as it stands, with what was done in it."""
    page.evaluate(AXE_SCRIPT)  # which the page's own policy would refuse as a script
    for size, scheme in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=scheme)
        page.evaluate(NEXT_FRAME)  # scripts learn of the new size before it is drawn
        look = f"\n{url} at {size['width']} px, {scheme}: "
        yield from (look + fault for fault in violations(page))
        beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        if wider := page.evaluate(beyond):
            yield f"{look}wider than the window by {wider} px"


def all_faults(page, site, urls, looks=LOOKS):
    return "".join(fault for url in urls for fault in faults_of(page, site + url, looks))

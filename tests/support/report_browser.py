#!/usr/bin/env python3
"""Opens an HTML report in headless Chromium and uses it as a person would: reads, presses keys, changes the colours.

Usage: report_browser.py REPORT.html WANTED.json   (WANTED: numbers of layers, steps and builds, a directory to open)
Fails at the first thing that is not as it should be. Speaks WebDriver (W3C) to chromedriver, which it starts and stops.
"""
import json, os, pathlib, socket, subprocess, sys, time, urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
KEYS = {"Tab": "\ue004", "Enter": "\ue007", "Escape": "\ue00c", "Left": "\ue012", "Up": "\ue013", "Right": "\ue014",
        "Down": "\ue015"}


class Browser:
    def __init__(self, dark):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.url = f"http://127.0.0.1:{port}"
        for _ in range(100):
            try:
                if self.call("GET", "/status")["ready"]:
                    break
            except OSError:
                time.sleep(0.1)
        arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1240,1400"]
        if dark:
            arguments.append("--blink-settings=preferredColorScheme=0")
        wanted = {"alwaysMatch": {"goog:chromeOptions": {"args": arguments}, "goog:loggingPrefs": {"browser": "ALL"}}}
        self.url += "/session/" + self.call("POST", "/session", {"capabilities": wanted})["sessionId"]

    def call(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)["value"]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.driver.terminate()
            self.driver.wait()

    def open(self, path):
        self.call("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def run(self, script):
        return self.call("POST", "/execute/sync", {"script": script, "args": []})

    def press(self, key):
        events = [{"type": "keyDown", "value": KEYS[key]}, {"type": "keyUp", "value": KEYS[key]}]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": events}]})

    def complaints(self):
        return self.call("POST", "/se/log", {"type": "browser"})

    def said(self, css):
        """Role and name of each element, as a screen reader has them."""
        found = self.call("POST", "/elements", {"using": "css selector", "value": css})
        return [(self.call("GET", f"/element/{one[ELEMENT]}/computedrole"), self.call("GET", f"/element/{one[ELEMENT]}/computedlabel"))
                for one in found]


def expect(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


CONTRAST = """
const light = (text) => {
  const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map((one) => one / 255).map((one) => (one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const paper = (element) => {
  for (let one = element; one; one = one.parentElement) {
    const colour = getComputedStyle(one).backgroundColor;
    if (!/, 0\\)$|transparent/.test(colour)) return colour;
  }
};
const poor = [];
for (const element of document.querySelectorAll("body *")) {
  if (element.closest("svg, script, style, noscript, [hidden]") || ![...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
  const [a, b] = [light(getComputedStyle(element).color), light(paper(element))].sort((x, y) => y - x);
  if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(element.outerHTML.slice(0, 120));
}
return poor;
"""


def check_content(browser, wanted):
    count = lambda css: browser.run(f"return document.querySelectorAll({json.dumps(css)}).length")
    expect(browser.complaints() == [], f"the browser complains: {browser.complaints()}")
    expect(browser.run("return performance.getEntriesByType('resource').length") == 0, "the page asks for something from elsewhere")
    expect(browser.run("return document.title") == wanted["title"], "the title is another")
    expect(browser.run("return window.hostile") is None, "a name of a file was run as a script")
    expect(count("#layers tbody tr") == wanted["layers"], "there is not a row a layer")
    expect(count("#steps tbody tr") == wanted["steps"], "there is not a row a step")
    expect(count("#timeline .bar") == wanted["bars"], "there is not a bar a step that was reached")
    expect(count("#timeline .critical") > 0, "no critical path")
    expect(count("#cache thead th.build") == wanted["builds"], "there is not a column a build")
    expect(count("#files g.node") > 2, "the map is empty")
    expect(count("#waste tbody tr") > 0, "no waste")
    for text in wanted["texts"]:
        expect(browser.run(f"return document.body.textContent.includes({json.dumps(text)})"), f"nowhere is {text}")


def check_keyboard(browser, directory):
    for _ in range(200):
        browser.press("Tab")
        if browser.run("return document.activeElement.matches('g.node')"):
            break
    label = "return document.activeElement.getAttribute('aria-label')"
    first = browser.run(label)
    expect(first and first.startswith("/"), "Tab does not come to the map")
    seen = {first}
    for key in ["Right", "Down", "Right", "Down", "Left", "Up"]:
        browser.press(key)
        seen.add(browser.run(label))
    expect(len(seen) > 1, "the arrow keys do not move on the map")
    browser.run(f"[...document.querySelectorAll('g.node')].find((one) => one.getAttribute('aria-label').startsWith({json.dumps('/' + directory + ',')})).focus()")
    expect(not browser.run("return document.getElementById('tip').hidden"), "the keyboard shows no explanation")
    browser.press("Enter")
    where = "return document.querySelector('.crumbs [aria-current]').textContent"
    expect(browser.run(where) == directory, "Enter does not open a directory")
    browser.press("Escape")
    expect(browser.run(where) == "/", "Escape does not go back")
    expect(browser.run(label).startswith("/" + directory), "going back loses the place")


def check_reader(browser):
    for css in ["button", "a[href]", "[tabindex='0']", ".bar", ".map td.cell"]:
        for role, label in browser.said(css)[:40]:
            expect(label.strip(), f"a {role} ({css}) has no name for a screen reader")
    headings = browser.run("return [...document.querySelectorAll('h1, h2')].map((one) => one.textContent)")
    expect(len(headings) == len(set(headings)) > 4, "the headings do not tell the parts")
    sort = "document.querySelector('#layers th:nth-child(2) button')"
    browser.run(f"{sort}.click()")
    expect(browser.run(f"return {sort}.parentElement.getAttribute('aria-sort')") == "descending", "sorting is not told")


def main():
    report, wanted = sys.argv[1], json.load(open(sys.argv[2]))
    for dark in [False, True]:
        browser = Browser(dark)
        try:
            browser.open(report)
            theme = "return document.documentElement.dataset.theme"
            expect(browser.run(theme) == ("dark" if dark else "light"), "the page does not take the system's colours")
            check_content(browser, wanted)
            expect(browser.run(CONTRAST) == [], f"too little contrast: {browser.run(CONTRAST)}")
            if not dark:
                check_keyboard(browser, wanted["directory"])
                check_reader(browser)
                browser.run("document.getElementById('theme').click()")
                expect(browser.run(theme) == "dark", "the button does not change the colours")
        finally:
            browser.close()


main()

#!/usr/bin/env python3
"""Opens a page from disk in headless Chromium and fails on any console message of level warning or error, on any
request beyond the page itself, on a picture that does not decode, and on a page that is not well-formed.

Uses the DevTools protocol through a pipe, so that no port and no further package is needed. Exit code 77: no Chromium.
"""
import argparse
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree
from pathlib import Path

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
         "--remote-debugging-pipe"]


class Browser:
    """A browser and its DevTools pipe: messages are JSON, each ended by a zero byte."""

    def __init__(self, program, profile):
        commands_in, self.commands = os.pipe()
        self.answers, answers_out = os.pipe()

        def as_three_and_four():  # the numbers that --remote-debugging-pipe reads from and writes to
            first, second = os.dup(commands_in), os.dup(answers_out)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen([program, *FLAGS, f"--user-data-dir={profile}", "about:blank"], close_fds=False,
                                        preexec_fn=as_three_and_four, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL)
        os.close(commands_in)
        os.close(answers_out)
        self.buffer, self.last_id, self.events = b"", 0, []

    def _read(self):
        while b"\0" not in self.buffer:
            piece = os.read(self.answers, 1 << 16)
            if not piece:
                sys.exit("the browser ended early")
            self.buffer += piece
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, session=None, **parameters):
        self.last_id += 1
        message = {"id": self.last_id, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event):
        while not any(e.get("method") == event for e in self.events):
            self.events.append(self._read())

    def close(self):
        self.call("Browser.close")
        self.process.wait(timeout=20)


PICTURES = """[...document.images].map(i => ({alt: i.alt, ok: i.complete && i.naturalWidth > 0}))"""
PLOTS = """[...document.querySelectorAll('figure svg')].filter(s => s.getBoundingClientRect().height > 0).length"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page", type=Path)
    parser.add_argument("--screenshot", type=Path)
    arguments = parser.parse_args()
    page = arguments.page.resolve()

    xml.etree.ElementTree.parse(page)  # throws where the page is not well-formed

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        print("skipped: there is no Chromium on this machine")
        return 77

    with tempfile.TemporaryDirectory(prefix="cardiotwin-chromium-", ignore_cleanup_errors=True) as profile:
        browser = Browser(program, profile)
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            browser.call(f"{domain}.enable", session)
        browser.call("Emulation.setDeviceMetricsOverride", session, width=1280, height=900, deviceScaleFactor=1, mobile=False)
        browser.call("Page.navigate", session, url=page.as_uri())
        browser.wait_for("Page.loadEventFired")

        def evaluate(expression):
            return browser.call("Runtime.evaluate", session, expression=expression, returnByValue=True)["result"]["value"]

        pictures, plots = evaluate(PICTURES), evaluate(PLOTS)
        if arguments.screenshot:
            size = browser.call("Page.getLayoutMetrics", session)["cssContentSize"]
            clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
            shot = browser.call("Page.captureScreenshot", session, format="png", clip=clip, captureBeyondViewport=True)
            arguments.screenshot.write_bytes(base64.b64decode(shot["data"]))
        events = browser.events
        browser.close()

    problems = [f"picture does not decode: {p['alt']}" for p in pictures if not p["ok"]]
    if plots == 0:
        problems.append("no plot is drawn")
    for event in events:
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Log.entryAdded" and parameters["entry"]["level"] in ("warning", "error"):
            problems.append(f"console: {parameters['entry']['text']}")
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("warning", "error", "assert"):
            problems.append(f"console: {parameters['args']}")
        elif method == "Runtime.exceptionThrown":
            problems.append(f"exception: {parameters['exceptionDetails'].get('text')}")
        elif method == "Network.requestWillBeSent":
            url = parameters["request"]["url"]
            if url != page.as_uri() and not url.startswith("data:"):
                problems.append(f"request beyond the page: {url[:100]}")
    for problem in problems:
        print(problem)
    print(f"{page.name}: {len(pictures)} pictures, {plots} plots, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())

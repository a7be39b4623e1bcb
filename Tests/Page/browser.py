"""Chromium without a window, by the DevTools protocol over a pair of pipes."""

import base64
import contextlib
import json
import os
import queue
import re
import subprocess
import threading
import time

FLAGS = [
    "--headless", "--remote-debugging-pipe", "--no-first-run", "--no-default-browser-check", "--disable-gpu",
    "--disable-dev-shm-usage", "--disable-extensions", "--disable-sync", "--disable-background-networking",
    "--disable-component-update", "--disable-domain-reliability", "--hide-scrollbars", "--lang=en-GB",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


class Browser:
    """A browser with a profile of its own."""

    def __init__(self, directory, sandboxed=True, limit=20):
        self.limit = limit
        to_child, from_parent = os.pipe()
        from_child, to_parent = os.pipe()
        command = ["chromium", *FLAGS, *([] if sandboxed else ["--no-sandbox"]), f"--user-data-dir={directory}/profile", "about:blank"]
        self.output = open(f"{directory}/chromium.log", "wb")
        # The descriptors have to be 3 and 4 there.
        script = 'exec 3<&"$0" 4>&"$1"; shift 1; exec "$@"'
        self.child = subprocess.Popen(
            ["bash", "-c", script, str(to_child), str(to_parent), *command], stdout=self.output, stderr=self.output,
            pass_fds=(to_child, to_parent), env=os.environ | {"HOME": str(directory), "XDG_CONFIG_HOME": f"{directory}/config"})
        os.close(to_child)
        os.close(to_parent)
        self.output_pipe, self.input_pipe = from_parent, os.fdopen(from_child, "rb", buffering=0)
        self.number, self.answers, self.pages, self.lock = 0, {}, {}, threading.Lock()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        rest = b""
        while part := self.input_pipe.read(1 << 16):
            *whole, rest = (rest + part).split(b"\0")
            for text in whole:
                self._take(json.loads(text))
        for answer in list(self.answers.values()):
            answer.put({"error": {"message": "the browser has ended"}})

    def _take(self, message):
        if "id" in message:
            answer = self.answers.pop(message["id"], None)
            if answer:
                answer.put(message)
        elif message.get("sessionId") in self.pages:
            self.pages[message["sessionId"]].note(message["method"], message["params"])

    def post(self, method, session=None, **parameters):
        """Sends a command; returns where its answer comes."""
        with self.lock:
            self.number += 1
            number, answer = self.number, queue.Queue()
            self.answers[number] = answer
            message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
            os.write(self.output_pipe, json.dumps(message).encode() + b"\0")
        return answer

    def send(self, method, session=None, **parameters):
        answer = self.post(method, session, **parameters)
        try:
            message = answer.get(timeout=self.limit)
        except queue.Empty:
            raise TimeoutError(f"the browser does not answer {method}") from None
        if "error" in message:
            raise RuntimeError(f"{method}: {message['error']['message']}")
        return message["result"]

    def open(self):
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, target, session)
        self.pages[session] = page
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            page.send(f"{domain}.enable")
        return page

    def close(self):
        try:
            self.post("Browser.close")
            self.child.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.child.kill()
            self.child.wait()
        self.output.close()


class Page:
    """A tab. What goes wrong in it is noted: errors, dialogs, violations of the policy, and each request."""

    def __init__(self, browser, target, session):
        self.browser, self.target, self.session = browser, target, session
        self.complaints, self.requests, self.statuses = [], [], {}
        self.patterns = []

    def send(self, method, **parameters):
        return self.browser.send(method, self.session, **parameters)

    def note(self, method, parameters):
        if method == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.complaints.append("exception: " + details.get("exception", {}).get("description", details["text"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.complaints.append("console: " + " ".join(str(each.get("value", each.get("description"))) for each in parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            entry = parameters["entry"]
            complaint = f"{entry['source']}: {entry['text']} {entry.get('url', '')}"
            if not any(re.fullmatch(pattern, complaint) for pattern in self.patterns):
                self.complaints.append(complaint)
        elif method == "Page.javascriptDialogOpening":
            self.complaints.append(f"a script has run: dialog {parameters['message']}")
            self.browser.post("Page.handleJavaScriptDialog", self.session, accept=True)
        elif method == "Network.requestWillBeSent":
            self.requests.append((time.monotonic(), parameters["request"]["method"], parameters["request"]["url"]))
        elif method == "Network.responseReceived":
            self.statuses[parameters["response"]["url"]] = parameters["response"]

    @contextlib.contextmanager
    def expecting(self, pattern):
        """Takes no complaint amiss that matches, as long as the body runs."""
        self.patterns.append(pattern)
        yield
        # What the browser has said before this answer has been read.
        self.evaluate("0")
        self.patterns.remove(pattern)

    # What it shows

    def evaluate(self, expression):
        answer = self.send("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails'].get('exception', {}).get('description')}")
        return answer["result"].get("value")

    def wait(self, what, expression, seconds=30):
        """Waits until an expression is true; `what` says so in words."""
        deadline = time.monotonic() + seconds
        while True:
            value = self.evaluate(f"(() => {{ try {{ return {expression} }} catch (error) {{ return null }} }})()")
            if value:
                return value
            if time.monotonic() > deadline:
                raise AssertionError(f"not within {seconds} s: {what}\n{self.text()[:3000]}")
            time.sleep(0.1)

    def text(self, selector="body"):
        return self.evaluate(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def wait_text(self, text, selector="main", seconds=30):
        return self.wait(f"{selector} says {text!r}",
                         f"document.querySelector({json.dumps(selector)}).innerText.includes({json.dumps(text)})", seconds)

    # What a person does

    def go(self, url):
        self.send("Page.navigate", url=url)

    def view(self, name):
        """A view of the page, by its place behind the `#`."""
        self.evaluate(f"location.hash = {json.dumps(name)}")

    def size(self, width, height, dark=False, scale=1):
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False)
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])

    def click(self, selector, text=None):
        """A real click on the first element that is seen, and has this text."""
        wanted = "true" if text is None else f"each.innerText.trim() === {json.dumps(text)}"
        found = (f"[...document.querySelectorAll({json.dumps(selector)})]"
                 f".find((each) => {wanted} && each.getClientRects().length && !each.disabled)")
        self.wait(f"{selector} {text or ''} can be clicked", f"Boolean({found})")
        box = self.evaluate(
            f"(() => {{ const each = {found}; each.scrollIntoView({{ block: 'center' }}); const box = each.getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()")
        mouse = {"x": box[0], "y": box[1], "button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
        self.send("Input.dispatchMouseEvent", type="mousePressed", **mouse)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", **mouse)

    def write(self, selector, text):
        self.click(selector)
        self.send("Input.insertText", text=text)

    def press(self, key, code=0, modifiers=0):
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowDown": 40}
        number = code or codes.get(key, 0)
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        self.send("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, windowsVirtualKeyCode=number, modifiers=modifiers, **text)
        self.send("Input.dispatchKeyEvent", type="keyUp", key=key, code=key, windowsVirtualKeyCode=number, modifiers=modifiers)

    def picture(self, path, whole=True):
        data = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

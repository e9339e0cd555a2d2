"""A browser without a window: where it is, and a tab that a test can ask while its page lives."""

import fcntl
import json
import os
import shutil
import subprocess
import time

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), None)
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,800")
needs_browser = pytest.mark.skipif(BROWSER is None, reason="no Chromium on this machine")


class Tab:
    """A page that stays open, asked by Chromium's own protocol over two pipes.

    Parameters
    ----------
    folder : path
        For the browser's profile.
    address : str
    before : str
        A script that runs in every document before its own.
    """

    def __init__(self, folder, address, before=""):
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        # The browser listens on 3 and answers on 4; ends that are not there already are put there by the shell.
        ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (theirs_in, theirs_out)]
        command = [BROWSER, *OPTIONS, "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"]
        shell = f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}'
        self._browser = subprocess.Popen(
            ["bash", "-c", shell, "bash", *command], pass_fds=ends, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for end in (theirs_in, theirs_out, *ends):
            os.close(end)
        self._asked, self._heard, self._session = 0, b"", None
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._ask("Page.enable")
        self._ask("Page.addScriptToEvaluateOnNewDocument", source=before)
        self.go(address)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._browser.terminate()
        self._browser.wait(20)
        for end in (self._out, self._in):
            os.close(end)

    def go(self, address):
        """Open another page."""
        self._ask("Page.navigate", url=address)

    def picture(self):
        """Return what is seen, as PNG in base64."""
        return self._ask("Page.captureScreenshot", format="png")["data"]

    def says(self, script):
        """Return what an expression is in the page, None where it fails: the page may be loading itself anew."""
        try:
            answer = self._ask("Runtime.evaluate", expression=f"JSON.stringify({script})")
        except RuntimeError:
            return None
        value = answer["result"].get("value")
        return None if "exceptionDetails" in answer or value is None else json.loads(value)

    def until(self, script, true=lambda value: value is not None, seconds=60):
        """Wait until what an expression is fulfils a condition, and return it; by default, until it is something."""
        end = time.monotonic() + seconds
        while not true(found := self.says(script)):
            assert time.monotonic() < end, f"{script} is still {found}"
            time.sleep(0.02)
        return found

    def _ask(self, method, **parameters):
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": parameters}
        asked |= {"sessionId": self._session} if self._session else {}
        os.write(self._out, json.dumps(asked).encode() + b"\0")
        while True:
            while b"\0" not in self._heard:
                more = os.read(self._in, 1 << 16)
                assert more, "the browser has gone"
                self._heard += more
            told, _, self._heard = self._heard.partition(b"\0")
            answer = json.loads(told)
            if answer.get("id") == self._asked:
                if "error" in answer:
                    raise RuntimeError(answer["error"]["message"])
                return answer["result"]

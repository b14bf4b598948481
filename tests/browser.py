"""HTML pages in headless Chromium, at the widths of a phone, a laptop and a desktop."""

import html
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
import pytest

FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--hide-scrollbars", "--disable-extensions"),
)
NARROW, WIDE, WIDEST = 390, 1280, 1920
DARK = "--blink-settings=preferredColorScheme=0"
# Windows have a minimum width, iframes do not. Elements that scroll on their own may be wider.
FRAME = """<!DOCTYPE html><meta charset="utf-8">
<style>body {{ margin: 0; white-space: nowrap }} iframe {{ border: 0; vertical-align: top }}</style>
{frames}<pre id="measured"></pre>
<script>
const measure = frame => {{
  const page = frame.contentDocument, root = page.documentElement;
  const all = name => [...page.querySelectorAll(name)];
  const box = element => element.getBoundingClientRect();
  const isShown = element => element.getClientRects().length > 0;
  const hasText = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const scale = e => e.getScreenCTM ? Math.hypot(e.getScreenCTM().a, e.getScreenCTM().b) : 1;
  const size = e => scale(e) * parseFloat(frame.contentWindow.getComputedStyle(e).fontSize);
  return {{
    width: root.clientWidth,
    scroll: root.scrollWidth,
    overflowing: all("body *").filter(e => box(e).right > root.clientWidth + 1)
      .filter(e => !e.closest(".wide") && !e.ownerSVGElement).map(e => e.outerHTML.slice(0, 200)),
    smallest: Math.min(...all("body *").filter(e => isShown(e) && hasText(e)).map(size)),
    links: all("nav a").length,
    broken: all("a[href^='#']").filter(a => !page.getElementById(a.hash.slice(1))).map(a => a.hash),
    columns: new Set(all("main > section").map(e => box(e).left)).size,
    figures: all("figure").map(box).map(b => [b.left, b.top, b.right, b.bottom].map(Math.round)),
    end: Math.ceil(box(page.body).bottom),
    scripts: page.scripts.length,
    fetched: all("[src], link").length,
    text: page.body.innerText,
  }};
}};
onload = async () => {{
  const frames = [...document.querySelectorAll("iframe")], measured = frames.map(measure);
  for (const [n, frame] of frames.entries())
    measured[n].probed = await ({probe})(frame.contentWindow);
  document.querySelector("#measured").textContent = JSON.stringify(measured);
}};
</script>"""


@dataclass(frozen=True)
class Seen:
    """Page in a browser: measurements, and a scaled screenshot of shape (height, width, 3)."""

    measured: dict
    pixels: np.ndarray
    scale: float

    def ink(self, *box):
        """Return the fraction of non-background pixels within left, top, right and bottom."""
        left, top, right, bottom = (max(0, round(side * self.scale)) for side in box)
        part = self.pixels[top:bottom, left:right]
        return float(np.mean(np.abs(part - self.pixels[0, 0]).max(axis=2) > 0.1))


@cache
def chromium():
    """Return the path of the browser, or skip the test."""
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        pytest.skip("no chromium: on Debian, apt-get install chromium")
    return path


def look(page, folder, width, **options):
    """Open a page in a browser."""
    [seen] = look_at(page, folder, [width], **options)
    return seen


def look_at(page, folder, widths, *, height=9000, dark=False, scale=0.5, probe="() => null"):
    """Open a page in a browser at several widths.

    The probe is a function of JavaScript, which may be asynchronous; it is called with the window
    of the page at the end, and its result is the measurement ``probed``.
    """
    from matplotlib.image import imread

    frame, picture = folder / "frame.html", folder / "picture.png"
    text = html.escape(page.read_text(encoding="utf-8"))
    frames = "".join(
        f'<iframe width="{width}" height="{height}" srcdoc="{text}"></iframe>' for width in widths
    )
    frame.write_text(FRAME.format(frames=frames, probe=probe), encoding="utf-8")
    command = [
        *(chromium(), *FLAGS, *[DARK] * dark, f"--force-device-scale-factor={scale}"),
        *(
            f"--user-data-dir={folder / 'profile'}",
            f"--window-size={max(sum(widths), 600)},{height}",
        ),
        "--virtual-time-budget=60000",  # asynchronous probes
        *(f"--screenshot={picture}", "--dump-dom", frame.as_uri()),
    ]
    dom = subprocess.run(command, check=True, capture_output=True, timeout=600).stdout.decode()
    measured = json.loads(html.unescape(re.search(r'<pre id="measured">(.*?)</pre>', dom, re.S)[1]))
    pixels = imread(picture)
    ends = [round(end * scale) for end in (0, *np.cumsum(widths))]
    parts = [pixels[:, start:end, :3] for start, end in pairwise(ends)]
    return [Seen(*pair, scale) for pair in zip(measured, parts, strict=True)]

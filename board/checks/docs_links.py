#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Follows every link and picture of the pages in a directory to its place there.

usage: docs_links.py DIRECTORY

References that sphinx made are right or it complains; this is about those that it
hands through, and about what the pages need: pictures, styles, downloads.
"""

import html.parser
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    """The links of a page, and the places in it that can be linked to."""

    def __init__(self, path):
        super().__init__()
        self.links = []
        self.places = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.places.add(value)
            elif name in ("href", "src") or (tag == "object" and name == "data"):
                self.links.append((self.getpos()[0], value))


def dead(root, path, link, pages):
    """Why a link leads nowhere, or None."""
    url = urllib.parse.urlsplit(link)
    if url.scheme == "data":
        return None
    if url.scheme or url.netloc:
        # Elsewhere: not looked at, the build needs no network.
        return None
    target = path
    if url.path:
        target = (path.parent / urllib.parse.unquote(url.path)).resolve()
        if root not in target.parents and target != root:
            return "leads out of the documentation"
        if not target.is_file():
            return "there is no such file"
    if not url.fragment or target not in pages:
        return None
    if urllib.parse.unquote(url.fragment) not in pages[target].places:
        return "there is no such place"
    return None


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in sorted(root.rglob("*.html"))}
    links = 0
    faults = 0
    for path, page in pages.items():
        for line, link in page.links:
            links += 1
            why = dead(root, path, link, pages)
            if why:
                faults += 1
                print(f"{path.relative_to(root)}:{line}: {link}: {why}")
    print(f"{len(pages)} pages, {links} links, {faults} of them dead")
    # A directory without pages is no success.
    return 1 if faults or links == 0 else 0


if __name__ == "__main__":
    sys.exit(main())

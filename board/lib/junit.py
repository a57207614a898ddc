# SPDX-License-Identifier: GPL-2.0-only
"""Reads what CTest writes with --output-junit.

usage: junit.py RESULTS.xml DIR

Prints a line for each test: passed, skipped or failed, its name, and why it did not
pass, separated by tabs. What the test wrote goes into DIR/NAME.txt.
"""

import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    """One of three words, and a reason on one line."""
    for tag, word in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        element = case.find(tag)
        if element is not None:
            return word, " ".join(element.get("message", "").split()) or "no reason given"
    if case.get("status") in ("notrun", "disabled"):
        return "skipped", case.get("status")
    return "passed", ""


def main():
    """Reads and writes."""
    results, directory = sys.argv[1:]
    for case in ElementTree.parse(results).iter("testcase"):
        name = re.sub(r"[^\w.+-]", "_", case.get("name"))
        output = case.findtext("system-out") or ""
        pathlib.Path(directory, f"{name}.txt").write_text(output, errors="replace")
        word, reason = outcome(case)
        print(word, name, f"{reason} after {float(case.get('time', 0)):.1f} s", sep="\t")


if __name__ == "__main__":
    main()

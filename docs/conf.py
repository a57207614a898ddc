# SPDX-License-Identifier: GPL-2.0-only
#
# How sphinx builds these pages; board/docs starts it. kernel-doc is read by the
# kernel's own extension, out of the kernel's source, in $ROCKET_KERNEL.

import os
import sys

kernel = os.environ["ROCKET_KERNEL"]
# Where that extension looks for kernel-doc.
os.environ["srctree"] = kernel
sys.path.insert(0, os.path.join(kernel, "Documentation", "sphinx"))
# benchplot
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

project = "rocket"
author = "The rocket VM_BIND authors"
copyright = "2026, " + author

extensions = ["benchplot", "kerneldoc", "sphinx.ext.graphviz"]
kerneldoc_srctree = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
graphviz_output_format = "svg"

# Shell sessions, figures and register lists; C says so itself.
highlight_language = "none"
smartquotes = False

html_theme = "furo"
html_title = "rocket"
html_static_path = ["_static"]
html_css_files = ["rocket.css"]
html_js_files = [("rocket.js", {"defer": "defer"})]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False

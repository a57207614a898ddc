// SPDX-License-Identifier: GPL-2.0-only

// Debian's build of the theme has no rules for "as the system likes": say what that is.
const dark = window.matchMedia("(prefers-color-scheme: dark)");

if (document.body.dataset.theme === "auto" && dark.matches)
	document.body.dataset.theme = "dark";

# SPDX-License-Identifier: GPL-2.0-only
"""What happened on the cores of the NPU, from its trace events."""

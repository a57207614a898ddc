# SPDX-License-Identifier: GPL-2.0-only
"""Sphinx extension: figures of docs/bench.json as a drawing with bars, and a table behind it.

    .. bench:: instructions
       :measure: BO
       :cases: create and map 4 KiB; create and map 16 KiB

One bar for each driver and case; the title says what, and that less is better. The file is
what "make bench" writes, its samples left out (igt-tests/benchmarks/report --medians). A
case or figure that is not in it is a warning, and so an error of the build.
"""

import html
import json
import math
from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import Directive, directives

DRIVERS = ('mainline', 'ours', 'shim', 'native')
# Seen in light and dark, and apart without colours
FILL = {'mainline': '#8a8f98', 'ours': '#2f7fd1', 'shim': '#d18a2f', 'native': '#3c9a5f'}

WIDTH, LABEL, VALUE = 720, 210, 84
BAR, GAP, TOP = 13, 12, 26


def shown(value):
    """A figure as the tables have it: rounded up."""
    return f'{math.ceil(value):,}' if value >= 100 else f'{math.ceil(value * 10) / 10:g}'


def select(document, measure, figure, cores, cases):
    """[(case, {driver: median})], in the order of @cases; KeyError names what is missing."""
    rows = {row['case']: row['figures'] for row in document
            if row['measure'] == measure and row['cores'] == cores}
    chosen = []
    for case in cases:
        if case not in rows:
            raise KeyError(f'no case "{case}" of "{measure}"')
        medians = {driver: rows[case][driver][figure]['median'] for driver in DRIVERS
                   if figure in rows[case].get(driver, {})}
        if not medians:
            raise KeyError(f'no {figure} of "{case}"')
        chosen.append((case, medians))
    return chosen


def scale(rows, log):
    """How far a value reaches, from 0 to 1."""
    values = [value for _, medians in rows for value in medians.values() if value > 0]
    high = max(values, default=1)
    if not log:
        return lambda value: value / high
    # A decade below the least, so that this is seen, too.
    low = math.floor(math.log10(min(values, default=1))) - 1
    span = math.log10(high) - low
    return lambda value: (math.log10(value) - low) / span if value > 0 else 0


def draw(rows, title, log):
    """The drawing, as SVG."""
    reach = scale(rows, log)
    room = WIDTH - LABEL - VALUE
    parts, y = [], TOP
    for case, medians in rows:
        middle = y + len(medians) * BAR / 2
        parts.append(f'<text x="{LABEL - 8}" y="{middle + 4:g}" text-anchor="end">'
                     f'{html.escape(case)}</text>')
        for driver, value in medians.items():
            length = max(1, room * reach(value))
            parts.append(f'<rect x="{LABEL}" y="{y}" width="{length:.1f}" height="{BAR - 2}" '
                         f'fill="{FILL[driver]}"><title>{driver}: {shown(value)}</title></rect>'
                         f'<text x="{LABEL + length + 5:.1f}" y="{y + BAR - 4}" '
                         f'font-size="10">{shown(value)}</text>')
            y += BAR
        y += GAP
    x, legend = LABEL, []
    for driver in (d for d in DRIVERS if any(d in medians for _, medians in rows)):
        legend.append(f'<rect x="{x}" y="6" width="10" height="10" fill="{FILL[driver]}"/>'
                      f'<text x="{x + 14}" y="15">{driver}</text>')
        x += 30 + 8 * len(driver)
    return (f'<svg viewBox="0 0 {WIDTH} {y}" role="img" aria-label="{html.escape(title)}" '
            f'style="max-width: 100%; height: auto" fill="currentColor" font-size="12" '
            f'font-family="Helvetica, Arial, sans-serif">{"".join(legend + parts)}</svg>')


def tabulate(rows):
    """The same figures, as HTML that opens when it is wanted."""
    drivers = [d for d in DRIVERS if any(d in medians for _, medians in rows)]
    head = ''.join(f'<th>{driver}</th>' for driver in drivers)
    lines = []
    for case, medians in rows:
        cells = ''.join(f'<td>{shown(medians[d]) if d in medians else ""}</td>' for d in drivers)
        lines.append(f'<tr><td>{html.escape(case)}</td>{cells}</tr>')
    return ('<details><summary>the figures</summary><table class="docutils"><thead><tr><th></th>'
            f'{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></details>')


class Bench(Directive):
    """The directive."""

    required_arguments = 1
    final_argument_whitespace = False
    option_spec = {
        'measure': directives.unchanged_required,
        'cases': directives.unchanged_required,
        'cores': directives.positive_int,
        'log': directives.flag,
    }

    def run(self):
        environment = self.state.document.settings.env
        path = Path(environment.srcdir) / 'bench.json'
        environment.note_dependency(str(path))
        figure, log = self.arguments[0], 'log' in self.options
        cases = [case.strip() for case in self.options['cases'].split(';')]
        try:
            rows = select(json.loads(path.read_text(encoding='utf-8')), self.options['measure'],
                          figure, self.options.get('cores', 1), cases)
        except (KeyError, OSError, ValueError) as error:
            raise self.error(f'bench: {error}')
        title = f'{figure}, less is better' + (', logarithmic' if log else '')
        picture = (f'<figure>{draw(rows, title, log)}<figcaption>{html.escape(title)}'
                   f'</figcaption></figure>{tabulate(rows)}')
        return [nodes.raw('', picture, format='html')]


def setup(app):
    """For Sphinx."""
    app.add_directive('bench', Bench)
    return {'parallel_read_safe': True}

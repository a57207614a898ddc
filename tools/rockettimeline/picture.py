# SPDX-License-Identifier: GPL-2.0-only
"""Draws a timeline as SVG."""

from xml.sax.saxutils import escape

LEFT = 90           # of the lanes: their names
CORE_HEIGHT = 30
CLIENT_HEIGHT = 16
GAP = 8
HEAD = 46           # legend and axis
# Told apart also by who sees few colours; one after the other for the clients
COLOURS = ('#0072b2', '#e69f00', '#009e73', '#cc79a7', '#56b4e9', '#d55e00', '#8c6d31',
           '#6a51a3')
SCRUB = '#b0b0b0'
RECOVER = '#d00000'
STEPS = (1, 2, 5)


def axis_step(length):
    """A round number of ns, some ten of which make up the length."""
    step = 1
    while True:
        for factor in STEPS:
            if length / (step * factor) <= 10:
                return step * factor
        step *= 10


def time_text(time):
    """ns as people write it."""
    for unit, size in (('s', 10**9), ('ms', 10**6), ('us', 10**3)):
        if time >= size:
            return f'{time / size:g} {unit}'
    return f'{time:g} ns' if time else '0'


class Picture:
    """SVG in the making."""

    def __init__(self, timeline, width):
        self.timeline = timeline
        self.width = width
        self.scale = (width - LEFT - 10) / max(1, timeline.end - timeline.begin)
        self.parts = []
        self.colour = {client: COLOURS[i % len(COLOURS)]
                       for i, client in enumerate(timeline.clients())}

    def x(self, time):
        """Where a time is, at most at the edges."""
        time = min(max(time, self.timeline.begin), self.timeline.end)
        return LEFT + (time - self.timeline.begin) * self.scale

    def text(self, x, y, text, anchor='start'):
        self.parts.append(f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">'
                          f'{escape(text)}</text>')

    def bar(self, begin, end, y, height, colour, title, opacity=1.0, stroke=''):
        x = self.x(begin)
        # What lasted is seen, however short it was.
        width = max(self.x(end) - x, 0.4)
        edge = f' stroke="{stroke}"' if stroke else ''
        self.parts.append(f'<rect x="{x:.2f}" y="{y}" width="{width:.2f}" height="{height}"'
                          f' fill="{colour}" fill-opacity="{opacity:g}"{edge}>'
                          f'<title>{escape(title)}</title></rect>')

    def line(self, x, y, height, colour, title=''):
        inside = f'<title>{escape(title)}</title>' if title else ''
        self.parts.append(f'<line x1="{x:.2f}" y1="{y}" x2="{x:.2f}" y2="{y + height}"'
                          f' stroke="{colour}">{inside}</line>')

    def legend(self):
        x = LEFT
        for client, colour in self.colour.items():
            x = self.legend_entry(x, colour, f'client {client}')
        x = self.legend_entry(x, SCRUB, 'scrub')
        x = self.legend_entry(x, RECOVER, 'recovery, fault')
        self.line(x + 4, 4, 12, '#000000')
        self.text(x + 10, 14, 'switch')

    def legend_entry(self, x, colour, name):
        self.parts.append(f'<rect x="{x}" y="5" width="10" height="10" fill="{colour}"/>')
        self.text(x + 14, 14, name)
        return x + 30 + 7 * len(name)

    def axis(self, bottom):
        length = self.timeline.end - self.timeline.begin
        step = axis_step(length)
        for time in range(0, length + 1, step):
            x = self.x(self.timeline.begin + time)
            self.line(x, HEAD - 8, bottom - HEAD + 8, '#e0e0e0')
            self.text(x, HEAD - 12, time_text(time), 'middle')

    def job_title(self, job):
        t = self.timeline
        return (f'client {job.client}, VM {job.vm}, fence {job.fence}: '
                f'waited {t.waited(job) / 1000:g} us, ran {t.ran(job) / 1000:g} us, '
                f'{job.tasks} tasks' + (f', error {job.error}' if job.error else ''))

    def core_lane(self, core, y):
        t = self.timeline
        self.text(4, y + CORE_HEIGHT // 2 + 4, f'core {core}')
        self.parts.append(f'<rect x="{LEFT}" y="{y}" width="{self.width - LEFT - 10}" '
                          f'height="{CORE_HEIGHT}" fill="#f7f7f7"/>')
        for span in t.spans:
            if span.core == core:
                colour = SCRUB if span.kind == 'scrub' else RECOVER
                self.bar(span.begin, span.end, y + 4, CORE_HEIGHT - 8, colour,
                         f'{span.kind}: {(span.end - span.begin) / 1000:g} us')
        for job in t.jobs.values():
            if job.core == core and job.started is not None:
                self.bar(job.started, t.ended(job), y + 2, CORE_HEIGHT - 4,
                         self.colour[job.client], self.job_title(job),
                         stroke=RECOVER if job.error else '')
        for mark in t.marks:
            if mark.core == core:
                self.line(self.x(mark.time), y, CORE_HEIGHT,
                          RECOVER if mark.kind == 'fault' else '#000000', mark.kind)

    def client_lane(self, client, y):
        t = self.timeline
        self.text(4, y + CLIENT_HEIGHT - 4, f'client {client}')
        for job in t.jobs.values():
            if job.client != client:
                continue
            until = t.ended(job) if job.started is None else job.started
            if job.queued is not None:
                self.bar(job.queued, until, y + 4, CLIENT_HEIGHT - 8,
                         self.colour[client], self.job_title(job), 0.35)
            if job.started is not None:
                self.bar(job.started, t.ended(job), y, CLIENT_HEIGHT,
                         self.colour[client], self.job_title(job))

    def draw(self):
        t = self.timeline
        bottom = (HEAD + len(t.cores()) * (CORE_HEIGHT + GAP) + GAP +
                  len(t.clients()) * (CLIENT_HEIGHT + GAP))
        self.legend()
        self.axis(bottom)
        y = HEAD
        for core in t.cores():
            self.core_lane(core, y)
            y += CORE_HEIGHT + GAP
        y += GAP
        for client in t.clients():
            self.client_lane(client, y)
            y += CLIENT_HEIGHT + GAP
        body = '\n'.join(self.parts)
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n'
                f'<!-- SPDX-License-Identifier: GPL-2.0-only -->\n'
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width}" '
                f'height="{bottom}" font-family="sans-serif" font-size="11">\n'
                f'<rect width="100%" height="100%" fill="#ffffff"/>\n{body}\n</svg>\n')


def draw(timeline, width):
    """The picture, as text."""
    return Picture(timeline, width).draw()

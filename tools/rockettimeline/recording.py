# SPDX-License-Identifier: GPL-2.0-only
"""Reads trace events out of text."""

import re
from dataclasses import dataclass

# "  task-pid [cpu] flags  SECONDS: NAME: FIELDS", with or without the system's name
LINE = re.compile(r'\s(\d+)\.(\d+): +(?:rocket:)?(rocket_\w+): +(.*?)\s*$')
LOST = re.compile(r'\[LOST (\d+) EVENTS\]|EVENTS DROPPED', re.IGNORECASE)


class RecordingError(Exception):
    """The recording is of no use; the message says what to do."""


@dataclass
class Event:
    """One event; its time in ns."""
    time: int
    name: str
    fields: dict

    def number(self, field):
        """The value of a field that the driver always writes."""
        try:
            return int(self.fields[field], 0)
        except (KeyError, ValueError):
            raise RecordingError(f'{self.name} has no number "{field}": '
                                 'this is no recording of this driver') from None


def parse_time(seconds, fraction):
    """ns, whatever the number of digits."""
    return int(seconds) * 10**9 + int(fraction[:9].ljust(9, '0'))


def read_recording(lines):
    """All events of the driver, in the order of time."""
    events = []
    for line in lines:
        if LOST.search(line):
            raise RecordingError('events were lost: record again with a larger buffer, '
                                 'for instance "trace-cmd record -b 20000"')
        match = LINE.search(line)
        if not match:
            continue
        seconds, fraction, name, text = match.groups()
        fields = dict(pair.split('=', 1) for pair in text.split() if '=' in pair)
        events.append(Event(parse_time(seconds, fraction), name, fields))
    if not events:
        raise RecordingError('no events of the rocket driver in there: record with '
                             '"trace-cmd record -e rocket", then "trace-cmd report -t"')
    return sorted(events, key=lambda event: event.time)

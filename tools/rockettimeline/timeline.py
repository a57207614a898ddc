# SPDX-License-Identifier: GPL-2.0-only
"""Turns events into what lasted: jobs, waits, scrubs, recoveries."""

from dataclasses import dataclass


@dataclass
class Job:
    """A job; times in ns, None when the recording does not have them."""
    core: int
    client: int
    vm: int
    fence: str
    tasks: int = 0
    queued: int | None = None
    started: int | None = None
    ended: int | None = None
    error: int = 0


@dataclass
class Span:
    """What kept a core busy that was no job, from begin to end in ns."""
    kind: str
    core: int
    begin: int
    end: int
    error: int = 0


@dataclass
class Mark:
    """What happened to a core at a time in ns."""
    kind: str
    core: int
    time: int


class Timeline:
    """All of a recording, or the part that cut() has left."""

    def __init__(self, events):
        self.jobs = {}
        self.spans = []
        self.marks = []
        self.start = events[0].time
        self.begin = self.start
        self.end = events[-1].time
        for event in events:
            handler = getattr(self, 'on_' + event.name.removeprefix('rocket_'), None)
            if handler:
                handler(event)
        for job in self.jobs.values():
            self.begin = min([self.begin] + [t for t in (job.queued, job.started) if t])

    def job(self, event):
        """The job that an event is about."""
        fence = event.fields.get('fence', '')
        if fence not in self.jobs:
            self.jobs[fence] = Job(event.number('core'), event.number('client'),
                                   event.number('vm'), fence)
        return self.jobs[fence]

    def on_job_queue(self, event):
        job = self.job(event)
        job.queued = event.time
        job.tasks = event.number('tasks')

    def on_job_run(self, event):
        self.job(event).started = event.time

    def on_job_done(self, event):
        job = self.job(event)
        job.ended = event.time
        job.error = event.number('error')
        # The start was before the recording.
        if job.started is None and event.number('ns'):
            job.started = event.time - event.number('ns')

    def add_span(self, kind, event):
        self.spans.append(Span(kind, event.number('core'), event.time - event.number('ns'),
                               event.time, event.number('error')))

    def on_scrub(self, event):
        self.add_span('scrub', event)

    def on_recover(self, event):
        self.add_span('recover', event)

    def on_vm_attach(self, event):
        self.marks.append(Mark('switch', event.number('core'), event.time))

    def on_fault(self, event):
        self.marks.append(Mark('fault', event.number('core'), event.time))

    def cut(self, begin, end):
        """Keeps a part, in ms from the first event; None is the beginning or end."""
        first = self.start
        if begin is not None:
            self.begin = first + int(begin * 10**6)
        if end is not None:
            self.end = min(self.end, first + int(end * 10**6))
        self.spans = [s for s in self.spans if s.end >= self.begin and s.begin <= self.end]
        self.marks = [m for m in self.marks if self.begin <= m.time <= self.end]
        self.jobs = {f: j for f, j in self.jobs.items()
                     if (self.ended(j) >= self.begin) and self.known_from(j) <= self.end}

    def known_from(self, job):
        """When a job is first heard of."""
        return min(t for t in (job.queued, job.started, job.ended) if t is not None)

    def ended(self, job):
        """Its end, or that of the recording."""
        return self.end if job.ended is None else job.ended

    def cores(self):
        """Numbers of the cores that appear."""
        return sorted({j.core for j in self.jobs.values()} | {s.core for s in self.spans} |
                      {m.core for m in self.marks})

    def clients(self):
        """Ids of the clients that have jobs."""
        return sorted({j.client for j in self.jobs.values()})

    def within(self, begin, end):
        """How much of a time lies in the part that is looked at, in ns."""
        return max(0, min(end, self.end) - max(begin, self.begin))

    def ran(self, job):
        """How long it ran, in ns."""
        return 0 if job.started is None else self.within(job.started, self.ended(job))

    def waited(self, job):
        """How long it waited for its turn, in ns."""
        if job.queued is None:
            return 0
        until = self.ended(job) if job.started is None else job.started
        return self.within(job.queued, until)

    def core_line(self, core):
        """What a core did, as a row of the table."""
        total = max(1, self.end - self.begin)
        jobs = [j for j in self.jobs.values() if j.core == core and j.started is not None]
        busy = sum(self.ran(j) for j in jobs)
        scrub = sum(self.within(s.begin, s.end) for s in self.spans
                    if s.core == core and s.kind == 'scrub')
        recover = sum(self.within(s.begin, s.end) for s in self.spans
                      if s.core == core and s.kind == 'recover')
        switches = sum(1 for m in self.marks if m.core == core and m.kind == 'switch')
        scrubs = sum(1 for s in self.spans if s.core == core and s.kind == 'scrub')
        return (f'{core:>6} {len(jobs):>6} {100 * busy / total:>7.1f} %'
                f' {100 * scrub / total:>7.1f} % {100 * recover / total:>7.1f} %'
                f' {scrubs:>7} {switches:>9}\n')

    def client_line(self, client):
        """What a client had, as a row of the table."""
        jobs = [j for j in self.jobs.values() if j.client == client]
        count = max(1, len(jobs))
        ran = sum(self.ran(j) for j in jobs)
        waits = [self.waited(j) for j in jobs]
        failed = sum(1 for j in jobs if j.error)
        return (f'{client:>6} {len(jobs):>6} {ran / 10**6:>9.3f} ms {ran / count / 1000:>9.1f} us'
                f' {sum(waits) / count / 1000:>9.1f} us {max(waits) / 1000:>9.1f} us'
                f' {failed:>7}\n')

    def summary(self):
        """Tables of cores and clients."""
        text = f'{(self.end - self.begin) / 10**6:.3f} ms\n\n'
        text += '  core   jobs      busy     scrub   recover  scrubs  switches\n'
        text += ''.join(self.core_line(core) for core in self.cores())
        text += '\nclient   jobs          ran      per job  waited, mean      longest  failed\n'
        text += ''.join(self.client_line(client) for client in self.clients())
        return text

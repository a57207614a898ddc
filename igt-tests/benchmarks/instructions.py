# SPDX-License-Identifier: GPL-2.0-only
"""Adds up what the instructions of a job that is awaited belong to.

usage: instructions.py LOG SYMBOLS

LOG is QEMU's, a line for each instruction (-d exec, one-insn-per-tb); SYMBOLS is
/proc/kallsyms. A job is everything from one entry of the driver's SUBMIT to the next one, if
there is one more ioctl in between, which waits for it.
"""

import bisect
import collections
import re
import statistics
import sys

SUBMIT = "rocket_ioctl_submit"
IOCTL = "drm_ioctl"
SHOWN = 12

# In this order, by the name of the function.
GROUPS = [
    ("the driver", r"^rocket_"),
    ("drm_sched", r"^drm_sched"),
    ("GEM, drm_exec, syncobjs, ioctls", r"^_*drm_"),
    ("fences and reservations", r"^_*dma_(fence|resv)"),
    ("allocating and freeing", r"kmalloc|kfree|kmem_cache|slab|sheaf|kvfree|kvmalloc"),
    ("clearing and copying memory", r"mem(set|cpy|move)|__arch_copy|check_object|stack_object"),
    ("work queues", r"work|pwq|kick_pool|wq_"),
    ("clocks and timers", r"ktime|clock|timer|cntvct|tick_|timekeep"),
    ("the CPU's scheduler",
     r"sched|load_avg|psi_|update_|eevdf|fair|queue_(task|entity)|wak|task|rq|switch|entit|pick|"
     r"preempt|runtime|runnable|place_|cfs"),
    ("locks, lists, trees, references", r"lock|list|rcu|xa|refcount|mutex|radix|rb_|idr|percpu"),
    ("interrupts", r"irq|gic|el1h"),
    ("IOMMU, clocks, runtime PM", r"iommu|clk|rpm_|pm_runtime"),
    ("system calls and their hooks", r"el0|sys|security|tomoyo|landlock|hook|fget|fput|copy_|ioctl"),
    ("the program", r"^user$"),
]


def read_symbols(path):
    """Addresses, in order, and the names that go with them."""
    with open(path, encoding="ascii") as lines:
        symbols = sorted((int(line.split()[0], 16), line.split()[2]) for line in lines
                         if line.split()[1] in "tTwW")
    return [address for address, _ in symbols], [name for _, name in symbols]


def read_jobs(path, addresses, names):
    """A counter of functions for each job that was awaited."""
    entry = dict(zip(names, addresses))
    submit, ioctl = entry[SUBMIT], entry[IOCTL]
    job, jobs = None, []
    with open(path, encoding="ascii", errors="replace") as lines:
        for line in lines:
            fields = line.split("/")
            if not line.startswith("Trace") or len(fields) < 3:
                continue
            pc = int(fields[1], 16)
            if pc == submit:
                if job and job["ioctls"] == 2:
                    jobs.append(job["functions"])
                job = {"ioctls": 0, "functions": collections.Counter()}
            if not job:
                continue
            job["ioctls"] += pc == ioctl
            name = "user" if pc < 1 << 48 else names[bisect.bisect_right(addresses, pc) - 1]
            job["functions"][name] += 1
    return jobs


def group_of(name):
    return next((group for group, pattern in GROUPS if re.search(pattern, name)), "other")


def main():
    jobs = read_jobs(sys.argv[1], *read_symbols(sys.argv[2]))
    # Now and then the clock ticks, or the first job of many is awaited together with them.
    usual = statistics.median(job.total() for job in jobs)
    jobs = [job for job in jobs if abs(job.total() - usual) < usual / 10]
    groups = collections.defaultdict(collections.Counter)
    for job in jobs:
        for name, count in job.items():
            groups[group_of(name)][name] += count
    print(f"{len(jobs)} jobs, {sum(job.total() for job in jobs) / len(jobs):,.0f} instructions each")
    for group, functions in sorted(groups.items(), key=lambda item: -item[1].total()):
        most = ", ".join(f"{name} {count / len(jobs):.0f}"
                         for name, count in functions.most_common(SHOWN))
        print(f"{functions.total() / len(jobs):8,.0f}  {group}: {most}")


if __name__ == "__main__":
    main()

# SPDX-License-Identifier: GPL-2.0-only
"""Reads what the rocket driver gives to devcoredump.

The format is described in include/uapi/drm/rocket_coredump.h. What this reader does
not know, longer entries or sections of other types, it skips.
"""

import struct
from typing import NamedTuple

MAGIC = b'RKTDUMP\0'
VERSION = 1
NO_GROUP = 0xffff

# Sections
JOB, FAULT, REGISTERS, TASKS, STREAM, MAPPINGS, BINDS = range(1, 8)

# Kinds of bind operations
MAP, UNMAP, UNMAP_BO = range(3)

# Flags
VM_BUSY = 1 << 0
FAULT_WRITE, FAULT_IN_TABLES, FAULT_ATTACHED = 1 << 0, 1 << 1, 1 << 2
READONLY, KERNEL, IMPORTED, PRIVATE, WC = (1 << bit for bit in range(5))
BIND_UNMAPPED, BIND_READONLY, BIND_ASYNC, BIND_KERNEL = (1 << bit for bit in range(4))


class DumpError(Exception):
    """The file is no dump, or not a whole one."""


class Header(NamedTuple):
    magic: bytes
    version: int
    header_size: int
    size: int
    time_ns: int
    realtime_ns: int
    ip_version: int
    core: int
    flags: int
    pad: int
    release: bytes


class Section(NamedTuple):
    type: int
    entry_size: int
    entry_count: int
    first: int
    total: int
    address: int


class Job(NamedTuple):
    user_data: int
    submitted_ns: int
    started_ns: int
    task_started_ns: int
    error: int
    task: int
    timeout_ms: int
    core_mask: int
    priority: int
    vm_id: int
    client_id: int
    pid: int
    pad: int
    comm: bytes


class Fault(NamedTuple):
    addr: int
    time_ns: int
    flags: int
    pad: int


class RegisterValue(NamedTuple):
    offset: int
    group: int
    value: int


class Task(NamedTuple):
    regcmd: int
    regcmd_count: int
    chain_count: int    # 0: not in the dump


class Mapping(NamedTuple):
    addr: int
    range: int
    bo_offset: int
    bo_size: int
    bo_mmap_offset: int
    flags: int
    pad: int

    @property
    def end(self):
        return self.addr + self.range

    def holds(self, addr):
        return self.addr <= addr < self.end


class Bind(NamedTuple):
    time_ns: int
    number: int
    addr: int
    range: int
    bo_offset: int
    bo_mmap_offset: int
    op: int
    flags: int

    @property
    def end(self):
        return self.addr + self.range

    @property
    def unmapped(self):
        return bool(self.flags & BIND_UNMAPPED)

    def holds(self, addr):
        return self.addr <= addr < self.end


class Stream(NamedTuple):
    address: int
    first: int
    total: int
    commands: tuple

    def address_of(self, index):
        return self.address + 8 * index

    def index_of(self, addr):
        """Which command of the stream lies there, in the dump or not; None if none."""
        index = (addr - self.address) // 8
        return index if 0 <= index < self.total else None


# How each struct lies in the file
LAYOUT = {
    Header: '<8sIIQQQIIII64s',
    Section: '<IIIIQQ',
    Job: '<QQQQiIIIIIQII16s',
    Fault: '<QQII',
    RegisterValue: '<HHI',
    Task: '<III',
    Mapping: '<QQQQQII',
    Bind: '<QQQQQQII',
}

# How large the first drivers wrote those that have grown since
FIRST_SIZE = {Task: 8}


def _unpack(kind, data, offset, size):
    """What an older driver did not write reads as 0."""
    layout = struct.Struct(LAYOUT[kind])
    least = FIRST_SIZE.get(kind, layout.size)
    if size < least:
        raise DumpError(f'{kind.__name__} of {size} bytes, expected {least} at least')
    if offset + size > len(data):
        raise DumpError(f'truncated: {len(data)} bytes, {kind.__name__} at {offset} '
                        f'needs {size}')
    entry = data[offset:offset + min(size, layout.size)]
    return kind._make(layout.unpack(entry.ljust(layout.size, b'\0')))


def _text(data):
    return data.split(b'\0')[0].decode('utf-8', 'backslashreplace')


class Dump:
    """A dump; what is not in it is None, or empty."""

    def __init__(self, data):
        if data[:len(MAGIC)] != MAGIC:
            raise DumpError('no rocket coredump: it does not begin with RKTDUMP')
        self.header = _unpack(Header, data, 0, struct.calcsize(LAYOUT[Header]))
        if self.header.version != VERSION:
            raise DumpError(f'version {self.header.version}, but only {VERSION} is known: '
                            'use the rocket-coredump of the driver that wrote it')
        if self.header.size > len(data):
            raise DumpError(f'truncated: {len(data)} of {self.header.size} bytes; '
                            'read the file to its end')
        self.release = _text(self.header.release)
        self.job = self.fault = self.comm = None
        self.registers, self.tasks, self.streams, self.mappings = [], [], [], []
        self.binds = []
        self.mapping_total = self.bind_total = 0
        self.unknown = []
        self._read_sections(data[:self.header.size])

    def _read_sections(self, data):
        at = self.header.header_size
        if at < struct.calcsize(LAYOUT[Header]):
            raise DumpError(f'header of {at} bytes')
        while at < len(data):
            section = _unpack(Section, data, at, struct.calcsize(LAYOUT[Section]))
            at += struct.calcsize(LAYOUT[Section])
            end = at + section.entry_size * section.entry_count
            if end > len(data):
                raise DumpError(f'truncated: section of type {section.type} at {at} '
                                f'needs {end - at} bytes, {len(data) - at} are left')
            self._read_section(section, data, at)
            at = (end + 7) // 8 * 8

    def _read_section(self, section, data, at):
        def entries(kind):
            return [_unpack(kind, data, at + i * section.entry_size, section.entry_size)
                    for i in range(section.entry_count)]

        if section.type == JOB:
            self.job = (entries(Job) or [None])[0]
            self.comm = _text(self.job.comm) if self.job else None
        elif section.type == FAULT:
            self.fault = (entries(Fault) or [None])[0]
        elif section.type == REGISTERS:
            self.registers += entries(RegisterValue)
        elif section.type == TASKS:
            self.tasks += entries(Task)
        elif section.type == STREAM and section.entry_size == 8:
            commands = struct.unpack_from(f'<{section.entry_count}Q', data, at)
            self.streams.append(Stream(section.address, section.first, section.total, commands))
        elif section.type == MAPPINGS:
            self.mappings += entries(Mapping)
            self.mapping_total += section.total
        elif section.type == BINDS:
            self.binds += entries(Bind)
            self.bind_total += section.total
        else:
            self.unknown.append(section.type)

    @property
    def vm_busy(self):
        return bool(self.header.flags & VM_BUSY)

    @property
    def task(self):
        """The task that failed."""
        if self.job and self.job.task < len(self.tasks):
            return self.tasks[self.job.task]
        return None

    def mapping_at(self, addr):
        for mapping in self.mappings:
            if mapping.holds(addr):
                return mapping
        return None

    def unmapped_at(self, addr, before):
        """The change that took away what was mapped at an address, if it is known."""
        last = None
        for bind in self.binds:
            if bind.holds(addr) and bind.time_ns <= before:
                last = bind
        return last if last and last.unmapped else None

    def register(self, offset, group=NO_GROUP):
        for register in self.registers:
            if (register.offset, register.group) == (offset, group):
                return register.value
        return None

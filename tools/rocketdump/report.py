# SPDX-License-Identifier: GPL-2.0-only
"""Prints a dump for people."""

import datetime
import errno

from . import dumpfile, registers, stream as streams

MARK = '=>'
# How much of a long list is shown around what matters, unless all is asked for
AROUND = 12
# Streams up to here are shown whole
WHOLE_STREAM = 512

PRIORITIES = {0: 'normal', 1: 'low', 2: 'high'}

MAPPING_FLAGS = (
    (dumpfile.READONLY, 'read-only'), (dumpfile.KERNEL, 'CREATE_BO'),
    (dumpfile.IMPORTED, 'imported'), (dumpfile.PRIVATE, 'private'),
    (dumpfile.WC, 'write-combined'),
)


def seconds(ns):
    return f'{ns // 10**9}.{ns % 10**9 // 1000:06d} s'


def size(count):
    for unit, name in ((1 << 20, 'MiB'), (1 << 10, 'KiB')):
        if count >= unit and not count % unit:
            return f'{count // unit} {name}'
    return f'{count} bytes'


def error_name(number):
    name = errno.errorcode.get(-number)
    return f'-{name}' if name else str(number)


def plural(count, what):
    return f'{count} {what}' + ('' if count == 1 else 's')


class Report:
    """A dump, section by section; each method yields lines."""

    def __init__(self, dump, everything=False):
        registers.choose(dump.header.ip_version)
        self.dump = dump
        self.everything = everything
        self.task_stream = self._find_task_stream()
        self.fault_index = None     # command of task_stream that could not be fetched
        self.suspect = None         # the one that the address may come from
        self.reach = None           # how much of task_stream the registers hold
        if self.task_stream:
            self.reach = streams.best_reach(self.task_stream, dump)
            self._find_culprit()

    def _find_task_stream(self):
        task = self.dump.task
        for stream in self.dump.streams:
            if task and stream.address == task.regcmd:
                return stream
        return None

    def _find_culprit(self):
        fault = self.dump.fault
        if not fault:
            return
        write = bool(fault.flags & dumpfile.FAULT_WRITE)
        if not write:
            self.fault_index = self.task_stream.index_of(fault.addr)
        if self.fault_index is None:
            self.suspect = streams.find_suspect(self.task_stream, fault.addr, write)

    def lines(self):
        parts = (self.head, self.what_happened, self.job, self.client, self.tasks,
                 self.all_streams, self.mappings, self.binds, self.registers, self.rest)
        for part in parts:
            lines = list(part())
            if lines:
                yield from lines
                yield ''

    def head(self):
        header = self.dump.header
        when = datetime.datetime.fromtimestamp(header.realtime_ns // 10**9,
                                               datetime.timezone.utc)
        yield (f'rocket coredump of core {header.core}, taken {when:%Y-%m-%d %H:%M:%S} UTC, '
               f'{seconds(header.time_ns)} after boot')
        yield f'kernel {self.dump.release}, NPU version {header.ip_version}'

    # What happened

    def what_happened(self):
        yield 'WHAT HAPPENED'
        if self.dump.fault:
            yield from self._fault()
        elif self.dump.job:
            took = self.dump.header.time_ns - self.dump.job.started_ns
            yield (f'  a hang: the job ran for {seconds(took)}, '
                   f'{self.dump.job.timeout_ms} ms were allowed')
        yield from self._interrupts()
        yield from self._blocks()
        yield from self._progress()
        if self.dump.vm_busy:
            yield '  the VM was being changed: the dump has no mappings and no streams'

    def _fault(self):
        fault = self.dump.fault
        write = fault.flags & dumpfile.FAULT_WRITE
        yield (f'  a page fault: {"write to" if write else "read of"} {fault.addr:#010x}, '
               f'{self.where(fault.addr)}')
        if not self.dump.vm_busy:
            yield from self._suspicions(fault, write)
            yield from self._too_late(fault)
        if self.fault_index is not None:
            yield (f'  the PC was fetching command {self.fault_index} of the '
                   f'{self.task_stream.total} of task {self.dump.job.task}')
        elif self.suspect:
            yield (f'  perhaps by way of command {self.suspect.index}, '
                   f'{self.suspect.command.register.full_name} = '
                   f'{self.suspect.command.value:#010x}: {self._below(self.suspect)}')

    @staticmethod
    def _below(suspect):
        if not suspect.distance:
            return 'the same address'
        return f'{suspect.distance:#x} bytes below, and nothing that the task sets is nearer'

    def _suspicions(self, fault, write):
        """Where tables and mappings disagree it was not the client's fault."""
        mapping = self.dump.mapping_at(fault.addr)
        in_tables = fault.flags & dumpfile.FAULT_IN_TABLES
        complete = len(self.dump.mappings) == self.dump.mapping_total
        if not fault.flags & dumpfile.FAULT_ATTACHED:
            yield '  SUSPECT THE DRIVER: the core did not hold the page tables of this VM'
        if in_tables and not mapping and complete:
            yield '  SUSPECT THE DRIVER: the page tables lead to a page there'
        if mapping and not in_tables:
            yield '  SUSPECT THE DRIVER: the page tables lead nowhere there'
        if mapping and in_tables and not (write and mapping.flags & dumpfile.READONLY):
            yield '  SUSPECT THE DRIVER: the mapping permits this access (a stale IOTLB entry?)'

    def _too_late(self, fault):
        """Who used it when it had gone."""
        bind = self.dump.unmapped_at(fault.addr, fault.time_ns)
        if not bind or self.dump.mapping_at(fault.addr):
            return
        offset = fault.addr - bind.addr + bind.bo_offset
        yield (f'  it was mapped, {offset:#x} into BO {bind.bo_mmap_offset:#x}, until '
               f'{seconds(fault.time_ns - bind.time_ns)} before: {self.operation(bind)}')
        if self.dump.job:
            after = bind.time_ns - self.dump.job.submitted_ns
            when = f'{seconds(-after)} before' if after < 0 else f'{seconds(after)} after'
            yield f'  that was {when} the job was submitted'

    @staticmethod
    def operation(bind):
        """Which operation changed the mapping, in words."""
        if bind.flags & dumpfile.BIND_KERNEL:
            what = 'its last handle was closed' if bind.unmapped else 'CREATE_BO'
        else:
            what = {dumpfile.MAP: 'MAP', dumpfile.UNMAP: 'UNMAP',
                    dumpfile.UNMAP_BO: 'UNMAP_BO'}.get(bind.op, f'operation {bind.op}')
            if bind.op == dumpfile.MAP and bind.unmapped:
                what += ' of something else over it'
        queued = ', queued' if bind.flags & dumpfile.BIND_ASYNC else ''
        return f'{what} (number {bind.number} of the VM{queued})'

    def _interrupts(self):
        raw = self.dump.register(0x002c)
        if raw is None:
            return
        words = registers.describe(0x002c, raw)
        yield f'  ended so far, by INTERRUPT_RAW_STATUS: {words or "nothing"}'
        if 'ERROR' in words:
            yield '  there was a bus error: an address that leads to no memory'

    def _blocks(self):
        for name, base in (('CNA', 0x1000), ('CORE', 0x3000)):
            pointer = self.dump.register(base | 0x004)
            status = self.dump.register(base)
            if pointer is None or status is None:
                continue
            group = pointer >> 16 & 1
            enabled = self.dump.register(base | 0x008, group)
            yield (f'  {name} executes group {group}, which is '
                   f'{"enabled" if enabled else "not enabled"}; '
                   f'status {status >> 16 * group & 3} of 0 (idle) to 3')

    def _progress(self):
        reach = self.reach
        if not reach:
            return
        task = self.dump.job.task
        if reach.writes == reach.total:
            yield (f'  CNA and CORE hold all {reach.total} writes of task {task} (group '
                   f'{reach.group}): the stream was fetched, unless an earlier one wrote the same')
        elif reach.writes:
            yield (f'  CNA and CORE hold the writes of task {task} up to command '
                   f'{reach.count - 1} (group {reach.group})')
        else:
            yield f'  CNA and CORE hold nothing that task {task} writes: it was not fetched'

    def where(self, addr):
        """What is mapped at an address, in words."""
        mapping = self.dump.mapping_at(addr)
        if mapping:
            flags = self.flags(mapping)
            return (f'{addr - mapping.addr + mapping.bo_offset:#x} into BO '
                    f'{mapping.bo_mmap_offset:#x}' + (f' ({flags})' if flags else ''))
        if self.dump.vm_busy:
            return 'mapping unknown'
        if len(self.dump.mappings) == self.dump.mapping_total:
            return 'where nothing is mapped'
        low = min((m.addr for m in self.dump.mappings), default=0)
        high = max((m.end for m in self.dump.mappings), default=0)
        return 'where nothing is mapped' if low <= addr < high else 'outside of what is listed'

    @staticmethod
    def flags(mapping):
        return ', '.join(name for flag, name in MAPPING_FLAGS if mapping.flags & flag)

    # Job and client

    def job(self):
        job = self.dump.job
        if not job:
            return
        yield 'JOB'
        yield (f'  user_data {job.user_data:#x}, ended with {error_name(job.error)} in task '
               f'{job.task} of {len(self.dump.tasks)}')
        yield (f'  submitted {seconds(job.submitted_ns)} after boot, '
               f'started {seconds(job.started_ns - job.submitted_ns)} later, '
               f'task {job.task} {seconds(job.task_started_ns - job.started_ns)} later')
        cores = [str(core) for core in range(8) if job.core_mask >> core & 1]
        allowed = 'any core' if job.core_mask == 0xffffffff else f'core {", ".join(cores)}'
        yield (f'  timeout {job.timeout_ms} ms, '
               f'priority {PRIORITIES.get(job.priority, job.priority)}, {allowed} allowed')

    def client(self):
        job = self.dump.job
        if not job:
            return
        yield 'CLIENT'
        yield f'  process {job.pid} ({self.dump.comm}), client {job.client_id}, VM {job.vm_id}'

    # Lists

    def window(self, count, focus, limit=2 * AROUND):
        """Which of @count items are shown: around @focus, or the first."""
        if self.everything or count <= limit:
            return range(count)
        first = max(0, min((focus or 0) - AROUND, count - limit))
        return range(first, first + limit)

    @staticmethod
    def left_out(shown, count, what):
        """What stands for the items in front of and behind those shown."""
        before, behind = shown.start, count - shown.stop
        return (f'    … {plural(before, what)} before' if before else '',
                f'    … {plural(behind, what)} behind' if behind else '')

    def listing(self, items, focus, what, line, limit=2 * AROUND):
        shown = self.window(len(items), focus, limit)
        before, behind = self.left_out(shown, len(items), what)
        if before:
            yield before
        for index in shown:
            yield line(index, items[index])
        if behind:
            yield behind

    def tasks(self):
        if not self.dump.tasks:
            return
        failed = self.dump.job.task if self.dump.job else None

        def line(index, task):
            mark = MARK if index == failed else ''
            chain = f', a chain of {task.chain_count}' if task.chain_count > 1 else ''
            return (f'{mark:>4} {index:5}  stream at {task.regcmd:#010x}, '
                    f'{plural(task.regcmd_count, "command")}{chain}')

        yield 'TASKS'
        yield from self.listing(self.dump.tasks, failed, 'task', line)

    # Streams

    def all_streams(self):
        for number, stream in enumerate(self.dump.streams):
            if number:
                yield ''
            yield from self.one_stream(stream)

    def one_stream(self, stream):
        whose = 'that the PC is at, or goes to next'
        if stream is self.task_stream:
            whose = f'of task {self.dump.job.task}'
        yield (f'STREAM {whose}, at {stream.address:#010x}, '
               f'{self.where(stream.address)}, {plural(stream.total, "command")}')
        if stream.first:
            yield f'    … {plural(stream.first, "command")} before: not in the dump'
        focus = self._focus(stream)
        yield from self.listing(stream.commands, focus, 'command',
                                lambda i, entry: self.command(stream, i, entry), WHOLE_STREAM)
        end = stream.first + len(stream.commands)
        if end < stream.total:
            yield self._stream_end(stream, end)

    def _stream_end(self, stream, end):
        mark = MARK if stream is self.task_stream and self.fault_index == end else ''
        addr = stream.address_of(end)
        return (f'{mark:>4} {end:5}  {addr:#010x}  not in the dump: {self.where(addr)}, '
                f'{plural(stream.total - end, "command")} to the end')

    def _focus(self, stream):
        if stream is not self.task_stream:
            return None
        if self.fault_index is not None:
            return self.fault_index - stream.first
        if self.suspect:
            return self.suspect.index - stream.first
        if self.reach and self.reach.writes < self.reach.total:
            return self.reach.count
        return None

    def command(self, stream, position, entry):
        index = stream.first + position
        command = streams.decode(entry)
        block, name, meaning = streams.text(command)
        marked, why = self._mark(stream, index)
        notes = [meaning] if meaning else []
        if command.register and command.register.key in \
                registers.READS | registers.WRITES | registers.FETCHES and command.value:
            notes.append(self.where(command.value))
        if why:
            notes.append(f'<-- {why}')
        line = (f'{MARK if marked else "":>4} {index:5}  {block:<8} {name:<22} '
                f'{command.value:#010x}  {"; ".join(notes)}')
        return line.rstrip()

    def _mark(self, stream, index):
        if stream is not self.task_stream:
            return False, ''
        if index == self.fault_index:
            return True, 'its fetch faulted'
        if self.suspect and index == self.suspect.index:
            return True, 'perhaps this address faulted'
        reach = self.reach
        if not self.dump.fault and reach and 0 < reach.writes < reach.total and \
                index == reach.count - 1:
            return True, 'the registers have it up to here'
        return False, ''

    # Mappings

    def mappings(self):
        if self.dump.vm_busy:
            return
        mappings = self.dump.mappings
        fault = self.dump.fault
        focus_addr = fault.addr if fault else None
        yield f'MAPPINGS of VM {self.dump.job.vm_id if self.dump.job else "?"}'
        if len(mappings) < self.dump.mapping_total:
            yield (f'    {len(mappings)} of {self.dump.mapping_total} are in the dump, '
                   'those around what matters')
        if not mappings:
            yield '    none'
        lines, focus = [], None
        for mapping in mappings:
            if focus_addr is not None and focus is None and focus_addr < mapping.end:
                focus = len(lines)
                if not mapping.holds(focus_addr):
                    lines.append(self._fault_line())
            lines.append(self._mapping_line(mapping, focus_addr))
        if focus_addr is not None and focus is None and mappings:
            focus = len(lines)
            lines.append(self._fault_line())
        yield from self.listing(lines, focus, 'line', lambda _, line: line)

    def _mapping_line(self, mapping, focus_addr):
        hit = focus_addr is not None and mapping.holds(focus_addr)
        flags = self.flags(mapping)
        return (f'{MARK if hit else "":>4} {mapping.addr:#010x} - {mapping.end - 1:#010x}  '
                f'{size(mapping.range):>10}  BO {mapping.bo_mmap_offset:#x} of '
                f'{size(mapping.bo_size)}' +
                (f' at {mapping.bo_offset:#x}' if mapping.bo_offset else '') +
                (f', {flags}' if flags else ''))

    def _fault_line(self):
        return f'{MARK:>4} {self.dump.fault.addr:#010x}  the fault'

    def binds(self):
        binds = self.dump.binds
        if not binds:
            return
        fault = self.dump.fault
        culprit = self.dump.unmapped_at(fault.addr, fault.time_ns) if fault else None
        yield f'WHAT WAS BOUND before, the last {len(binds)} of {self.dump.bind_total} changes'
        focus = binds.index(culprit) if culprit else len(binds) - 1
        yield from self.listing(binds, focus, 'change',
                                lambda _, bind: self._bind_line(bind, culprit))

    def _bind_line(self, bind, culprit):
        return (f'{MARK if bind is culprit else "":>4} {seconds(bind.time_ns):>14}  '
                f'{"-" if bind.unmapped else "+"} {bind.addr:#010x} - {bind.end - 1:#010x}  '
                f'BO {bind.bo_mmap_offset:#x}' +
                (f' at {bind.bo_offset:#x}' if bind.bo_offset else '') +
                (', read-only' if bind.flags & dumpfile.BIND_READONLY else '') +
                f', {self.operation(bind)}')

    # Registers

    def registers(self):
        if not self.dump.registers:
            return
        yield 'REGISTERS that are not 0' if not self.everything else 'REGISTERS'
        for register in self.dump.registers:
            if not register.value and not self.everything:
                continue
            group = '' if register.group == dumpfile.NO_GROUP else \
                f'group {register.group}{self._executes(register)}'
            line = (f'     {register.offset:04x}  {registers.block_name(register.offset):<8} '
                    f'{registers.name_of(register.offset):<22} {register.value:#010x}  '
                    f'{group:<18} {registers.describe(register.offset, register.value)}')
            yield line.rstrip()

    def _executes(self, register):
        """S_POINTER of the block tells which group it executes."""
        pointer = self.dump.register((register.offset & 0xf000) | 0x004)
        if pointer is not None and (pointer >> 16 & 1) == register.group:
            return ' executes'
        return ''

    def rest(self):
        for kind in self.dump.unknown:
            yield f'(a section of type {kind}, which this decoder does not know)'

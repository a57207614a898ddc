#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Tests of tools/rocket-coredump, without a board.  Writes TAP.

usage: coredump_decoder.py TOP-OF-THE-CHECKOUT
"""

import contextlib
import os
import random
import re
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
TOP = sys.argv[1]
SCRIPT = os.path.join(TOP, 'tools', 'rocket-coredump')
sys.path.insert(0, os.path.join(TOP, 'tools'))

from rocketdump import dumpfile, registers, stream as streams  # noqa: E402
from rocketdump.dumpfile import Dump, DumpError  # noqa: E402
from rocketdump.report import Report  # noqa: E402

CNA, CORE, DPU, RDMA, PC = 0x0201, 0x0801, 0x1001, 0x2001, 0x0101
FEATURE, DST, BIAS = 0x1070, 0x4020, 0x5020


def entry(target, value, register):
    return target << 48 | value << 16 | register


def pack(kind, *values):
    return struct.pack(dumpfile.LAYOUT[kind], *values)


class Builder:
    """A dump of a job of two tasks, the second of which failed."""

    def __init__(self, **header):
        self.header = {'version': 1, 'flags': 0, 'grow': 0, 'ip': 1179210309} | header
        self.sections = []

    def section(self, kind, entries, first=0, total=None, address=0, grow=0):
        entries = [e + b'\xee' * grow for e in entries]
        size = len(entries[0]) if entries else 8
        body = b''.join(entries)
        total = len(entries) if total is None else total
        self.sections.append(pack(dumpfile.Section, kind, size, len(entries), first, total,
                                  address) + body + bytes(-len(body) % 8))
        return self

    def job(self, error=-14, task=1, grow=0):
        return self.section(dumpfile.JOB, [pack(
            dumpfile.Job, 0xabc, 10**9, 2 * 10**9, 3 * 10**9, error, task, 500, 2, 1, 4, 77,
            1234, 0, b'mesa\0')], grow=grow)

    def fault(self, addr, flags=dumpfile.FAULT_ATTACHED, grow=0):
        return self.section(dumpfile.FAULT, [pack(dumpfile.Fault, addr, 4 * 10**9, flags, 0)],
                            grow=grow)

    def registers(self, values, grow=0):
        return self.section(dumpfile.REGISTERS, [pack(dumpfile.RegisterValue, *v)
                                                 for v in values], grow=grow)

    def tasks(self, tasks=((0x10000, 5), (0x20000, 6)), grow=0):
        """Addresses and lengths, and for a chain how many."""
        return self.section(dumpfile.TASKS, [pack(dumpfile.Task, *t, *(1,) * (3 - len(t)))
                                             for t in tasks], grow=grow)

    def stream(self, entries, address=0x20000, first=0, total=None):
        return self.section(dumpfile.STREAM, [struct.pack('<Q', e) for e in entries],
                            address=address, first=first,
                            total=first + len(entries) if total is None else total)

    def mappings(self, mappings=((0x10000, 0x20000, 0),), total=None, grow=0):
        return self.section(dumpfile.MAPPINGS, [
            pack(dumpfile.Mapping, addr, size, 0, 0x40000, 0x100000000, flags, 0)
            for addr, size, flags in mappings], total=total, grow=grow)

    def binds(self, binds, grow=0):
        """Times in seconds, numbers, addresses, sizes, kinds and flags."""
        return self.section(dumpfile.BINDS, [
            pack(dumpfile.Bind, time * 10**9, number, addr, size, 0x1000, 0x100000000, op, flags)
            for time, number, addr, size, op, flags in binds], grow=grow)

    def data(self):
        body = b''.join(self.sections)
        size = struct.calcsize(dumpfile.LAYOUT[dumpfile.Header]) + self.header['grow']
        return pack(dumpfile.Header, dumpfile.MAGIC, self.header['version'], size,
                    size + len(body), 5 * 10**9, 1_700_000_000 * 10**9, self.header['ip'], 1,
                    self.header['flags'], 0, b'7.3.4\0') + b'\xee' * self.header['grow'] + body

    def text(self, everything=False):
        return '\n'.join(Report(Dump(self.data()), everything).lines())


STREAM = [
    entry(CNA, 0x340, 0x1010), entry(CNA, 0x30000, FEATURE), entry(DPU, 0x18000, DST),
    entry(RDMA, 0x15000, BIAS), entry(0x0041, 0, 0), entry(0x0081, 0x1d, 0x0008),
]


def whole(grow=0, **header):
    return (Builder(grow=grow, **header).job(grow=grow).fault(0x30040, grow=grow)
            .registers([(0x002c, 0xffff, 0), (0x1004, 0xffff, 0x1000e), (0x1000, 0xffff, 0x20000),
                        (0x1008, 1, 1), (0x1010, 1, 0x340), (0x1070, 1, 0x30000)], grow=grow)
            .tasks(grow=grow).stream(STREAM).mappings(grow=grow)
            .binds([(0, 1, 0x10000, 0x20000, dumpfile.MAP, 0)], grow=grow))


#
# Checks; what is wrong is raised
#

def wants(text, *lines):
    for line in lines:
        if not re.search(line, text, re.M):
            raise AssertionError(f'no line like {line!r} in\n{text}')


def lacks(text, *lines):
    for line in lines:
        if re.search(line, text, re.M):
            raise AssertionError(f'a line like {line!r} in\n{text}')


def same(wanted, seen):
    if wanted != seen:
        raise AssertionError(f'wanted {wanted!r}\nseen   {seen!r}')


def refused(data, why):
    try:
        Dump(data)
    except DumpError as error:
        wants(str(error), why)
        return
    raise AssertionError('not refused')


def marked(text):
    return [line.split()[1] for line in text.split('\nSTREAM')[1].split('\n\n')[0].split('\n')
            if line.strip().startswith('=>')]


#
# Tests, by their names
#

def test_a_whole_dump_is_told():
    wants(whole().text(),
          r'^rocket coredump of core 1, taken 2023-11-14 22:13:20 UTC, 5\.000000 s after boot$',
          r'^kernel 7\.3\.4, NPU version 1179210309$',
          r'^  a page fault: read of 0x00030040, where nothing is mapped$',
          r'user_data 0xabc, ended with -EFAULT in task 1 of 2$',
          r'submitted 1\.000000 s after boot, started 1\.0+ s later, task 1 1\.0+ s later$',
          r'timeout 500 ms, priority low, core 1 allowed$',
          r'process 1234 \(mesa\), client 77, VM 4$',
          r'^  =>     1  stream at 0x00020000, 6 commands$',
          r'^STREAM of task 1, at 0x00020000, 0x10000 into BO 0x100000000, 6 commands$',
          r'^ +0  CNA +CONV_CON2 +0x00000340$',
          r'^ +2  DPU +DST_BASE_ADDR +0x00018000  0x8000 into BO 0x100000000$',
          r'^ +4  all +fence +0x0+$',
          r'^ +5  all +OPERATION_ENABLE +0x0000001d  CNA CORE DPU DPU_RDMA$',
          r'^ +0x00010000 - 0x0002ffff +128 KiB  BO 0x100000000 of 256 KiB$',
          r'^  => 0x00030040  the fault$',
          r'1070 +CNA +FEATURE_DATA_ADDR +0x00030000 +group 1 executes$')


def test_what_is_newer_than_the_decoder_is_skipped():
    newer = whole(grow=16).section(99, [b'12345678'] * 3)
    same(whole().text(), newer.text().replace(
        '\n(a section of type 99, which this decoder does not know)\n', ''))


def test_a_chain_is_told():
    text = Builder().job().tasks(((0x10000, 5, 1), (0x20000, 6, 4095))).text()
    wants(text, r'^ +0  stream at 0x00010000, 5 commands$',
          r'^  =>     1  stream at 0x00020000, 6 commands, a chain of 4095$')


def test_tasks_of_the_first_drivers_are_told():
    older = Builder().job().section(dumpfile.TASKS, [struct.pack('<II', 0x10000, 5),
                                                     struct.pack('<II', 0x20000, 6)])
    same(Builder().job().tasks().text(), older.text())
    refused(Builder().section(dumpfile.TASKS, [bytes(7)]).data(), 'Task of 7 bytes')


def test_what_is_missing_is_missed_by_nobody():
    for builder in (Builder(), Builder().job(), Builder().fault(5), Builder().tasks(),
                    Builder().stream(STREAM), Builder().mappings(()), Builder().registers([]),
                    Builder().section(dumpfile.JOB, [])):
        wants(builder.text(), r'^WHAT HAPPENED$')


def test_no_dump_is_refused():
    refused(b'', 'no rocket coredump')
    refused(b'\x7fELF' + bytes(1000), 'no rocket coredump')


def test_another_version_is_refused_with_advice():
    refused(whole(version=2).data(), 'version 2.*use the rocket-coredump of the driver')


def test_every_truncation_is_refused():
    data = whole().data()
    for length in range(len(data)):
        refused(data[:length], 'truncated|no rocket coredump')


def test_damage_is_refused_or_told_never_a_crash():
    rng = random.Random(4)
    data = whole().data()
    outcomes = set()
    for _ in range(5000):
        damaged = bytearray(data)
        for _ in range(rng.randint(1, 8)):
            damaged[rng.randrange(8, len(data))] = rng.choice((0, 1, 0x7f, 0x80, 0xff))
        with contextlib.suppress(DumpError):
            outcomes.add('refused')
            list(Report(Dump(bytes(damaged)), rng.random() < .1).lines())
            outcomes.add('told')
    same({'refused', 'told'}, outcomes)


def test_a_fetch_that_faults_is_marked_where_it_did():
    text = Builder().job().fault(0x20018).tasks().stream(STREAM).mappings().text()
    same(['3'], marked(text))
    wants(text, r'the PC was fetching command 3 of the 6 of task 1', r'<-- its fetch faulted')


def test_a_fetch_behind_what_is_mapped_is_marked_at_the_end():
    text = (Builder().job().fault(0x21000).tasks(((0x10000, 5), (0x20fe0, 9)))
            .stream(STREAM[:4], address=0x20fe0, total=9).mappings(((0x20000, 0x1000, 0),)).text())
    same(['4'], marked(text))
    wants(text, r'^  =>     4  0x00021000  not in the dump: where nothing is mapped, '
                r'5 commands to the end$')


def test_commands_in_front_of_the_dump_are_counted():
    text = (Builder().job().fault(0x20000 + 8 * 1003).tasks(((1, 1), (0x20000, 1006)))
            .stream(STREAM, first=1000).mappings().text())
    same(['1003'], marked(text))
    wants(text, r'… 1000 commands before: not in the dump', r'^  =>  1003  DPU_RDMA')


def test_a_read_is_traced_to_the_nearest_address_below():
    text = whole().text()
    same(['1'], marked(text))
    wants(text, r'perhaps by way of command 1, CNA_FEATURE_DATA_ADDR = 0x00030000: '
                r'0x40 bytes below')


def test_a_write_is_traced_to_what_is_written():
    text = (Builder().job().fault(0x30040, dumpfile.FAULT_ATTACHED | dumpfile.FAULT_WRITE)
            .tasks().stream(STREAM).mappings().text())
    same(['2'], marked(text))
    wants(text, r'write to 0x00030040', r'DPU_DST_BASE_ADDR = 0x00018000: 0x18040 bytes below')


def test_an_address_below_all_is_traced_to_nothing():
    text = Builder().job().fault(0x1000).tasks().stream(STREAM).mappings().text()
    same([], marked(text))
    lacks(text, 'perhaps')


def progress(values):
    return (Builder().job(error=-110).tasks()
            .registers([(0x1010, 0, values[0]), (0x1070, 0, values[1]),
                        (0x1010, 1, 0), (0x1070, 1, 0)]).stream(STREAM).mappings().text())


def test_registers_tell_how_far_a_stream_got():
    text = progress((0x340, 0x30000))
    wants(text, r'a hang: the job ran for 3\.0+ s, 500 ms were allowed',
          r'hold all 2 writes of task 1 \(group 0\)')
    same([], marked(text))
    text = progress((0x340, 0))
    wants(text, r'hold the writes of task 1 up to command 0 \(group 0\)')
    same(['0'], marked(text))
    text = progress((0x341, 0x30000))
    wants(text, r'hold nothing that task 1 writes')
    same([], marked(text))


def test_bits_that_cannot_be_written_are_not_compared():
    # CONV_CON2 has no bit 3, and none above 23.
    stream = [entry(CNA, 0xff000348, 0x1010), entry(CNA, 0x30000, FEATURE)]
    text = (Builder().job().tasks().registers([(0x1010, 0, 0x340), (0x1070, 0, 0x30000)])
            .stream(stream).mappings().text())
    wants(text, r'hold all 2 writes')


def test_a_driver_that_went_wrong_is_suspected():
    tables = dumpfile.FAULT_ATTACHED | dumpfile.FAULT_IN_TABLES
    write = tables | dumpfile.FAULT_WRITE
    cases = (
        (0x90000, dumpfile.FAULT_ATTACHED, 0, None),
        (0x90000, tables, 0, 'tables lead to a page'),
        (0x12000, dumpfile.FAULT_ATTACHED, 0, 'tables lead nowhere'),
        (0x12000, tables, 0, 'permits this access'),
        (0x12000, write, dumpfile.READONLY, None),
        (0x12000, write, 0, 'permits this access'),
        (0x12000, tables, dumpfile.READONLY, 'permits this access'),
        (0x90000, 0, 0, 'did not hold the page tables'),
    )
    for addr, flags, mapping, suspicion in cases:
        text = (Builder().job().fault(addr, flags).tasks().stream(STREAM)
                .mappings(((0x10000, 0x20000, mapping),)).text())
        if suspicion:
            wants(text, f'SUSPECT THE DRIVER.*{suspicion}')
        else:
            lacks(text, 'SUSPECT')


def test_mappings_that_are_not_in_the_dump_prove_nothing():
    text = (Builder().job().fault(0x90000, dumpfile.FAULT_ATTACHED | dumpfile.FAULT_IN_TABLES)
            .tasks().stream(STREAM).mappings(total=9000).text())
    lacks(text, 'SUSPECT')
    wants(text, r'1 of 9000 are in the dump', r'outside of what is listed')


def test_a_busy_vm_is_told():
    text = Builder(flags=dumpfile.VM_BUSY).job().fault(0x90000).tasks().text()
    wants(text, r'the VM was being changed', r'0x00090000, mapping unknown$')
    lacks(text, 'MAPPINGS', 'SUSPECT')


def test_flags_of_mappings_are_told():
    flags = (dumpfile.READONLY | dumpfile.KERNEL | dumpfile.IMPORTED | dumpfile.PRIVATE |
             dumpfile.WC)
    wants(Builder().job().mappings(((0x10000, 0x1000, flags),)).text(),
          r'4 KiB  BO .*, read-only, CREATE_BO, imported, private, write-combined$')


def late(binds, addr=0x30040):
    return (Builder().job().fault(addr).tasks().stream(STREAM).mappings()
            .binds([(0, 1, 0x30000, 0x2000, dumpfile.MAP, 0)] + binds).text())


def test_a_use_after_unmap_is_told():
    gone, queued = dumpfile.BIND_UNMAPPED, dumpfile.BIND_UNMAPPED | dumpfile.BIND_ASYNC
    text = late([(3, 2, 0x30000, 0x1000, dumpfile.UNMAP, queued)])
    wants(text, r'^  it was mapped, 0x1040 into BO 0x100000000, until 1\.0+ s before: '
                r'UNMAP \(number 2 of the VM, queued\)$',
          r'^  that was 2\.0+ s after the job was submitted$',
          r'^WHAT WAS BOUND before, the last 2 of 2 changes$',
          r'^ +0\.0+ s  \+ 0x00030000 - 0x00031fff  BO 0x100000000 at 0x1000, MAP \(number 1',
          r'^  => +3\.0+ s  - 0x00030000 - 0x00030fff ')
    wants(late([(0, 2, 0x30000, 0x1000, dumpfile.UNMAP_BO, gone)]), r': UNMAP_BO \(number 2 of the VM',
          r'1\.0+ s before the job was submitted$')
    wants(late([(1, 2, 0x30000, 0x1000, dumpfile.MAP, gone)]), ': MAP of something else over it ')
    wants(late([(1, 2, 0x30000, 0x1000, dumpfile.UNMAP_BO, gone | dumpfile.BIND_KERNEL)]),
          ': its last handle was closed ')


def test_what_did_not_take_it_away_is_not_accused():
    gone = dumpfile.BIND_UNMAPPED
    for binds in ([(2, 2, 0x31000, 0x1000, dumpfile.UNMAP, gone)],      # the page behind
                  [(2, 2, 0x2f000, 0x1000, dumpfile.UNMAP, gone)],      # the page before
                  [(5, 2, 0x30000, 0x1000, dumpfile.UNMAP, gone)],      # after the fault
                  [(2, 2, 0x30000, 0x1000, dumpfile.UNMAP, gone),
                   (3, 3, 0x30000, 0x1000, dumpfile.MAP, 0)]):          # mapped again
        lacks(late(binds), 'it was mapped', '^  => .* - 0x0003')
    # What is mapped there now is not gone.
    lacks(late([(2, 2, 0x10000, 0x1000, dumpfile.UNMAP, gone)], 0x10040), 'it was mapped')


def test_long_lists_are_cut_around_what_matters():
    tasks = [(16 * i, 1) for i in range(1000)]
    builder = Builder().job(task=500).tasks(tasks)
    text = builder.text()
    wants(text, r'… 488 tasks before', r'^  =>   500 ', r'… 488 tasks behind')
    lacks(text, r'^ +487 ', r'^ +512 ')
    text = builder.text(everything=True)
    wants(text, r'^ +0  stream', r'^ +999  stream')
    lacks(text, '…')


def test_odd_commands_are_told_as_they_are():
    odd = {
        0: ('-', 'filler', ''),
        entry(0x0041, 0, 0): ('all', 'fence', ''),
        entry(0x0201, 1, 0x4020): ('0201?', '4020', 'no such target and register'),
        entry(0x0200, 1, 0x1010): ('0200?', '1010', 'no such target and register'),
        entry(0x0301, 1, 0x1010): ('0301?', '1010', 'no such target and register'),
        entry(0x0201, 1, 0x1ffc): ('CNA', '1FFC', ''),
        entry(0x0101, 0x20000, 0x0010): ('PC', 'BASE_ADDRESS', ''),
    }
    for value, words in odd.items():
        same(words, streams.text(streams.decode(value)))


def test_the_registers_are_those_of_the_board():
    with open(os.path.join(TOP, 'board/qemu/hw/misc/rocket_npu_regs.c')) as file:
        board = {int(offset, 16): (int(mask, 16), name.replace('RDMA_', '', name.startswith('RDMA')))
                 for offset, mask, name in
                 re.findall(r'\{ (0x\w+), (0x\w+), "(\w+)" \}', file.read())}
    ours = {r.offset: (r.mask, r.name if r.block == 'DPU_RDMA' else r.full_name)
            for r in registers.REGISTERS.values()}
    # These two have no name but their offset.
    for names in (board, ours):
        for offset in (0x3030, 0x40c4):
            names[offset] = (names[offset][0], '')
    same(board, ours)


def test_fields_lie_inside_of_their_registers():
    for register in registers.REGISTERS.values():
        used = 0
        for field in register.fields:
            bits = (1 << field.width) - 1 << field.shift
            same((register.full_name, 0), (register.full_name, used & bits))
            same(True, bits < 1 << 32)
            used |= bits


def run(*args, **kwargs):
    return subprocess.run([sys.executable, '-B', SCRIPT, *args], capture_output=True, check=False,
                          **kwargs)


def test_the_script_reads_files_and_standard_input():
    with tempfile.TemporaryDirectory() as folder:
        good, bad = os.path.join(folder, 'good'), os.path.join(folder, 'bad')
        for path, data in ((good, whole().data()), (bad, b'nothing')):
            with open(path, 'wb') as file:
                file.write(data)
        once = run(good)
        same((0, whole().text() + '\n', ''),
             (once.returncode, once.stdout.decode(), once.stderr.decode()))
        same(once.stdout, run('-', input=whole().data()).stdout)
        both = run(bad, good)
        same(1, both.returncode)
        wants(both.stderr.decode(), r'^rocket-coredump: .*/bad: no rocket coredump')
        wants(both.stdout.decode(), r'^--- .*/good$', r'^rocket coredump of core 1')
        wants(run(os.path.join(folder, 'absent')).stderr.decode(), 'No such file')


def test_the_other_soc_has_its_own_registers():
    stream = [entry(CNA, 0x30000, 0x1088), entry(CNA, 0x40000, FEATURE),
              entry(DPU, 0x18000, 0x4018), entry(0x0081, 0x1d, 0x0008)]
    dump = (Builder(ip=1179210311).job().fault(0x30040)
            .registers([(0x0030, 0xffff, 0x70003), (0x0048, 0xffff, 0x10002)])
            .tasks().stream(stream).mappings())
    wants(dump.text(),
          r'^ *=> +0  CNA +FEATURE_DATA_ADDR +0x00030000.*perhaps this address faulted$',
          r'^ +1  CNA +1070 +0x00040000$',
          r'^ +2  DPU +DST_BASE_ADDR',
          r'TASK_CON .*TASK_NUMBER=3 TASK_PP_EN TASK_COUNT_CLEAR LAST_LAYER_CLEAR$',
          r'TASK_STATUS .*TASKS_STARTED=2 TASKS_ENDED=1$')
    # And the first one still has its own.
    wants(whole().text(), r'CNA +FEATURE_DATA_ADDR +0x00030000')


def test_the_script_stops_when_its_reader_does():
    with tempfile.NamedTemporaryFile() as file:
        file.write(Builder().job().tasks([(16 * i, 1) for i in range(60000)]).data())
        file.flush()
        pipe = '"$1" -B "$2" --all "$3" | head -n 1'
        done = subprocess.run(['sh', '-c', pipe, 'sh', sys.executable, SCRIPT, file.name],
                              capture_output=True, check=False)
        same(('', 1), (done.stderr.decode(), len(done.stdout.splitlines())))


def main():
    tests = [(name, test) for name, test in globals().items() if name.startswith('test_')]
    failed = False
    for number, (name, test) in enumerate(tests, 1):
        words = name.removeprefix('test_').replace('_', ' ')
        try:
            test()
            print(f'ok {number} - {words}')
        except Exception as error:  # pylint: disable=broad-except
            failed = True
            print(f'not ok {number} - {words}')
            for line in f'{type(error).__name__}: {error}'.splitlines():
                print(f'# {line}')
    print(f'1..{len(tests)}')
    return failed


if __name__ == '__main__':
    sys.exit(main())

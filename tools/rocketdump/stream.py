# SPDX-License-Identifier: GPL-2.0-only
"""Streams of register commands: what they say, and how far the hardware got.

A command is 64 bits: target in 63:48, value in 47:16, register in 15:0. Bit 8 + n of
the target names block n of the core's window, bit 0 says that it is written, bit 6 is
the fence before an op-enable, bit 7 an op-enable of all blocks that the value names.
"""

from typing import NamedTuple, Optional

from . import registers

FENCE, OP_ENABLE, WRITE = 1 << 6, 1 << 7, 1 << 0

# Blocks whose registers are in the dump, in two groups; those from here on.
GROUPED = {'CNA', 'CORE'}
FIRST_GROUPED = 0x008
OPERATION_ENABLE = 0x008


class Command(NamedTuple):
    target: int
    value: int
    offset: int

    @property
    def block(self):
        """The block that is written, as far as target and register agree; else None."""
        block = self.offset >> 12
        if self.target & WRITE and self.target >> 8 == 1 << block and block < 8:
            return registers.BLOCKS.get(block)
        return None

    @property
    def register(self):
        return registers.REGISTERS.get(self.offset) if self.block else None


def decode(entry):
    return Command(entry >> 48, entry >> 16 & 0xffffffff, entry & 0xffff)


def text(command):
    """Target, register and value of a command, and what the value means."""
    meaning = registers.describe(command.offset, command.value)
    if command.block:
        return command.block, registers.name_of(command.offset), meaning
    if command.target == 0:
        return '-', 'filler', ''
    if not command.target >> 8 and command.target & OP_ENABLE:
        return 'all', 'OPERATION_ENABLE', registers.describe(0xf008, command.value)
    if not command.target >> 8 and command.target & FENCE:
        return 'all', 'fence', ''
    return f'{command.target:04x}?', f'{command.offset:04X}', 'no such target and register'


class Suspect(NamedTuple):
    """The command that an address comes from, perhaps."""
    index: int
    command: Command
    distance: int       # bytes from what it names to the address


def find_suspect(stream, addr, write) -> Optional[Suspect]:
    """Of the commands that set an address, the one nearest below @addr.

    Only those through which the hardware accesses memory in that direction. Buffers
    have no end in the registers, so this is a guess.
    """
    keys = registers.WRITES if write else registers.READS
    best = None
    for index, entry in enumerate(stream.commands, stream.first):
        command = decode(entry)
        if not command.register or command.register.key not in keys:
            continue
        distance = addr - command.value
        # Of two that say the same, the later one counts.
        if distance >= 0 and (best is None or distance <= best.distance):
            best = Suspect(index, command, distance)
    return best


class Reach(NamedTuple):
    """How much of a stream a group of registers holds."""
    group: int
    count: int      # commands, from the beginning
    writes: int     # of them to registers that were looked at
    total: int      # of all commands, those to registers that were looked at


def _comparable(command, values):
    register = command.register
    return (register and register.mask and register.block in GROUPED and
            command.offset in values and command.offset & 0xfff > OPERATION_ENABLE)


def find_reach(stream, values, group) -> Optional[Reach]:
    """The longest beginning of a stream whose writes @values hold, by offset.

    None when the dump has not got the beginning, or no registers to compare.
    """
    if stream.first or not values:
        return None
    wrong, writes, best = set(), 0, (0, 0)
    for index, entry in enumerate(stream.commands):
        command = decode(entry)
        if _comparable(command, values):
            writes += 1
            mask = command.register.mask
            if command.value & mask == values[command.offset] & mask:
                wrong.discard(command.offset)
            else:
                wrong.add(command.offset)
        if not wrong:
            best = index + 1, writes
    return Reach(group, *best, writes)


def best_reach(stream, dump) -> Optional[Reach]:
    """That of the group which holds more; what it holds may also be older."""
    best = None
    for group in (0, 1):
        values = {r.offset: r.value for r in dump.registers
                  if r.group == group and r.offset & 0xfff >= FIRST_GROUPED}
        reach = find_reach(stream, values, group)
        if reach and (best is None or reach.writes > best.writes):
            best = reach
    return best if best and best.total else None

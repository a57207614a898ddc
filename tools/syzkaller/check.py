#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Writes C that compiles only if syzkaller descriptions agree with the UAPI header.

usage: check.py DESCRIPTIONS CONSTANTS HEADER

For each struct: its size, and where each field lies and how large it is. For each
constant: its value. For each ioctl: the struct that its number was made of. All
numbers that the header has for userspace to say must be there.
"""

import re
import sys

# Sizes of the types that the descriptions use, in bytes
RESOURCES = {"drm_gem_handle": 4, "drm_syncobj": 4, "rocket_vm": 4, "rocket_offset": 8}
NUMBERS = {"int8": 1, "int16": 2, "int32": 4, "int64": 8}


def size_of(kind):
    """Of a field of that type."""
    name = re.match(r"\w+", kind).group()
    if name == "ptr64":
        return 8
    if name in RESOURCES:
        return RESOURCES[name]
    if name in NUMBERS:
        return NUMBERS[name]
    # const, flags and len say it last.
    last = re.search(r"(\w+)\]$", kind)
    if name in ("const", "flags", "len") and last and last.group(1) in NUMBERS:
        return NUMBERS[last.group(1)]
    sys.exit(f"error: the type {kind} is not known here")


def structs(text):
    """Yields names and lists of (field, type)."""
    for name, body in re.findall(r"^(\w+) \{\n(.*?)^\}", text, re.M | re.S):
        fields = []
        for line in body.splitlines():
            if line.startswith("#"):
                continue
            words = line.strip().split("\t")
            fields.append((words[0], [word for word in words[1:] if word][0]))
        yield name, fields


def check_struct(name, fields):
    offset = 0
    for field, kind in fields:
        size = size_of(kind)
        offset = (offset + size - 1) // size * size
        print(f'_Static_assert(offsetof(struct {name}, {field}) == {offset}, "{name}.{field}");')
        print(f"_Static_assert(sizeof(((struct {name} *)0)->{field}) == {size},"
              f' "size of {name}.{field}");')
        offset += size
    print(f'_Static_assert(sizeof(struct {name}) == {offset}, "{name}");')


def numbers_of(header):
    """What userspace may say; not what it is told, and not the ioctls' indices."""
    names = set(re.findall(r"\bDRM_(?:IOCTL_)?ROCKET_\w+", re.sub(r"/\*.*?\*/", "", header,
                                                                flags=re.S)))
    told = {name for name in names if name.startswith("DRM_ROCKET_FEATURE_")}
    told |= {name for name in names if name.startswith("DRM_ROCKET_VM_FAULT_")}
    told |= {"DRM_ROCKET_GEM_IMPORTED"} & names
    indices = {name.replace("IOCTL_", "") for name in names if "IOCTL_" in name}
    return names - told - indices


def main():
    text = open(sys.argv[1], encoding="utf-8").read()
    constants = dict(re.findall(r"^(\w+) = (\d+)", open(sys.argv[2], encoding="utf-8").read(),
                                re.M))
    print('#include <stddef.h>\n#include "rocket_accel.h"')
    found = dict(structs(text))
    for name, fields in found.items():
        check_struct(name, fields)
    ioctls = re.findall(r"^ioctl\$(\w+)\(.*cmd const\[(\w+)\], arg ptr\[\w+, (\w+)\]", text, re.M)
    for name, number, struct in ioctls:
        if name != number or struct not in found:
            sys.exit(f"error: ioctl {name} has the number {number} and the struct {struct}")
        print(f'_Static_assert(_IOC_SIZE({name}) == sizeof(struct {struct}), "{name}");')
    used = set(re.findall(r"\bDRM_(?:IOCTL_)?ROCKET_\w+", text))
    if used != set(constants):
        sys.exit(f"error: constants and descriptions differ: {sorted(used ^ set(constants))}")
    needed = numbers_of(open(sys.argv[3], encoding="utf-8").read())
    if used != needed:
        sys.exit(f"error: descriptions and header differ: {sorted(used ^ needed)}")
    for name, value in constants.items():
        print(f'_Static_assert(({name}) == {value}, "{name}");')


main()

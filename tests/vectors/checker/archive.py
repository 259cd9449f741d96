"""The members of an archive or an unpacked folder (13.1)."""

import os
import struct
import unicodedata
import zlib

from checker.failure import Unreadable, demand

MAX_BYTES = (1 << 31) - 1
MAX_MEMBERS = 4096
LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
END_FORM, CENTRAL_FORM = "<4s4H2IH", "<4sH26s3H2I"
CENTRAL_BYTES, END_BYTES = 46, 22


def unreadable(place, reason, words):
    raise Unreadable(place, reason, words)


def local_header(name, crc, length):
    sizes = crc, length, length, len(name), 0
    return LOCAL + struct.pack("<5H3I2H", 20, 0x0800, 0, 0, 0x21, *sizes) + name


def central_header(header, name, offset):
    rest = struct.pack("<3H2I", 0, 0, 0, 0x81A40000, offset)
    return CENTRAL + struct.pack("<H", 0x0314) + header[4:30] + rest + name


def build(members):
    """The archive of (name as bytes, CRC-32, bytes) in order."""
    front, directory, at = [], [], 0
    for name, crc, data in members:
        header = local_header(name, crc, len(data))
        directory.append(central_header(header, name, at))
        front += [header, data]
        at += len(header) + len(data)
    central = b"".join(directory)
    end = struct.pack(END_FORM, END, 0, 0, len(directory), len(directory), len(central), at, 0)
    return b"".join(front) + central + end


def write_archive(members):
    """The archive of (name, bytes) in order."""
    return build((name.encode("utf-8"), zlib.crc32(data), data) for name, data in members)


def name_fits(name):
    """Whether a member may be called so."""
    parts = name.split("/")
    if any("\ud800" <= char <= "\udfff" for char in name):
        return False  # a folder's name that is not UTF-8
    return (
        1 <= len(name.encode("utf-8")) <= 200
        and unicodedata.is_normalized("NFC", name)
        and all(part not in ("", ".", "..") for part in parts)
        and not any(part[0] == " " or part[-1] in " ." for part in parts)
        and not any(char < " " or char == "\x7f" or char in '\\:*?"<>|' for char in name)
    )


def check_names(names):
    for name in names:
        if not name_fits(name):
            unreadable("archive", "name", f"a member's name that is not allowed: {name!r}")
    folded = {name.translate({n: n + 32 for n in range(ord("A"), ord("Z") + 1)}) for name in names}
    if len(folded) != len(names):
        unreadable("archive", "name_twice", "two members have the same name")


def read_directory(data):
    """Name as bytes, CRC-32, and the bytes of each member, by the central headers."""
    if len(data) < END_BYTES:
        unreadable("archive", "truncated", "shorter than the end of an archive")
    end = struct.unpack(END_FORM, data[-END_BYTES:])
    at, count = end[6], end[4]
    if end[0] != END or count > MAX_MEMBERS:
        unreadable("archive", "end", "no end of an archive, or too many members")
    members, left = [], len(data)
    for _ in range(count):
        if at + CENTRAL_BYTES > len(data):
            unreadable("archive", "truncated", f"no central header at byte {at}")
        fields = struct.unpack(CENTRAL_FORM, data[at : at + CENTRAL_BYTES])
        crc, length, _, name_length, _ = struct.unpack("<10x3I2H", fields[2])
        name = data[at + CENTRAL_BYTES : at + CENTRAL_BYTES + name_length]
        start = fields[7] + 30 + name_length
        # Overlapping members would make the copy far longer than the archive.
        left -= length
        if left < 0:
            unreadable("archive", "overlap", "the members have more bytes than the archive")
        members.append((name, crc, data[start : start + length]))
        at += CENTRAL_BYTES + name_length
    return members


def first_difference(one, other):
    for at, (left, right) in enumerate(zip(one, other)):
        if left != right:
            return at
    return min(len(one), len(other))


def read_archive(data):
    """Names and bytes in order of an archive in its one form."""
    if len(data) > MAX_BYTES:
        unreadable("archive", "too_long", f"{len(data)} bytes")
    members = read_directory(data)
    again = build(members)
    if again != data:
        at = first_difference(again, data)
        unreadable(f"archive byte {at}", "not_canonical", "not the one form of an archive")
    try:
        names = [name.decode("utf-8") for name, _, _ in members]
    except UnicodeDecodeError:
        unreadable("archive", "name", "a member's name is not UTF-8")
    check_names(names)
    for name, (_, crc, part) in zip(names, members):
        demand(zlib.crc32(part) == crc, name, "crc32", "the CRC-32 is not that of the bytes")
    return {name: part for name, (_, _, part) in zip(names, members)}


def walk(folder, prefix=""):
    """Name and path of each file below a folder, which holds nothing but files and folders."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        name = prefix + entry.name
        if entry.is_dir(follow_symlinks=False):
            yield from walk(entry.path, name + "/")
        elif entry.is_file(follow_symlinks=False):
            yield name, entry.path
        else:
            unreadable("folder", "not_a_file", f"{name!r} is neither a file nor a folder")


def read_folder(folder):
    """Names and bytes of an unpacked folder, in no order that means anything."""
    paths = {}
    for name, path in walk(folder):
        paths[name] = path
        if len(paths) > MAX_MEMBERS:
            unreadable("folder", "too_many", f"more than {MAX_MEMBERS} members")
    check_names(list(paths))
    if sum(os.path.getsize(path) for path in paths.values()) > MAX_BYTES:
        unreadable("folder", "too_long", "more bytes than an archive may have")
    members = {}
    for name, path in paths.items():
        with open(path, "rb") as file:
            members[name] = file.read()
    return members

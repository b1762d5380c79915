#!/usr/bin/env python3
"""Damaged files of every format: the reader may refuse them in one line, and nothing else.

usage: python tests/support/fuzz.py [--files N] [--seed N] [--only NUMBER FILE]

Each file is a small report of the project's own, damaged in its bytes or in the parts of its container. The seed
is printed; with `--only` the damaged file of a number is written out. A file may take `SECONDS` and `MEGABYTES`.
"""

from __future__ import annotations

import argparse
import io
import random
import re
import resource
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS, MEGABYTES = 20, 1500
LONGEST_LINE = 1000
FILES_A_PROCESS = 2000
_ODD = (
    "\t", "  ", "\n", "\x00", "\u3000", "\u200b", "\u202e", "\ufffe", "\U00020bb7", "①", "²", "|", "||", "-",
    "1" * 400, "9" * 20, "１２", "1,2", "1.2.3", "(", "<", "&#0;", "&#xd800;", "</td>", "<table>", "<td rowspan=0>",
    "<td colspan=9999>", "<br>", "<s>", "（七）总计", "其他", "2021年",
)  # fmt: skip


@cache
def corpus() -> tuple[tuple[str, bytes], ...]:
    """Reports to damage: name and bytes, one of each format at least."""
    sys.path.insert(0, str(Path(__file__).parent))
    import ofd_files
    import rendering

    sources = [ROOT / "data" / "raw" / "reports", ROOT / "tests" / "reading" / "data"]
    found = {path.name: path.read_bytes() for folder in sources for path in sorted(folder.iterdir())}
    blocks = rendering.blocks(rendering.true_report(random.Random(7)))
    for suffix in ("html", "docx", "xlsx", "markdown", "text", "rows"):
        found[f"made.{suffix}"] = getattr(rendering, f"as_{suffix}")(blocks)
    sheets = [ofd_files.Sheet()]
    rows = [["信息内容", "本年制发件数"], ["规章", "3"], ["行政规范性文件", "12"]]
    ofd_files.table(sheets, [[(text, 1, 1) for text in row] for row in rows], [60.0, 60.0], 20.0)
    found["made.ofd"] = ofd_files.package(sheets)
    page = found["suqian_2023.html"]
    found["saved.mhtml"] = (
        b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/html; charset=utf-8\r\n\r\n" + page + b"\r\n--x--\r\n"
    )
    return tuple(found.items())


def damaged(seed: int, number: int) -> tuple[str, bytes]:
    """The damaged file of a number: the same for the same seed."""
    chance = random.Random(f"{seed} {number}")
    name, data = chance.choice(corpus())
    inside = data[:2] == b"PK" and chance.random() < 0.8
    return f"{number}-{name}", _within(data, chance) if inside else _hurt(data, chance)


def _within(data: bytes, chance: random.Random) -> bytes:
    """A container with one or two of its parts damaged, packed anew."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    names = sorted(parts, key=lambda path: -len(parts[path]))
    for path in chance.sample(names[:4], chance.choice((1, 1, 2)) if len(names) > 1 else 1):
        parts[path] = _hurt(parts[path], chance)
    if chance.random() < 0.05:
        del parts[chance.choice(names)]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(path, content)
    return stream.getvalue()


def _hurt(data: bytes, chance: random.Random) -> bytes:
    for _ in range(chance.choice((1, 1, 2, 5))):
        data = chance.choice(_DAMAGES)(data, chance)
    return data


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 3, 20))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def _stretch(data: bytes, chance: random.Random) -> tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    return start, min(len(data), start + chance.choice((1, 10, 100, 1000)))


def _without(data: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(data, chance)
    return data[:start] + data[end:]


def _repeated(data: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(data, chance)
    return data[:start] + data[start:end] * chance.choice((2, 3, 30)) + data[end:]


def _moved(data: bytes, chance: random.Random) -> bytes:
    start, end = _stretch(data, chance)
    at = chance.randrange(len(data) + 1)
    return data[:at] + data[start:end] + data[at:]


def _odd(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    text = chance.choice(_ODD)
    return (
        data[:at] + text.encode(chance.choice(("utf-8", "utf-8", "utf-16-le")), "surrogatepass") + data[at:]
    )


def _tagless(data: bytes, chance: random.Random) -> bytes:
    """Tags left out or doubled, attributes with other numbers."""
    tags = list(re.finditer(rb"<[^<>]{1,200}>", data[:400_000]))
    if not tags:
        return _odd(data, chance)
    for tag in sorted(
        chance.sample(tags, min(len(tags), chance.choice((1, 2, 10)))), key=lambda m: -m.start()
    ):
        other = chance.choice((b"", tag[0] * 2, re.sub(rb"\d+", b"9999999", tag[0])))
        data = data[: tag.start()] + other + data[tag.end() :]
    return data


def _numbers(data: bytes, chance: random.Random) -> bytes:
    """Binary numbers that lie, as lengths and offsets of an old container do."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 4))):
        if len(changed) > 8:
            at = chance.randrange(len(changed) - 4)
            changed[at : at + 4] = chance.choice((0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 0x10000, 511)).to_bytes(
                4, "little"
            )
    return bytes(changed)


_DAMAGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped, _cut, _without, _repeated, _moved, _odd, _odd, _tagless, _tagless, _numbers,
)  # fmt: skip


def tried(seed: int, number: int) -> tuple[str, str, float, int]:
    """What comes of a damaged file: its name, '' or what is wrong, seconds, and the most megabytes of the process."""
    from reportlib.errors import ReadError
    from reportlib.report.pipeline import read_bytes

    name, data = damaged(seed, number)
    start, fault = time.process_time(), ""
    try:
        read_bytes(data, name)
    except ReadError as error:
        said = str(error)
        if "\n" in said or len(said) > LONGEST_LINE:
            fault = f"an error that is not one line: {said[:200]!r}"
    except BaseException as error:
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
        fault = f"{type(error).__name__}: {str(error)[:120]} at {place}"
    seconds = time.process_time() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if seconds > SECONDS:
        fault = fault or f"{seconds:.0f} s"
    if megabytes > MEGABYTES:
        fault = fault or f"{megabytes} MB"
    return name, fault, seconds, megabytes


def within_bounds(seed: int, number: int) -> tuple[str, str, float, int]:
    """As `tried`, in a process that is ended where a file never comes to an end."""
    from reportlib.store.processes import bounded

    with bounded(10 * SECONDS):
        return tried(seed, number)


def run(files: int, seed: int, processes: int = 2) -> list[str]:
    """Try so many files; each fault in a line, with what makes it again."""
    from reportlib.store.processes import Processes

    faults, formats = [], Counter()
    slowest, largest = (0.0, ""), (0, "")
    for first in range(
        0, files, FILES_A_PROCESS
    ):  # new processes now and then: memory is that of its highest
        numbers = range(first, min(first + FILES_A_PROCESS, files))
        with Processes(processes) as pool:
            tasks = [(number, pool.submit(within_bounds, seed, number)) for number in numbers]
            for number, task in tasks:
                try:
                    name, fault, seconds, megabytes = task.result()
                except Exception as error:
                    name, fault, seconds, megabytes = f"{number}-?", f"the process ended ({error!r})", 0.0, 0
                formats[name.rpartition(".")[2]] += 1
                slowest, largest = max(slowest, (seconds, name)), max(largest, (megabytes, name))
                if fault:
                    faults.append(f"{name}: {fault} (--seed {seed} --only {number} FILE)")
    print(f"{files} files of {len(formats)} kinds, {len(faults)} faults")
    print(f"slowest {slowest[0]:.1f} s ({slowest[1]}), most memory {largest[0]} MB")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 31))
    parser.add_argument("--only", nargs=2, metavar=("NUMBER", "FILE"))
    options = parser.parse_args()
    if options.only:
        number, target = options.only
        Path(target).write_bytes(damaged(options.seed, int(number))[1])
        print(tried(options.seed, int(number)))
        return 0
    print(f"seed {options.seed}", flush=True)
    faults = run(options.files, options.seed)
    print("\n".join(faults))
    return int(bool(faults))


if __name__ == "__main__":
    import fuzz  # under its name, by which processes find its functions

    sys.exit(fuzz.main())

"""Runs a tokenizer as a process of its own: `python -I -S tokenizer_child.py PATH...`, with its parent's PATHs.

Standard input gives the bytes of tokenizer.json, then texts in UTF-8; the token ids of each text, uint32, go to
standard output. Every message follows its length, 8 bytes little-endian. The process ends when standard input does.
"""

import os
import sys
from array import array

LENGTH = 8
PARENTS_FILES = 256  # so early no more are open


def main() -> None:
    """Serve the process that started this one."""
    os.closerange(3, PARENTS_FILES)  # the open files of the parent's runtime are none of ours
    sys.path = sys.argv[1:]
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_str(_next().decode())
    tokenizer.no_truncation()
    tokenizer.no_padding()
    while True:
        ids = array("I", tokenizer.encode(_next().decode()).ids).tobytes()
        sys.stdout.buffer.write(len(ids).to_bytes(LENGTH, "little") + ids)
        sys.stdout.buffer.flush()


def _next() -> bytes:
    length = sys.stdin.buffer.read(LENGTH)
    if len(length) < LENGTH:
        sys.exit()
    return sys.stdin.buffer.read(int.from_bytes(length, "little"))


if __name__ == "__main__":
    main()

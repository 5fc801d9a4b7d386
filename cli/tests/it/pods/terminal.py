"""Runs a program at a terminal of its own: waits for texts, types keys, and exits with its exit code.

The first argument is a list of [text to wait for, keys to type] in JSON."""

import json
import os
import pty
import re
import select
import sys
import time

steps = json.loads(sys.argv[1])
pid, terminal = pty.fork()
if pid == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[2], sys.argv[2:])

deadline = time.monotonic() + 60
shown = b""
fresh = b""


def plain(data):
    text = data.decode(errors="replace")
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[()][A-Z0-9]", "", text)


while True:
    while steps and steps[0][0] in plain(fresh):
        _, keys = steps.pop(0)
        fresh = b""
        os.write(terminal, keys.encode())
    if not select.select([terminal], [], [], max(0, deadline - time.monotonic()))[0]:
        print("timed out; waiting for", steps, plain(shown))
        os.kill(pid, 9)
        sys.exit(99)
    try:
        data = os.read(terminal, 65536)
    except OSError:
        break
    if not data:
        break
    shown += data
    fresh += data

print(plain(shown))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))

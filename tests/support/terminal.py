#!/usr/bin/env python3
"""Runs a program in a terminal of its own and presses keys: terminal.py WANTED... -- COMMAND...

Each WANTED is "KEYS=>TEXT": the keys are typed (\\t, \\x06 and the like as Python writes them), then TEXT must come to
stand on the screen. Fails where it does not within 30 seconds, or where the program does not end well after the last.
Ctrl-C is pressed again after a while, as people do: between its prompt and its reading Python forgets an interrupt.
"""
import fcntl, os, pty, re, select, struct, sys, termios, time

split = sys.argv.index("--")
steps = [step.partition("=>") for step in sys.argv[1:split]]
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm-256color"
    os.execvp(sys.argv[split + 1], sys.argv[split + 1:])
fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))


def read(seconds):
    if not select.select([terminal], [], [], seconds)[0]:
        return ""
    try:
        return os.read(terminal, 65536).decode(errors="replace")
    except OSError:
        return ""


def plain(text):
    """What was written, movements of the cursor as blanks."""
    text = re.sub(r"\x1b\[[0-9;?]*[A-Zd-l]|\x1b[()][A-Z0-9]|\x1b[=>]", " ", text)
    return re.sub(r"\s+", " ", re.sub(r"\x1b\[[0-9;?]*[a-z]", "", text))


for keys, _, wanted in steps:
    typed = keys.encode().decode("unicode_escape").encode("latin-1")
    os.write(terminal, typed)
    seen, end, again = "", time.time() + 30, time.time() + 3
    while wanted not in plain(seen):
        seen += read(0.2)
        if typed == b"\x03" and time.time() > again:
            os.write(terminal, typed)
            again = time.time() + 3
        if time.time() > end:
            sys.exit(f"FAILED: after {keys!r} nowhere is {wanted!r} in:\n{plain(seen)}")
end = time.time() + 30
while time.time() < end:
    read(0.1)
    pid, status = os.waitpid(child, os.WNOHANG)
    if pid:
        sys.exit(os.waitstatus_to_exitcode(status))
sys.exit("FAILED: the program does not end")

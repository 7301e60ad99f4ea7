"""The programs that build the cases: strata, and docker with its BuildKit. Both give an image archive."""
import os, pathlib, shlex, subprocess, uuid

import bases
import image


class BuildFailed(Exception):
    """What the builder said."""


def run(command, **options):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300,
                          **options)
    if done.returncode:
        raise BuildFailed((done.stdout + done.stderr).decode(errors="replace"))
    return done.stdout


class Builder:
    """`folder` takes copies of cases and archives."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.bases = []
        for name in bases.names():
            path = self.folder / f"base-{name}.tar"
            bases.make(name, path)
            self.load(path)
            self.bases.append(image.Archive(str(path)))
            self.bases[-1].tree  # read before threads share it

    def description_of(self, case):
        """The built image as expectations have it."""
        arguments = case.lay_out(self.folder, self.context_name())
        path = self.folder / (case.name + ".tar")
        self.build(case, arguments, path)
        try:
            return image.describe(image.Archive(str(path)), self.bases)
        finally:
            path.unlink()


    def context_name(self):
        return "context"


class Strata(Builder):
    def __init__(self, folder, program):
        self.program = program
        super().__init__(folder)

    def load(self, path):
        run([self.program, "load", "-i", str(path)])

    def build(self, case, arguments, path):
        tag = "case/" + case.name.lower()
        run([self.program, "build", "--progress", "plain", "-t", tag] + arguments)
        run([self.program, "save", "-o", str(path), tag])


class Docker(Builder):
    """DOCKER is the command, `docker` unless set; DOCKER_HOST and the rest of its environment are its own business."""

    def __init__(self, folder):
        self.command = shlex.split(os.environ.get("DOCKER", "docker"))
        super().__init__(folder)

    def load(self, path):
        with open(path, "rb") as file:
            subprocess.run(self.command + ["load"], stdin=file, stdout=subprocess.DEVNULL, check=True)

    def context_name(self):
        """BuildKit takes files of equal size and time in directories of one name for the same."""
        return "context-" + uuid.uuid4().hex

    def build(self, case, arguments, path):
        out = run(self.command + ["buildx", "build", "--progress", "plain", "--network", "host", "--provenance", "false",
                                  "-o", "type=oci,dest=-"] + arguments)
        path.write_bytes(out)

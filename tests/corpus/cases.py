"""The cases of tests/data/build: what a folder holds, and how it is laid out anew for a build.

A folder holds
  Dockerfile        given to the builder with -f; a case without one has it in its context
  context/          the build context, optional; modes are normalised (0755, 0644), so that a checkout's umask is nothing
  prepare.sh        optional, run in the copied context: what git cannot keep (devices, modes, owners, times, links)
  args              optional, one argument of `build` a line; {case} is the folder of the copy, {context} its context
  fails             the build must fail with this text in its message
  spec-only         the recorded builder is known to differ, and why; expected.json is then written by hand, from what
                    the language states, and has the reason as its `note`
  covers            statements of the language that the case proves, separated by blanks
  expected.json     what was recorded
"""
import json, os, pathlib, shutil, stat, subprocess, time

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "build"
TIME = 1600000000  # 2020-09-13, of every file of a context unless prepare.sh gives it another one


class Case:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.name = self.folder.name

    def text(self, name):
        path = self.folder / name
        return path.read_text().strip() if path.exists() else None

    @property
    def expected_path(self):
        return self.folder / "expected.json"

    def expected(self):
        return json.loads(self.expected_path.read_text())

    def lay_out(self, parent, context_name="context"):
        """Copies the case to parent/NAME and gives the arguments of `build` for it, but for tag and output."""
        stage = pathlib.Path(parent) / self.name
        shutil.rmtree(stage, ignore_errors=True)
        context = stage / context_name
        if (self.folder / "context").exists():
            shutil.copytree(self.folder / "context", context, symlinks=True)
        else:
            context.mkdir(parents=True)
        for path in self.folder.glob("*Dockerfile*"):
            shutil.copy(path, stage)
        normalise_modes(context)
        set_times(context, since=0)
        began = time.time() - 1
        if (self.folder / "prepare.sh").exists():
            subprocess.run(["bash", "-euc", "umask 022; . " + str(self.folder / "prepare.sh")], cwd=context, check=True,
                           env=dict(os.environ, LC_ALL="C.UTF-8", CASE=str(stage)))
        set_times(context, since=began)  # what prepare.sh dated keeps its date
        arguments = [line.replace("{case}", str(stage)).replace("{context}", str(context)) for line in (self.text("args") or "").splitlines() if line]
        if (stage / "Dockerfile").exists() and not {"-f", "--file"} & set(arguments):
            arguments += ["-f", str(stage / "Dockerfile")]
        return arguments + [str(context)]


def normalise_modes(context):
    os.chmod(context, 0o755)
    for directory, folders, files in os.walk(context):
        for name in folders + files:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if not stat.S_ISLNK(mode):
                os.chmod(path, 0o755 if stat.S_ISDIR(mode) or mode & stat.S_IXUSR else 0o644)


def set_times(context, since):
    for directory, folders, files in os.walk(context, topdown=False):
        for path in [os.path.join(directory, name) for name in folders + files] + [directory]:
            if os.lstat(path).st_mtime >= since:
                os.utime(path, (TIME, TIME), follow_symlinks=False)


def all_cases(wanted=()):
    folders = sorted(folder for folder in FOLDER.iterdir() if folder.is_dir())
    return [Case(folder) for folder in folders if not wanted or folder.name in wanted]

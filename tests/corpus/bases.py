"""Base images that every case may name, the same for every builder: archives that `docker load` and `strata load` read.

A base is a folder of tests/data/bases: `config.json` is the image's configuration, `root.sh` fills the directory that it
is run in. Nothing is compared about a base itself, so its busybox may be any version.
"""
import hashlib, io, json, os, pathlib, platform, subprocess, tarfile, tempfile

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "bases"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
TIME = 1577836800  # 2020-01-01, of every file of a base


def architecture():
    return ARCHITECTURES.get(platform.machine(), platform.machine())


def names():
    return sorted(folder.name for folder in FOLDER.iterdir() if (folder / "config.json").exists())


def reference(name):
    return f"corpus/{name}:1"


def layer_of(folder):
    with tempfile.TemporaryDirectory() as root:
        subprocess.run(["bash", "-euc", "umask 022; . " + str(folder / "root.sh")], cwd=root, check=True,
                       env=dict(os.environ, BASES=str(FOLDER)))
        os.chmod(root, 0o755)
        tar = subprocess.run(["tar", "--sort=name", f"--mtime=@{TIME}", "--numeric-owner", "--xattrs", "--format=pax",
                              "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime", "-C", root, "-cf",
                              "-", "."], check=True, capture_output=True)
    return tar.stdout


def make(name, path):
    """Writes the archive of a base."""
    folder = FOLDER / name
    layer = layer_of(folder)
    digest = hashlib.sha256(layer).hexdigest()
    document = {"architecture": architecture(), "os": "linux", "created": "2020-01-01T00:00:00Z",
                "config": json.loads((folder / "config.json").read_text()),
                "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest]},
                "history": [{"created": "2020-01-01T00:00:00Z", "created_by": "base " + name}]}
    config = json.dumps(document).encode()
    config_name = hashlib.sha256(config).hexdigest() + ".json"
    manifest = [{"Config": config_name, "RepoTags": [reference(name)], "Layers": [digest + "/layer.tar"]}]
    with tarfile.open(path, "w") as tar:
        for member, data in ((digest + "/layer.tar", layer), (config_name, config),
                             ("manifest.json", json.dumps(manifest).encode())):
            info = tarfile.TarInfo(member)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))

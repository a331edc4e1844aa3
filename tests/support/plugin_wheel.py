"""Writes a wheel with the Python part of git-devpi into a folder: `python plugin_wheel.py SOURCE FOLDER`. The binary is found on PATH."""
import base64, hashlib, pathlib, sys, zipfile

source, folder = map(pathlib.Path, sys.argv[1:3])
info = "git_devpi-0.dist-info/"
files = {f"git_devpi/{path.name}": path.read_bytes() for path in source.iterdir() if path.is_file()}
files[info + "METADATA"] = b"Metadata-Version: 2.1\nName: git-devpi\nVersion: 0\n"
files[info + "WHEEL"] = b"Wheel-Version: 1.0\nGenerator: plugin_wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
files[info + "entry_points.txt"] = b"[tox]\ngit-devpi = git_devpi.tox\n"
digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in files.items())
files[info + "RECORD"] = (record + info + "RECORD,,\n").encode()
with zipfile.ZipFile(folder / "git_devpi-0-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED) as wheel:
    for name, data in files.items():
        wheel.writestr(zipfile.ZipInfo(name), data)

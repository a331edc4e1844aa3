"""Writes a wheel with the Python part of git-devpi into a folder: `python plugin_wheel.py SOURCE FOLDER [VERSION BINARY]`.

Without BINARY, the wheel's Python part finds the one on PATH.
"""
import base64, hashlib, pathlib, sys, zipfile

source, folder = map(pathlib.Path, sys.argv[1:3])
version, binary = sys.argv[3:5] if len(sys.argv) > 3 else ("0", None)
info = f"git_devpi-{version}.dist-info/"
files = {f"git_devpi/{path.name}": path.read_bytes() for path in source.iterdir() if path.is_file()}
if binary:
    files[f"git_devpi-{version}.data/scripts/git-devpi"] = pathlib.Path(binary).read_bytes()
metadata = f"Metadata-Version: 2.1\nName: git-devpi\nVersion: {version}\nRequires-Python: >=3.8\n"
files[info + "METADATA"] = metadata.encode()
files[info + "WHEEL"] = b"Wheel-Version: 1.0\nGenerator: plugin_wheel\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
files[info + "entry_points.txt"] = b"[tox]\ngit-devpi = git_devpi.tox\n"
digest = lambda data: base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in files.items())
files[info + "RECORD"] = (record + info + "RECORD,,\n").encode()
with zipfile.ZipFile(folder / f"git_devpi-{version}-py3-none-any.whl", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as wheel:
    for name, data in files.items():
        member = zipfile.ZipInfo(name)
        member.external_attr = (0o100755 if "/scripts/" in name else 0o100644) << 16
        wheel.writestr(member, data)

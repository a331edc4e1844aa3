"""The devpi-server of a test run: made, started, and gone when the tests are gone.

The tests hold the other end of stdin. When it closes, however they ended, this process ends too. Started again on the same folder it goes
on with what is there, and tokens stay valid.
Arguments: SERVERDIR PORT mirror|empty|backdated|plugins|replica [OPTION...], options for devpi-server (and devpi-init, where it has them)
backdated: the log of uploads is as many days old as the file SERVERDIR.days says; the Date of responses is right.
"""
import json
import os
import secrets
import sys
import threading
import time


def end_with_the_tests():
    sys.stdin.buffer.read()
    os._exit(0)


threading.Thread(target=end_with_the_tests, daemon=True).start()
serverdir, port, kind, *options = sys.argv[1:]
initial = [option for option in options if option.startswith(("--storage=", "--role=", "--primary-url="))]

from devpi_server import main as server  # noqa: E402
from devpi_server.init import init  # noqa: E402

# Without this the server fetches the names of all projects there are at its start: that takes half a minute, in which it knows none.
server._pypi_ixconfig_default["mirror_no_project_list"] = True
if kind == "mirror" and os.environ.get("PIP_INDEX_URL"):
    # Where pip has been told of another index, the mirror's own default cannot be reached, as a rule.
    server._pypi_ixconfig_default["mirror_url"] = os.environ["PIP_INDEX_URL"]
if kind == "backdated":
    from devpi_server import model

    def log_time(*_):
        with open(serverdir + ".days") as file:
            return time.gmtime(time.time() - 24 * 60 * 60 * int(file.read()))

    model.gmtime = log_time
secret = serverdir + ".secret"
if not os.path.exists(serverdir):
    with open(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(64))
    made = ["devpi-init", "-c", os.devnull, "--serverdir", serverdir, *initial]
    made += [] if kind == "replica" else ["--root-passwd", "root"]
    code = init(argv=made + ([] if kind in ("mirror", "replica") else ["--no-root-pypi"]))
    if code:
        sys.exit(code)
# The secret is not worth its 512 MB and 4 s of argon2 here.
sys.exit(server.main(argv=[
    "devpi-server", "-c", os.devnull, "--serverdir", serverdir, "--host", "127.0.0.1", "--port", port, "--secretfile", secret,
    "--argon2-memory-cost", "64", "--argon2-time-cost", "1", "--argon2-parallelism", "1", *options,
]))

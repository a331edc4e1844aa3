import sys


def tags():
    for name in ("packaging.tags", "pip._vendor.packaging.tags", "setuptools._vendor.packaging.tags"):
        try:
            module = __import__(name, fromlist=["sys_tags"])
            return [str(tag) for tag in module.sys_tags()]
        except ImportError:
            pass
    return plain()


def plain():
    import platform
    import sysconfig

    version = "%d%d" % sys.version_info[:2]
    machine = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    platforms = [machine]
    libc, libc_version = platform.libc_ver()
    if machine.startswith("linux_") and libc == "glibc":
        arch = machine[len("linux_"):]
        minor = int(libc_version.split(".")[1])
        platforms = ["manylinux_2_%d_%s" % (m, arch) for m in range(minor, 4, -1)]
        old = {"manylinux2014": 17, "manylinux2010": 12, "manylinux1": 5}
        platforms += ["%s_%s" % (name, arch) for name, m in old.items() if m <= minor] + [machine]
    python = "cp" + version
    found = ["%s-%s-%s" % (python, abi, p) for abi in (python, "abi3", "none") for p in platforms]
    found += ["cp3%d-abi3-%s" % (m, p) for m in range(sys.version_info[1] - 1, 1, -1) for p in platforms]
    found += ["py%s-none-%s" % (v, p) for v in (version, "3") for p in platforms]
    minors = ["3%d" % m for m in range(sys.version_info[1] - 1, -1, -1)]
    return found + ["%s-none-any" % python] + ["py%s-none-any" % v for v in [version, "3"] + minors]


print("\n".join(tags()))

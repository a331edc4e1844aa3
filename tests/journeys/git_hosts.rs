//! Git servers with host names, without a network: an ssh command that serves `hosts/NAME` of the sandbox as the host `NAME`.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::support::Sandbox;

/// Makes `ssh://git@HOST/PATH` the folder `hosts/HOST/PATH` of the sandbox, for each host that has a folder.
pub fn install(sandbox: &Sandbox) {
    let script = format!(
        "#!/bin/sh\nwhile :; do case $1 in -o|-p) shift 2;; -*) shift;; *) break;; esac; done\n\
         cd '{}'/\"${{1#*@}}\" || exit 255\nexec sh -c \"$(printf %s \"$2\" | sed \"s|'/|'|\")\"\n",
        sandbox.path("hosts").display()
    );
    sandbox.write(&sandbox.path("."), "fake-ssh", &script);
    let path = sandbox.path("fake-ssh");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    for (key, value) in [("core.sshCommand", path.to_str().unwrap()), ("ssh.variant", "ssh")] {
        sandbox.git(&sandbox.path("."), &["config", "--global", key, value]).ok();
    }
}

/// The folder of a repository on a host; its parents exist.
pub fn folder(sandbox: &Sandbox, host: &str, path: &str) -> PathBuf {
    let folder = sandbox.path("hosts").join(host).join(path);
    std::fs::create_dir_all(folder.parent().unwrap()).unwrap();
    folder
}

/// Copies a bare repository to a host; returns its URL there.
pub fn copy(sandbox: &Sandbox, repository: &Path, (host, path): (&str, &str)) -> String {
    let to = folder(sandbox, host, path);
    sandbox.run(&sandbox.path("."), "cp", &["-R", repository.to_str().unwrap(), to.to_str().unwrap()]).ok();
    format!("ssh://git@{host}/{path}")
}

/// The `remote` of records for a path on a host.
pub fn hash(host: &str, path: &str) -> String {
    let digest = Sha256::digest(format!("{host}\0{path}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()[..16].to_owned()
}

//! The growth of the server's data by builds, against plain uploads of the same files.

use std::path::Path;

use crate::fixture::Fixture;
use crate::support::{Backend, DevpiServer, Tools};

const BUILDS: usize = 20;
const PROJECT: &str = "demo-pkg";

/// The size of the server's data folder.
#[derive(Debug, Clone, Copy, Default)]
struct DataSize {
    files: u64,
    bytes: u64,
    database: u64,
}

pub fn growth(_server: &DevpiServer) {
    // A private server, because other requests would change the figures.
    let server = DevpiServer::own();
    let fixture = Fixture::new(&server, Backend::InTree);
    let measure = || DataSize::of(&server);
    fixture.ensure(1);
    let before = measure();
    (2..2 + BUILDS).for_each(|number| fixture.ensure(number));
    measure().print("growth, through ensure", before);

    // devpi stores all indexes of a user in one record, with every version of that record.
    fixture.add_indexes(2, 100);
    let before = measure();
    (100..100 + BUILDS).for_each(|number| fixture.ensure(number));
    measure().print("growth, through ensure with 100 indexes", before);

    let api = fixture.api();
    let plain = fixture.user.index("plain");
    api.put(&plain, &serde_json::json!({"volatile": false, "bases": []}));
    let fetch = |number: usize| {
        let version = format!("1.4.{number}");
        let file = api.files(&fixture.user.index("main"), PROJECT, &version).remove(0);
        // Other bytes of the same size, because the server stores equal files once.
        let mut bytes = api.bytes(&file.path);
        bytes[20] ^= 1;
        (version, file.name, bytes)
    };
    let files: Vec<_> = (1..2 + BUILDS).map(fetch).collect();
    let upload = |(version, name, bytes): &(String, String, Vec<u8>)| {
        api.upload(&plain, (PROJECT, version), (name, bytes));
    };
    upload(&files[0]);
    let before = measure();
    files[1..].iter().for_each(upload);
    measure().print("growth, plain uploads of files of the same size", before);
}

impl DataSize {
    fn of(server: &DevpiServer) -> Self {
        // Flushes the write-ahead log into the database, so that its pages count once.
        let script =
            "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=30).execute('pragma wal_checkpoint(truncate)')";
        let database = server.data_folder().join(".sqlite");
        let status = std::process::Command::new(Tools::get().python()).args(["-c", script]).arg(database).status();
        assert!(status.unwrap().success());
        let mut holding = Self::default();
        holding.add(&server.data_folder());
        holding
    }

    fn add(&mut self, folder: &Path) {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let Ok(metadata) = entry.metadata() else { continue };
            if metadata.is_dir() {
                self.add(&entry.path());
                continue;
            }
            self.files += 1;
            self.bytes += metadata.len();
            if entry.file_name().to_string_lossy().starts_with(".sqlite") {
                self.database += metadata.len();
            }
        }
    }

    fn print(self, what: &str, before: Self) {
        let each = |now: u64, then: u64| (now as f64 - then as f64) / BUILDS as f64;
        println!(
            "{what}, each of {BUILDS}: {:.1} files, {:.1} KB, of it the database {:.1} KB",
            each(self.files, before.files),
            each(self.bytes, before.bytes) / 1024.0,
            each(self.database, before.database) / 1024.0
        );
    }
}

//! The devpi room against a real devpi-server: `GIT_DEVPI_TEST_SERVER=URL cargo test --test devpi -- --ignored`.
//!
//! Every run creates its own users, so any server works that allows anonymous users to create users.

use std::path::Path;

use git_devpi::devpi::{
    AuthStatus, Creation, Deletion, Error, IndexKind, NewIndex, PushOutcome, PushRequest, Server, ServerOptions,
    Session, Token, Upload, UploadOutcome, UserCreation,
};
use git_devpi::model::names::{IndexName, UserName};
use git_devpi::model::record::{BranchRecord, Record};
use git_devpi::system::environment::Environment;
use git_devpi::system::files::sha256_of;
use secrecy::SecretString;
use serde_json::json;

use crate::stub::project;

fn server() -> Server {
    let environment = Environment::from_process();
    let url = environment.get("GIT_DEVPI_TEST_SERVER").expect("GIT_DEVPI_TEST_SERVER names a server");
    Server::new(&ServerOptions::new(url.parse().unwrap())).unwrap()
}

fn fresh_user(server: &Server, role: &str) -> Session {
    let nanos = git_devpi::system::clock::now().as_nanosecond();
    let user = UserName::parse(&format!("{role}{nanos}")).unwrap();
    let password = SecretString::from("pass word");
    assert_eq!(server.create_user(&user, &password).unwrap(), UserCreation::Created);
    assert_eq!(server.create_user(&user, &password).unwrap(), UserCreation::Exists);
    let token = server.login(&user, &password).unwrap();
    assert!(!token.has_expired(server.server_time().unwrap()));
    Session::new(server, user, &token)
}

fn new_index(volatile: bool, user: &UserName) -> NewIndex {
    let record = Record::Branch(BranchRecord {
        repository: "acme/shiny".into(),
        branch: "feature/x".into(),
        own_commits: false,
        created: "2026-01-02T03:04:05Z".parse().unwrap(),
        remote: None,
    });
    NewIndex {
        bases: vec![],
        volatile,
        acl_upload: Vec::new(),
        acl_toxresult_upload: vec![user.to_string()],
        title: "acme/shiny: feature/x".into(),
        record: Some(record),
    }
}

fn upload(dir: &Path, version: &str, content: &[u8]) -> Upload {
    let file = dir.join(format!("demo_pkg-{version}-py3-none-any.whl"));
    std::fs::write(&file, content).unwrap();
    let fields =
        [("name", "demo-pkg"), ("version", version), ("metadata_version", "2.1"), ("requires_python", ">=3.9")];
    Upload { file, fields: fields.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec() }
}

#[test]
#[ignore = "needs a devpi-server"]
fn an_index_is_created_modified_and_deleted() {
    let server = server();
    assert_eq!(server.probe().unwrap().auth, AuthStatus::Anonymous);
    let session = fresh_user(&server, "ix");
    let user = session.login_user().clone();
    assert_eq!(session.probe().unwrap().auth, AuthStatus::User(user.to_string()));
    let index = IndexName::new(&user, "dev").unwrap();
    assert!(server.index(&index).unwrap().is_none());
    let new = new_index(false, &user);
    let Creation::Created(config) = session.create_index(&index, &new).unwrap() else { panic!("not created") };
    assert_eq!((&config.kind, config.volatile, &config.record), (&IndexKind::Stage, false, &new.record));
    assert_eq!(session.create_index(&index, &new).unwrap(), Creation::Exists);
    assert_eq!(server.user_indexes(&user).unwrap().unwrap()["dev"], *config);
    assert!(server.user_indexes(&UserName::parse("nobody-at-all").unwrap()).unwrap().is_none());
    assert!(matches!(session.delete_index(&index), Err(Error::NotAllowed { .. })));
    let config = session.modify_index(&index, &json!({"volatile": true})).unwrap();
    assert!(config.volatile && config.record == new.record && !config.takes_anonymous_results());
    assert_eq!(session.delete_index(&index).unwrap(), Deletion::Deleted);
    assert_eq!(session.delete_index(&index).unwrap(), Deletion::AlreadyGone);
    assert!(matches!(session.modify_index(&index, &json!({"title": "x"})), Err(Error::NotFound { .. })));
    let missing = NewIndex { bases: vec![IndexName::new(&user, "none").unwrap()], ..new };
    assert!(
        matches!(session.create_index(&index, &missing), Err(Error::BadRequest { message, .. }) if message.contains("none"))
    );
}

#[test]
#[ignore = "needs a devpi-server"]
fn a_release_is_uploaded_tested_pushed_and_deleted() {
    let server = server();
    let session = fresh_user(&server, "rl");
    let user = session.login_user().clone();
    let [dev, prod] = ["dev", "prod"].map(|name| IndexName::new(&user, name).unwrap());
    session.create_index(&prod, &new_index(false, &user)).unwrap();
    session.create_index(&dev, &NewIndex { bases: vec![prod.clone()], ..new_index(false, &user) }).unwrap();
    let (name, version) = (project("demo-pkg"), "1.0+l.1");
    session.register_project(&prod, &name, "0").unwrap();
    assert_eq!(server.projects(&prod).unwrap(), ["demo-pkg"]);
    let dir = tempfile::tempdir().unwrap();
    let wheel = upload(dir.path(), version, b"one");
    assert_eq!(session.upload(&dev, &wheel).unwrap(), UploadOutcome::Stored);
    assert_eq!(session.upload(&dev, &wheel).unwrap(), UploadOutcome::Identical);
    assert_eq!(session.upload(&dev, &upload(dir.path(), version, b"two")).unwrap(), UploadOutcome::Conflict);
    assert_eq!(server.release(&prod, &name, version).unwrap(), None);
    let release = server.release(&dev, &name, version).unwrap().unwrap();
    let file = &release.files[0];
    assert_eq!(
        (file.file_name.as_str(), file.log[0].who.as_deref()),
        ("demo_pkg-1.0+l.1-py3-none-any.whl", Some(user.as_str()))
    );
    let fetched = dir.path().join("out/demo.whl");
    server.fetch(file, &fetched).unwrap();
    assert_eq!(std::fs::read(&fetched).unwrap(), b"one");

    let report = json!({"testenvs": {}, "git-devpi": {"schema": 1}});
    session.post_tox_result(file, &report).unwrap();
    let [link] = &server.release(&dev, &name, version).unwrap().unwrap().tox_results[..] else { panic!("no result") };
    assert_eq!((&link.for_path, link.uploader()), (&file.path, Some(user.as_str())));
    assert_eq!(link.sha256, Some(sha256_of(report.to_string().as_bytes())));
    assert_eq!(server.tox_report(link, 100).unwrap(), report.to_string().as_bytes());

    let request = PushRequest { from: dev.clone(), project: name.clone(), version: version.into(), to: prod.clone() };
    assert_eq!(session.push(&request).unwrap(), PushOutcome::Done);
    assert_eq!(session.push(&request).unwrap(), PushOutcome::Conflict);
    let promoted = server.release(&prod, &name, version).unwrap().unwrap();
    assert_eq!((&promoted.files[0].sha256, promoted.tox_results.len()), (&file.sha256, 1));
    assert_eq!(promoted.tox_results[0].uploader(), Some(user.as_str()));

    assert_eq!(session.delete_release(&dev, &name, version).unwrap(), Deletion::Deleted);
    assert_eq!(session.delete_release(&dev, &name, version).unwrap(), Deletion::AlreadyGone);
    assert!(matches!(server.fetch(file, &fetched), Err(Error::Gone { .. })));
    assert_eq!(
        server.release(&dev, &name, version).unwrap(),
        None,
        "a release of the base does not belong to the index"
    );
    assert_eq!(server.releases(&dev, &name).unwrap(), []);
    // A registered name without a file is not a release.
    assert_eq!(server.releases(&prod, &name).unwrap().len(), 1);
}

#[test]
#[ignore = "needs a devpi-server"]
fn a_missing_permission_is_distinguished_from_an_expired_token() {
    let server = server();
    let [owner, stranger] = ["ow", "st"].map(|role| fresh_user(&server, role));
    let dev = IndexName::new(owner.login_user(), "dev").unwrap();
    owner.create_index(&dev, &new_index(false, owner.login_user())).unwrap();
    let expired_token =
        Session::new(&server, owner.login_user().clone(), &Token::new(SecretString::from("[\"x\"].awMnrw.nonsense")));
    let dir = tempfile::tempdir().unwrap();
    let wheel = upload(dir.path(), "1", b"one");
    let new = IndexName::new(owner.login_user(), "new").unwrap();
    for (session, expired) in [(&stranger, false), (&expired_token, true)] {
        let errors = [
            session.upload(&dev, &wheel).unwrap_err(),
            session.create_index(&new, &new_index(true, owner.login_user())).unwrap_err(),
            session.modify_index(&dev, &json!({"title": "x"})).unwrap_err(),
            session.delete_index(&dev).unwrap_err(),
        ];
        for error in errors {
            let as_expected = if expired {
                matches!(error, Error::TokenExpired { .. })
            } else {
                matches!(error, Error::NotAllowed { .. })
            };
            assert!(as_expected, "{expired} {error:?}");
        }
    }
    assert_eq!(
        server.login(owner.login_user(), &SecretString::from("no")).unwrap_err().to_string(),
        format!("the server rejects the password of {:?}", owner.login_user().to_string())
    );
    let nowhere = IndexName::new(owner.login_user(), "nowhere").unwrap();
    assert!(matches!(owner.upload(&nowhere, &wheel), Err(Error::NotFound { .. })));
}

#[test]
#[ignore = "needs a devpi-server"]
fn one_of_several_concurrent_creations_succeeds() {
    let session = fresh_user(&server(), "rc");
    let index = IndexName::new(session.login_user(), "claim").unwrap();
    let new = new_index(true, session.login_user());
    let created = std::thread::scope(|scope| {
        let creators: Vec<_> = (0..8).map(|_| scope.spawn(|| session.create_index(&index, &new).unwrap())).collect();
        let outcomes = creators.into_iter().map(|creator| creator.join().unwrap());
        outcomes.filter(|outcome| matches!(outcome, Creation::Created(_))).count()
    });
    assert_eq!(created, 1);
    let deleted = std::thread::scope(|scope| {
        let deleters: Vec<_> = (0..8).map(|_| scope.spawn(|| session.delete_index(&index).unwrap())).collect();
        deleters
            .into_iter()
            .map(|deleter| deleter.join().unwrap())
            .filter(|&outcome| outcome == Deletion::Deleted)
            .count()
    });
    assert_eq!(deleted, 1);
}

use proptest::prelude::*;

use super::*;

#[test]
fn urls_of_every_forge_give_the_repository_name() {
    for (url, name) in [
        ("https://github.com/Acme/Shiny.git", "acme/shiny"),
        ("https://github.com/acme/shiny/", "acme/shiny"),
        ("https://bob:secret@gitlab.example:8443/group/sub/shiny.git", "group/sub/shiny"),
        ("git@github.com:acme/shiny.git", "acme/shiny"),
        ("github.com:/acme/shiny", "acme/shiny"),
        ("[git@host.example:2222]:acme/shiny", "acme/shiny"),
        ("[::1]:acme/shiny.git", "acme/shiny"),
        ("ssh://git@bitbucket.example:7999/proj/shiny.git", "proj/shiny"),
        ("https://bitbucket.example/scm/PROJ/shiny.git", "proj/shiny"),
        ("https://gerrit.example/a/tools/shiny", "tools/shiny"),
        ("https://gerrit.example/r/shiny", "shiny"),
        ("git@ssh.dev.azure.com:v3/org/project/repo", "org/project/repo"),
        ("https://org@dev.azure.com/org/My%20Project/_git/repo", "org/my project/repo"),
        ("https://dev.azure.com/org/_git/repo", "org/repo"),
        ("ssh://host/~bob/shiny.git", "shiny"),
        ("https://host/shiny.git", "shiny"),
        ("https://host/scm", "scm"),
        ("codecommit::eu-west-1://shiny", ""),
        ("ext::ssh://host/acme/shiny", "acme/shiny"),
        ("/srv/git/Shiny.git", "shiny"),
        ("/srv/git/Shiny.git/", "shiny"),
        ("/home/bob/shiny/.git", "shiny"),
        ("../remote.git", "remote"),
        ("./odd:name.git", "odd:name"),
        ("file:///srv/git/shiny.git", "shiny"),
        (r"C:\repos\shiny.git", "shiny"),
        ("c:/repos/shiny", "shiny"),
        ("https://host/100%25/x%zz", "100%/x%zz"),
        ("..", ""),
        ("/", ""),
        ("https://host/", ""),
        ("", ""),
    ] {
        assert_eq!(RemoteUrl::parse(url).repository_name().as_deref().unwrap_or_default(), name, "{url}");
    }
}

fn hash(url: &str) -> Option<RemoteHash> {
    RemoteUrl::parse(url).hash(&[])
}

#[test]
fn the_hash_is_of_host_and_path() {
    // printf 'github.com\0acme/shiny' | sha256sum
    assert_eq!(hash("https://github.com/acme/shiny").unwrap().as_str(), "27b07c6e841f0516");
}

#[test]
fn all_ways_to_one_repository_give_one_hash() {
    for same in [
        &[
            "https://github.com/Acme/Shiny.git",
            "git@github.com:acme/shiny.git",
            "ssh://git@ssh.github.com:443/acme/shiny.git",
            "https://x-access-token:secret@GitHub.com./acme/shiny/",
            "[git@github.com:22]:acme/shiny",
            "git://github.com/acme//shiny",
        ][..],
        &["git@gitlab.com:g/sub/shiny.git", "ssh://git@altssh.gitlab.com:443/g/sub/shiny.git"],
        &["git@bitbucket.org:acme/shiny.git", "ssh://git@altssh.bitbucket.org:443/acme/shiny.git"],
        &["ssh://git@bb.example:7999/~bob/shiny.git", "https://bb.example/scm/~bob/shiny.git"],
        &[
            "https://org@dev.azure.com/org/My%20Project/_git/repo",
            "git@ssh.dev.azure.com:v3/org/My%20Project/repo",
            "org@vs-ssh.visualstudio.com:v3/org/My%20Project/repo",
            "https://org.visualstudio.com/DefaultCollection/My%20Project/_git/repo",
        ],
        &["https://dev.azure.com/org/_git/repo", "git@ssh.dev.azure.com:v3/org/repo/repo"],
        &["https://bücher.example/acme/shiny", "git@XN--bcher-kva.example:acme/shiny"],
        &["ssh://git@[::1]:2222/acme/shiny", "[::1]:acme/shiny", "http://[0:0::1]/acme/shiny"],
    ] {
        assert!(hash(same[0]).is_some(), "{}", same[0]);
        for other in same {
            assert_eq!(hash(other), hash(same[0]), "{other} and {}", same[0]);
        }
    }
}

#[test]
fn different_repositories_have_different_hashes() {
    let urls = [
        "https://github.com/acme/shiny",
        "https://github.com.evil.example/acme/shiny",
        "https://github.com@evil.example/acme/shiny",
        "https://evil.example/github.com/acme/shiny",
        "https://evil.example/acme/other?github.com/",
        "https://github.com/mallory/shiny",
        "https://github.com/acme/shiny2",
        "https://gitlab.com/acme/shiny",
        "https://www.visualstudio.com.evil.example/acme/shiny",
        "ssh://host/~bob/shiny",
        "ssh://host/~alice/shiny",
        "http://127.0.0.1/acme/shiny",
        "http://127.0.0.2/acme/shiny",
    ];
    let hashes: BTreeSet<_> = urls.iter().map(|url| hash(url).unwrap()).collect();
    assert_eq!(hashes.len(), urls.len());
}

#[test]
fn folders_helpers_and_urls_without_a_path_have_no_hash() {
    for url in [
        "/srv/git/acme/shiny.git",
        "file:///srv/git/shiny.git",
        "file://github.com/acme/shiny",
        r"C:\repos\shiny",
        "../shiny",
        "ext::ssh://github.com/acme/shiny",
        "codecommit::eu-west-1://shiny",
        "https://github.com/",
        "github.com:",
        ":acme/shiny",
        "",
    ] {
        assert_eq!(hash(url), None, "{url}");
    }
}

#[test]
fn names_of_one_server_give_one_hash_that_no_other_host_has() {
    let [a, b, c] =
        ["https://a.example/x/y", "ssh://git@b.example:22/x/y.git", "https://c.example/x/y"].map(RemoteUrl::parse);
    let hosts = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let same = hosts("A.example b.example");
    assert_eq!(a.hash(&same), b.hash(&same));
    assert_ne!(a.hash(&same), a.hash(&[]), "membership is part of the hash");
    for forged in
        [same.clone(), hosts("a.example b.example c.example"), hosts("c.example"), hosts("a.example c.example")]
    {
        assert_ne!(c.hash(&forged), a.hash(&same), "{forged:?}");
        assert_ne!(c.hash(&forged), a.hash(&[]), "{forged:?}");
    }
    assert_eq!(a.hash(&hosts("ssh.github.com github.com")), a.hash(&[]));
    assert_eq!(b.hashes_of_each(&same), BTreeSet::from([a.hash(&[]).unwrap(), b.hash(&[]).unwrap()]));
    assert!(c.hashes_of_each(&same).is_empty());
}

#[test]
fn a_local_remote_is_known_by_its_path() {
    let named = |url: &str, name: &str| RemoteUrl::parse(url).names(&RepositoryName::parse(name).unwrap());
    for (url, name) in [
        ("/srv/git/Acme/Shiny.git", "acme/shiny"),
        ("/srv/git/acme/shiny.git", "shiny"),
        ("file:///srv/git/acme/shiny/.git", "acme/shiny"),
        ("git://localhost/acme/shiny", "acme/shiny"),
    ] {
        assert!(RemoteUrl::parse(url).is_local() && named(url, name), "{url} {name}");
    }
    for (url, name) in [
        ("/srv/git/mallory/shiny.git", "acme/shiny"),
        ("/srv/git/notacme/shiny.git", "acme/shiny"),
        ("/shiny", "acme/shiny"),
        ("git://localhost/acme/shiny", "shiny"),
    ] {
        assert!(!named(url, name), "{url} {name}");
    }
    for (url, local) in [
        ("ssh://git@127.0.0.1:2222/x", true),
        ("http://[::1]:8080/x", true),
        ("git.localhost:x", true),
        ("https://localhost.evil.example/x", false),
        ("https://127.0.0.1.evil.example/x", false),
        ("localhost@evil.example:x", false),
        ("ext::/srv/git/x", false),
    ] {
        assert_eq!(RemoteUrl::parse(url).is_local(), local, "{url}");
    }
}

proptest! {
    #[test]
    fn user_port_scheme_and_case_are_not_part_of_the_hash(
        host in "[a-z][a-z0-9-]{0,8}(\\.[a-z][a-z0-9]{0,6}){0,2}",
        path in "[a-z0-9_.-]{0,6}[a-z0-9](/[a-z0-9_.-]{0,6}[a-z0-9]){0,3}",
        user in "[a-z0-9:@%-]{0,8}",
        port in 1u16..,
    ) {
        prop_assume!(!host.ends_with('-') && !path.contains("_git") && !path.ends_with(".git"));
        let plain = hash(&format!("https://{host}/{path}"));
        prop_assert!(plain.is_some());
        for url in [
            format!("ssh://{user}@{host}:{port}/{path}.git"),
            format!("https://{}/{}/", host.to_uppercase(), path.to_uppercase()),
            format!("git@{host}:{path}.git"),
            format!("[{host}:{port}]:/{path}"),
            format!("http://{user}@{host}.:{port}//{path}?x#y"),
        ] {
            prop_assert_eq!(&hash(&url), &plain, "{}", url);
        }
        prop_assert_ne!(&hash(&format!("https://{host}x/{path}")), &plain);
        prop_assert_ne!(&hash(&format!("https://{host}/{path}x")), &plain);
        prop_assert_ne!(&hash(&format!("https://{host}@evil.example/{path}")), &plain);
    }

    #[test]
    fn no_text_stops_the_parser(url in ".{0,40}") {
        let url = RemoteUrl::parse(&url);
        let _ = (url.repository_name(), url.hash(&[]), url.is_local());
    }
}

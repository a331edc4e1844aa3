//! `status --all --html`: the page of a repository with many kinds of branches, read by an HTML parser and by a browser.

use std::path::Path;

use scraper::{ElementRef, Html, Selector};

use crate::fixture::{Fixture, PROJECT};
use crate::support::{Browser, Run, report};

const HOSTILE: &str = "<script>alert(1)</script>";
const EMOJI: &str = "feature/Ünïcode-🚀";

/// Branches whose releases passed, failed, lack a result, are promoted; one without a release, and one that is merged.
fn fixture() -> Fixture {
    let mut fixture = Fixture::new();
    publish(&mut fixture, ("main", "main", "57"), &[("unit", true), ("system", true)]);
    fixture.devpi(&["promote", "1.4.57"]).ok();
    branch(&fixture, HOSTILE);
    publish(&mut fixture, (HOSTILE, "script-alert-1-script", "58"), &[("unit", false), ("system", true)]);
    branch(&fixture, EMOJI);
    publish(&mut fixture, (EMOJI, "feature-unicode-rocket", "59"), &[("system", true)]);
    branch(&fixture, "topic/empty");
    branch(&fixture, "topic/old");
    let (sandbox, work) = (&fixture.sandbox, &fixture.work);
    sandbox.git(work, &["checkout", "--quiet", "main"]).ok();
    sandbox.git(work, &["merge", "--quiet", "--no-ff", "-m", "Merge", "topic/old"]).ok();
    sandbox.git(work, &["push", "--quiet", "--no-verify", "origin", "main"]).ok();
    fixture
}

/// Makes a branch with a commit of its own, pushes it, and creates its index.
fn branch(fixture: &Fixture, name: &str) {
    let (sandbox, work) = (&fixture.sandbox, &fixture.work);
    sandbox.git(work, &["checkout", "--quiet", "-b", name, "main"]).ok();
    sandbox.commit_all(work, name);
    sandbox.git(work, &["push", "--quiet", "--no-verify", "origin", &format!("{name}:{name}")]).ok();
    fixture.devpi(&["index", "create"]).ok();
}

/// Builds the checked out branch, whose index has a name that contains `part`, and posts results.
fn publish(fixture: &mut Fixture, (branch, part, number): (&str, &str, &str), results: &[(&str, bool)]) {
    fixture.sandbox.set("BRANCH", branch);
    let version = fixture.build(number);
    let names = fixture.api.index_names(&fixture.user.name);
    let index = names.iter().find(|name| name.contains(part)).unwrap_or_else(|| panic!("{part}: {names:?}"));
    for result in results {
        fixture.report(&fixture.api, (index, &version), *result);
    }
}

fn page_of(fixture: &Fixture) -> String {
    fixture.devpi(&["status", "--all", "--html", "-"]).ok().stdout
}

fn select<'a>(document: &'a Html, selector: &str) -> Vec<ElementRef<'a>> {
    document.select(&Selector::parse(selector).unwrap()).collect()
}

fn text(element: ElementRef<'_>) -> String {
    element.text().collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The cells of the newest release of a branch: the environments' names with the words.
fn cells(document: &Html, branch: &str) -> Vec<String> {
    let groups = select(document, "tbody");
    let head = Selector::parse("th.branch .name").unwrap();
    let group = groups.into_iter().find(|group| group.select(&head).any(|name| text(name) == branch));
    let group = group.unwrap_or_else(|| panic!("{branch} is not on the page"));
    let newest = group.select(&Selector::parse("tr").unwrap()).next().unwrap();
    newest.select(&Selector::parse("td.cell").unwrap()).map(text).collect()
}

#[test]
fn the_page_shows_releases_environments_and_stale_indexes() {
    let fixture = fixture();
    let html = page_of(&fixture);
    let document = Html::parse_document(&html);
    // `scraper` parses as browsers do; that there are no errors shows that every tag is closed.
    assert!(document.errors.is_empty(), "{:?}", document.errors);

    assert_eq!(cells(&document, "main"), ["unit ✓ passed", "system ✓ passed"]);
    assert_eq!(cells(&document, "production"), ["unit ✓ passed", "system ✓ passed"]);
    assert_eq!(cells(&document, HOSTILE), ["unit ✗ failed", "system ✓ passed"]);
    assert_eq!(cells(&document, EMOJI), ["unit – missing", "system ✓ passed"]);
    let tiles: Vec<String> = select(&document, ".tile").into_iter().map(text).collect();
    let expected =
        ["1 failed", "1 passed", "1 results missing", "2 without release", "1 stale index", "1.4.57 in production"];
    assert_eq!(tiles, expected);
    let heads: Vec<String> = select(&document, "thead th").into_iter().map(text).collect();
    assert_eq!(heads, ["branch", "release", "unit required", "system"]);
    let items: Vec<String> = select(&document, ".indexes li").into_iter().map(text).collect();
    let old = items.iter().find(|item| item.contains("branch topic/old")).unwrap();
    assert!(old.starts_with("merged ") && old.contains("all commits of its branch are in a release branch"), "{old}");
    let server = select(&document, "header .title").into_iter().map(text).next().unwrap();
    assert!(server.contains("acme/demo") && server.contains(crate::support::DevpiServer::shared().url()), "{server}");
    assert!(select(&document, "header time").iter().all(|time| time.attr("datetime").unwrap().ends_with('Z')));

    it_is_self_contained(&document, &html);
    in_a_browser(&html);
}

/// No script, no resource, and no text that became an element.
fn it_is_self_contained(document: &Html, html: &str) {
    for resource in ["script", "img", "iframe", "object", "embed", "form", "[onclick]", "[src]", "style ~ style"] {
        assert_eq!(select(document, resource).len(), 0, "{resource}");
    }
    let links: Vec<_> = select(document, "link").iter().map(|link| link.attr("href").unwrap().to_owned()).collect();
    assert_eq!(links, ["data:,"]);
    let style = select(document, "style").into_iter().map(|style| style.text().collect::<String>()).collect::<String>();
    assert!(!style.contains("url(") && !style.contains("@import"), "{style}");
    assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
}

fn in_a_browser(html: &str) {
    let browser = match Browser::find() {
        Ok(browser) => browser,
        Err(why) => return report(&format!("the look in a browser is skipped: {why}")),
    };
    // For people: `STATUS_PAGE_PICTURES=FOLDER cargo test --test journeys status_page`.
    if let Some(folder) = std::env::var_os("STATUS_PAGE_PICTURES") {
        let folder = Path::new(&folder);
        let page = folder.join("status.html");
        std::fs::write(&page, html).unwrap();
        browser.screenshot(&page, (1920, 1080), &folder.join("monitor.png"));
        browser.screenshot(&page, (500, 1600), &folder.join("phone.png"));
    }
    for (width, height) in [(1920, 1080), (1024, 768), (400, 800)] {
        let layout = browser.layout(html, (width, height));
        assert_eq!(layout.width, u64::from(width), "the page overflows at {width} pixels");
        assert_eq!((layout.requests.len(), layout.scripts), (0, 0), "{:?}", layout.requests);
        for part in [HOSTILE, EMOJI, "1.4.57", "passed", "failed", "missing", "all commits of its branch"] {
            assert!(layout.text.contains(part), "{part} is not visible at {width} pixels:\n{}", layout.text);
        }
        // The monitor shows everything at once.
        assert!(width < 1920 || layout.height <= 1080, "{} pixels high", layout.height);
    }
}

#[test]
fn the_page_replaces_a_file_and_nothing_else() {
    let fixture = Fixture::new();
    let (sandbox, work) = (&fixture.sandbox, &fixture.work);
    let write = |target: &str, more: &[&str]| -> Run {
        fixture.devpi(&[&["status", "--all", "--html", target], more].concat())
    };
    sandbox.write(work, "public/status.html", "old");
    std::os::unix::fs::symlink("public/status.html", work.join("link.html")).unwrap();
    write("link.html", &[]).ok().says("wrote");
    let written = std::fs::read_to_string(work.join("public/status.html")).unwrap();
    assert!(written.starts_with("<!DOCTYPE html>") && written.ends_with("</html>"), "{written}");
    assert!(work.join("link.html").is_symlink());
    let json = write("new/page.html", &["--json"]).ok().json();
    assert_eq!(json["repository"], "acme/demo");
    assert!(work.join("new/page.html").is_file());

    // Before the server is asked.
    fixture.forget_token();
    for folder in ["public", "public/", "missing/", "."] {
        let run = write(folder, &["--server", "http://127.0.0.1:9/"]).code(2).says("it is a folder");
        assert!(run.stderr.contains("status.html"), "{run}");
    }
    write("/dev/null", &[]).code(2).says("no regular file");
    assert!(!Path::new("/dev/null").is_file());
    write("-", &["--json"]).code(2).says("not both");
    fixture.devpi(&["status", "--html", "page.html"]).code(2).says("--all");
    assert!(fixture.api.files(&fixture.user.index("prod"), PROJECT, "1.4.57").is_empty());
}

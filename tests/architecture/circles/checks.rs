//! The finder of circles, on made-up crates.

use super::{Crate, circles, description};

/// With an empty `lib.rs`, where `crate::` begins.
fn made_up_crate() -> Crate {
    let mut made_up = Crate::default();
    made_up.add("lib.rs", "");
    made_up
}

fn found_in(files: &[(&str, &str)]) -> Vec<String> {
    let mut made_up = made_up_crate();
    for (place, source) in files {
        made_up.add(place, source);
    }
    let imports = made_up.imports();
    circles(&imports).iter().map(|circle| circle.iter().copied().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn two_files_that_import_each_other_are_a_circle() {
    let found = found_in(&[
        ("a.rs", "use crate::b::{Left, other as renamed};\npub fn start() {}"),
        ("b.rs", "pub struct Left;\npub fn other() { super::a::start() }"),
    ]);
    assert_eq!(found, ["a.rs b.rs"]);
}

#[test]
fn three_files_around_are_a_circle() {
    let found = found_in(&[
        ("a.rs", "use crate::room::{self};\npub const A: u8 = room::b::B;"),
        ("room/mod.rs", "pub mod b;\nmod c;\npub use c::C;"),
        ("room/b.rs", "use super::C;\npub const B: u8 = 1;"),
        ("room/c.rs", "pub struct C([u8; crate::a::A as usize]);"),
    ]);
    assert_eq!(found, ["a.rs room/b.rs room/c.rs"]);
}

#[test]
fn a_child_and_a_mod_file_that_use_each_others_items_are_a_circle() {
    let parent = "mod child;\npub struct Request;\npub fn run() { child::step() }";
    let child = "use super::Request;\npub fn step() {}";
    assert_eq!(found_in(&[("room/mod.rs", parent), ("room/child.rs", child)]), ["room/child.rs room/mod.rs"]);
}

#[test]
fn a_re_export_that_is_used_where_it_stands_is_an_import() {
    let parent = "mod child;\npub use child::Error;\npub struct Request;\npub fn run() -> Result<(), Error> { Ok(()) }";
    let child = "use super::Request;\npub enum Error {}";
    assert_eq!(found_in(&[("room/mod.rs", parent), ("room/child.rs", child)]), ["room/child.rs room/mod.rs"]);
}

#[test]
fn declarations_and_re_exports_are_no_imports() {
    let parent = "mod left;\nmod right;\npub use left::Left;\npub(crate) use right::{Right, self as side};";
    let left = "use super::Right;\npub struct Left;";
    let right = "pub struct Right;\npub struct Other;";
    assert!(found_in(&[("room/mod.rs", parent), ("room/left.rs", left), ("room/right.rs", right)]).is_empty());
}

#[test]
fn comments_strings_and_tests_are_no_imports() {
    let a = "use crate::b::B;\npub struct A<'a>(&'a str);";
    let b = r##"
        //! See [`crate::a::A`].
        pub struct B; /* crate::a::A /* twice */ crate::a::A */
        const TEXT: &str = "\" crate::a::A"; const RAW: &str = r#"" crate::a::A"#; const QUOTE: char = '"';
        #[cfg(test)]
        mod tests { use crate::a::A; }
        #[cfg(all(test, unix))]
        use crate::a::A;
    "##;
    assert!(found_in(&[("a.rs", a), ("b.rs", b)]).is_empty());
}

#[test]
fn the_description_says_which_paths_make_the_circle() {
    let mut made_up = made_up_crate();
    made_up.add("a.rs", "use crate::b::B;\npub struct A;");
    made_up.add("b.rs", "pub struct B(crate::a::A);");
    let imports = made_up.imports();
    let text = description(&imports, &circles(&imports)[0]);
    assert_eq!(text, "a.rs · b.rs\n    a.rs → b.rs: crate::b::B\n    b.rs → a.rs: crate::a::A\n");
}

#[test]
fn a_function_with_the_name_of_a_module_does_not_hide_the_modules_items() {
    let parent = "mod child;\nmod verdict;\npub fn verdict() -> verdict::Verdict { child::step() }";
    let child = "use super::verdict::Verdict;\npub fn step() -> Verdict { Verdict }";
    let files = [("room/mod.rs", parent), ("room/child.rs", child), ("room/verdict.rs", "pub struct Verdict;")];
    assert!(found_in(&files).is_empty());
}

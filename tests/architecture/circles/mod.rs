//! Finds files that import each other, directly or around a longer way.
//!
//! A file imports another one when a `use` or a path in it ends at an item that the other file defines. Re-exports are passed through:
//! `use crate::git::Head` imports `git/head.rs`, not `git/mod.rs`. So `mod x;` and `pub use x::Item` in a `mod.rs` import nothing, unless
//! the `mod.rs` itself uses the item; and a child imports its `mod.rs` only for an item that the `mod.rs` defines. `#[cfg(test)]` items
//! and the files that are declared as such are left out.

mod checks;
mod file;
mod tokens;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use file::SourceFile;

/// File → the files that it imports, each with one of the paths that say so.
type Imports<'a> = BTreeMap<&'a str, BTreeMap<&'a str, String>>;

/// The files of one crate by their place in `src/`: `git/head.rs`.
#[derive(Default)]
struct Crate {
    files: BTreeMap<String, SourceFile>,
    /// Module path → file: `["git", "head"]` → `git/head.rs`.
    modules: BTreeMap<Vec<String>, String>,
}

/// What a path ends at.
enum Target {
    Module(Vec<String>),
    File(String),
}

impl Crate {
    fn add(&mut self, place: &str, source: &str) {
        self.modules.insert(module_of(place), place.to_owned());
        self.files.insert(place.to_owned(), SourceFile::parse(source));
    }

    fn imports(&self) -> Imports<'_> {
        self.files.keys().map(|place| (place.as_str(), self.imports_of(place))).collect()
    }

    fn imports_of(&self, place: &str) -> BTreeMap<&str, String> {
        let file = &self.files[place];
        let module = module_of(place);
        let used =
            file.uses.iter().filter(|used| !used.public || file.words.contains(&used.name)).map(|used| &used.path);
        let mut imports = BTreeMap::new();
        for path in used.chain(&file.paths) {
            if let Some(Target::File(target)) = self.resolve(&module, path, 0)
                && target != place
            {
                imports.entry(self.files.get_key_value(&target).unwrap().0.as_str()).or_insert_with(|| path.join("::"));
            }
        }
        imports
    }

    /// Where `path`, written in `module`, ends; `None` when it leaves the crate.
    fn resolve(&self, module: &[String], path: &[String], hops: usize) -> Option<Target> {
        let (first, rest) = path.split_first()?;
        let mut start = module.to_vec();
        match first.as_str() {
            "crate" => start.clear(),
            "self" => {}
            "super" => drop(start.pop()),
            _ => return self.walk((&start, path), hops, true),
        }
        self.walk((&start, rest), hops, false)
    }

    /// Follows `path` down from `module`. `inside`: private names of the module count too, and an unknown name is another crate's.
    fn walk(&self, (module, path): (&[String], &[String]), hops: usize, inside: bool) -> Option<Target> {
        let Some((first, rest)) = path.split_first() else { return Some(Target::Module(module.to_vec())) };
        if hops > 20 {
            return None;
        }
        if first == "super" {
            return self.walk((&module[..module.len().checked_sub(1)?], rest), hops, false);
        }
        let place = self.modules.get(module)?;
        let child: Vec<String> = module.iter().chain([first]).cloned().collect();
        let file = &self.files[place];
        // A function may share its name with a module; only the module has something below it.
        if self.modules.contains_key(&child) && !rest.is_empty() {
            return self.walk((&child, rest), hops, false);
        }
        if file.defines.contains(first) {
            return Some(Target::File(place.clone()));
        }
        if let Some(used) = file.uses.iter().find(|used| used.name == *first && used.path != path) {
            return match self.resolve(module, &used.path, hops + 1)? {
                Target::Module(module) => self.walk((&module, rest), hops + 1, false),
                found => Some(found),
            };
        }
        if self.modules.contains_key(&child) {
            return self.walk((&child, rest), hops, false);
        }
        (!inside).then(|| Target::File(place.clone()))
    }
}

/// `git/mod.rs` → `["git"]`, `git/head.rs` → `["git", "head"]`, `lib.rs` → `[]`.
fn module_of(place: &str) -> Vec<String> {
    let mut segments: Vec<String> = place.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    segments.pop_if(|last| last == "mod" || last == "lib");
    segments
}

/// The groups of files of which each imports each other one, directly or around.
fn circles<'a>(imports: &Imports<'a>) -> Vec<BTreeSet<&'a str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        imports.keys().map(|file| (*file, reached_from(imports, file))).collect();
    let mut found: Vec<BTreeSet<&str>> = Vec::new();
    for (file, others) in &reached {
        if others.contains(file) && !found.iter().any(|circle| circle.contains(file)) {
            found.push(others.iter().copied().filter(|other| reached[other].contains(file)).collect());
        }
    }
    found
}

fn reached_from<'a>(imports: &Imports<'a>, start: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut waiting: VecDeque<&str> = imports[start].keys().copied().collect();
    while let Some(file) = waiting.pop_front() {
        if reached.insert(file) {
            waiting.extend(imports[file].keys());
        }
    }
    reached
}

/// The circle's files, each with what it imports from the others.
fn description(imports: &Imports<'_>, circle: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = circle.iter().copied().collect();
    let mut text = format!("{}\n", names.join(" · "));
    for file in circle {
        for (target, path) in imports[file].iter().filter(|(target, _)| circle.contains(*target)) {
            text += &format!("    {file} → {target}: {path}\n");
        }
    }
    text
}

fn this_crate() -> Crate {
    let mut found = Crate::default();
    let src = super::root().join("src");
    let mut paths = Vec::new();
    super::files_below(&src, "rs", &mut paths);
    let tests = test_files(&paths);
    for path in
        paths.iter().filter(|path| !tests.iter().any(|test| path.starts_with(test)) && !path.ends_with("main.rs"))
    {
        let place = path.strip_prefix(&src).unwrap().to_str().unwrap();
        found.add(place, &std::fs::read_to_string(path).unwrap());
    }
    found
}

/// The files and folders of the modules that are declared `#[cfg(test)] mod x;`.
fn test_files(paths: &[std::path::PathBuf]) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for path in paths {
        let source = std::fs::read_to_string(path).unwrap();
        let folder = if path.ends_with("mod.rs") { path.with_file_name("") } else { path.with_extension("") };
        for (at, _) in source.match_indices("#[cfg(test)]\n") {
            let declared = source[at..].lines().skip(1).find(|line| !line.starts_with('#')).unwrap_or_default();
            if let Some(name) = declared.split("mod ").nth(1).and_then(|rest| rest.strip_suffix(';')) {
                found.push(folder.join(name));
                found.push(folder.join(format!("{name}.rs")));
            }
        }
    }
    found
}

#[test]
fn no_files_import_each_other() {
    let this = this_crate();
    let imports = this.imports();
    let found: Vec<String> = circles(&imports).iter().map(|circle| description(&imports, circle)).collect();
    assert!(found.is_empty(), "{} circles of files that import each other:\n\n{}", found.len(), found.join("\n"));
}

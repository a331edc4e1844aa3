use super::*;

const INI: ToxFormat = ToxFormat::Ini("tox");

/// Adds git-devpi to `before`; its removal restores the text.
#[track_caller]
fn added(before: &str, format: ToxFormat) -> String {
    let after = add(before, format).unwrap();
    assert_eq!(add(&after, format).unwrap(), after);
    assert_eq!(remove(&after, format).unwrap(), before, "{after}");
    after
}

#[test]
fn ini_lists_keep_their_style_and_their_comments() {
    for (before, after) in [
        ("[tox]\nenv_list = unit\n", "[tox]\nrequires = git-devpi\nenv_list = unit\n"),
        ("[tox]\nrequires = tox>=4\n", "[tox]\nrequires = tox>=4, git-devpi\n"),
        ("[tox]\nrequires: tox>=4, tox-uv # two\nx = 1", "[tox]\nrequires: tox>=4, tox-uv, git-devpi # two\nx = 1"),
        (
            "[tox]\nrequires =\n    tox>=4,<5 # newest\n    # not yet\n    tox-uv\n\n[testenv]\n",
            "[tox]\nrequires =\n    tox>=4,<5 # newest\n    # not yet\n    tox-uv\n    git-devpi\n\n[testenv]\n",
        ),
        ("[tox]\nrequires = a\n\tb", "[tox]\nrequires = a\n\tb\n\tgit-devpi"),
        ("[tox]\nrequires =\n  {[base]requires}\n", "[tox]\nrequires =\n  {[base]requires}\n  git-devpi\n"),
    ] {
        assert_eq!(added(before, INI), after);
        assert_eq!(added(&before.replace('\n', "\r\n"), INI), after.replace('\n', "\r\n"));
    }
    assert_eq!(add("[tox]\nrequires =\nx = 1\n", INI).unwrap(), "[tox]\nrequires = git-devpi\nx = 1\n");
    assert_eq!(add("[testenv]\na = 1\n", INI).unwrap(), "[testenv]\na = 1\n\n[tox]\nrequires = git-devpi\n");
    let cfg = "[metadata]\nrequires = x\n[tox:tox]\nrequires = y\n";
    assert_eq!(added(cfg, ToxFormat::Ini("tox:tox")), cfg.replace("= y", "= y, git-devpi"));
    // tox itself rejects it.
    assert!(add("[tox]\nrequires = tox>=4,<5\n", INI).is_err());
}

#[test]
fn toml_arrays_keep_their_style_and_their_comments() {
    for (before, after) in [
        ("requires = [\"tox>=4\"] # why\n", "requires = [\"tox>=4\", \"git-devpi\"] # why\n"),
        ("requires = ['a', 'b',]\n", "requires = ['a', 'b', 'git-devpi',]\n"),
        (
            "requires = [\n  \"a\", # first\n  \"b\", # last\n  # more\n]\nenv_list = []\n",
            "requires = [\n  \"a\", # first\n  \"b\", # last\n  \"git-devpi\",\n  # more\n]\nenv_list = []\n",
        ),
        (
            "# top\nenv_list = [\n\"a\"]\n\n[env_run_base]\n",
            "# top\nenv_list = [\n\"a\"]\nrequires = [\"git-devpi\"]\n\n[env_run_base]\n",
        ),
        ("env_list = ['a']\n[env.b]\n", "env_list = ['a']\nrequires = [\"git-devpi\"]\n[env.b]\n"),
    ] {
        assert_eq!(added(before, ToxFormat::ToxToml), after);
        assert_eq!(added(&before.replace('\n', "\r\n"), ToxFormat::ToxToml), after.replace('\n', "\r\n"));
    }
    let toml = |before| add(before, ToxFormat::ToxToml).unwrap();
    assert_eq!(toml("requires = [\n  'a'\n]\n"), "requires = [\n  'a',\n  'git-devpi',\n]\n");
    assert_eq!(toml("requires = []\n"), "requires = [\"git-devpi\"]\n");
    assert_eq!(
        toml("# top\n\n# base\n[env_run_base]\n"),
        "# top\n\nrequires = [\"git-devpi\"]\n\n# base\n[env_run_base]\n"
    );
    assert_eq!(toml(""), "requires = [\"git-devpi\"]\n");
    assert!(add("requires = \"tox\"\n", ToxFormat::ToxToml).is_err());
}

#[test]
fn pyproject_tables_are_found_in_every_form() {
    let pyproject = |before: &str| added(before, ToxFormat::Pyproject);
    assert_eq!(
        pyproject("[build-system]\nrequires = [\"x\"]\n[ tool.tox ] # tests\nenv_list = []\n"),
        "[build-system]\nrequires = [\"x\"]\n[ tool.tox ] # tests\nrequires = [\"git-devpi\"]\nenv_list = []\n"
    );
    assert_eq!(pyproject("[tool]\ntox.requires = ['a']\n"), "[tool]\ntox.requires = ['a', 'git-devpi']\n");
    let add = |before| add(before, ToxFormat::Pyproject);
    assert_eq!(
        add("[project]\n[tool.tox.env_run_base]\nx = 1\n").unwrap(),
        "[project]\n[tool.tox]\nrequires = [\"git-devpi\"]\n\n[tool.tox.env_run_base]\nx = 1\n"
    );
    assert!(add("[tool]\ntox.env_list = ['a']\n").is_err());
    assert!(add("tool.tox = { env_list = ['a'] }\n").is_err());
    let legacy = "[tool.tox]\nlegacy_tox_ini = \"\"\"\n[tox]\nrequires = a\n\"\"\"\n";
    assert_eq!(added(legacy, ToxFormat::LegacyIni), legacy.replace("= a", "= a, git-devpi"));
}

#[test]
fn the_requirement_is_found_by_its_normalised_name() {
    for entry in ["git-devpi", "Git_Devpi>=0.3", "git.devpi [x]; python_version > '3'", "git-devpi@https://x/y"] {
        assert!(is_present(&format!("[tox]\nrequires =\n  tox\n  {entry}\n"), INI), "{entry}");
        assert!(is_present(&format!("requires = [\"{entry}\"]\n"), ToxFormat::ToxToml), "{entry}");
    }
    for entry in ["git-devpi-extra", "tox # git-devpi", "xgit-devpi"] {
        assert!(!is_present(&format!("[tox]\nrequires =\n  {entry}\n"), INI), "{entry}");
    }
    assert_eq!(remove("[tox]\nrequires = Git_Devpi>=1, a\n", INI).unwrap(), "[tox]\nrequires = a\n");
}

#[test]
fn a_requirement_of_an_unsupported_tox_is_found() {
    let excluded = |entry: &str| excludes_tox(&format!("[tox]\nrequires =\n  a\n  {entry}\n"), INI);
    for entry in ["tox<4", "tox ~= 3.28", "tox==3.*", "tox<4; python_version >= '3.7'", "tox>=3,<4.2"] {
        assert_eq!(excluded(entry).as_deref(), Some(entry));
    }
    for entry in ["tox", "tox>=4", "tox>=4,<5", "tox==4.30.3", "tox-uv<1", "tox>=5"] {
        assert_eq!(excluded(entry), None);
    }
}

//! The sample project: small, with two tox environments, and with nothing to download but its build backend.

/// Its name.
pub const PROJECT: &str = "shiny-widget";

/// The feature branch of the scenario.
pub const BRANCH: &str = "shiny-new-feature-x";

/// Path and text of every file.
pub const FILES: [(&str, &str); 6] = [
    (
        "pyproject.toml",
        "# A sample project. What people keep here is the semantic part of the version; CI's counter makes it whole.\n\
         [build-system]\n\
         requires = [\"hatchling\"]\n\
         build-backend = \"hatchling.build\"\n\
         \n\
         [project]\n\
         name = \"shiny-widget\"\n\
         version = \"1.4\"  # the semantic part\n\
         description = \"A sample\"\n\
         requires-python = \">=3.9\"\n",
    ),
    ("src/shiny_widget/__init__.py", "def shine():\n    return 'bright'\n"),
    (
        "tests/unit/test_unit.py",
        "import unittest\n\nimport shiny_widget\n\n\nclass Unit(unittest.TestCase):\n    def test_it_shines(self):\n        \
         self.assertTrue(shiny_widget.shine())\n",
    ),
    (
        "tests/system/test_system.py",
        "import unittest\nfrom importlib.metadata import version\n\n\nclass System(unittest.TestCase):\n    \
         def test_it_is_installed(self):\n        self.assertTrue(version('shiny-widget').startswith('1.4.'))\n",
    ),
    (
        "tox.ini",
        "[tox]\nenv_list = unit, system\n\n[testenv]\n# Plain unittest: nothing has to be installed but the package.\n\
         commands = python -m unittest discover -s tests/{env_name}\n",
    ),
    (".gitignore", ".tox/\n__pycache__/\n"),
];

/// The change on the feature branch.
pub const FEATURE: (&str, &str) = ("src/shiny_widget/__init__.py", "def shine():\n    return 'brighter than ever'\n");

/// git's configuration of all actors.
pub const GIT_CONFIG: &str = "[user]\n\tname = Demo\n\temail = demo@example.invalid\n[init]\n\tdefaultBranch = main\n\
    [advice]\n\tdetachedHead = false\n[commit]\n\tgpgSign = false\n[protocol \"file\"]\n\tallow = always\n[pull]\n\trebase = false\n\
    [core]\n\tautocrlf = false\n";

//! Expressions that have a value, and code that has none.

use super::*;

fn value(before: &str, expression: &str) -> Option<String> {
    let source = format!("{before}\nX = {expression}\n");
    let start = source.rfind(expression).unwrap();
    evaluate(&source, start..start + expression.len()).map(|value| value.version())
}

#[test]
fn versions_are_joined_as_python_joins_them() {
    let names = "MAJOR = 1\nMINOR = '4'\nINFO = (MAJOR, 4, 2)\nLIST = [\"1\", \"4\"]\n\
                 X1, Y = 3, 5\n(Z, W) = (6, 7)\nQ = 1\nP, Q = f()\nSTAR, *R = 1, 2\n";
    for (expression, expected) in [
        ("'1' '.4'", "1.4"),
        ("(1, 4, 'rc1')", "1.4.rc1"),
        ("[1, 4]", "1.4"),
        ("1.4", "1.4"),
        ("'.'.join(LIST)", "1.4"),
        ("\".\".join(map(str, INFO))", "1.4.2"),
        ("'.'.join(str(x) for x in INFO)", "1.4.2"),
        ("'.'.join([str(part) for part in INFO])", "1.4.2"),
        ("'.'.join(['1', MINOR])", "1.4"),
        ("f'{MAJOR}.{MINOR}'", "1.4"),
        ("'1.' + MINOR", "1.4"),
        ("'%s.%s' % (MAJOR, MINOR)", "1.4"),
        ("'{}.{}'.format(MAJOR, MINOR)", "1.4"),
        ("'1.4\\n'.strip()", ""),
        ("'%d.%d' % (MAJOR, 4)", "1.4"),
        ("'%d.%d.%d' % INFO", "1.4.2"),
        ("'{}.{}.{}'.format(*INFO)", "1.4.2"),
        ("'{0}.{1}'.format(MAJOR, MINOR)", "1.4"),
        ("'{a}.{b}'.format(a=MAJOR, b=INFO[1])", "1.4"),
        ("'{0[0]}.{0[1]}'.format(INFO)", "1.4"),
        ("'.'.join(map(str, INFO[:2]))", "1.4"),
        ("'%s.%s' % INFO[:-1]", "1.4"),
        ("f'{INFO[0]}.{INFO[1]}'", "1.4"),
        ("f'{MAJOR}.{Y:02d}'", "1.05"),
        ("'{}.{}'.format(X1, Z)", "3.6"),
        ("'%d' % INFO", ""),
        ("'{}.{}'.format(*NOT_THERE)", ""),
        ("'{}'.format(Q)", ""),
        ("'{}'.format(STAR)", ""),
    ] {
        let expected = Some(expected.to_owned()).filter(|text| !text.is_empty());
        assert_eq!(value(names, expression), expected, "{expression}");
    }
}

#[test]
fn code_of_the_project_has_no_value() {
    for expression in [
        "read('VERSION')",
        "os.environ.get('V', '1.4')",
        "about['__version__']",
        "'1.4' if DEV else '1.5'",
        "f'{f()}.4'",
        "'1.' + suffix()",
        "UNKNOWN",
        "[x for x in range(3)]",
        "-1",
    ] {
        assert_eq!(value("", expression), None, "{expression}");
    }
    assert_eq!(value("A = B\nB = A", "A"), None, "a circle ends");
}

#[test]
fn paths_are_relative_to_the_project() {
    let names = "NAME = 'demo-pkg'\nHERE = os.path.abspath(os.path.dirname(__file__))\nROOT = Path(__file__).resolve().parent\nSRC = 'src'\n";
    for (expression, expected) in [
        ("os.path.join(HERE, SRC, NAME.replace('-', '_'), 'v.py')", "src/demo_pkg/v.py"),
        ("join(dirname(__file__), 'v.py')", "v.py"),
        ("ROOT / SRC / 'v.py'", "src/v.py"),
        ("(ROOT / SRC).joinpath('a', 'v.py')", "src/a/v.py"),
        ("Path(SRC, ).parent / 'v.py'", "v.py"),
        ("f'{SRC}/v.py'", "src/v.py"),
        ("'%s/v.py' % SRC", "src/v.py"),
        ("HERE + '/v.py'", "/v.py"),
    ] {
        assert_eq!(value(names, expression).as_deref(), Some(expected), "{expression}");
    }
    let source = format!("{names}with open(os.path.join(HERE, SRC, 'v.py')) as f:\n    v = f.read()\n");
    assert!(strings(&source).contains(&"src/v.py".to_owned()), "{:?}", strings(&source));
}

#[test]
fn the_joined_sequence_is_named() {
    let of = |before: &str, expression: &str| {
        let source = format!("{before}\nX = {expression}\n");
        let start = source.rfind(expression).unwrap();
        joined_name(&source, start..start + expression.len())
    };
    assert_eq!(of("V = (1, 4)", "'.'.join(map(str, V))").as_deref(), Some("V"));
    assert_eq!(of("V = (1, 4)", "'.'.join(str(p) for p in V)").as_deref(), Some("V"));
    assert_eq!(of("V = '14'", "'.'.join(V)"), None);
    assert_eq!(of("V = (1, 4)", "'-'.join(map(str, V))"), None);
}

//! Tests of JUnit reports.

use super::*;

fn parse(text: &str) -> Result<JUnitReport, JUnitError> {
    JUnitReport::parse(text.as_bytes(), None)
}

const CASE: &str = "<testcase classname='a' name='b' time='0.5'/>";

#[test]
fn a_report_is_one_document_of_bounded_depth() {
    let green = r#"<testsuite name="a" tests="1"><testcase name="x"/></testsuite>"#;
    let red = r#"<testsuite name="b" tests="1"><testcase name="y"><failure/></testcase></testsuite>"#;
    assert!(parse(green).is_ok());
    assert!(parse(&format!("<?xml version=\"1.0\"?>\n<!-- a -->\n{green}\n<!-- z -->\n")).is_ok());
    for text in [
        format!("{green}{red}"),
        format!("{green}\n<?xml version=\"1.0\"?>{red}"),
        format!("{green} rest"),
        format!("{green}<b/>"),
    ] {
        assert!(parse(&text).unwrap_err() == JUnitError::SeveralDocuments, "{text}");
    }
    let deep = |depth: usize| format!("{}{green}{}", "<testsuite>".repeat(depth), "</testsuite>".repeat(depth));
    assert!(parse(&deep(50)).is_ok());
    for depth in [200, 100_000] {
        assert!(parse(&deep(depth)).unwrap_err() == JUnitError::TooDeep(100), "{depth}");
    }
    assert!(parse(r#"<testsuite name="a"><testcase name="x"/>"#).is_err());
}

#[test]
fn tests_are_counted_in_every_shape_of_the_format() {
    let nested = format!(
        "<?xml version='1.0'?><testsuites><testsuite name='x' time='2'>{CASE}<testsuite>{CASE}<testcase name='c'>\
         <failure message='m'>text &lt;</failure></testcase></testsuite></testsuite><testsuite>\
         <testcase name='d'><skipped/></testcase><testcase name='e'><error/></testcase></testsuite></testsuites>"
    );
    let report = parse(&nested).unwrap();
    assert_eq!(report.counts, TestCounts { tests: 5, failures: 1, errors: 1, skipped: 1 });
    assert_eq!(report.failed, ["c", "e"]);
    let single = parse(&format!("<testsuite time='1.5'>{CASE}</testsuite>")).unwrap();
    assert_eq!((single.counts.tests, single.seconds), (1, 1.5));
    // The program says that a set-up failed.
    let declared =
        parse(&format!("<testsuites><testsuite errors='1' tests='1'>{CASE}</testsuite></testsuites>")).unwrap();
    assert!(!declared.is_green());
}

#[test]
fn what_is_no_evidence_has_a_reason() {
    for (text, reason) in [
        ("", "it is not JUnit XML: it has no element"),
        ("{}", "it is not JUnit XML: text before the root element"),
        ("<html><body/></html>", "it is not JUnit XML: its root element is <html>"),
        ("<testsuites><testsuite>", "it is not JUnit XML: it ends before the end of <testsuite>"),
        ("<testsuite></testsuites>", "it is not JUnit XML"),
        ("<testsuites></testsuites>", "it lists no test"),
        ("<testsuite tests='3'/>", "it lists no test: its suites declare 3, but it has no <testcase> element"),
        (
            "<testsuites tests='5'><testsuite tests='2'/><testsuite tests='4'/></testsuites>",
            "it lists no test: its suites declare 6",
        ),
        (
            "<testsuite><testcase name='a'><skipped/></testcase></testsuite>",
            "all of its tests were skipped (1), so it says nothing",
        ),
        (
            "<testsuite failures='some'><testcase name='a'/></testsuite>",
            "its attribute failures=\"some\" is not a number",
        ),
        ("<testsuites errors='1e3'><testsuite/></testsuites>", "its attribute errors=\"1e3\" is not a number"),
    ] {
        let error = parse(text).unwrap_err().to_string();
        assert!(error.starts_with(reason), "{text}: {error}");
    }
}

#[test]
fn a_failed_run_counts_without_a_test_that_ran() {
    for text in ["<testsuite tests='5'/>", "<testsuite><testcase><skipped/></testcase></testsuite>"] {
        for exit_code in [None, Some(0)] {
            assert!(JUnitReport::parse(text.as_bytes(), exit_code).is_err(), "{text} {exit_code:?}");
        }
        assert!(JUnitReport::parse(text.as_bytes(), Some(5)).is_ok(), "{text}");
        assert!(JUnitReport::parse(b"<testsuite>", Some(5)).is_err());
    }
}

#[test]
fn a_number_of_another_locale_does_not_fail_a_report() {
    for (time, seconds) in [("1,234.5", 1234.5), ("0,25", 0.25), ("about a minute", 0.0), ("", 0.0)] {
        let text = format!("<testsuite tests='1,000' time='{time}'><testcase name='a' time='{time}'/></testsuite>");
        assert_eq!(parse(&text).unwrap().seconds, seconds, "{time}");
    }
    let red = parse("<testsuite failures='1,000'><testcase name='a'/></testsuite>").unwrap();
    assert_eq!(red.counts.failures, 1000);
}

#[test]
fn a_test_that_failed_and_is_marked_as_skipped_failed() {
    for marks in ["<failure/><skipped/>", "<skipped/><failure/>", "<properties/><error/><skipped/>"] {
        let text = format!("<testsuite><testcase name='a' classname='b'>{marks}</testcase></testsuite>");
        let report = parse(&text).unwrap();
        assert!(!report.is_green() && report.failed == ["b::a"], "{marks}: {report:?}");
    }
    let output = "<testsuite><testcase name='a'><system-out><failure/></system-out></testcase></testsuite>";
    assert!(parse(output).unwrap().is_green());
}

/// Encodes text of the Basic Multilingual Plane.
fn utf16(text: &str, bytes: impl Fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}

#[test]
fn a_report_is_read_in_its_own_encoding() {
    let report = |encoding: &str| {
        format!(
            "<?xml version='1.0' encoding='{encoding}'?><testsuite><testcase name='é'><error/></testcase></testsuite>"
        )
    };
    let single = |text: &str, byte: u8| -> Vec<u8> {
        text.chars().map(|c| if c == 'é' { byte } else { u8::try_from(c).unwrap() }).collect()
    };
    let plain = "<testsuite><testcase name='é'><error/></testcase></testsuite>";
    for (bytes, what) in [
        (single(&report("ISO-8859-1"), 0xe9), "Latin-1"),
        (single(&report("windows-1252"), 0xe9), "Windows"),
        (single(&report("IBM866"), 0x82), "other"),
        (report("utf-8").into_bytes(), "UTF-8"),
        (report("UTF-16").into_bytes(), "UTF-8 that says UTF-16"),
        ([b"\xef\xbb\xbf", plain.as_bytes()].concat(), "UTF-8 with a byte order mark"),
        ([b"\xff\xfe".to_vec(), utf16(&report("UTF-16"), u16::to_le_bytes)].concat(), "little endian"),
        ([b"\xfe\xff".to_vec(), utf16(&report("UTF-16"), u16::to_be_bytes)].concat(), "big endian"),
        (utf16(plain, u16::to_le_bytes), "little endian without a mark"),
        (utf16(&report("UTF-16"), u16::to_be_bytes), "big endian without a mark"),
    ] {
        let report = JUnitReport::parse(&bytes, None).unwrap_or_else(|error| panic!("{what}: {error}"));
        let expected = if what == "other" { "В" } else { "é" };
        assert_eq!(report.failed, [expected], "{what}");
    }
}

#[test]
fn an_encoding_that_cannot_be_read_is_named() {
    let error = |bytes: &[u8]| JUnitReport::parse(bytes, None).unwrap_err();
    let report = "<?xml version='1.0' encoding='EBCDIC-CP-US'?><testsuite><testcase name='a'/></testsuite>";
    assert_eq!(error(report.as_bytes()), JUnitError::UnknownEncoding { label: "EBCDIC-CP-US".to_owned() });
    let latin1 = b"<testsuite><testcase name='\xe9'/></testsuite>";
    assert_eq!(error(latin1), JUnitError::NotInEncoding { encoding: "UTF-8", declared: false });
    let declared = [b"<?xml version='1.0' encoding='UTF-8'?>".as_slice(), latin1].concat();
    assert_eq!(error(&declared), JUnitError::NotInEncoding { encoding: "UTF-8", declared: true });
    assert_eq!(error(b"\xff\xfe<\0a"), JUnitError::NotInEncoding { encoding: "UTF-16LE", declared: true });
}

#[test]
fn only_exit_code_0_without_failures_is_green() {
    let sha256 = Sha256::parse(&"a".repeat(64)).unwrap();
    let code = |text: &str, exit_code| {
        let run = JUnitRun { environment: "unit", exit_code, file_name: "x.whl", sha256: &sha256 };
        parse(text).unwrap().as_tox_report(&run)["testenvs"]["unit"]["result"]["exit_code"].clone()
    };
    let green = format!("<testsuite>{CASE}</testsuite>");
    let red = "<testsuite><testcase name='a'><failure/></testcase></testsuite>";
    assert_eq!((code(&green, None), code(&green, Some(0)), code(&green, Some(3))), (json!(0), json!(0), json!(3)));
    assert_eq!((code(red, None), code(red, Some(0)), code(red, Some(2))), (json!(1), json!(1), json!(2)));
}

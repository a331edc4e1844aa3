//! Parses the JSON of a report within bounds, and rejects what two readers may read differently.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The maximum number of values in a report.
///
/// A short text can hold millions of values (`[[],[],…]`), each of which takes up to 700 bytes of memory. A tox run of 50 environments
/// has about 30,000.
const MAX_VALUES: usize = 100_000;

/// The maximum length of a key in a message, in characters.
const SHOWN_KEY: usize = 40;

/// Parses `bytes`; the error is a message.
///
/// Rejects duplicate keys, more than [`MAX_VALUES`] values, and a depth of more than 127 (serde_json's limit, so recursion cannot exhaust
/// the stack). Replaces lone surrogates by U+FFFD: tox writes them for test output that is not UTF-8.
pub fn parse_report(bytes: &[u8]) -> Result<Value, String> {
    let text = without_lone_surrogates(bytes);
    let left = Cell::new(MAX_VALUES);
    let mut deserializer = serde_json::Deserializer::from_slice(&text);
    let value = Bounded { left: &left }.deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| error.to_string())
}

/// Deserializes a value with its share of the values that are left.
#[derive(Clone, Copy)]
struct Bounded<'a> {
    left: &'a Cell<usize>,
}

impl Bounded<'_> {
    fn count<E: Error>(self) -> Result<(), E> {
        let left = self.left.get().checked_sub(1);
        self.left.set(left.ok_or_else(|| E::custom(format_args!("more than {MAX_VALUES} values")))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Bounded<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.count()?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Bounded<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if map.contains_key(&key) {
                let key: String = key.chars().take(SHOWN_KEY).collect();
                return Err(A::Error::custom(format_args!("duplicate key {key:?}")));
            }
            let value = entries.next_value_seed(self)?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// Half of a surrogate pair.
#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// Replaces the escapes of lone surrogates, which serde_json rejects, by that of U+FFFD.
fn without_lone_surrogates(bytes: &[u8]) -> Cow<'_, [u8]> {
    let mut clean = Cow::Borrowed(bytes);
    let mut at = 0;
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        at += match surrogate(bytes, at) {
            Some(Half::High) if surrogate(bytes, at + 6) == Some(Half::Low) => 12,
            Some(_) => {
                clean.to_mut()[at + 2..at + 6].copy_from_slice(b"fffd");
                6
            }
            // Any other escape, of which the second character may be a backslash.
            None => 2,
        };
    }
    clean
}

/// The surrogate that is escaped at `at`.
fn surrogate(bytes: &[u8], at: usize) -> Option<Half> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    match [digits[0].to_ascii_lowercase(), digits[1].to_ascii_lowercase()] {
        _ if !digits.iter().all(u8::is_ascii_hexdigit) => None,
        [b'd', b'8'..=b'9' | b'a'..=b'b'] => Some(Half::High),
        [b'd', b'c'..=b'f'] => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn refused(text: &str) -> String {
        parse_report(text.as_bytes()).unwrap_err()
    }

    #[test]
    fn valid_json_is_parsed_as_by_serde_json() {
        for text in
            ["null", " {\"a\": [1, -2, 2.5, 1e3, true, null, \"x\\u00e4\\n\"], \"b\": {}} ", "18446744073709551615"]
        {
            let plain: Value = serde_json::from_str(text).unwrap();
            assert_eq!(parse_report(text.as_bytes()).unwrap(), plain, "{text}");
        }
    }

    #[test]
    fn what_is_ambiguous_or_no_json_is_refused_with_a_reason() {
        assert!(refused("{\"testenvs\": {}, \"b\": {\"x\": 1, \"x\": 2}}").starts_with("duplicate key \"x\""));
        assert!(refused("{\"a\": 1, \"\\u0061\": 1}").starts_with("duplicate key \"a\""));
        assert!(refused(&format!("{{{:?}: 1, {0:?}: 1}}", "k".repeat(9999))).len() < 100);
        assert!(refused("{\"x\": NaN}").contains("expected"));
        assert!(refused("1e999").contains("out of range"));
        assert!(refused(&"9".repeat(5000)).contains("out of range"));
        assert!(refused("").contains("EOF"));
        assert!(refused("{} {}").contains("trailing"));
        assert!(refused("\u{feff}{}").contains("expected"));
        for bytes in [&b"\xff\xfe{\0}\0"[..], b"\"\xe4\"", b"\x1f\x8b\x08\0"] {
            parse_report(bytes).unwrap_err();
        }
    }

    #[test]
    fn depth_and_number_of_values_are_bounded() {
        for open in ["[", "{\"a\":"] {
            assert!(refused(&open.repeat(200_000)).contains("recursion limit"));
        }
        let list = |count: usize| format!("[{}]", vec!["[]"; count].join(","));
        assert!(parse_report(list(MAX_VALUES - 1).as_bytes()).is_ok());
        assert!(refused(&list(MAX_VALUES)).contains("more than 100000 values"));
        let objects = format!("[{}]", vec!["{\"a\":0}"; MAX_VALUES / 2].join(","));
        assert!(refused(&objects).contains("more than 100000 values"));
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_kept() {
        for (text, value) in [
            (r#""\ud83d\ude00""#, json!("\u{1f600}")),
            (r#""a\udcffb""#, json!("a\u{fffd}b")),
            (r#""\uD83D""#, json!("\u{fffd}")),
            (r#""\ud83d\ud83d\ude00""#, json!("\u{fffd}\u{1f600}")),
            (r#""\ude00\ud83d""#, json!("\u{fffd}\u{fffd}")),
            (r#""\\ud83d""#, json!("\\ud83d")),
            (r#"{"\udcff": "\\\udc80"}"#, json!({"\u{fffd}": "\\\u{fffd}"})),
        ] {
            assert_eq!(parse_report(text.as_bytes()).unwrap(), value, "{text}");
        }
        refused(r#""\ud8"#);
        refused(r#""\ud8zz""#);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse_report(&bytes);
        }

        #[test]
        fn what_python_writes_is_read(units in proptest::collection::vec(any::<u16>(), 0..20)) {
            // json.dumps escapes each UTF-16 code unit of a string, lone surrogates too.
            let text: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let read = parse_report(format!("\"{text}\"").as_bytes()).unwrap();
            prop_assert_eq!(read, Value::from(String::from_utf16_lossy(&units)));
        }
    }
}

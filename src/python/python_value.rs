//! Values of Python, and the operators and methods that need no code of a project.

/// The value of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// A string, or a path relative to the project's folder.
    Text(String),
    /// A number, as it is written.
    Number(String),
    /// A tuple or list.
    Sequence(Vec<Value>),
}

/// The arguments of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Arguments {
    pub positional: Vec<Value>,
    pub keywords: Vec<(String, Value)>,
}

impl Value {
    /// The value as `str()` gives it; setuptools joins a sequence with dots.
    pub fn version(&self) -> String {
        match self {
            Self::Text(text) | Self::Number(text) => text.clone(),
            Self::Sequence(parts) => parts.iter().map(Self::version).collect::<Vec<_>>().join("."),
        }
    }

    /// The string; `None` for another value.
    pub fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The item at `index`, from the end if it is negative.
    pub fn item(&self, index: isize) -> Option<Self> {
        let Self::Sequence(parts) = self else { return None };
        parts.get(position(index, parts.len())).cloned()
    }

    /// The items from `start` up to `end`, as Python's slices.
    pub fn slice(&self, start: Option<isize>, end: Option<isize>) -> Option<Self> {
        let Self::Sequence(parts) = self else { return None };
        let bound = |index: Option<isize>, default| {
            index.map_or(default, |index| position(index, parts.len()).min(parts.len()))
        };
        let (start, end) = (bound(start, 0), bound(end, parts.len()));
        Some(Self::Sequence(parts.get(start..end.max(start))?.to_vec()))
    }
}

/// An index from the start; too large for one that is before the first item.
fn position(index: isize, length: usize) -> usize {
    if index < 0 { length.checked_sub(index.unsigned_abs()).unwrap_or(usize::MAX) } else { index.unsigned_abs() }
}

/// The value of `left OPERATOR right`.
pub(super) fn combine(operator: u8, left: Value, right: Value) -> Option<Value> {
    match (operator, left, right) {
        (b'+', Value::Text(left), Value::Text(right)) => Some(Value::Text(left + &right)),
        (b'+', Value::Sequence(left), Value::Sequence(right)) => Some(Value::Sequence([left, right].concat())),
        (b'/', Value::Text(left), Value::Text(right)) => Some(Value::Text(match left.trim_end_matches('/') {
            "" | "." => right,
            left => format!("{left}/{right}"),
        })),
        (b'%', Value::Text(text), Value::Sequence(arguments)) => percent(&text, &arguments).map(Value::Text),
        (b'%', Value::Text(text), argument) => percent(&text, &[argument]).map(Value::Text),
        _ => None,
    }
}

/// The value of `value.NAME(arguments)`.
pub(super) fn method(value: Value, name: &str, arguments: &Arguments) -> Option<Value> {
    if name == "format" {
        return format(&value.text()?, arguments).map(Value::Text);
    }
    match (name, value, arguments.positional.as_slice()) {
        _ if !arguments.keywords.is_empty() => None,
        ("join", Value::Text(separator), [Value::Sequence(parts)]) => {
            Some(Value::Text(parts.iter().map(Value::version).collect::<Vec<_>>().join(&separator)))
        }
        ("joinpath", value, parts) => parts.iter().try_fold(value, |all, part| combine(b'/', all, part.clone())),
        ("replace", Value::Text(text), [Value::Text(old), Value::Text(new)]) => {
            Some(Value::Text(text.replace(old, new)))
        }
        ("lower", Value::Text(text), []) => Some(Value::Text(text.to_lowercase())),
        ("strip", Value::Text(text), []) => Some(Value::Text(text.trim().to_owned())),
        ("resolve" | "absolute" | "as_posix", value @ Value::Text(_), []) => Some(value),
        _ => None,
    }
}

/// The folder of a path; the project's own folder has the empty path.
pub(super) fn parent(path: Value) -> Option<Value> {
    let path = path.text()?;
    match path.rsplit_once('/') {
        Some((folder, _)) => Some(Value::Text(folder.to_owned())),
        None if path.is_empty() => Some(Value::Text("..".to_owned())),
        None => Some(Value::Text(String::new())),
    }
}

/// `text % arguments`; `None` for another conversion than that of text and whole numbers, and for too many or too few arguments.
fn percent(text: &str, arguments: &[Value]) -> Option<String> {
    let mut parts = text.split('%');
    let mut found = parts.next()?.to_owned();
    let mut arguments = arguments.iter();
    while let Some(part) = parts.next() {
        if part.is_empty() {
            // `%%`: the text up to the next conversion follows.
            found.push('%');
            found.push_str(parts.next()?);
            continue;
        }
        let end = part.find(|c: char| !c.is_ascii_digit())? + 1;
        let specification = part[..end].replace(['i', 'u'], "d");
        found.push_str(&converted(arguments.next()?, &specification)?);
        found.push_str(&part[end..]);
    }
    arguments.next().is_none().then_some(found)
}

/// `text.format(…)`.
fn format(text: &str, arguments: &Arguments) -> Option<String> {
    let mut next = 0;
    let mut is_numbered = false;
    let found = replace_fields(text, |name| {
        if name.is_empty() {
            next += 1;
            return arguments.positional.get(next - 1).cloned();
        }
        if let Ok(index) = name.parse::<usize>() {
            is_numbered = true;
            return arguments.positional.get(index).cloned();
        }
        arguments.keywords.iter().find(|(keyword, _)| keyword == name).map(|(_, value)| value.clone())
    })?;
    // Python refuses both kinds in one text.
    (next == 0 || !is_numbered).then_some(found)
}

/// Replaces the fields `{NAME}`, `{NAME[0]}`, `{NAME!s}` and `{NAME:02d}` by the values that `resolve` has for the names.
pub(super) fn replace_fields(text: &str, mut resolve: impl FnMut(&str) -> Option<Value>) -> Option<String> {
    let (mut found, mut rest) = (String::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        found.push_str(&rest[..at]);
        let (brace, after) = rest[at..].split_at(1);
        if let Some(after) = after.strip_prefix(brace) {
            found.push_str(brace);
            rest = after;
            continue;
        }
        let (field, after) = after.split_once('}').filter(|_| brace == "{")?;
        let (name, specification) = field.split_once(':').unwrap_or((field, ""));
        found.push_str(&converted(&field_value(name.trim(), &mut resolve)?, specification)?);
        rest = after;
    }
    found.push_str(rest);
    Some(found)
}

fn field_value(name: &str, resolve: &mut impl FnMut(&str) -> Option<Value>) -> Option<Value> {
    let name = name.trim_end_matches("!s").trim();
    match name.strip_suffix(']').and_then(|name| name.split_once('[')) {
        Some((name, index)) => resolve(name)?.item(index.parse().ok()?),
        None => resolve(name),
    }
}

/// A string or number by a format specification: nothing, `s`, `d`, or a width with leading zeros (`02d`).
fn converted(value: &Value, specification: &str) -> Option<String> {
    let (text, is_number) = match value {
        Value::Text(text) => (text, false),
        Value::Number(number) => (number, number.bytes().all(|byte| byte.is_ascii_digit())),
        // Python writes its brackets too.
        Value::Sequence(_) => return None,
    };
    match specification {
        "" | "s" => Some(text.clone()),
        "d" => is_number.then(|| text.clone()),
        padded => {
            let width: usize =
                padded.trim_end_matches('d').strip_prefix('0')?.parse().ok().filter(|width| *width < 20)?;
            is_number.then(|| format!("{text:0>width$}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Value {
        Value::Number(text.to_owned())
    }

    #[test]
    fn percent_takes_exactly_its_arguments() {
        for (text, arguments, expected) in [
            ("%d.%d", &["1", "4"][..], Some("1.4")),
            ("v%s", &["1.4"], Some("v1.4")),
            ("%i.%02d", &["1", "4"], Some("1.04")),
            ("100%%.%d", &["4"], Some("100%.4")),
            ("%d.%d", &["1"], None),
            ("%d", &["1", "4"], None),
            ("%d", &["1.4"], None),
            ("%(a)d", &["1"], None),
            ("%f", &["1"], None),
            ("%", &[], None),
        ] {
            let arguments: Vec<Value> = arguments.iter().map(|text| number(text)).collect();
            assert_eq!(percent(text, &arguments).as_deref(), expected, "{text}");
        }
        assert_eq!(percent("%d", &[Value::Text("1".to_owned())]), None);
    }

    #[test]
    fn fields_are_positions_or_names() {
        let arguments = Arguments {
            positional: vec![number("1"), number("4"), Value::Sequence(vec![number("7"), number("8")])],
            keywords: vec![("micro".to_owned(), number("2"))],
        };
        for (text, expected) in [
            ("{}.{}", Some("1.4")),
            ("{0}.{1}.{micro}", Some("1.4.2")),
            ("{1}{1}", Some("44")),
            ("{0:d}.{1:02d}", Some("1.04")),
            ("{0!s}.{2[1]}", Some("1.8")),
            ("{{{}}}", Some("{1}")),
            ("{}.{1}", None),
            ("{5}", None),
            ("{minor}", None),
            ("{2}", None),
            ("{0:>5}", None),
            ("{0", None),
            ("0}", None),
        ] {
            assert_eq!(format(text, &arguments).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn items_and_slices_count_from_both_ends() {
        let value = Value::Sequence(vec![number("1"), number("4"), number("2")]);
        let item = |index| value.item(index).map(|value| value.version());
        assert_eq!((item(0), item(-1), item(3), item(-4)), (Some("1".into()), Some("2".into()), None, None));
        for (start, end, expected) in [
            (None, Some(2), "1.4"),
            (Some(1), None, "4.2"),
            (None, Some(-1), "1.4"),
            (Some(2), Some(1), ""),
            (None, Some(9), "1.4.2"),
        ] {
            assert_eq!(value.slice(start, end).unwrap().version(), expected);
        }
        assert_eq!(number("1").item(0), None);
    }
}

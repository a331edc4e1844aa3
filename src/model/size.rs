//! Sizes for people.

/// The size in the unit that leaves at most three digits before the point: `820 bytes`, `12 MB`, `1.5 GB`.
pub fn size_text(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["kB", "MB", "GB", "TB"];
    if bytes < 1000 {
        return format!("{bytes} bytes");
    }
    let (mut tenths, mut unit) = (bytes / 100, 0);
    while tenths >= 10_000 && unit + 1 < UNITS.len() {
        tenths /= 1000;
        unit += 1;
    }
    match (tenths / 10, tenths % 10) {
        (whole, tenth) if whole < 10 && tenth > 0 => format!("{whole}.{tenth} {}", UNITS[unit]),
        (whole, _) => format!("{whole} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_two_or_three_digits() {
        for (bytes, expected) in [
            (0, "0 bytes"),
            (999, "999 bytes"),
            (1000, "1 kB"),
            (1530, "1.5 kB"),
            (12_345_678, "12 MB"),
            (999_999, "999 kB"),
            (1_000_000, "1 MB"),
            (2 << 30, "2.1 GB"),
            (5_000_000_000_000_000, "5000 TB"),
        ] {
            assert_eq!(size_text(bytes), expected, "{bytes}");
        }
    }
}

//! Turns a terminal's output on stdin, with its colours, into an SVG picture on stdout: `docs/pictures/make.sh` calls it.

use std::io::{Error, Read, Write};

use anstyle::RgbColor;

const TEXT: RgbColor = RgbColor(0xdd, 0xe3, 0xea);
const BACKGROUND: RgbColor = RgbColor(0x10, 0x16, 0x1d);

fn main() -> Result<(), Error> {
    let mut output = String::new();
    std::io::stdin().read_to_string(&mut output)?;
    let terminal = anstyle_svg::Term::new().fg_color(TEXT.into()).bg_color(BACKGROUND.into());
    let picture = terminal.render_svg(output.trim_end());
    std::io::stdout().write_all(picture.as_bytes())
}

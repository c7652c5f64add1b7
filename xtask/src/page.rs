//! Pages of Markdown of which a part is written by a command.

use std::path::Path;

use anyhow::Context;

/// The comments around the part that a command writes.
#[derive(Clone, Copy, Debug)]
pub struct Markers {
    pub begin: &'static str,
    pub end: &'static str,
}

impl Markers {
    /// Replaces what stands between the markers of the page.
    pub fn write(self, page: &Path, text: &str) -> anyhow::Result<()> {
        let old =
            std::fs::read_to_string(page).with_context(|| format!("reading {}", page.display()))?;
        let new = self.replaced(&old, text).with_context(|| {
            let Self { begin, end } = self;
            format!("{}: expected the lines `{begin}` and `{end}`, found not both", page.display())
        })?;
        std::fs::write(page, new).with_context(|| format!("writing {}", page.display()))
    }

    /// `page` with `text` between the markers; none if it lacks one of them.
    fn replaced(self, page: &str, text: &str) -> Option<String> {
        let Self { begin, end } = self;
        let (before, rest) = page.split_once(begin)?;
        let (_, after) = rest.split_once(end)?;
        Some(format!("{before}{begin}\n{text}\n{end}{after}"))
    }
}

/// A table of Markdown: the first column to the left, the others to the right.
pub fn table<R: AsRef<[String]>>(header: &[&str], rows: &[R]) -> String {
    let mut lines = vec![format!("| {} |", header.join(" | "))];
    lines.push(format!("|---|{}", "---:|".repeat(header.len() - 1)));
    lines.extend(rows.iter().map(|row| format!("| {} |", row.as_ref().join(" | "))));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKERS: Markers = Markers { begin: "<!-- begin -->", end: "<!-- end -->" };

    #[test]
    fn a_page_keeps_what_stands_around_the_part() {
        let page = "# Title\n<!-- begin -->\nold\n<!-- end -->\nrest\n";
        let text = MARKERS.replaced(page, "new").unwrap();
        assert_eq!(text, "# Title\n<!-- begin -->\nnew\n<!-- end -->\nrest\n");
        assert_eq!(MARKERS.replaced("no markers", "new"), None);
    }

    #[test]
    fn a_table_has_a_line_for_each_row() {
        let rows = [["a".to_owned(), "1".to_owned()]];
        assert_eq!(table(&["name", "value"], &rows), "| name | value |\n|---|---:|\n| a | 1 |");
    }
}

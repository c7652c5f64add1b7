/// Words in code spans and fenced blocks, each with its line (from 1).
pub fn code_words(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut words = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            words.extend(line.split_whitespace().map(|word| (number, word)));
        } else {
            words.extend(code_spans(line).flat_map(str::split_whitespace).map(|w| (number, w)));
        }
    }
    words
}

/// What stands between backticks in `line`.
pub fn code_spans(line: &str) -> impl Iterator<Item = &str> {
    line.split('`').skip(1).step_by(2)
}

/// Targets of links and pictures, each with its line, outside fenced blocks.
pub fn links(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut targets = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let pieces = line.split("](").skip(1);
            let target = |piece: &str| piece.find([')', ' ']).unwrap_or(piece.len());
            targets.extend(pieces.map(|piece| (number, &piece[..target(piece)])));
        }
    }
    targets
}

/// A row of a table, with its line and its table's header.
#[derive(Debug, PartialEq, Eq)]
pub struct Row<'a> {
    pub line: usize,
    header: Vec<String>,
    cells: Vec<&'a str>,
}

impl<'a> Row<'a> {
    /// The first cell.
    pub fn first(&self) -> &'a str {
        self.cells.first().copied().unwrap_or_default()
    }

    /// The cell below the header's `name`, in lower case.
    pub fn cell(&self, name: &str) -> Option<&'a str> {
        let column = self.header.iter().position(|header| header == name)?;
        self.cells.get(column).copied()
    }

    /// Whether the first column is called `name`.
    pub fn is_of(&self, name: &str) -> bool {
        self.header.first().is_some_and(|header| header == name)
    }
}

/// The rows of all tables, headers and rules aside.
pub fn rows(text: &str) -> Vec<Row<'_>> {
    let mut header: Option<Vec<String>> = None;
    let mut rows = Vec::new();
    for (line, content) in (1..).zip(text.lines()) {
        let Some(inside) = content.trim().strip_prefix('|') else {
            header = None;
            continue;
        };
        let cells = cells(inside.trim_end_matches('|'));
        match &header {
            None => header = Some(cells.iter().map(|cell| cell.to_lowercase()).collect()),
            Some(_) if cells.iter().all(|cell| is_rule(cell)) => {}
            Some(header) => rows.push(Row { line, header: header.clone(), cells }),
        }
    }
    rows
}

/// Between bars, but for those behind a backslash.
fn cells(inside: &str) -> Vec<&str> {
    let mut cells = Vec::new();
    let mut start = 0;
    for (at, _) in inside.match_indices('|') {
        if !inside[..at].ends_with('\\') {
            cells.push(inside[start..at].trim());
            start = at + 1;
        }
    }
    cells.push(inside[start..].trim());
    cells
}

fn is_rule(cell: &str) -> bool {
    !cell.is_empty() && cell.chars().all(|c| matches!(c, '-' | ':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_found_in_spans_and_fences() {
        let text = "see `a/b.rs` and `cargo run c`\n```\nd e\n```\nno";
        assert_eq!(
            code_words(text),
            [(1, "a/b.rs"), (1, "cargo"), (1, "run"), (1, "c"), (3, "d"), (3, "e")]
        );
    }

    #[test]
    fn links_are_found_in_prose() {
        let text = "![p](docs/p.png) and [q](a.md#b \"title\")\n```\n[no](x)\n```";
        assert_eq!(links(text), [(1, "docs/p.png"), (1, "a.md#b")]);
    }

    #[test]
    fn rows_know_their_header() {
        let text =
            "| Crate | What |\n|---|:--|\n| `a` | one |\n\n| x | y |\n|---|---|\n| b | two |\n";
        let rows = rows(text);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].line, rows[0].first(), rows[0].cell("what")), (3, "`a`", Some("one")));
        assert!(rows[0].is_of("crate") && rows[1].is_of("x"));
        assert_eq!(rows[1].cell("what"), None);
        assert_eq!(cells(r" \|x\| | y "), [r"\|x\|", "y"]);
    }
}

/// Rust source without what is not code: comments and the insides of literals are blanks, lines stay.
pub fn code(text: &str) -> String {
    only(text, Kind::Code)
}

/// The comments alone.
pub fn comments(text: &str) -> String {
    only(text, Kind::Comment)
}

/// The line, from 1, at which a file's own tests begin; past the end if it has none.
pub fn first_test_line(code: &str) -> usize {
    code.lines().take_while(|line| !line.contains("#[cfg(test)]")).count() + 1
}

/// Whether `word` stands in `line` as a word of its own.
pub fn has_word(line: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].ends_with(is_part) && !line[at + word.len()..].starts_with(is_part)
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Code,
    Comment,
    Literal,
}

fn only(text: &str, kept: Kind) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let (kind, end) = token(&chars, at);
        let keep = |c: &char| if kind == kept || *c == '\n' { *c } else { ' ' };
        result.extend(chars[at..end].iter().map(keep));
        at = end;
    }
    result
}

/// What starts at `at`, and where it ends.
fn token(chars: &[char], at: usize) -> (Kind, usize) {
    let rest = &chars[at..];
    let end = |length: usize| (at + length).min(chars.len());
    if rest.starts_with(&['/', '/']) {
        (Kind::Comment, end(rest.iter().position(|c| *c == '\n').unwrap_or(rest.len())))
    } else if rest.starts_with(&['/', '*']) {
        (Kind::Comment, end(block_comment(rest)))
    } else if rest[0] == '"' {
        (Kind::Literal, end(string(rest)))
    } else if let Some(length) = raw_string(chars, at) {
        (Kind::Literal, end(length))
    } else if let Some(length) = character(rest) {
        (Kind::Literal, end(length))
    } else {
        (Kind::Code, at + 1)
    }
}

fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(&['/', '*']) {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(&['*', '/']) {
            depth -= 1;
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

fn string(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The length of `r"..."`, `r#"..."#` and so on; their byte and C forms start one character earlier.
fn raw_string(chars: &[char], at: usize) -> Option<usize> {
    let is_part = |c: &char| c.is_alphanumeric() || *c == '_';
    let before = &chars[..at];
    let prefix = usize::from(matches!(before.last(), Some('b' | 'c')));
    let in_a_word = before[..at - prefix].last().is_some_and(is_part);
    if chars[at] != 'r' || in_a_word {
        return None;
    }
    let rest = &chars[at + 1..];
    let hashes = rest.iter().take_while(|c| **c == '#').count();
    if rest.get(hashes) != Some(&'"') {
        return None;
    }
    let mut close = vec!['#'; hashes + 1];
    close[0] = '"';
    let inside = &rest[hashes + 1..];
    let length = inside.windows(close.len()).position(|window| window == close)?;
    Some(1 + hashes + 1 + length + close.len())
}

/// The length of a character such as `'a'` or `'\n'`; a lifetime is none.
fn character(rest: &[char]) -> Option<usize> {
    match rest {
        ['\'', '\\', _, more @ ..] => Some(3 + more.iter().position(|c| *c == '\'')? + 1),
        ['\'', _, '\'', ..] => Some(3),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_told_from_code() {
        let text =
            "let a = \"x // y\"; // dbg\nf('{', '\\'', b\"{\", 'a: loop {}); /* { /* } */ */ g()";
        let code = code(text);
        assert_eq!(code.lines().count(), 2);
        assert_eq!(code.matches('{').count(), 1, "{code}");
        assert!(code.contains("'a: loop {}") && code.contains("g()"), "{code}");
        assert!(!code.contains("x //") && !code.contains("dbg"), "{code}");
        assert!(comments(text).contains("// dbg") && !comments(text).contains('y'));
    }

    #[test]
    fn raw_strings_end_at_their_own_hashes() {
        let text = "a(r#\"unsafe \" {\"#, br\"\\\", r\"dbg!\"); for_r #[x] b";
        let code = code(text);
        assert!(!code.contains("unsafe") && !code.contains('{') && !code.contains("dbg"), "{code}");
        assert!(code.ends_with("for_r #[x] b"), "{code}");
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("unsafe {", "unsafe"));
        assert!(!has_word("deny(unsafe_code)", "unsafe"));
        assert!(has_word("unsafe_code; unsafe", "unsafe"));
    }

    #[test]
    fn tests_begin_at_their_attribute() {
        assert_eq!(first_test_line("fn a() {}\n\n#[cfg(test)]\nmod tests {}"), 3);
        assert_eq!(first_test_line("fn a() {}\n"), 2);
    }
}

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{Section, curves};
use crate::Result;

const STYLE: &str = "
body { font-family: system-ui, sans-serif; margin: 2rem auto; max-width: 1500px; color: #222; }
.row { display: flex; flex-wrap: wrap; gap: 1rem; align-items: flex-start; }
figure { margin: 0; text-align: center; } figcaption { color: #555; margin-bottom: .3rem; }
figure img { max-width: 420px; image-rendering: pixelated; border: 1px solid #ddd; }
table { border-collapse: collapse; } th, td { padding: .3rem .8rem; border-bottom: 1px solid #ddd; text-align: right; }
th:first-child, td:first-child { text-align: left; } pre { background: #f6f6f6; padding: 1rem; overflow: auto; }
";

/// The whole page; it refers to nothing outside itself.
pub fn render(title: &str, sections: &[Section]) -> Result<String> {
    let mut body = format!("<h1>{}</h1>\n{}", escape(title), results(sections));
    for section in sections {
        pictures(&mut body, section);
    }
    body.push_str("<h2>Curves</h2>\n<div class=\"row\">\n");
    for chart in curves::charts(sections)? {
        body.push_str(&chart);
        body.push('\n');
    }
    body.push_str("</div>\n");
    for section in sections {
        let (name, config) = (escape(&section.name), escape(&section.config));
        let _ = writeln!(
            body,
            "<details><summary>Configuration: {name}</summary><pre>{config}</pre></details>"
        );
    }
    Ok(format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>{}</title>\
         <style>{STYLE}</style></head>\n<body>\n{body}</body>\n</html>\n",
        escape(title)
    ))
}

/// The newest evaluation of every run, a row each.
fn results(sections: &[Section]) -> String {
    let newest = |section: &Section| {
        section.records.iter().rev().find(|record| record.kind == "evaluation").cloned()
    };
    let rows: Vec<_> = sections.iter().filter_map(|s| Some((&s.name, newest(s)?))).collect();
    let Some((_, first)) = rows.first() else { return String::new() };
    let mut table = "<table><tr><th>run</th><th>step</th>".to_owned();
    for name in first.values.keys() {
        let _ = write!(table, "<th>{}</th>", escape(&name.replace('_', " ")));
    }
    table.push_str("</tr>\n");
    for (name, record) in &rows {
        let _ = write!(table, "<tr><td>{}</td><td>{}</td>", escape(name), record.step);
        for value in record.values.values() {
            let _ = write!(table, "<td>{value:.4}</td>");
        }
        table.push_str("</tr>\n");
    }
    table + "</table>\n"
}

fn pictures(body: &mut String, section: &Section) {
    let _ = writeln!(body, "<h2>{}</h2>\n<div class=\"row\">", escape(&section.name));
    for (caption, png) in &section.pictures {
        let (caption, data) = (escape(caption), STANDARD.encode(png));
        let _ = writeln!(
            body,
            "<figure><figcaption>{caption}</figcaption>\
             <img alt=\"{caption}\" src=\"data:image/png;base64,{data}\"></figure>"
        );
    }
    body.push_str("</div>\n");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_configurations_cannot_break_out_of_the_page() {
        let section = Section {
            name: "<script>".into(),
            config: "uri = \"</pre><img>\"".into(),
            records: Vec::new(),
            pictures: vec![("data".into(), vec![1, 2, 3])],
        };
        let page = render("t", &[section]).unwrap();
        assert!(!page.contains("<script>") && !page.contains("</pre><img>"));
        assert!(page.contains("data:image/png;base64,AQID"));
    }
}

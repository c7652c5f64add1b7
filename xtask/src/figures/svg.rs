use std::fmt::Write as _;

/// Text of an SVG picture, grown element by element.
#[derive(Debug, Default)]
pub struct Svg {
    body: String,
}

/// Where a text stands relative to its point.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    pub fn line(&mut self, from: [f64; 2], to: [f64; 2], style: &str) {
        let ([x1, y1], [x2, y2]) = (from.map(number), to.map(number));
        self.add(&format!("<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\" {style}/>"));
    }

    pub fn polyline(&mut self, points: &[[f64; 2]], style: &str) {
        let points: Vec<String> =
            points.iter().map(|[x, y]| format!("{},{}", number(*x), number(*y))).collect();
        self.add(&format!("<polyline points=\"{}\" fill=\"none\" {style}/>", points.join(" ")));
    }

    pub fn circle(&mut self, [x, y]: [f64; 2], style: &str) {
        self.add(&format!("<circle cx=\"{}\" cy=\"{}\" r=\"3\" {style}/>", number(x), number(y)));
    }

    pub fn text(&mut self, at: [f64; 2], anchor: Anchor, text: &str) {
        self.add(&text_element(at, anchor, "", text));
    }

    /// A heading.
    pub fn bold(&mut self, at: [f64; 2], anchor: Anchor, text: &str) {
        self.add(&text_element(at, anchor, " font-weight=\"bold\"", text));
    }

    /// Text that reads upwards.
    pub fn upright(&mut self, at: [f64; 2], text: &str) {
        let [x, y] = at.map(number);
        let turn = format!(" transform=\"rotate(-90 {x} {y})\"");
        self.add(&text_element(at, Anchor::Middle, &turn, text));
    }

    /// From here to `end_clip` only what lies in the rectangle is seen.
    pub fn clip(&mut self, name: &str, [x, y]: [f64; 2], [width, height]: [f64; 2]) {
        let [x, y, width, height] = [x, y, width, height].map(number);
        let area = format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>");
        self.add(&format!("<clipPath id=\"{name}\">{area}</clipPath>"));
        self.add(&format!("<g clip-path=\"url(#{name})\">"));
    }

    pub fn end_clip(&mut self) {
        self.add("</g>");
    }

    /// The whole file, on white, so that it reads on a dark page too.
    pub fn finish(self, width: f64, height: f64) -> String {
        let [width, height] = [width, height].map(number);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"Helvetica, Arial, sans-serif\" \
             font-size=\"13\" fill=\"#222222\">\n\
             <rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n{}</svg>\n",
            self.body
        )
    }

    fn add(&mut self, element: &str) {
        writeln!(self.body, "{element}").expect("writing to a string does not fail");
    }
}

fn text_element(at: [f64; 2], anchor: Anchor, attributes: &str, text: &str) -> String {
    let [x, y] = at.map(number);
    let anchor = match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    };
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\"{attributes}>{text}</text>")
}

/// A coordinate to a tenth of a pixel: coarse enough that the last bits of `exp` do not show.
fn number(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").unwrap_or(&text);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_written_in_order_and_escaped() {
        let mut svg = Svg::default();
        svg.line([0.0, -0.01], [1.25, 2.0], "stroke=\"#000\"");
        svg.text([1.0, 2.0], Anchor::End, "a < b & c");
        let text = svg.finish(10.0, 20.0);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("<svg ") && lines[0].contains("viewBox=\"0 0 10 20\""));
        assert_eq!(lines[2], "<line x1=\"0\" y1=\"0\" x2=\"1.2\" y2=\"2\" stroke=\"#000\"/>");
        assert_eq!(lines[3], "<text x=\"1\" y=\"2\" text-anchor=\"end\">a &lt; b &amp; c</text>");
        assert_eq!(lines[4], "</svg>");
    }
}

use super::axis::Axis;
use super::svg::{Anchor, Svg};

/// Intervals at whose ends a function is drawn; a multiple of 18, so that the minima of the correction
/// are among them.
const STEPS: usize = 360;
const PANEL_HEIGHT: f64 = 240.0;
/// Room about a panel for labels, left, right, above (title and one row of the legend) and below.
const MARGINS: [f64; 4] = [66.0, 20.0, 50.0, 50.0];
const WIDTH: f64 = 760.0;
const ROW: f64 = 19.0;
/// Colours of Okabe and Ito, which most colour-blind readers tell apart, in an order of falling
/// contrast; dashes tell the curves apart without colour.
const STYLES: [(&str, &str); 6] = [
    ("#0072b2", "none"),
    ("#d55e00", "9 4"),
    ("#000000", "2 4"),
    ("#009e73", "none"),
    ("#cc79a7", "9 4"),
    ("#e69f00", "9 3 2 3"),
];

/// Panels, so many beside each other.
#[derive(Debug)]
pub struct Figure {
    pub panels: Vec<Panel>,
    pub columns: usize,
}

/// Curves over common axes.
#[derive(Debug)]
pub struct Panel {
    pub title: String,
    pub x: Axis,
    pub y: Axis,
    pub curves: Vec<Curve>,
}

/// A line, a cloud of points, or both.
#[derive(Debug)]
pub struct Curve {
    pub name: String,
    pub line: Vec<[f64; 2]>,
    pub points: Vec<[f64; 2]>,
}

/// A panel's inner rectangle.
#[derive(Clone, Copy, Debug)]
struct Area {
    left: f64,
    top: f64,
    width: f64,
}

impl Curve {
    /// A function between two ends.
    pub fn of(name: &str, low: f64, high: f64, value: impl Fn(f64) -> f64) -> Self {
        let at = |k: usize| low + (high - low) * k as f64 / STEPS as f64;
        let line = (0..=STEPS).map(|k| [at(k), value(at(k))]).collect();
        Self { name: name.to_owned(), line, points: Vec::new() }
    }
}

impl Figure {
    /// The text of an SVG file, the same for the same figure.
    pub fn to_svg(&self) -> String {
        let [left, right, above, below] = MARGINS;
        let width = WIDTH / self.columns as f64;
        let inner = width - left - right;
        let rows = self.panels.iter().map(|panel| panel.legend_rows(inner)).max().unwrap_or(1);
        let head = above + ROW * (rows - 1) as f64;
        let height = head + PANEL_HEIGHT + below;
        let mut svg = Svg::default();
        for (k, panel) in self.panels.iter().enumerate() {
            let (row, column) = (k / self.columns, k % self.columns);
            let area = Area {
                left: width * column as f64 + left,
                top: height * row as f64 + head,
                width: inner,
            };
            panel.draw(&mut svg, area, head, &format!("panel{k}"));
        }
        svg.finish(WIDTH, height * self.panels.len().div_ceil(self.columns) as f64)
    }
}

impl Panel {
    fn draw(&self, svg: &mut Svg, area: Area, head: f64, name: &str) {
        svg.bold([area.left, area.top - head + 20.0], Anchor::Start, &self.title);
        self.draw_axes(svg, area);
        // Wider than the panel, so that a point at its edge is seen whole.
        svg.clip(name, [area.left - 4.0, area.top - 2.0], [area.width + 8.0, PANEL_HEIGHT + 4.0]);
        for (curve, style) in self.curves.iter().zip(STYLES) {
            let place = |[x, y]: &[f64; 2]| area.at(self.x.place(*x), self.y.place(*y));
            let line: Vec<[f64; 2]> = curve.line.iter().map(place).collect();
            if !line.is_empty() {
                svg.polyline(&line, &stroke(style));
            }
            for point in &curve.points {
                svg.circle(place(point), &format!("fill=\"{}\" fill-opacity=\"0.6\"", style.0));
            }
        }
        svg.end_clip();
        let first = area.top - head + 40.0;
        for (place, (curve, style)) in
            self.legend(area.width).into_iter().zip(self.curves.iter().zip(STYLES))
        {
            let (x, y) = (area.left + place[0], first + place[1]);
            svg.line([x, y - 4.0], [x + 26.0, y - 4.0], &stroke(style));
            svg.text([x + 32.0, y], Anchor::Start, &curve.name);
        }
    }

    fn draw_axes(&self, svg: &mut Svg, area: Area) {
        let (grid, frame) = ("stroke=\"#e3e3e3\"", "stroke=\"#222222\"");
        for (place, label) in self.x.ticks() {
            let [x, y] = area.at(place, 0.0);
            svg.line([x, y], area.at(place, 1.0), grid);
            svg.line([x, y], [x, y + 5.0], frame);
            svg.text([x, y + 19.0], Anchor::Middle, &label);
        }
        for (place, label) in self.y.ticks() {
            let [x, y] = area.at(0.0, place);
            svg.line([x, y], area.at(1.0, place), grid);
            svg.line([x - 5.0, y], [x, y], frame);
            svg.text([x - 8.0, y + 4.0], Anchor::End, &label);
        }
        svg.line(area.at(0.0, 0.0), area.at(1.0, 0.0), frame);
        svg.line(area.at(0.0, 0.0), area.at(0.0, 1.0), frame);
        let [x, y] = area.at(0.5, 0.0);
        svg.text([x, y + 38.0], Anchor::Middle, &self.x.label);
        let [x, y] = area.at(0.0, 0.5);
        svg.upright([x - 50.0, y], &self.y.label);
    }

    /// Where the legend's entries stand, row by row.
    fn legend(&self, width: f64) -> Vec<[f64; 2]> {
        let [mut x, mut y] = [0.0, 0.0];
        let mut places = Vec::new();
        for curve in &self.curves {
            // About 7 pixels a letter of 13 pixels.
            let entry = 32.0 + 7.0 * curve.name.chars().count() as f64;
            if x > 0.0 && x + entry > width {
                (x, y) = (0.0, y + ROW);
            }
            places.push([x, y]);
            x += entry + 14.0;
        }
        places
    }

    fn legend_rows(&self, width: f64) -> usize {
        self.legend(width).last().map_or(1, |place| (place[1] / ROW).round() as usize + 1)
    }
}

impl Area {
    /// The pixel of a place between 0 and 1 on both axes.
    fn at(self, x: f64, y: f64) -> [f64; 2] {
        [self.left + x * self.width, self.top + (1.0 - y) * PANEL_HEIGHT]
    }
}

fn stroke((colour, dashes): (&str, &str)) -> String {
    format!("stroke=\"{colour}\" stroke-width=\"2.2\" stroke-dasharray=\"{dashes}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reaches_from_corner_to_corner_and_long_legends_wrap() {
        let curve = |name: &str| Curve::of(name, 0.0, 2.0, |x| 5.0 * x);
        let panel = Panel {
            title: String::new(),
            x: Axis::linear("x", 0.0, 2.0, 1.0),
            y: Axis::linear("y", 0.0, 10.0, 5.0),
            curves: vec![curve("short"), curve(&"long ".repeat(20))],
        };
        assert_eq!(panel.legend_rows(400.0), 2);
        let svg = Figure { panels: vec![panel], columns: 1 }.to_svg();
        let (bottom, top) = (50.0 + 19.0 + PANEL_HEIGHT, 50.0 + 19.0);
        assert!(svg.contains(&format!("<polyline points=\"66,{bottom} ")), "{svg}");
        assert!(svg.contains(&format!(" 740,{top}\" fill=")), "{svg}");
    }
}

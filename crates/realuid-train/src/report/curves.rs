use plotters::prelude::*;

use super::Section;
use crate::{Error, Result};

/// Size of a chart, in pixels.
const SIZE: (u32, u32) = (460, 280);
/// Colours of the lines, distinguishable to colour-blind readers.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
];

/// One line of a chart.
struct Line {
    label: String,
    points: Vec<(f64, f64)>,
}

/// SVG charts of every quantity the runs logged, the metrics first.
pub fn charts(sections: &[Section]) -> Result<Vec<String>> {
    let mut quantities: Vec<(&str, &str)> = Vec::new();
    for record in sections.iter().flat_map(|section| &section.records) {
        for name in record.values.keys() {
            let quantity = (record.kind.as_str(), name.as_str());
            if !quantities.contains(&quantity) {
                quantities.push(quantity);
            }
        }
    }
    quantities.sort_by_key(|&(kind, name)| (kind != "evaluation", name, kind));
    quantities.into_iter().map(|(kind, name)| chart(sections, kind, name)).collect()
}

fn chart(sections: &[Section], kind: &str, name: &str) -> Result<String> {
    let lines: Vec<Line> = sections.iter().map(|section| line(section, kind, name)).collect();
    let mut svg = String::new();
    draw(&mut svg, &format!("{kind}: {}", name.replace('_', " ")), &lines)
        .map_err(|e| Error::Drawing { what: "a curve", problem: e.to_string() })?;
    Ok(svg)
}

fn line(section: &Section, kind: &str, name: &str) -> Line {
    let records = section.records.iter().filter(|record| record.kind == kind);
    let points = records.filter_map(|r| Some((r.step as f64, *r.values.get(name)?))).collect();
    Line { label: section.name.clone(), points }
}

fn draw(
    svg: &mut String,
    title: &str,
    lines: &[Line],
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let (x, y) = ranges(lines);
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 16))
        .margin(8)
        .x_label_area_size(28)
        .y_label_area_size(56)
        .build_cartesian_2d(x, y)?;
    chart.configure_mesh().light_line_style(WHITE).x_desc("step").x_labels(5).y_labels(5).draw()?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let style = ShapeStyle::from(*colour).stroke_width(2);
        let drawn = chart.draw_series(LineSeries::new(line.points.iter().copied(), style))?;
        if lines.len() > 1 {
            drawn
                .label(&line.label)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 16, y)], style));
        }
    }
    if lines.len() > 1 {
        chart
            .configure_series_labels()
            .background_style(WHITE.mix(0.8))
            .border_style(BLACK)
            .draw()?;
    }
    area.present()?;
    Ok(())
}

/// What the axes must span, never empty.
fn ranges(lines: &[Line]) -> (std::ops::Range<f64>, std::ops::Range<f64>) {
    let points = || lines.iter().flat_map(|line| &line.points);
    let span = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) =
            values.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if !low.is_finite() || !high.is_finite() {
            return 0.0..1.0;
        }
        let margin = if high > low { 0.05 * (high - low) } else { 0.5 * low.abs().max(1e-6) };
        low - margin..high + margin
    };
    (span(&mut points().map(|p| p.0)), span(&mut points().map(|p| p.1)))
}

//! The two tables with which a demo ends.

use std::time::Duration;

use super::measurement::{Judge, Measurement};

/// A row for each model; the first is the teacher, to which the last column compares.
pub fn measurements(judge: Judge, rows: &[Measurement]) -> String {
    let header =
        ["model", "evaluations", "sliced Wasserstein", "Frechet", "s per 1,000", "x teacher"];
    let mut cells = vec![header.map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        [
            row.title.to_owned(),
            row.values.evaluations.to_string(),
            format!("{:.4}", row.values.sliced_wasserstein),
            format!("{:.4}", row.values.frechet),
            format!("{:.3}", row.values.seconds_per_1000),
            format!("{:.2}", judge.ratio(&rows[0], row)),
        ]
    }));
    let widths: [usize; 6] =
        std::array::from_fn(|column| cells.iter().map(|row| row[column].len()).max().unwrap_or(0));
    let mut lines: Vec<String> = cells.iter().map(|row| align(row, &widths)).collect();
    lines.push(format!("x teacher: {}, in multiples of the teacher's", judge.name()));
    lines.join("\n")
}

/// A line for each stage, and the whole.
pub fn times(stages: &[(&str, Duration)], total: Duration) -> String {
    let mut lines: Vec<String> = stages.iter().map(|(name, time)| line(name, *time)).collect();
    lines.push(line("whole demo", total));
    lines.join("\n")
}

fn line(name: &str, time: Duration) -> String {
    format!("{name:12}{:>8.1} s", time.as_secs_f64())
}

/// Names to the left, numbers to the right.
fn align(row: &[String; 6], widths: &[usize; 6]) -> String {
    let [name, numbers @ ..] = row;
    let name = format!("{name:width$}", width = widths[0]);
    let numbers = numbers.iter().zip(&widths[1..]).map(|(cell, width)| format!("{cell:>width$}"));
    std::iter::once(name).chain(numbers).collect::<Vec<_>>().join("  ")
}

#[cfg(test)]
mod tests {
    use super::super::measurement::Values;
    use super::*;

    #[test]
    fn columns_line_up_and_ratios_are_to_the_first_row() {
        let row = |title, frechet, evaluations| Measurement {
            title,
            values: Values {
                evaluations,
                sliced_wasserstein: 0.25,
                frechet,
                seconds_per_1000: 1.5,
            },
        };
        let rows = [row("Teacher", 0.5, 100), row("UID", 1.25, 1)];
        let text = measurements(Judge::Frechet, &rows);
        let expected = "\
model    evaluations  sliced Wasserstein  Frechet  s per 1,000  x teacher
Teacher          100              0.2500   0.5000        1.500       1.00
UID                1              0.2500   1.2500        1.500       2.50
x teacher: Frechet distance, in multiples of the teacher's";
        assert_eq!(text, expected);
    }
}

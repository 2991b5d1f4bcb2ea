//! The figures: as a table on the terminal, and in `docs/benchmarks.md`.

use std::{fmt, fs, path::Path, thread::available_parallelism};

use crate::{Result, postgres};

/// Something that was measured, and what it has to be.
pub(crate) struct Figure {
    what: String,
    value: f64,
    unit: &'static str,
    bound: Bound,
}

enum Bound {
    None,
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    /// A figure that is only reported.
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            what: what.into(),
            value,
            unit,
            bound: Bound::None,
        }
    }

    pub(crate) fn at_most(self, most: f64) -> Self {
        Self {
            bound: Bound::AtMost(most),
            ..self
        }
    }

    pub(crate) fn at_least(self, least: f64) -> Self {
        Self {
            bound: Bound::AtLeast(least),
            ..self
        }
    }

    fn is_missed(&self) -> bool {
        match self.bound {
            Bound::None => false,
            Bound::AtMost(most) => self.value > most,
            Bound::AtLeast(least) => self.value < least,
        }
    }

    fn value(&self) -> String {
        let digits = if self.value < 10.0 && self.value.fract() != 0.0 {
            2
        } else if self.value < 100.0 && self.value.fract() != 0.0 {
            1
        } else {
            0
        };
        format!("{:.digits$} {}", self.value, self.unit)
            .trim_end()
            .to_owned()
    }

    fn bound(&self) -> String {
        let (sign, bound) = match self.bound {
            Bound::None => return String::new(),
            Bound::AtMost(most) => ('≤', most),
            Bound::AtLeast(least) => ('≥', least),
        };
        format!("{sign} {bound} {}", self.unit)
            .trim_end()
            .to_owned()
    }
}

/// What came of a benchmark.
enum Outcome {
    Measured(Figure),
    /// Why it gave no figures, in one line.
    Failed(String),
}

/// All that came of the benchmarks, each with its benchmark's name.
#[derive(Default)]
pub(crate) struct Report(Vec<(String, Outcome)>);

impl Outcome {
    /// The cells of its row.
    fn cells(&self) -> [String; 4] {
        match self {
            Self::Measured(figure) => {
                let mark = if figure.is_missed() { "missed" } else { "" };
                let (value, bound) = (figure.value(), figure.bound());
                [figure.what.clone(), value, bound, mark.to_owned()]
            }
            Self::Failed(why) => {
                let why = format!("failed: {why}");
                [why, String::new(), String::new(), "missed".to_owned()]
            }
        }
    }
}

/// A text for a cell of a table.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|")
}

/// What stands around the figures in `docs/benchmarks.md`.
const BEGIN: &str = "<!-- The rest is written by `cargo xtask bench`. -->\n";

impl Report {
    /// A benchmark that fails leaves the others their figures.
    pub(crate) fn add(&mut self, benchmark: &str, came: Result<Vec<Figure>>) {
        let outcomes: Vec<Outcome> = match came {
            Ok(figures) => figures.into_iter().map(Outcome::Measured).collect(),
            Err(why) => vec![Outcome::Failed(one_line(&why.to_string()))],
        };
        let named = |outcome| (benchmark.to_owned(), outcome);
        self.0.extend(outcomes.into_iter().map(named));
    }

    /// What is not as it has to be.
    pub(crate) fn missed(&self) -> Vec<String> {
        let missed = |(benchmark, outcome): &(String, Outcome)| match outcome {
            Outcome::Measured(figure) => figure.is_missed().then(|| {
                let (value, bound) = (figure.value(), figure.bound());
                format!("{benchmark}: {} is {value}, not {bound}", figure.what)
            }),
            Outcome::Failed(why) => Some(format!("{benchmark} failed: {why}")),
        };
        self.0.iter().filter_map(missed).collect()
    }

    /// Replaces the figures in `docs/benchmarks.md`.
    pub(crate) fn write_down(&self) -> Result {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/benchmarks.md");
        let text = fs::read_to_string(&path)?;
        let (prose, _) = text
            .split_once(BEGIN)
            .ok_or("docs/benchmarks.md has lost the line before its figures")?;
        fs::write(&path, format!("{prose}{BEGIN}\n{}\n\n{self}", machine()?))?;
        Ok(())
    }
}

impl fmt::Display for Report {
    /// A table that Markdown understands.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["benchmark", "figure", "measured", "has to be", ""].map(str::to_owned);
        let rows = self.0.iter().map(|(benchmark, outcome)| {
            let [what, measured, bound, mark] = outcome.cells();
            [benchmark.clone(), what, measured, bound, mark]
        });
        let rows: Vec<[String; 5]> = std::iter::once(heads).chain(rows).collect();
        let width = |column: usize| {
            let widths = rows.iter().map(|row| row[column].chars().count());
            widths.max().unwrap_or_default()
        };
        let widths: [usize; 5] = std::array::from_fn(width);
        for (number, row) in rows.iter().enumerate() {
            for (cell, width) in row.iter().zip(widths) {
                write!(f, "| {cell:width$} ")?;
            }
            writeln!(f, "|")?;
            if number == 0 {
                for (column, width) in widths.into_iter().enumerate() {
                    // Numbers stand to the right.
                    let end = if column == 2 { ':' } else { '-' };
                    write!(f, "| {}{end} ", "-".repeat(width.saturating_sub(1)))?;
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// What kind of machine this is, in a sentence.
fn machine() -> Result<String> {
    let cores = available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            let line = text.lines().next()?.strip_prefix("MemTotal:")?;
            line.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        })
        .map_or_else(String::new, |kib| {
            format!(", {} GiB of memory", kib.div_ceil(1024 * 1024))
        });
    Ok(format!(
        "Measured on {cores} cores{memory}, {}, {}.",
        std::env::consts::OS,
        postgres::version()?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_that_fails_is_a_row_and_the_others_keep_theirs() {
        let mut report = Report::default();
        report.add("size", Ok(vec![Figure::new("`todo`", 27.2, "MiB")]));
        report.add("memory", Err("answered 503:\n a | b".into()));
        let late = Figure::new("`todo`", 200.0, "ms").at_most(100.0);
        report.add("startup", Ok(vec![late]));
        let table = report.to_string();
        let rows: Vec<String> = table
            .lines()
            .map(|row| row.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(
            rows[2..],
            [
                "| size | `todo` | 27.2 MiB | | |",
                "| memory | failed: answered 503: a \\| b | | | missed |",
                "| startup | `todo` | 200 ms | ≤ 100 ms | missed |",
            ]
        );
        assert_eq!(
            report.missed(),
            [
                "memory failed: answered 503: a \\| b",
                "startup: `todo` is 200 ms, not ≤ 100 ms",
            ]
        );
    }
}

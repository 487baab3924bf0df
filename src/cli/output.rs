//! What commands print: progress, problems, tables.

use std::fmt;
use std::io::{IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use indicatif::{ProgressBar, ProgressStyle};

use super::CliError;
use crate::problem::Problem;

/// How many problems are printed before the rest is only counted.
const PROBLEMS_PRINTED_MAX: usize = 20;

/// Warnings and errors go to standard error; `ENDCAP_LOG` says which.
pub(super) fn log_to_stderr() {
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(tracing_subscriber::filter::LevelFilter::WARN.into())
        .with_env_var("ENDCAP_LOG")
        .from_env_lossy();
    // A second call, as in tests, changes nothing.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .try_init();
}

/// A bar over the bytes of feeds; hidden when standard error is not a terminal.
pub(super) struct FeedBar {
    bar: ProgressBar,
    read: Vec<Arc<AtomicU64>>,
}

impl FeedBar {
    /// `bytes_total` is `None` when some feed does not know its size.
    pub(super) fn new(bytes_total: Option<u64>, read: Vec<Arc<AtomicU64>>) -> Self {
        let (bar, template) = match bytes_total {
            Some(total) => (
                ProgressBar::new(total),
                "{bar:30} {percent:>3} %  {msg}  {elapsed} elapsed, {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}  {elapsed}"),
        };
        bar.set_style(
            ProgressStyle::with_template(template)
                .expect("the template is a constant that is known to parse"),
        );
        FeedBar { bar, read }
    }

    /// Says what is being done, how much is done, and how fast.
    pub(super) fn set(&self, doing: &str, rows: u64, products: u64) {
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        let rate = grouped((rows as f64 / seconds) as u64);
        let message = format!("{doing}, {} products, {rate} rows/s", grouped(products));
        self.bar.set_position(
            self.read
                .iter()
                .map(|read| read.load(Ordering::Relaxed))
                .sum(),
        );
        self.bar.set_message(message);
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Writes a line. Whoever should read it may have gone; then nobody misses it.
pub(super) fn say(mut out: impl Write, line: fmt::Arguments<'_>) {
    let _ = writeln!(out, "{line}");
}

/// Prints problems to standard error, the first ones whole and the rest as a count.
pub(super) fn print_problems(problems: &[Problem]) {
    for problem in problems.iter().take(PROBLEMS_PRINTED_MAX) {
        eprintln!("{problem}");
    }
    if problems.len() > PROBLEMS_PRINTED_MAX {
        eprintln!(
            "… and {} more problems; --json prints all",
            problems.len() - PROBLEMS_PRINTED_MAX
        );
    }
}

/// Prints a value as JSON to standard output.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| CliError::Failed(error.to_string()))?;
    println!("{text}");
    Ok(())
}

/// How many there are of something: `1 line`, `2,000 lines`.
pub(super) fn counted(number: u64, what: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {what}{ending}", grouped(number))
}

/// A time in UTC, to the second.
pub(super) fn seconds(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A number with thin groups of thousands, as people read it.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

//! `endcap eval --against`: one order next to another.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use comfy_table::{Table, presets};

use super::{figure, range};
use crate::cli::output::print_problems;
use crate::cli::settings::Settings;
use crate::cli::{CliError, open_without_shoppers};
use crate::evaluation::intervals::Estimate;
use crate::evaluation::{Comparison, Contender, Moved, MovedProduct, Side};
use crate::publishing::{self, ShopPaths};
use crate::ranking::Recipes;

/// Titles are cut after so many letters.
const TITLE_LETTERS: usize = 70;

/// Another order, as `flag` named it: a recipe by its name, a ranking file, or another shop directory.
pub(in crate::cli) fn contender(
    paths: &ShopPaths,
    this: &Contender,
    other: &str,
    flag: &str,
) -> Result<Contender, CliError> {
    let recipes = &this.snapshot.recipes;
    let path = Path::new(other);
    if recipes.named(other).is_some() {
        return Ok(Contender {
            name: format!("recipe `{other}`"),
            recipe: Some(other.to_owned()),
            ..this.clone()
        });
    }
    let other = Contender {
        name: path
            .file_name()
            .map_or_else(|| other.into(), |name| name.to_string_lossy().into()),
        recipe: None,
        ..this.clone()
    };
    if path.is_dir() {
        let settings = Settings::load(path)?;
        let engine = Arc::new(open_without_shoppers(&ShopPaths::new(
            path,
            settings.data_dir,
        ))?);
        return Ok(Contender {
            snapshot: engine.snapshot(),
            engine,
            ..other
        });
    }
    if path.is_file() {
        let mut snapshot = publishing::load(paths)?;
        let mut recipes = read(path)?;
        print_problems(&publishing::load_models(paths, &mut recipes));
        snapshot.recipes = recipes;
        return Ok(Contender {
            snapshot: Arc::new(snapshot),
            ..other
        });
    }
    let known: Vec<&str> = recipes.recipes.keys().map(String::as_str).collect();
    Err(CliError::Usage(format!(
        "{flag} `{}` is no recipe, file or shop directory (recipes are {})",
        path.display(),
        known.join(", ")
    )))
}

fn read(path: &Path) -> Result<Recipes, CliError> {
    let text = fs::read_to_string(path).map_err(|error| CliError::file(path, error))?;
    Recipes::parse(&text).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        CliError::file(path, told.join("\n"))
    })
}

/// Both sides, the difference, and what moved.
pub(super) fn print(comparison: &Comparison) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "ndcg@10", "condensed", "recall@100", "judged@10"]);
    for (label, side) in [("this", &comparison.this), ("against", &comparison.against)] {
        add(&mut table, format!("{label}: {}", side.name), side);
    }
    let difference = comparison.difference.all();
    let signed = |estimate: Estimate| format!("{:+.3}", estimate.value);
    let sure = |Estimate { interval, .. }| format!("{:+.3} to {:+.3}", interval.low, interval.high);
    row(&mut table, "difference".into(), difference.map(signed));
    row(&mut table, "95 % interval".into(), difference.map(sure));
    println!("{table}");
    println!(
        "{} queries: {} better, {} worse by ndcg@10; {}",
        comparison.queries,
        comparison.better,
        comparison.worse,
        verdict(comparison.difference.ndcg_at_10)
    );
    comparison.moved.iter().for_each(print_moved);
}

fn verdict(difference: Estimate) -> &'static str {
    match (
        difference.interval.low > 0.0,
        difference.interval.high < 0.0,
    ) {
        (true, _) => "this is better",
        (_, true) => "this is worse",
        _ => "which is better cannot be told from these queries",
    }
}

fn add(table: &mut Table, name: String, side: &Side) {
    row(table, name, side.mean.all().map(figure));
    row(
        table,
        "95 % interval".into(),
        side.intervals.all().map(range),
    );
}

fn row(table: &mut Table, name: String, cells: [String; 4]) {
    table.add_row([vec![name], cells.to_vec()].concat());
}

fn print_moved(moved: &Moved) {
    println!(
        "\n{}: ndcg@10 {:+.3} ({:.3} against {:.3})",
        moved.query,
        moved.ndcg_at_10 - moved.against_ndcg_at_10,
        moved.ndcg_at_10,
        moved.against_ndcg_at_10
    );
    if moved.came.is_empty() && moved.went.is_empty() {
        println!("  the same ten in another order");
    }
    for (sign, products) in [('+', &moved.came), ('-', &moved.went)] {
        for product in products {
            println!("  {sign} {}", told(product));
        }
    }
}

fn told(product: &MovedProduct) -> String {
    let grade = product
        .grade
        .map_or("not judged".into(), |grade| format!("grade {grade}"));
    let title: String = product.title.chars().take(TITLE_LETTERS).collect();
    format!(
        "{:>2}  {grade:<10}  {title} ({})",
        product.position, product.id
    )
}

//! `endcap search QUERY`: the same page the API answers with, for reading or as JSON.

use std::time::Instant;

use comfy_table::{Table, presets};

use super::output::{grouped, print_json};
use super::{CliError, Outcome, explained, now, open, open_without_shoppers, read_time};
use crate::catalog::schema::{Role, Schema};
use crate::engine::{Hit, Page, Request, RulesSwitch};
use crate::merchandising::Banner;
use crate::publishing::ShopPaths;

#[derive(clap::Args)]
pub(super) struct Search {
    /// The words; none lists every product.
    #[arg(default_value = "")]
    query: Vec<String>,
    /// For example brand:Nike AND price < 50.
    #[arg(long)]
    filter: Option<String>,
    /// Attributes to count, comma-separated; * is all of them, auto the most useful ones.
    #[arg(long, value_delimiter = ',')]
    facets: Vec<String>,
    /// For example price:asc.
    #[arg(long)]
    sort: Option<String>,
    #[arg(long, default_value_t = 1)]
    page: usize,
    #[arg(long, default_value_t = 10)]
    hits_per_page: usize,
    /// Rank for this shopper; the shop must not be served at the same time.
    #[arg(long)]
    shopper: Option<String>,
    #[arg(long)]
    segment: Option<String>,
    #[arg(long, default_value = "search")]
    surface: String,
    #[arg(long)]
    category: Option<String>,
    /// 0 to 100: how much the shopper's taste may move.
    #[arg(long)]
    impact: Option<f64>,
    #[arg(long)]
    recipe: Option<String>,
    /// Leave merchandisers' rules out.
    #[arg(long)]
    no_rules: bool,
    /// The page of this time, such as 2026-12-01 or 2026-12-01T08:00+01:00, for what is scheduled.
    #[arg(long, value_name = "TIME", value_parser = read_time)]
    at: Option<jiff::Timestamp>,
    /// Say how the query was read, and why each hit stands where it stands.
    #[arg(long)]
    explain: bool,
    /// Print the native API's response.
    #[arg(long)]
    json: bool,
}

impl Search {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = if self.shopper.is_some() {
            open(paths)?
        } else {
            open_without_shoppers(paths)?
        };
        let json = self.json;
        let request = Request {
            filter: self.filter,
            facets: self.facets,
            sort: self.sort,
            page: self.page,
            hits_per_page: self.hits_per_page,
            shopper: self.shopper,
            segment: self.segment,
            surface: self.surface,
            category: self.category,
            impact: self.impact,
            recipe: self.recipe,
            rules: if self.no_rules {
                RulesSwitch::Off
            } else {
                RulesSwitch::On
            },
            explain: self.explain,
            query_id: rand::random(),
            ..Request::new(self.query.join(" "), self.at.unwrap_or_else(now))
        };
        let started = Instant::now();
        let mut page = engine.search(&request)?;
        page.took_ms = started.elapsed().as_secs_f64() * 1e3;
        if json {
            print_json(&page)?
        } else {
            print_page(&engine.snapshot().catalog.schema, &page)
        }
        Ok(Outcome::Done)
    }
}

fn print_page(schema: &Schema, page: &Page) {
    println!(
        "{} hits in {:.1} ms",
        grouped(page.total as u64),
        page.took_ms
    );
    if let Some(redirect) = &page.redirect {
        println!(
            "sends shoppers to {} (rule `{}`)",
            redirect.url, redirect.rule
        );
    }
    for shown in &page.banners {
        let Banner {
            place,
            title,
            text,
            image,
            url,
        } = &shown.banner;
        let told: Vec<&str> = [title, text, image, url]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        let place = place.as_deref().unwrap_or("somewhere");
        println!(
            "banner, {place}: {} (rule `{}`)",
            told.join(", "),
            shown.rule
        );
    }
    if page.reading.is_some() {
        println!("{}", explained::reading(page).join("\n"));
    } else if page.understood.relaxed {
        println!("few products match every word, so near ones follow");
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for hit in &page.hits {
        let shown = |role: Role| {
            text(
                hit,
                schema
                    .role(role)
                    .map(|position| &schema.attributes[position].name),
            )
        };
        let sold_out = hit
            .product
            .get("sold_out")
            .is_some_and(|sold_out| sold_out == true);
        let note = if sold_out { "sold out" } else { "" };
        table.add_row([
            hit.position.to_string(),
            hit.id.clone(),
            shown(Role::Title),
            shown(Role::Brand),
            shown(Role::Price),
            note.to_string(),
        ]);
        for line in explained::hit(hit) {
            table.add_row([String::new(), String::new(), line]);
        }
    }
    println!("{table}");
    for (name, values) in &page.facets {
        let values: Vec<String> = values
            .iter()
            .take(8)
            .map(|value| format!("{} {}", value.value, value.count))
            .collect();
        println!("{name}: {}", values.join(", "));
    }
    for (name, range) in &page.ranges {
        println!("{name}: {} to {}", range.min, range.max);
    }
    for rule in &page.rules {
        let state = if rule.held { "held" } else { "did not hold" };
        println!(
            "rule `{}` {state}{}",
            rule.name,
            rule.reason
                .as_ref()
                .map_or(String::new(), |reason| format!(": {reason}"))
        );
    }
    for problem in &page.problems {
        println!("{problem}");
    }
}

fn text(hit: &Hit, attribute: Option<&String>) -> String {
    match attribute.and_then(|name| hit.product.get(name)) {
        Some(serde_json::Value::String(text)) => text.chars().take(70).collect(),
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

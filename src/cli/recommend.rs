//! `endcap recommend LIST`: the same list the API answers with, for reading or as JSON.

use std::time::Instant;

use comfy_table::{Table, presets};

use super::output::print_json;
use super::{CliError, Outcome, now, open};
use crate::catalog::schema::{Role, Schema};
use crate::engine::{Recommendations, Recommending, Request, RulesSwitch};
use crate::publishing::ShopPaths;

#[derive(clap::Args)]
pub(super) struct Recommend {
    /// similar, complements, trade_up, recently_viewed, cart, after_purchase, for_you, trending, new or price_drop.
    #[arg(default_value = "for_you")]
    list: String,
    /// Ids of the products that the list starts from, comma-separated, the latest first.
    #[arg(long, value_delimiter = ',')]
    products: Vec<String>,
    /// At most so many products.
    #[arg(long, default_value_t = 6)]
    count: usize,
    /// For example brand:Nike AND price < 50.
    #[arg(long)]
    filter: Option<String>,
    /// Recommend to this shopper.
    #[arg(long)]
    shopper: Option<String>,
    #[arg(long)]
    segment: Option<String>,
    /// Where the list appears; what the list is for decides when not said.
    #[arg(long)]
    surface: Option<String>,
    #[arg(long)]
    category: Option<String>,
    /// Show what is sold out, too.
    #[arg(long)]
    sold_out: bool,
    /// 0 to 100: how much the shopper's taste may move the order.
    #[arg(long)]
    impact: Option<f64>,
    #[arg(long)]
    recipe: Option<String>,
    /// Leave merchandisers' rules out.
    #[arg(long)]
    no_rules: bool,
    /// The list of this time, such as 2026-12-01T08:00:00Z, for what is scheduled.
    #[arg(long)]
    at: Option<jiff::Timestamp>,
    /// Print the native API's response.
    #[arg(long)]
    json: bool,
}

impl Recommend {
    /// The shop must not be served at the same time: what its shoppers do is read, too.
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let engine = open(paths)?;
        let plain = Recommending::new(self.list, self.at.unwrap_or_else(now));
        let recommending = Recommending {
            products: self.products,
            sold_out: self.sold_out,
            request: Request {
                hits_per_page: self.count,
                filter: self.filter,
                shopper: self.shopper,
                segment: self.segment,
                surface: self.surface.unwrap_or_default(),
                category: self.category,
                impact: self.impact,
                recipe: self.recipe,
                rules: if self.no_rules {
                    RulesSwitch::Off
                } else {
                    RulesSwitch::On
                },
                ..plain.request
            },
            ..plain
        };
        let started = Instant::now();
        let mut list = engine.recommend(&recommending)?;
        list.took_ms = started.elapsed().as_secs_f64() * 1e3;
        if self.json {
            print_json(&list)?;
        } else {
            print_list(&engine.snapshot().catalog.schema, &list);
        }
        Ok(Outcome::Done)
    }
}

fn print_list(schema: &Schema, list: &Recommendations) {
    println!(
        "{} on {}, {} products in {:.1} ms",
        list.list,
        list.surface,
        list.hits.len(),
        list.took_ms
    );
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    for own in &list.hits {
        let shown = |role: Role| {
            let attribute = schema.role(role).map(|of| &schema.attributes[of].name);
            let value = attribute.and_then(|name| own.hit.product.get(name));
            match value {
                Some(serde_json::Value::String(text)) => text,
                Some(other) => other.to_string(),
                None => String::new(),
            }
        };
        table.add_row([
            own.hit.position.to_string(),
            own.hit.id.clone(),
            shown(Role::Title),
            shown(Role::Price),
            own.why.text.clone(),
        ]);
    }
    println!("{table}");
    for rule in list.rules.iter().filter(|rule| rule.held) {
        println!("rule `{}` held", rule.name);
    }
    for problem in &list.problems {
        println!("{problem}");
    }
}

//! What merchandisers say, one scenario for each sentence, in four chapters:
//! 1. When: words (is, contains, starts, ends, any of, none of, through spelling, stems and synonyms), category,
//!    filters by their meaning, segment, surface, context, device, campaign, language, dates, weeks, arms, placeholders.
//! 2. Then: pin, group, fallback, slot, suppress, boost, bury, filter, replace, remove, add, sort, recipe, banner,
//!    redirect, data, order of facets.
//! 3. Order: precedence, priority, stop; what gives way says so.
//! 4. Conflicts are named with file, line and what to do.
//! 5. Goals: margin, overstock, launch, low conversion, visible in explanations.

mod named;
mod order;
mod then;
mod when;

use crate::shop::{Shop, ask, ids};

fn told(shop: &Shop, request: &str) -> String {
    let page = shop.page(&ask(request));
    let mut told = ids(&page).join(" ");
    for rule in &page.rules {
        if let Some(reason) = &rule.reason {
            told += &format!("\n{}: {reason}", rule.name);
        }
    }
    told
}

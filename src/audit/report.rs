//! The audit as a page that can be sent around: one file, nothing loaded from anywhere.

use maud::{DOCTYPE, Markup, html as page};

use super::{Audit, Coverage, Finding, Weight};

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}\
    table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}\
    .error{color:#a40000}.warning{color:#8a5a00}.note{color:#555}code{background:#f3f3f3;padding:0 .2rem}";

/// The report as HTML.
pub fn html(audit: &Audit, shop: &str) -> String {
    let markup = page! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Data quality: " (shop) }
                style { (STYLE) }
            }
            body {
                h1 { "Data quality: " (shop) }
                p { "Generation " (audit.generation) ": " (audit.products) " products, " (audit.variants) " variants." }
                h2 { "What the data is good enough for" }
                table {
                    @for tier in &audit.tiers.0 {
                        tr {
                            td { (tier.name) }
                            td { @if tier.reached { "reached" } @else { "not reached" } }
                            td { (tier.missing.join("; ")) }
                        }
                    }
                }
                h2 { "Findings" }
                @if audit.findings.is_empty() { p { "Nothing was found." } }
                @for finding in &audit.findings { (section(finding)) }
                h2 { "Attributes" }
                (coverage(&audit.coverage))
            }
        }
    };
    markup.into_string()
}

fn section(finding: &Finding) -> Markup {
    let (class, weight) = match finding.weight {
        Weight::Error => ("error", "Error"),
        Weight::Warning => ("warning", "Warning"),
        Weight::Note => ("note", "Note"),
    };
    page! {
        h3 class=(class) {
            (weight) ": " (finding.what)
            @if let Some(attribute) = &finding.attribute { " (" code { (attribute) } ")" }
        }
        p {
            (finding.count) " of " (finding.of) ". " (finding.effect) ". "
            strong { (finding.fix) "." }
        }
        @if !finding.examples.is_empty() {
            ul { @for example in &finding.examples { li { code { (example) } } } }
        }
    }
}

fn coverage(coverage: &[Coverage]) -> Markup {
    page! {
        table {
            tr { th { "attribute" } th { "products" } th { "share" } th { "different values" } }
            @for own in coverage {
                tr {
                    td { code { (own.attribute) } }
                    td { (own.products) }
                    td { (format!("{:.1} %", 100.0 * own.share)) }
                    td { @if let Some(different) = own.different { (different) } }
                }
            }
        }
    }
}

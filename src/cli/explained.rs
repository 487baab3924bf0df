//! `endcap search --explain`: how the query was read, and why each hit stands where it stands.

use crate::engine::{Hit, Page, UnitRead};
use crate::ranking::{Addition, Move, Moves, Weighed};

/// Ways that weigh as much as what was typed are told without their weight.
const WHOLE: f64 = 1.0;

/// What adds less multiplies by 1.00.
const SMALL: f64 = 0.005;

/// What was understood of the query, a line for each thing.
pub(super) fn reading(page: &Page) -> Vec<String> {
    let mut lines = Vec::new();
    let understood = &page.understood;
    if let Some(spelling) = &understood.spelling {
        lines.push(format!("  corrected: \"{}\" to \"{spelling}\"", page.query));
    }
    if let Some(reading) = &page.reading {
        lines.extend(reading.units.iter().map(unit));
        if reading.names_a_product {
            lines.push("  it names one product, so that taste has no say".into());
        }
    }
    for (what, found) in [
        ("filtered by", &understood.filters),
        ("values of attributes", &understood.attributes),
        ("synonyms", &understood.synonyms),
        ("left out, as nothing has it", &understood.left_out),
    ] {
        if !found.is_empty() {
            lines.push(format!("  {what}: {}", found.join("; ")));
        }
    }
    if understood.relaxed {
        lines.push("  relaxed: few products match every word, so near ones follow".into());
    }
    if lines.is_empty() {
        lines.push("  no words: every product, those most wanted first".into());
    }
    lines.insert(0, "the query was read as".into());
    lines
}

fn unit(unit: &UnitRead) -> String {
    let ways: Vec<String> = unit
        .ways
        .iter()
        .map(|way| {
            if way.weight == WHOLE {
                way.looks_for.clone()
            } else {
                format!("{} ({})", way.looks_for, way.weight)
            }
        })
        .collect();
    let kind = if unit.is_kind {
        ", the kind of thing asked for"
    } else {
        ""
    };
    format!("  \"{}\"{kind}: {}", unit.said, ways.join(" or "))
}

/// Why a hit stands where it stands, a line for each way to look at it.
pub(super) fn hit(hit: &Hit) -> Vec<String> {
    let Some(moves) = &hit.explain else {
        return Vec::new();
    };
    let mut lines = vec![moved(hit.position, moves)];
    if let Some(weighed) = &moves.weighed {
        lines.push(factors(weighed));
        if weighed.bm25 > 0.0 {
            lines.push(words(weighed));
        }
    }
    lines
}

/// For a merchandiser: from which place to which, and who moved it.
fn moved(position: usize, moves: &Moves) -> String {
    let moved: Vec<String> = moves.moves.iter().map(told).collect();
    let moved = if moved.is_empty() {
        "not moved".into()
    } else {
        moved.join(", ")
    };
    format!(
        "place {} by words, {position} now: {moved}",
        moves.text_rank
    )
}

fn told(reason: &Move) -> String {
    let about = reason.name.as_ref().or(reason.value.as_ref());
    let about = about.map_or(String::new(), |about| format!(" {about}"));
    let evidence = reason.evidence.as_ref();
    let evidence = evidence.map_or(String::new(), |evidence| format!(" ({evidence})"));
    format!("{}{about} {:+}{evidence}", reason.by, reason.places)
}

/// The score as the multipliers it is made of.
fn factors(weighed: &Weighed) -> String {
    let tells = |addition: &&Addition| addition.by == "relevance" || addition.adds.abs() >= SMALL;
    let factors: Vec<String> = weighed
        .adds
        .iter()
        .filter(tells)
        .map(|addition| {
            let about = addition.name.as_ref().or(addition.value.as_ref());
            let about = about.map_or(String::new(), |about| format!(" {about}"));
            format!("{}{about} ×{:.2}", addition.by, addition.adds.exp())
        })
        .collect();
    format!(
        "score ×{:.2} = {}",
        weighed.score.exp(),
        factors.join(" · ")
    )
}

/// For a search engineer: what the words came to.
fn words(weighed: &Weighed) -> String {
    format!(
        "bm25 {:.2}, coverage {:.2}, adjacent {:.2}, type {:.2}",
        weighed.bm25, weighed.coverage, weighed.adjacent, weighed.product_type
    )
}

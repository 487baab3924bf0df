//! Which facets a page shows and in which order, and the steps that numbers are refined by.

use std::collections::BTreeMap;

use super::page::{FacetValue, RangeOf, TotalOf};
use super::request::Asked;
use super::snapshot::Snapshot;
use crate::catalog::columns::{Codes, PATH_SEPARATOR};
use crate::catalog::filter::Filter;
use crate::catalog::schema::Kind;
use crate::ranking::Taste;
use crate::retrieval::{Counting, FacetCount, FacetCounts};

/// At most this many facets are chosen.
const CHOSEN_MAX: usize = 10;

/// A facet that tells less of the products apart is not chosen; both its coverage and its evenness are at most 1.
const USEFULNESS_MIN: f64 = 0.02;

/// Evenness is that of the most frequent values, at most this many, and all others as one.
const EVEN_VALUES_MAX: usize = 10;

/// Numbers of fewer products are not worth steps.
const STEPPED_NUMBERS_MIN: usize = 10;

/// Numbers are cut at these shares of the products.
const QUANTILES: [f64; 4] = [0.2, 0.4, 0.6, 0.8];

/// From this ratio of a high number to a low one on, steps grow with the numbers.
const WIDE_RATIO: f64 = 5.0;

/// How much an affinity of 1 counts in the order of a facet's values, at an impact of 100: as much as e times the
/// products.
const LEANING_WEIGHT: f64 = 1.0;

/// Whose page it is.
#[derive(Clone, Copy)]
pub(super) struct Personal<'t> {
    pub(super) taste: &'t Taste<'t>,
    /// 0 to 100.
    pub(super) impact: f64,
}

/// The facets of a page.
#[derive(Default)]
pub(super) struct Facets {
    pub(super) values: BTreeMap<String, Vec<FacetValue>>,
    pub(super) ranges: BTreeMap<String, RangeOf>,
    /// Of numbers that were counted.
    pub(super) totals: BTreeMap<String, TotalOf>,
    /// Those that come first, in order.
    pub(super) order: Vec<String>,
}

/// The facets asked for or, when the choice is ours, the most useful ones in order: those that rules want first, those
/// of the schema's `facet_order`, those the shopper refined by, then the ones that tell most products apart.
pub(super) fn facets(
    snapshot: &Snapshot,
    asked: &Asked,
    total: usize,
    counted: Vec<FacetCounts>,
    wanted: &[String],
    personal: Personal<'_>,
) -> Facets {
    let mut facets = Facets {
        order: wanted.to_vec(),
        ..Facets::default()
    };
    let schema = &snapshot.catalog.schema;
    let counted = if asked.facets_chosen {
        let chosen = choose(snapshot, asked, total, counted, wanted);
        facets.order = chosen
            .iter()
            .map(|facet| schema.attributes[facet.attribute].name.clone())
            .collect();
        chosen
    } else {
        counted
    };
    for facet in counted {
        let attribute = &schema.attributes[facet.attribute];
        if attribute.kind.is_numeric() {
            let Some(range) = facet.range else {
                continue;
            };
            let is_stepped = matches!(attribute.kind, Kind::Number | Kind::Money);
            let range = RangeOf {
                min: range.min,
                max: range.max,
                steps: if is_stepped {
                    steps(&facet.sample)
                } else {
                    Vec::new()
                },
            };
            if asked.counting == Counting::List
                && let Some(numbers) = snapshot.catalog.columns.number_values(facet.attribute)
            {
                let total = total_of(&facet.counts, numbers);
                facets.totals.insert(attribute.name.clone(), total);
                let values = facet.most_frequent(asked.facet_values_max).into_iter();
                let values = values.map(|FacetCount { code, count }| FacetValue {
                    value: written(attribute.kind, numbers[code as usize]),
                    count,
                });
                let values = values.collect();
                facets.values.insert(attribute.name.clone(), values);
            }
            facets.ranges.insert(attribute.name.clone(), range);
            continue;
        }
        let Some((dictionary, ..)) = snapshot.catalog.columns.words(facet.attribute) else {
            continue;
        };
        let values = personal.ordered(facet, asked.facet_values_max).into_iter();
        let values = values.map(|FacetCount { code, count }| FacetValue {
            value: dictionary.value(code).to_string(),
            count,
        });
        facets
            .values
            .insert(attribute.name.clone(), values.collect());
    }
    facets
}

fn total_of(counts: &[FacetCount], numbers: &[f64]) -> TotalOf {
    let add = |total: TotalOf, FacetCount { code, count }: &FacetCount| TotalOf {
        sum: total.sum + numbers[*code as usize] * f64::from(*count),
        values: total.values + u64::from(*count),
    };
    counts.iter().fold(TotalOf::default(), add)
}

/// A number as filters write it.
fn written(kind: Kind, number: f64) -> String {
    match kind {
        Kind::Boolean => (number != 0.0).to_string(),
        _ => number.to_string(),
    }
}

impl Personal<'_> {
    /// The values of a facet that are shown, in order.
    fn ordered(&self, facet: FacetCounts, values_max: usize) -> Vec<FacetCount> {
        let attribute = facet.attribute;
        if self.impact <= 0.0 || !self.taste.leans_in(attribute) {
            return facet.most_frequent(values_max);
        }
        let mut values = facet.most_frequent(usize::MAX);
        let weight = LEANING_WEIGHT * self.impact / 100.0;
        let appeal = |FacetCount { code, count }: &FacetCount| {
            f64::from(*count).ln() + weight * self.taste.leaning(attribute, *code)
        };
        values.sort_by(|one, other| appeal(other).total_cmp(&appeal(one)));
        values.truncate(values_max);
        values
    }
}

fn choose(
    snapshot: &Snapshot,
    asked: &Asked,
    total: usize,
    counted: Vec<FacetCounts>,
    wanted: &[String],
) -> Vec<FacetCounts> {
    let schema = &snapshot.catalog.schema;
    let place = |attribute: usize| {
        let name = &schema.attributes[attribute].name;
        let mut first = wanted.iter().chain(&schema.facet_order);
        first.position(|own| own == name)
    };
    let refined = asked.filter.clone().into_conjuncts();
    let refined: Vec<usize> = refined.iter().filter_map(Filter::choice_of).collect();
    let mut weighed: Vec<(usize, f64, FacetCounts)> = Vec::with_capacity(counted.len());
    for facet in counted {
        let is_refined = refined.contains(&facet.attribute);
        let usefulness = usefulness(snapshot, total, &facet);
        if is_refined || usefulness >= USEFULNESS_MIN {
            let own = place(facet.attribute).unwrap_or(if is_refined {
                usize::MAX - 1
            } else {
                usize::MAX
            });
            weighed.push((own, usefulness, facet));
        }
    }
    weighed.sort_by(
        |(place, usefulness, facet), (other_place, other_usefulness, other)| {
            place
                .cmp(other_place)
                .then(other_usefulness.total_cmp(usefulness))
                .then(facet.attribute.cmp(&other.attribute))
        },
    );
    weighed.truncate(CHOSEN_MAX);
    weighed.into_iter().map(|(_, _, facet)| facet).collect()
}

/// How much a facet tells the products of a list apart, 0 to 1: the share that has a value, times how evenly values are
/// spread.
fn usefulness(snapshot: &Snapshot, total: usize, facet: &FacetCounts) -> f64 {
    if total == 0 {
        return 0.0;
    }
    let share = |products: u64| (products as f64 / total as f64).min(1.0);
    let kind = snapshot.catalog.schema.attributes[facet.attribute].kind;
    if kind.is_numeric() {
        let distinct = facet.sample.chunk_by(|one, other| one == other).count();
        let spread = (distinct.saturating_sub(1)).min(QUANTILES.len()) as f64;
        return share(facet.valued) * spread / QUANTILES.len() as f64;
    }
    let Some((dictionary, codes, _)) = snapshot.catalog.columns.words(facet.attribute) else {
        return 0.0;
    };
    let mut levels: Vec<Vec<u32>> = Vec::new();
    for FacetCount { code, count } in &facet.counts {
        let depth = depth(codes, dictionary.value(*code));
        levels.resize_with(levels.len().max(depth + 1), Vec::new);
        levels[depth].push(*count);
    }
    let useful = levels.into_iter().map(|counts| {
        let valued: u64 = counts.iter().map(|count| u64::from(*count)).sum();
        share(valued) * evenness(counts)
    });
    useful.fold(0.0, f64::max)
}

fn depth(codes: &Codes, value: &str) -> usize {
    if codes.has_levels() {
        value.matches(PATH_SEPARATOR).count()
    } else {
        0
    }
}

/// The entropy of the most frequent values and the rest, as a share of the most there can be.
fn evenness(mut counts: Vec<u32>) -> f64 {
    counts.sort_unstable_by(|one, other| other.cmp(one));
    let all: f64 = counts.iter().map(|count| f64::from(*count)).sum();
    let (most, rest) = counts.split_at(counts.len().min(EVEN_VALUES_MAX));
    let rest: f64 = rest.iter().map(|count| f64::from(*count)).sum();
    let parts = most.iter().map(|count| f64::from(*count)).chain([rest]);
    let entropy: f64 = parts
        .filter(|part| *part > 0.0)
        .map(|part| -(part / all) * (part / all).ln())
        .sum();
    entropy / ((EVEN_VALUES_MAX + 1) as f64).ln()
}

/// Numbers that cut a sorted sample into about equal parts, each a 1, 2 or 5 with zeros when the sample is wide, or a
/// multiple of such a number; strictly between the least and the greatest.
fn steps(sample: &[f64]) -> Vec<f64> {
    if sample.len() < STEPPED_NUMBERS_MIN {
        return Vec::new();
    }
    let at = |share: f64| sample[((sample.len() - 1) as f64 * share) as usize];
    let (low, high) = (at(0.1), at(0.9));
    let is_wide = low > 0.0 && high / low >= WIDE_RATIO;
    let unit = round_number((high - low) / QUANTILES.len() as f64);
    let step = |share: f64| {
        let number = at(share);
        if is_wide {
            round_number(number)
        } else {
            // Divided rather than multiplied below 1, so that 0.3 is not 0.30000000000000004.
            let times = (number / unit).round();
            if unit < 1.0 {
                times / (1.0 / unit).round()
            } else {
                times * unit
            }
        }
    };
    let mut steps: Vec<f64> = QUANTILES.into_iter().map(step).collect();
    steps.dedup();
    let (least, greatest) = (sample[0], sample[sample.len() - 1]);
    steps.retain(|step| step.is_finite() && *step > least && *step < greatest);
    steps
}

/// The nearest of 1, 2 and 5 times a power of ten, by ratio.
fn round_number(number: f64) -> f64 {
    let exponent = number.log10().floor();
    let mantissa = number / 10f64.powf(exponent);
    let nearest = match mantissa {
        mantissa if mantissa < 2f64.sqrt() => 1.0,
        mantissa if mantissa < 10f64.sqrt() => 2.0,
        mantissa if mantissa < 50f64.sqrt() => 5.0,
        _ => 10.0,
    };
    if exponent < 0.0 {
        nearest / 10f64.powf(-exponent)
    } else {
        nearest * 10f64.powf(exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_round_and_cut_products_evenly() {
        let to = |numbers: std::ops::RangeInclusive<u32>, scale: f64| {
            let numbers: Vec<f64> = numbers.map(|number| f64::from(number) * scale).collect();
            steps(&numbers)
        };
        assert_eq!(to(1..=100, 1.0), [20.0, 50.0, 100.0][..2]);
        assert_eq!(to(2010..=2024, 1.0), [2012.0, 2016.0, 2018.0, 2022.0]);
        assert_eq!(to(60..=100, 0.01), [0.7, 0.8, 0.9]);
        assert_eq!(to(1..=9, 1.0), [0.0; 0], "too few");
        let prices: Vec<f64> = (0..200).map(|n| 1.08f64.powi(n / 2)).collect();
        assert_eq!(steps(&prices), [5.0, 20.0, 100.0, 500.0]);
        assert_eq!(steps(&[7.0; 20]), [0.0; 0], "nothing between");
        assert_eq!(steps(&[f64::MIN, f64::MAX].repeat(10)), [0.0; 0]);
    }

    #[test]
    fn even_values_tell_more_apart() {
        assert_eq!(evenness(vec![9]), 0.0);
        assert!(evenness(vec![5, 5]) > evenness(vec![9, 1]));
        assert!(evenness(vec![5; 5]) > evenness(vec![5; 2]));
        assert!(evenness(vec![1; 1000]) < 0.1, "every product has its own");
    }
}

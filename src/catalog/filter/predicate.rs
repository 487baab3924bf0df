//! A filter bound to one catalog's columns, ready to be asked about variants and about blocks of products.

use super::{Filter, NumberRange};
use crate::catalog::columns::{Codes, Column, Columns, Dictionary, Values};

/// A filter bound to columns: values are codes, columns are references.
pub struct Predicate<'c> {
    node: Node<'c>,
    per_variant: bool,
}

enum Node<'c> {
    All(Vec<Node<'c>>),
    Any(Vec<Node<'c>>),
    Not(Box<Node<'c>>),
    /// A row has one of these codes. Of paths only the lowest level is asked.
    Has {
        codes: &'c Codes,
        per_variant: bool,
        accepted: Accepted,
    },
}

/// The codes a condition accepts.
enum Accepted {
    /// Those from `first` on.
    Range { first: u32, count: u32 },
    /// By code.
    Some(Vec<bool>),
}

impl<'c> Predicate<'c> {
    /// Binds a filter. An attribute without a column holds nothing, so its conditions never hold.
    pub fn bind(filter: &Filter, columns: &'c Columns) -> Self {
        let node = Node::bind(filter, columns).flattened();
        Predicate {
            per_variant: node.reads_variants(),
            node,
        }
    }

    /// Whether variants of one product may differ in what this says.
    pub fn per_variant(&self) -> bool {
        self.per_variant
    }

    /// Whether it holds for this variant of this product.
    #[inline]
    pub fn holds(&self, product: u32, variant: u32) -> bool {
        self.node.holds(product, variant)
    }

    /// Whether it holds for at least one variant of the product.
    pub fn holds_for_some(&self, columns: &Columns, product: u32) -> bool {
        let mut variants = columns.variants_of(product);
        if !self.per_variant {
            return self.holds(product, variants.start);
        }
        variants.any(|variant| self.holds(product, variant))
    }

    /// Whether it holds for at least one variant of each product.
    pub fn hold_for_some(&self, columns: &Columns, products: &[u32]) -> Vec<bool> {
        if !self.per_variant {
            return self.hold(products);
        }
        let holds = |product: &u32| self.holds_for_some(columns, *product);
        products.iter().map(holds).collect()
    }

    /// Whether it holds, product by product; not for what is said of variants. One column is read after the other, so
    /// that many cells are fetched at a time.
    pub fn hold(&self, products: &[u32]) -> Vec<bool> {
        debug_assert!(!self.per_variant);
        self.node.hold(products)
    }
}

impl<'c> Node<'c> {
    fn bind(filter: &Filter, columns: &'c Columns) -> Self {
        let bind = |part: &Filter| Node::bind(part, columns);
        match filter {
            Filter::All(parts) => Node::All(parts.iter().map(bind).collect()),
            Filter::Any(parts) => Node::bind_any(parts, columns),
            Filter::Not(inner) => Node::Not(Box::new(bind(inner))),
            Filter::Is { attribute, value } => Node::is(*attribute, &[value], columns),
            Filter::Within { attribute, range } => match columns.column(*attribute) {
                Some(Column {
                    per_variant,
                    codes,
                    values: Values::Numbers(numbers),
                }) => Node::Has {
                    codes,
                    per_variant: *per_variant,
                    accepted: Accepted::within(numbers, range),
                },
                _ => Node::Any(Vec::new()),
            },
        }
    }

    /// `color:red OR color:blue` asks one column once.
    fn bind_any(parts: &[Filter], columns: &'c Columns) -> Self {
        let mut words: Vec<(usize, Vec<&str>)> = Vec::new();
        let mut nodes = Vec::new();
        for part in parts {
            let Filter::Is { attribute, value } = part else {
                nodes.push(Node::bind(part, columns));
                continue;
            };
            match words.iter_mut().find(|(own, _)| own == attribute) {
                Some((_, values)) => values.push(value),
                None => words.push((*attribute, vec![value])),
            }
        }
        let words = words.iter();
        nodes.extend(words.map(|(attribute, values)| Node::is(*attribute, values, columns)));
        Node::Any(nodes)
    }

    fn is(attribute: usize, values: &[impl AsRef<str>], columns: &'c Columns) -> Self {
        let Some((dictionary, codes, per_variant)) = columns.words(attribute) else {
            return Node::Any(Vec::new());
        };
        let wanted = values.iter();
        let wanted = wanted.flat_map(|value| dictionary.codes_like(value.as_ref()));
        Node::Has {
            codes,
            per_variant,
            accepted: Accepted::words(wanted.collect(), dictionary, codes),
        }
    }

    fn flattened(self) -> Self {
        match self {
            Node::All(mut parts) | Node::Any(mut parts) if parts.len() == 1 => {
                parts.remove(0).flattened()
            }
            other => other,
        }
    }

    fn reads_variants(&self) -> bool {
        match self {
            Node::All(parts) | Node::Any(parts) => parts.iter().any(Node::reads_variants),
            Node::Not(inner) => inner.reads_variants(),
            Node::Has { per_variant, .. } => *per_variant,
        }
    }

    fn holds(&self, product: u32, variant: u32) -> bool {
        match self {
            Node::All(parts) => parts.iter().all(|part| part.holds(product, variant)),
            Node::Any(parts) => parts.iter().any(|part| part.holds(product, variant)),
            Node::Not(inner) => !inner.holds(product, variant),
            Node::Has {
                codes,
                per_variant,
                accepted,
            } => {
                let row = if *per_variant { variant } else { product };
                codes.lowest(row).any(|code| accepted.contains(code))
            }
        }
    }

    fn hold(&self, products: &[u32]) -> Vec<bool> {
        match self {
            Node::All(parts) => combined(parts, products, true, |all, own| all & own),
            Node::Any(parts) => combined(parts, products, false, |any, own| any | own),
            Node::Not(inner) => {
                let mut held = inner.hold(products);
                held.iter_mut().for_each(|held| *held = !*held);
                held
            }
            Node::Has {
                codes, accepted, ..
            } => {
                let mut gathered = Vec::with_capacity(products.len());
                if codes.gather(products, &mut gathered) {
                    return accepted.contain(&gathered);
                }
                let holds = |product: &u32| self.holds(*product, u32::MAX);
                products.iter().map(holds).collect()
            }
        }
    }
}

/// What several conditions come to, beginning with `start`.
fn combined(
    parts: &[Node<'_>],
    products: &[u32],
    start: bool,
    combine: impl Fn(bool, bool) -> bool,
) -> Vec<bool> {
    let mut held = vec![start; products.len()];
    for part in parts {
        let own = part.hold(products);
        let both = held.iter_mut().zip(own);
        both.for_each(|(held, own)| *held = combine(*held, own));
    }
    held
}

impl Accepted {
    /// The numbers in a range; they are sorted.
    fn within(numbers: &[f64], range: &NumberRange) -> Self {
        let from =
            |number: &f64| *number < range.from || (!range.from_included && *number == range.from);
        let to = |number: &f64| *number < range.to || (range.to_included && *number == range.to);
        let (first, end) = (numbers.partition_point(from), numbers.partition_point(to));
        Accepted::Range {
            first: first as u32,
            count: end.saturating_sub(first) as u32,
        }
    }

    /// These words; of paths, everything below them too.
    fn words(mut wanted: Vec<u32>, dictionary: &Dictionary, codes: &Codes) -> Self {
        wanted.sort_unstable();
        if codes.has_levels() {
            let is_below = |code: &u32| {
                codes
                    .with_levels_above(*code)
                    .any(|level| wanted.binary_search(&level).is_ok())
            };
            wanted = (0..dictionary.len() as u32).filter(is_below).collect();
        }
        wanted.dedup();
        let (first, last) = match (wanted.first(), wanted.last()) {
            (Some(first), Some(last)) => (*first, *last),
            _ => return Accepted::Range { first: 0, count: 0 },
        };
        if (last - first) as usize + 1 == wanted.len() {
            let count = wanted.len() as u32;
            return Accepted::Range { first, count };
        }
        let mut accepted = vec![false; dictionary.len()];
        wanted
            .into_iter()
            .for_each(|code| accepted[code as usize] = true);
        Accepted::Some(accepted)
    }

    #[inline]
    fn contains(&self, code: u32) -> bool {
        match self {
            Accepted::Range { first, count } => code.wrapping_sub(*first) < *count,
            Accepted::Some(accepted) => accepted.get(code as usize).copied().unwrap_or(false),
        }
    }

    fn contain(&self, codes: &[u32]) -> Vec<bool> {
        match self {
            Accepted::Range { first, count } => {
                let within = |code: &u32| code.wrapping_sub(*first) < *count;
                codes.iter().map(within).collect()
            }
            Accepted::Some(_) => codes.iter().map(|code| self.contains(*code)).collect(),
        }
    }
}

//! A filter bound to one catalog's columns, ready to be asked about a variant.

use super::{Filter, NumberRange};
use crate::catalog::columns::{Cells, Columns, Values};

/// A filter bound to columns: values are codes, columns are references.
pub struct Predicate<'c> {
    node: Node<'c>,
    per_variant: bool,
}

enum Node<'c> {
    All(Vec<Node<'c>>),
    Any(Vec<Node<'c>>),
    Not(Box<Node<'c>>),
    Words {
        cells: &'c Cells<u32>,
        per_variant: bool,
        accepted: Accepted,
    },
    Numbers {
        cells: &'c Cells<f64>,
        per_variant: bool,
        range: NumberRange,
    },
}

/// The codes a word condition accepts.
enum Accepted {
    None,
    One(u32),
    Some(Vec<u32>),
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
}

impl<'c> Node<'c> {
    fn bind(filter: &Filter, columns: &'c Columns) -> Self {
        let bind = |part: &Filter| Node::bind(part, columns);
        match filter {
            Filter::All(parts) => Node::All(parts.iter().map(bind).collect()),
            Filter::Any(parts) => merge_words(parts.iter().map(bind).collect()),
            Filter::Not(inner) => Node::Not(Box::new(bind(inner))),
            Filter::Is { attribute, value } => {
                let Some((dictionary, cells, per_variant)) = columns.words(*attribute) else {
                    return Node::Any(Vec::new());
                };
                let codes = dictionary.codes_like(value);
                Node::Words {
                    cells,
                    per_variant,
                    accepted: Accepted::of(codes),
                }
            }
            Filter::Within { attribute, range } => match columns.column(*attribute) {
                Some(column) => match &column.values {
                    Values::Numbers(cells) => Node::Numbers {
                        cells,
                        per_variant: column.per_variant,
                        range: *range,
                    },
                    Values::Words { .. } => Node::Any(Vec::new()),
                },
                None => Node::Any(Vec::new()),
            },
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
            Node::Words { per_variant, .. } | Node::Numbers { per_variant, .. } => *per_variant,
        }
    }

    fn holds(&self, product: u32, variant: u32) -> bool {
        let row = |per_variant: bool| if per_variant { variant } else { product };
        match self {
            Node::All(parts) => parts.iter().all(|part| part.holds(product, variant)),
            Node::Any(parts) => parts.iter().any(|part| part.holds(product, variant)),
            Node::Not(inner) => !inner.holds(product, variant),
            Node::Words {
                cells,
                per_variant,
                accepted,
            } => cells
                .of(row(*per_variant))
                .iter()
                .any(|code| accepted.contains(*code)),
            Node::Numbers {
                cells,
                per_variant,
                range,
            } => cells
                .of(row(*per_variant))
                .iter()
                .any(|number| range.contains(*number)),
        }
    }
}

/// `color:red OR color:blue` asks one column once.
fn merge_words(parts: Vec<Node<'_>>) -> Node<'_> {
    let mut merged: Vec<Node<'_>> = Vec::new();
    for part in parts {
        let (
            Node::Words {
                cells, accepted, ..
            },
            Some(Node::Words {
                cells: last,
                accepted: codes,
                ..
            }),
        ) = (&part, merged.last_mut())
        else {
            merged.push(part);
            continue;
        };
        if std::ptr::eq(*cells, *last) {
            *codes = Accepted::of(codes.all().chain(accepted.all()).collect());
        } else {
            merged.push(part);
        }
    }
    Node::Any(merged)
}

impl Accepted {
    fn of(mut codes: Vec<u32>) -> Self {
        codes.sort_unstable();
        codes.dedup();
        match codes[..] {
            [] => Accepted::None,
            [code] => Accepted::One(code),
            _ => Accepted::Some(codes),
        }
    }

    fn all(&self) -> impl Iterator<Item = u32> {
        match self {
            Accepted::None => Vec::new(),
            Accepted::One(code) => vec![*code],
            Accepted::Some(codes) => codes.clone(),
        }
        .into_iter()
    }

    #[inline]
    fn contains(&self, code: u32) -> bool {
        match self {
            Accepted::None => false,
            Accepted::One(one) => *one == code,
            Accepted::Some(codes) => codes.binary_search(&code).is_ok(),
        }
    }
}

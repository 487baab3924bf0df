//! Columns with some products changed: what did not change is shared with what was there before.

use std::ops::Range;
use std::sync::Arc;

use super::codes::{Moved, Splice};
use super::{Column, Columns, Dictionary, MISSING, PATH_SEPARATOR, Values};
use crate::catalog::product::{Product, Value};
use crate::catalog::schema::{Kind, Schema};

/// What a product is now.
pub struct Change<'p> {
    /// Products that are new follow those there are without a gap.
    pub ordinal: u32,
    /// `None` when it is gone; its ordinal stays, and has no values.
    pub product: Option<&'p Product>,
}

/// The rows of one product in one column, and the values that replace theirs.
struct Rows<'p> {
    rows: Range<u32>,
    values: Vec<&'p [Value]>,
}

impl Columns {
    /// These columns with some products changed; `changes` are in the order of their ordinals, each once.
    pub fn with(&self, schema: &Schema, changes: &[Change<'_>]) -> Columns {
        let mut changed = self.with_layout(changes);
        for (position, column) in changed.columns.iter_mut().enumerate() {
            let Some(column) = column else { continue };
            let attribute = &schema.attributes[position];
            let rows: Vec<Rows<'_>> = changes
                .iter()
                .map(|change| self.rows(column, position, change))
                .collect();
            if let Some(with) = column.with(attribute.kind, &rows) {
                *column = Arc::new(with);
            }
        }
        let is_sold_out = |change: &Change<'_>| {
            let product = change.product;
            product.is_none_or(|product| product.is_sold_out(schema))
        };
        let differs = |change: &Change<'_>| {
            self.sold_out.get(change.ordinal as usize) != Some(&is_sold_out(change))
        };
        if changes.iter().any(differs) {
            let sold_out = Arc::make_mut(&mut changed.sold_out);
            sold_out.resize(changed.product_ids.len(), true);
            for change in changes {
                sold_out[change.ordinal as usize] = is_sold_out(change);
            }
        }
        changed
    }

    /// The rows of a product in a column, none yet when it is new, and what they are to hold.
    fn rows<'p>(&self, column: &Column, position: usize, change: &Change<'p>) -> Rows<'p> {
        let end = column.codes.rows();
        let is_new = change.ordinal >= self.products();
        let rows = match is_new {
            true => end..end,
            false => self.rows_of(column.per_variant, change.ordinal),
        };
        let values = match change.product {
            // A product may come and go between two copies.
            None if is_new => vec![&[][..]; usize::from(!column.per_variant)],
            None => vec![&[][..]; rows.len()],
            Some(product) if column.per_variant => {
                let variants = product.variants.iter();
                variants
                    .map(|variant| variant.values[position].as_slice())
                    .collect()
            }
            Some(product) => vec![product.values[position].as_slice()],
        };
        Rows { rows, values }
    }

    /// The same columns for products that may have other variants, are new or gone.
    fn with_layout(&self, changes: &[Change<'_>]) -> Columns {
        let mut changed = self.clone();
        if changes.iter().all(|change| self.has_layout_of(change)) {
            return changed;
        }
        let (mut starts, mut ids) = (vec![0], Vec::with_capacity(self.variant_ids.len()));
        let mut rest = changes.iter().peekable();
        let mut ordinal = 0;
        while ordinal < self.products() || rest.peek().is_some() {
            let change = rest.next_if(|change| change.ordinal == ordinal);
            let product = change.and_then(|change| change.product);
            if ordinal >= self.products() {
                let product_ids = Arc::make_mut(&mut changed.product_ids);
                product_ids.push(product.map_or("", |product| &product.id).into());
            }
            if let Some(product) = product {
                let variants = product.variants.iter();
                ids.extend(variants.map(|variant| Arc::from(variant.id.as_str())));
            } else if ordinal < self.products() {
                ids.extend_from_slice(self.variant_ids_of(ordinal));
            }
            starts.push(ids.len() as u32);
            ordinal += 1;
        }
        (changed.variant_starts, changed.variant_ids) = (Arc::new(starts), Arc::new(ids));
        for change in changes {
            changed.move_ids(self, change);
        }
        changed
    }

    /// Says where the ids of a product are now.
    fn move_ids(&mut self, before: &Columns, change: &Change<'_>) {
        let ordinal = change.ordinal;
        let moved = Arc::make_mut(&mut self.moved);
        if ordinal < before.products() {
            let own = [&before.product_ids[ordinal as usize]].into_iter();
            for id in own.chain(before.variant_ids_of(ordinal)) {
                if before.ordinal(id) == Some(ordinal) {
                    moved.insert(id.clone(), None);
                }
            }
        }
        let gone = Arc::make_mut(&mut self.gone);
        let Some(product) = change.product else {
            gone.insert(ordinal);
            return;
        };
        gone.remove(&ordinal);
        for variant in &product.variants {
            // A product's own id comes before a variant of another that is called the same.
            let is_taken = before
                .ordinal(&variant.id)
                .is_some_and(|own| own != ordinal);
            if !is_taken {
                moved.insert(variant.id.as_str().into(), Some(ordinal));
            }
        }
        moved.insert(product.id.as_str().into(), Some(ordinal));
    }

    fn variant_ids_of(&self, product: u32) -> &[Arc<str>] {
        let variants = self.variants_of(product);
        &self.variant_ids[variants.start as usize..variants.end as usize]
    }

    fn has_layout_of(&self, change: &Change<'_>) -> bool {
        let Some(product) = change.product else {
            return self.is_gone(change.ordinal);
        };
        let ids = || product.variants.iter().map(|variant| variant.id.as_str());
        change.ordinal < self.products()
            && !self.is_gone(change.ordinal)
            && ids().eq(self.variant_ids_of(change.ordinal).iter().map(|id| &**id))
    }
}

impl Column {
    /// The column with these rows replaced; `None` when they say the same as before.
    fn with(&self, kind: Kind, replaced: &[Rows<'_>]) -> Option<Column> {
        if replaced.iter().all(|rows| self.says(rows)) {
            return None;
        }
        let (mut values, moved) = self.values_with(kind, replaced);
        let codes = |row: &&[Value]| codes_of(&values, row).expect("every value was put there");
        let splices: Vec<Splice> = replaced
            .iter()
            .map(|rows| Splice {
                rows: rows.rows.clone(),
                codes: rows.values.iter().map(codes).collect(),
            })
            .collect();
        let places = moved.as_ref().map(|moved| moved.places.clone());
        let codes = self.codes.with(&splices, moved);
        if let Values::Words(dictionary) = &mut values {
            for splice in &splices {
                let place = |code: u32| places.as_ref().map_or(code, |own| own[code as usize]);
                let before = splice.rows.clone().flat_map(|row| self.codes.of(row));
                for code in distinct(before.map(place)) {
                    dictionary.count(code, false);
                }
                let now = splice.codes.iter().flatten();
                let now = now.flat_map(|code| codes.with_levels_above(*code));
                for code in distinct(now) {
                    dictionary.count(code, true);
                }
            }
        }
        Some(Column {
            per_variant: self.per_variant,
            codes,
            values,
        })
    }

    /// Whether rows hold these values already.
    fn says(&self, Rows { rows, values }: &Rows<'_>) -> bool {
        let same = |(row, values): (u32, &&[Value])| {
            let codes = codes_of(&self.values, values);
            codes.is_some_and(|codes| self.codes.lowest(row).eq(codes))
        };
        rows.len() == values.len() && rows.clone().zip(values).all(same)
    }

    /// The distinct values with those of these rows among them, and where the old ones went when there are new ones.
    fn values_with(&self, kind: Kind, replaced: &[Rows<'_>]) -> (Values, Option<Moved>) {
        let rows = replaced.iter().flat_map(|rows| &rows.values);
        let values = rows.flat_map(|row| row.iter());
        match &self.values {
            Values::Numbers(numbers) => {
                let place = |number: &f64| numbers.binary_search_by(|own| own.total_cmp(number));
                let mut new: Vec<f64> = values.filter_map(number_of).collect();
                new.retain(|number| place(number).is_err());
                if new.is_empty() {
                    return (self.values.clone(), None);
                }
                let (all, places) = merged(numbers, new);
                let moved = Moved {
                    places,
                    dictionary_len: all.len(),
                    parents: Vec::new(),
                };
                (Values::Numbers(all.into()), Some(moved))
            }
            Values::Words(dictionary) => {
                let with_levels = |word: &str| -> Vec<String> {
                    let cuts = match kind {
                        Kind::Path => word
                            .match_indices(PATH_SEPARATOR)
                            .map(|(at, _)| at)
                            .collect(),
                        _ => Vec::new(),
                    };
                    let levels = cuts.into_iter().chain([word.len()]);
                    levels.map(|end| word[..end].to_string()).collect()
                };
                let words = values.filter_map(Value::word).flat_map(with_levels);
                let mut new: Vec<String> = words
                    .filter(|word| dictionary.code(word).is_none())
                    .collect();
                if new.is_empty() {
                    return (self.values.clone(), None);
                }
                new.sort_unstable();
                new.dedup();
                let (all, places) = dictionary.with(&new);
                let moved = Moved {
                    parents: parents(kind, &all),
                    places,
                    dictionary_len: all.len(),
                };
                (Values::Words(all), Some(moved))
            }
        }
    }
}

/// By code: the level above a path; empty when there are no levels.
fn parents(kind: Kind, dictionary: &Dictionary) -> Vec<u32> {
    if kind != Kind::Path {
        return Vec::new();
    }
    let parent = |word: &str| {
        let above = word.rfind(PATH_SEPARATOR).map(|at| &word[..at]);
        above
            .and_then(|above| dictionary.code(above))
            .unwrap_or(MISSING)
    };
    let parents: Vec<u32> = dictionary.values().map(parent).collect();
    let has_levels = parents.iter().any(|parent| *parent != MISSING);
    if has_levels { parents } else { Vec::new() }
}

/// Two lists of numbers as one that is sorted, and by place in the first: the place now.
fn merged(numbers: &[f64], new: Vec<f64>) -> (Vec<f64>, Vec<u32>) {
    let mut new = new;
    new.sort_unstable_by(f64::total_cmp);
    new.dedup();
    let mut all = Vec::with_capacity(numbers.len() + new.len());
    let mut places = Vec::with_capacity(numbers.len());
    let mut new = new.into_iter().peekable();
    for number in numbers {
        while let Some(lower) = new.next_if(|lower| lower < number) {
            all.push(lower);
        }
        places.push(all.len() as u32);
        all.push(*number);
    }
    all.extend(new);
    (all, places)
}

/// A number as columns hold it: minus zero is zero.
fn number_of(value: &Value) -> Option<f64> {
    let number = value.number()? + 0.0;
    (!number.is_nan()).then_some(number)
}

/// The codes of a row; `None` when one of its values is not there.
fn codes_of(values: &Values, row: &[Value]) -> Option<Vec<u32>> {
    let mut codes = Vec::with_capacity(row.len());
    match values {
        Values::Numbers(numbers) => {
            for number in row.iter().filter_map(number_of) {
                let place = numbers.binary_search_by(|own| own.total_cmp(&number));
                codes.push(place.ok()? as u32);
            }
        }
        Values::Words(dictionary) => {
            for word in row.iter().filter_map(Value::word) {
                let code = dictionary.code(word)?;
                if !codes.contains(&code) {
                    codes.push(code);
                }
            }
        }
    }
    Some(codes)
}

fn distinct(codes: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut codes: Vec<u32> = codes.collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

#[cfg(test)]
mod tests {
    //! Promise: columns with products changed hold what columns hold that are built of the changed products.

    use proptest::prelude::*;

    use super::*;
    use crate::catalog::columns::ColumnsBuilder;
    use crate::catalog::product::Variant;

    const SCHEMA: &str = r#"
        id = "id"
        [[attribute]]
        name = "title"
        type = "keyword"
        role = "title"
        facet = true
        [[attribute]]
        name = "category"
        type = "path"
        facet = true
        [[attribute]]
        name = "price"
        type = "money"
        role = "price"
        [[attribute]]
        name = "stock"
        type = "number"
        role = "stock"
        variant = true
    "#;

    fn values() -> impl Strategy<Value = Vec<Vec<Value>>> {
        let titles = prop::collection::vec("[a-d]{1,2}", 0..3);
        let levels = prop::collection::vec("[xyz]", 0..4);
        (titles, levels, prop::option::of(0i32..600)).prop_map(|(titles, levels, price)| {
            let text = |text: String| Value::Text(text);
            let path = (!levels.is_empty()).then(|| text(levels.join(PATH_SEPARATOR)));
            let price = price.map(|price| Value::Number(f64::from(price) - 300.0));
            let titles = titles.into_iter().map(text).collect();
            let of = |value: Option<Value>| value.into_iter().collect();
            vec![titles, of(path), of(price), Vec::new()]
        })
    }

    fn products(most: usize) -> impl Strategy<Value = Vec<Product>> {
        let stocks = prop::collection::vec(prop::option::of(0u8..3), 1..4);
        prop::collection::vec((values(), stocks), 1..most).prop_map(|products| {
            let product = |(id, (values, stocks)): (usize, (_, Vec<Option<u8>>))| {
                let variant = |(number, stock): (usize, Option<u8>)| {
                    let stock = stock.map(|stock| Value::Number(f64::from(stock)));
                    Variant {
                        id: format!("{id}-{number}"),
                        values: vec![
                            Vec::new(),
                            Vec::new(),
                            Vec::new(),
                            stock.into_iter().collect(),
                        ],
                    }
                };
                Product {
                    id: id.to_string(),
                    values,
                    variants: stocks.into_iter().enumerate().map(variant).collect(),
                    filled: Vec::new(),
                }
            };
            products.into_iter().enumerate().map(product).collect()
        })
    }

    fn built(schema: &Schema, products: &[Product]) -> Columns {
        let mut builder = ColumnsBuilder::new(schema);
        products.iter().for_each(|product| builder.push(product));
        builder.finish()
    }

    /// Everything that can be read of columns, values that no product has aside.
    fn told(schema: &Schema, columns: &Columns) -> String {
        let mut told = String::new();
        for position in 0..schema.attributes.len() {
            let column = columns.column(position).unwrap();
            for row in 0..column.codes.rows() {
                let codes = column.codes.of(row);
                let row: Vec<String> = match &column.values {
                    Values::Numbers(numbers) => codes
                        .map(|code| numbers[code as usize].to_string())
                        .collect(),
                    Values::Words(words) => codes
                        .map(|code| {
                            format!("{} in {}", words.value(code), words.product_count(code))
                        })
                        .collect(),
                };
                told += &format!("{position}: {}\n", row.join(", "));
            }
        }
        for product in 0..columns.products() {
            let (id, sold_out) = (columns.product_id(product), columns.sold_out(product));
            let variants = columns.variants_of(product);
            let found = columns.ordinal(&format!("{id}-0"));
            told += &format!("{id} {variants:?} {sold_out} {found:?}\n");
        }
        told
    }

    proptest! {
        #[test]
        fn changed_columns_are_those_of_the_changed_products(
            before in products(20),
            changed in products(25),
            which in prop::collection::vec(any::<bool>(), 25),
        ) {
            let schema = Schema::parse("schema.toml", SCHEMA).unwrap();
            let mut after = before.clone();
            let mut changes = Vec::new();
            for (at, product) in changed.iter().enumerate() {
                if at >= after.len() {
                    after.push(product.clone());
                } else if which[at] {
                    after[at] = product.clone();
                } else {
                    continue;
                }
                changes.push(Change { ordinal: at as u32, product: Some(product) });
            }
            let columns = built(&schema, &before).with(&schema, &changes);
            prop_assert_eq!(told(&schema, &columns), told(&schema, &built(&schema, &after)));
        }
    }
}

//! Bare tantivy over the same text: what the engine is measured against.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Bound;
use std::path::Path;

use anyhow::Context;
use endcap::text::Analyzer;
use tantivy::aggregation::AggregationCollector;
use tantivy::aggregation::agg_req::Aggregations;
use tantivy::collector::{Count, TopDocs};
use tantivy::indexer::NoMergePolicy;
use tantivy::query::{BooleanQuery, Occur, Query, RangeQuery, TermQuery};
use tantivy::schema::{
    Field, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{PreTokenizedString, Token};
use tantivy::{Index, IndexWriter, Searcher, TantivyDocument, Term};

use super::catalog::Product;
use super::shop::FACET_VALUES;

/// Memory for postings before they are written as a segment: all of a million products.
pub const WRITER_BYTES: usize = 1 << 30;

/// Hits on a page.
pub const HITS: usize = 24;

/// An index of the same text, with the columns that tantivy's aggregations need.
pub struct Bare {
    searcher: Searcher,
    analyzer: Analyzer,
    fields: Fields,
    aggregations: Aggregations,
    price_below: f64,
}

struct Fields {
    text: Field,
    brand: Field,
    category: Field,
    color: Field,
    price: Field,
}

impl Bare {
    /// Indexes the feed into `dir`, in its order, with the stems that the engine indexes.
    pub fn build(dir: &Path, feed: &Path) -> anyhow::Result<()> {
        if dir.exists() {
            std::fs::remove_dir_all(dir)?;
        }
        std::fs::create_dir_all(dir)?;
        let (schema, fields) = schema();
        let index = Index::create_in_dir(dir, schema)?;
        let mut writer: IndexWriter = index.writer_with_num_threads(1, WRITER_BYTES)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        let analyzer = Analyzer::new("en");
        for line in BufReader::new(File::open(feed)?).lines() {
            let product: Product = serde_json::from_str(&line?)?;
            writer.add_document(document(&fields, &analyzer, &product))?;
        }
        writer.commit()?;
        writer.wait_merging_threads()?;
        Ok(())
    }

    pub fn open(dir: &Path, price_below: f64) -> anyhow::Result<Self> {
        let searcher = Index::open_in_dir(dir)?.reader()?.searcher();
        let aggregations = serde_json::json!({
            "brand": { "terms": { "field": "brand", "size": FACET_VALUES } },
            "category": { "terms": { "field": "category", "size": FACET_VALUES } },
            "color": { "terms": { "field": "color", "size": FACET_VALUES } },
            "price": { "stats": { "field": "price" } },
        });
        Ok(Bare {
            searcher,
            analyzer: Analyzer::new("en"),
            fields: schema().1,
            aggregations: serde_json::from_value(aggregations).context("the aggregations above")?,
            price_below,
        })
    }

    pub fn segments(&self) -> usize {
        self.searcher.segment_readers().len()
    }

    /// (a) The best hits with all words.
    pub fn all_words(&self, query: &str) -> tantivy::Result<usize> {
        let query = self.query(query, Occur::Must);
        let top = TopDocs::with_limit(HITS).order_by_score();
        Ok(self.searcher.search(&query, &top)?.len())
    }

    /// How many products have all words.
    pub fn count_all_words(&self, query: &str) -> tantivy::Result<usize> {
        self.searcher
            .search(&self.query(query, Occur::Must), &Count)
    }

    /// (b) The best hits with any word, and how many there are.
    pub fn any_word(&self, query: &str) -> tantivy::Result<usize> {
        let query = self.query(query, Occur::Should);
        let top = TopDocs::with_limit(HITS).order_by_score();
        Ok(self.searcher.search(&query, &(top, Count))?.1)
    }

    /// (c) The same below the price, with three facets and the range of prices.
    pub fn any_word_with_facets(&self, query: &str) -> tantivy::Result<usize> {
        let price = Term::from_field_f64(self.fields.price, self.price_below);
        let price = RangeQuery::new(Bound::Unbounded, Bound::Excluded(price));
        let query = BooleanQuery::intersection(vec![
            Box::new(self.query(query, Occur::Should)),
            Box::new(price),
        ]);
        let top = TopDocs::with_limit(HITS).order_by_score();
        let facets = AggregationCollector::from_aggs(self.aggregations.clone(), Default::default());
        let (_, count, facets) = self.searcher.search(&query, &(top, Count, facets))?;
        Ok(count + facets.0.len())
    }

    fn query(&self, query: &str, occur: Occur) -> BooleanQuery {
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for stem in self.analyzer.stems(query) {
            let term = Term::from_field_text(self.fields.text, &stem);
            let query = TermQuery::new(term, IndexRecordOption::WithFreqs);
            clauses.push((occur, Box::new(query)));
        }
        BooleanQuery::new(clauses)
    }
}

/// What the engine searches, joined: title, brand, category, color, material, description.
pub fn texts(product: &Product) -> [&str; 6] {
    [
        &product.title,
        &product.brand,
        &product.category,
        &product.color,
        &product.material,
        &product.description,
    ]
}

fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::WithFreqs);
    let text = TextOptions::default().set_indexing_options(indexing);
    let keyword = TextOptions::default().set_fast("raw");
    let fields = Fields {
        text: schema.add_text_field("text", text),
        brand: schema.add_text_field("brand", keyword.clone()),
        category: schema.add_text_field("category", keyword.clone()),
        color: schema.add_text_field("color", keyword),
        price: schema.add_f64_field("price", NumericOptions::default().set_fast()),
    };
    (schema.build(), fields)
}

fn document(fields: &Fields, analyzer: &Analyzer, product: &Product) -> TantivyDocument {
    let stems = texts(product)
        .into_iter()
        .flat_map(|text| analyzer.stems(text));
    let tokens = stems
        .enumerate()
        .map(|(position, text)| Token {
            text,
            position,
            ..Token::default()
        })
        .collect();
    let mut document = TantivyDocument::new();
    document.add_pre_tokenized_text(
        fields.text,
        PreTokenizedString {
            text: String::new(),
            tokens,
        },
    );
    document.add_text(fields.brand, &product.brand);
    // Every level counts, as in the engine's facet.
    for (end, _) in product.category.match_indices(" > ") {
        document.add_text(fields.category, &product.category[..end]);
    }
    document.add_text(fields.category, &product.category);
    document.add_text(fields.color, &product.color);
    document.add_f64(fields.price, product.price);
    document
}

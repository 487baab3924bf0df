//! The immutable view of the whole shop that one request reads.

use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::names::Names;
use crate::catalog::columns::Columns;
use crate::catalog::documents::Documents;
use crate::catalog::schema::{Role, Schema};
use crate::catalog::stored::StoredProducts;
use crate::merchandising::{Known, Reading, Rules};
use crate::problem::Problem;
use crate::query::{Knowledge, Language, LastWord, Query, Spelling, Synonyms, Vocabulary};
use crate::ranking::{Adjustment, PriceTiers, Recipes, Shelf};
use crate::recommendations::Shelves;
use crate::retrieval::TextIndex;
use crate::shoppers::Segments;
use crate::text::Analyzer;

/// What one generation of the index holds, with what was changed since it was built; cheap to copy.
#[derive(Clone)]
pub struct Catalog {
    /// Which generation this is.
    pub generation: u64,
    /// How old the feed is that it was built from, and the number of the last change that was built in.
    pub built: BuiltFrom,
    /// The number of the last change that it holds.
    pub changes: u64,
    /// The generation that should be served and is damaged; `None` when this is the one.
    pub instead_of: Option<Damaged>,
    pub schema: Arc<Schema>,
    pub columns: Columns,
    pub documents: Documents,
    pub stored: StoredProducts,
    pub text: Arc<TextIndex>,
    /// The index as it was built.
    pub built_text: Arc<TextIndex>,
    /// Made when they are first asked for.
    pub price_tiers: OnceLock<PriceTiers>,
    /// Made when they are first asked for.
    pub names: Arc<OnceLock<Names>>,
    /// Made when they are first asked for; products that changed since the last build stay where they are.
    pub shelves: Arc<OnceLock<Shelves>>,
}

/// Which changes a generation holds: those up to a number, and those that are older than its feed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct BuiltFrom {
    /// When the feed was exported, or at the latest read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Timestamp>,
    /// The number of the last change that was built in.
    #[serde(default)]
    pub changes: u64,
}

impl Catalog {
    /// The title of the product with this id; nothing when there is none.
    pub fn title(&self, id: &str) -> Option<String> {
        let attribute = self.schema.role(Role::Title)?;
        let document = self.documents.get(self.columns.ordinal(id)?);
        let title = document.get(&self.schema.attributes[attribute].name)?;
        title.as_str().map(str::to_string)
    }
}

/// A generation that cannot be served.
#[derive(Debug, Clone)]
pub struct Damaged {
    pub generation: u64,
    /// What is wrong with it.
    pub reason: String,
}

/// Everything one request reads; cheap to copy.
#[derive(Clone)]
pub struct Snapshot {
    pub catalog: Arc<Catalog>,
    pub language: Arc<Language>,
    pub rules: Rules,
    /// What every list is adjusted by.
    pub goals: Vec<Adjustment>,
    pub recipes: Recipes,
    pub segments: Segments,
    /// What is wrong with the shop's files; requests are served by the last good ones.
    pub problems: Vec<Problem>,
    /// What rules do to one another: contradicting, shadowed, never holding.
    pub conflicts: Vec<Problem>,
    /// Names that rules use and other files define.
    pub known: Known,
}

impl Snapshot {
    /// What ranking and rules need to know of the catalog.
    pub fn shelf(&self) -> Shelf<'_> {
        Shelf {
            schema: &self.catalog.schema,
            columns: &self.catalog.columns,
        }
    }

    /// What rules are read with.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            shelf: self.shelf(),
            analyzer: &self.language.analyzer,
            known: &self.known,
        }
    }

    /// Where each product's price stands in its category.
    pub fn price_tiers(&self) -> &PriceTiers {
        self.catalog
            .price_tiers
            .get_or_init(|| PriceTiers::new(self.shelf()))
    }

    /// What the catalog itself says of which products to show first.
    pub fn shelves(&self) -> &Shelves {
        self.catalog
            .shelves
            .get_or_init(|| Shelves::new(self.shelf()))
    }

    /// The same shop with other synonyms.
    pub fn with_synonyms(&self, synonyms: Synonyms) -> Snapshot {
        let schema = &self.catalog.schema;
        let language = Language::new(schema, Analyzer::new(&schema.language), synonyms);
        Snapshot {
            language: Arc::new(language),
            ..self.clone()
        }
    }

    /// The same shop with another catalog.
    pub fn with_catalog(&self, catalog: Arc<Catalog>) -> Snapshot {
        Snapshot {
            catalog,
            ..self.clone()
        }
    }

    /// What a query is read as, corrected.
    pub fn understand(&self, text: &str) -> Query {
        let knowledge = self.knowledge(Spelling::Corrected);
        knowledge.understand(text, LastWord::Whole)
    }

    /// Brands and categories by the words of their names.
    pub fn names(&self) -> &Names {
        self.catalog
            .names
            .get_or_init(|| Names::of(&self.catalog.schema, &self.catalog.columns))
    }

    pub fn vocabulary(&self) -> &Vocabulary {
        &self.catalog.text.vocabulary
    }

    /// What queries are understood with.
    pub fn knowledge(&self, spelling: Spelling) -> Knowledge<'_> {
        Knowledge {
            language: &self.language,
            vocabulary: &self.catalog.text.vocabulary,
            together: &*self.catalog.text,
            spelling,
        }
    }
}

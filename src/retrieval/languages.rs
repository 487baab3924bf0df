//! In which language the words of each attribute are read, and whether typos are forgiven there.

use crate::catalog::schema::{Attribute, Schema};
use crate::query::VocabularyBuilder;
use crate::text::Analyzer;

/// What a word begins with that is not read as the shop's words are: the position of its attribute follows, and a `:`.
const UNREAD: &str = "\u{1}x";

/// How the words of a catalog are read.
pub(super) struct Languages {
    /// The shop's.
    pub(super) own: Analyzer,
    /// By position in the schema; `None` for attributes in the shop's language.
    by_attribute: Vec<Option<Analyzer>>,
    typos: Vec<bool>,
}

impl Languages {
    pub(super) fn new(schema: &Schema) -> Self {
        let attributes = schema.attributes.iter();
        let analyzer = |attribute: &Attribute| attribute.language.as_deref().map(Analyzer::new);
        Languages {
            own: Analyzer::new(&schema.language),
            by_attribute: attributes.clone().map(analyzer).collect(),
            typos: attributes.map(|attribute| attribute.typos).collect(),
        }
    }

    /// The number of the stem of a word, which may be marked.
    pub(super) fn stem(&self, vocabulary: &mut VocabularyBuilder, word: &str) -> u32 {
        match unmarked(word) {
            Some((position, folded)) => self.stem_in(vocabulary, position, folded),
            None => vocabulary.stem(&self.own, word),
        }
    }

    /// The number of the stem of a word of an attribute.
    pub(super) fn stem_in(
        &self,
        vocabulary: &mut VocabularyBuilder,
        position: usize,
        folded: &str,
    ) -> u32 {
        let (analyzer, typos) = (&self.by_attribute[position], self.typos[position]);
        match analyzer {
            None if typos => vocabulary.stem(&self.own, folded),
            _ => {
                let analyzer = analyzer.as_ref().unwrap_or(&self.own);
                vocabulary.stem_elsewhere(analyzer, folded, typos)
            }
        }
    }
}

/// What the words of an attribute begin with while they are not read; `None` when they are read as all words are.
pub(super) fn mark(schema: &Schema, position: usize) -> Option<String> {
    let attribute = &schema.attributes[position];
    let is_special = attribute.language.is_some() || !attribute.typos;
    is_special.then(|| format!("{UNREAD}{position}:"))
}

/// Whether a text is a word that is not read yet.
pub(super) fn is_marked(text: &str) -> bool {
    text.starts_with(UNREAD)
}

fn unmarked(word: &str) -> Option<(usize, &str)> {
    let (position, folded) = word.strip_prefix(UNREAD)?.split_once(':')?;
    Some((position.parse().ok()?, folded))
}

//! Hands tantivy the stems of a text as they are; its own pre-tokenized texts would pass through JSON on their way.

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

/// Stands after every stem; no word has it.
pub(super) const STEM_END: char = '\n';

/// Splits a text at the ends of its stems.
#[derive(Clone, Default)]
pub(super) struct StemTokenizer {
    token: Token,
}

pub(super) struct StemStream<'a> {
    rest: &'a str,
    token: &'a mut Token,
}

impl Tokenizer for StemTokenizer {
    type TokenStream<'a> = StemStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> StemStream<'a> {
        self.token.reset();
        StemStream {
            rest: text,
            token: &mut self.token,
        }
    }
}

impl TokenStream for StemStream<'_> {
    fn advance(&mut self) -> bool {
        let Some((stem, rest)) = self.rest.split_once(STEM_END) else {
            return false;
        };
        self.rest = rest;
        self.token.text.clear();
        self.token.text.push_str(stem);
        self.token.position = self.token.position.wrapping_add(1);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

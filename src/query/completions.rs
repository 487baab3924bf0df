//! What the first letters of very many words may become, made once for each catalog.

use fst::Streamer;
use rustc_hash::FxHashMap;

/// At most this many completions of a word being typed are sought.
pub(super) const COMPLETIONS_MAX: usize = 20;

/// Beginnings of more letters begin few words, which are looked through when they are asked for …
const LETTERS_MAX: usize = 3;
/// … and so are beginnings of no more words.
const WORDS_MIN: usize = 256;

/// By beginning of very many words: the stems of the most frequent ones, most frequent first.
#[derive(Default)]
pub(super) struct Completions(FxHashMap<String, Vec<u32>>);

impl Completions {
    /// Looks through all words, which are sorted; `most_frequent` chooses among the stems of those that begin alike.
    pub(super) fn of_words(
        words: &fst::Map<Vec<u8>>,
        most_frequent: impl Fn(Vec<u32>) -> Vec<u32>,
    ) -> Self {
        let mut completions = FxHashMap::default();
        let mut open: [(String, Vec<u32>); LETTERS_MAX] = Default::default();
        let mut close = |(beginning, stems): &mut (String, Vec<u32>)| {
            let stems = std::mem::take(stems);
            if stems.len() > WORDS_MIN {
                completions.insert(beginning.clone(), most_frequent(stems));
            }
        };
        let mut stream = words.stream();
        while let Some((word, stem)) = stream.next() {
            let word = String::from_utf8_lossy(word);
            for (letters, own) in (1..).zip(&mut open) {
                let end = word.char_indices().nth(letters - 1);
                let Some((end, last)) = end else {
                    continue;
                };
                let beginning = &word[..end + last.len_utf8()];
                if own.0 != beginning {
                    close(own);
                    own.0 = beginning.to_string();
                }
                own.1.push(stem as u32);
            }
        }
        open.iter_mut().for_each(close);
        Completions(completions)
    }

    /// `None` when few words begin so, or none does.
    pub(super) fn of(&self, beginning: &str) -> Option<&[u32]> {
        self.0.get(beginning).map(Vec::as_slice)
    }
}

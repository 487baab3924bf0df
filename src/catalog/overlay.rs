//! What changed since a generation was built, by ordinal: a copy shares with the original all but what is put into it.

use std::sync::Arc;

/// Neighbours that are copied together.
const CHUNK: usize = 256;

type Chunk<T> = Vec<Option<T>>;

/// Values of some ordinals; cheap to copy.
#[derive(Debug, Clone)]
pub struct Overlay<T> {
    chunks: Vec<Option<Arc<Chunk<T>>>>,
    len: usize,
}

impl<T> Default for Overlay<T> {
    fn default() -> Self {
        Overlay {
            chunks: Vec::new(),
            len: 0,
        }
    }
}

impl<T: Clone> Overlay<T> {
    /// How many ordinals have a value.
    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    pub fn get(&self, ordinal: u32) -> Option<&T> {
        let chunk = self.chunks.get(ordinal as usize / CHUNK)?.as_ref()?;
        chunk[ordinal as usize % CHUNK].as_ref()
    }

    pub fn put(&mut self, ordinal: u32, value: T) {
        let at = ordinal as usize / CHUNK;
        if at >= self.chunks.len() {
            self.chunks.resize(at + 1, None);
        }
        let chunk = self.chunks[at].get_or_insert_with(|| Arc::new(vec![None; CHUNK]));
        let place = &mut Arc::make_mut(chunk)[ordinal as usize % CHUNK];
        self.len += usize::from(place.is_none());
        *place = Some(value);
    }

    /// Every ordinal that has a value, with it, lowest first.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let filled = self.chunks.iter().enumerate();
        let filled = filled.filter_map(|(at, chunk)| Some((at * CHUNK, chunk.as_ref()?)));
        filled.flat_map(|(first, chunk)| {
            let values = chunk.iter().enumerate();
            values.filter_map(move |(at, value)| Some(((first + at) as u32, value.as_ref()?)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_keeps_what_it_had_when_the_other_changes() {
        let mut one = Overlay::default();
        one.put(3, "three");
        one.put(700, "many");
        let mut other = one.clone();
        other.put(3, "drei");
        other.put(4, "vier");
        let all = |overlay: &Overlay<&'static str>| -> Vec<(u32, &'static str)> {
            overlay.iter().map(|(at, value)| (at, *value)).collect()
        };
        assert_eq!(all(&one), [(3, "three"), (700, "many")]);
        assert_eq!(all(&other), [(3, "drei"), (4, "vier"), (700, "many")]);
        assert_eq!((one.len(), other.len()), (2, 3));
        assert_eq!((other.get(5), other.get(90_000)), (None, None));
    }
}

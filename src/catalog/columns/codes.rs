//! Codes by row, each in as few bytes as the dictionary needs.

use serde::{Deserialize, Serialize};

/// Stands for "no value"; no dictionary has so many.
pub const MISSING: u32 = u32::MAX;

/// The codes of each row of a column.
///
/// Of a path only the code of its lowest level is stored; the levels above it follow from `parents`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Codes {
    rows: Rows,
    /// By code: the level above it, or `MISSING`; empty for all but paths. A parent's code is lower than its child's.
    parents: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
enum Rows {
    /// At most one code a row.
    Single(Packed),
    /// Row `r` holds `codes[starts[r]..starts[r + 1]]`.
    Many { starts: Vec<u32>, codes: Packed },
}

/// Codes as wide as the highest needs; the highest number of a width stands for `MISSING`.
#[derive(Debug, Serialize, Deserialize)]
enum Packed {
    Bytes(Vec<u8>),
    Shorts(Vec<u16>),
    Longs(Vec<u32>),
}

impl Codes {
    /// Row `r` holds `codes[starts[r]..starts[r + 1]]`, all below `dictionary_len`.
    pub(super) fn new(
        starts: Vec<u32>,
        codes: Vec<u32>,
        dictionary_len: usize,
        parents: Vec<u32>,
    ) -> Self {
        let is_single = starts.windows(2).all(|pair| pair[1] - pair[0] <= 1);
        let rows = if is_single {
            let cell = |pair: &[u32]| {
                let has_one = pair[0] < pair[1];
                if has_one {
                    codes[pair[0] as usize]
                } else {
                    MISSING
                }
            };
            Rows::Single(Packed::of(starts.windows(2).map(cell), dictionary_len))
        } else {
            let codes = Packed::of(codes.into_iter(), dictionary_len);
            Rows::Many { starts, codes }
        };
        Codes { rows, parents }
    }

    /// The codes of a row, and of every level above them; a level that two paths of a row share comes twice.
    #[inline]
    pub fn of(&self, row: u32) -> impl Iterator<Item = u32> {
        self.lowest(row)
            .flat_map(|code| self.with_levels_above(code))
    }

    /// A code and those of the levels above it.
    #[inline]
    pub fn with_levels_above(&self, code: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(code), |below| self.parent(*below))
    }

    /// The code of the level above this one; it is lower.
    #[inline]
    pub fn parent(&self, code: u32) -> Option<u32> {
        let parent = self.parents.get(code as usize).copied();
        parent.filter(|parent| *parent != MISSING)
    }

    /// Values stand below others.
    pub fn has_levels(&self) -> bool {
        !self.parents.is_empty()
    }

    /// The codes of a row without the levels above them.
    #[inline]
    pub fn lowest(&self, row: u32) -> impl Iterator<Item = u32> {
        let (cells, packed) = match &self.rows {
            Rows::Single(packed) => (row..row + 1, packed),
            Rows::Many { starts, codes } => (starts[row as usize]..starts[row as usize + 1], codes),
        };
        cells
            .map(|cell| packed.get(cell))
            .filter(|code| *code != MISSING)
    }

    /// No row has more than one value.
    pub fn is_single(&self) -> bool {
        matches!(self.rows, Rows::Single(_))
    }

    /// Writes the only code of each row, or `MISSING`, without the levels above it; false, and nothing written, when
    /// rows have more than one.
    pub fn gather(&self, rows: &[u32], codes: &mut Vec<u32>) -> bool {
        let Rows::Single(packed) = &self.rows else {
            return false;
        };
        codes.clear();
        packed.gather(rows, codes);
        true
    }
}

impl Packed {
    fn of(codes: impl Iterator<Item = u32>, dictionary_len: usize) -> Self {
        if dictionary_len <= usize::from(u8::MAX) {
            Packed::Bytes(
                codes
                    .map(|code| code.min(u32::from(u8::MAX)) as u8)
                    .collect(),
            )
        } else if dictionary_len <= usize::from(u16::MAX) {
            Packed::Shorts(
                codes
                    .map(|code| code.min(u32::from(u16::MAX)) as u16)
                    .collect(),
            )
        } else {
            Packed::Longs(codes.collect())
        }
    }

    #[inline]
    fn get(&self, cell: u32) -> u32 {
        match self {
            Packed::Bytes(codes) => widen(codes[cell as usize], u8::MAX),
            Packed::Shorts(codes) => widen(codes[cell as usize], u16::MAX),
            Packed::Longs(codes) => codes[cell as usize],
        }
    }

    fn gather(&self, cells: &[u32], into: &mut Vec<u32>) {
        let cells = cells.iter().map(|cell| *cell as usize);
        match self {
            Packed::Bytes(codes) => into.extend(cells.map(|cell| widen(codes[cell], u8::MAX))),
            Packed::Shorts(codes) => into.extend(cells.map(|cell| widen(codes[cell], u16::MAX))),
            Packed::Longs(codes) => into.extend(cells.map(|cell| codes[cell])),
        }
    }
}

#[inline]
fn widen<T: Copy + PartialEq + Into<u32>>(code: T, missing: T) -> u32 {
    if code == missing {
        MISSING
    } else {
        code.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_width_are_read_back() {
        for dictionary_len in [1, 255, 256, 65_535, 65_536, 100_000] {
            let last = dictionary_len as u32 - 1;
            let codes = Codes::new(vec![0, 1, 1, 2], vec![0, last], dictionary_len, Vec::new());
            let mut gathered = Vec::new();
            assert!(codes.gather(&[0, 1, 2], &mut gathered));
            assert_eq!(gathered, [0, MISSING, last], "{dictionary_len} values");
            assert_eq!(codes.of(1).count(), 0);
            assert_eq!(codes.of(2).collect::<Vec<_>>(), [last]);
        }
    }

    #[test]
    fn a_path_has_every_level_above_it() {
        let parents = vec![MISSING, 0, 1, 0];
        let codes = Codes::new(vec![0, 1, 3], vec![2, 3, 2], 4, parents);
        assert_eq!(codes.of(0).collect::<Vec<_>>(), [2, 1, 0]);
        assert_eq!(codes.of(1).collect::<Vec<_>>(), [3, 0, 2, 1, 0]);
        assert!(!codes.is_single());
    }
}

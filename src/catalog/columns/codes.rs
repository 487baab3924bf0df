//! Codes by row, each in as few bytes as the dictionary needs.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Stands for "no value"; no dictionary has so many.
pub const MISSING: u32 = u32::MAX;

/// The codes of each row of a column.
///
/// Of a path only the code of its lowest level is stored; the levels above it follow from `parents`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Codes {
    rows: Rows,
    /// By code: the level above it, or `MISSING`; empty for all but paths. A parent's code is lower than its child's.
    parents: Vec<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
enum Rows {
    /// At most one code a row.
    Single(Packed),
    /// Row `r` holds `codes[starts[r]..starts[r + 1]]`.
    Many { starts: Vec<u32>, codes: Packed },
}

/// Codes as wide as the highest needs; the highest number of a width stands for `MISSING`.
#[derive(Debug, Clone, Serialize, Deserialize)]
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

/// Rows that are replaced by others, as many or not.
pub(super) struct Splice {
    pub(super) rows: Range<u32>,
    /// By new row: its codes.
    pub(super) codes: Vec<Vec<u32>>,
}

/// Where the values of a dictionary went that was made longer.
pub(super) struct Moved {
    /// By code: the code now.
    pub(super) places: Vec<u32>,
    pub(super) dictionary_len: usize,
    pub(super) parents: Vec<u32>,
}

impl Codes {
    /// How many rows there are.
    pub(super) fn rows(&self) -> u32 {
        match &self.rows {
            Rows::Single(packed) => packed.len() as u32,
            Rows::Many { starts, .. } => starts.len() as u32 - 1,
        }
    }

    /// These codes with some rows replaced; `splices` stand in the order of the rows.
    pub(super) fn with(&self, splices: &[Splice], moved: Option<Moved>) -> Codes {
        let rows = || splices.iter().flat_map(|splice| &splice.codes);
        if let Rows::Single(packed) = &self.rows
            && rows().all(|codes| codes.len() <= 1)
        {
            return match moved {
                None => Codes {
                    rows: Rows::Single(packed.with(splices)),
                    parents: self.parents.clone(),
                },
                Some(moved) => {
                    let place = |code: u32| moved.places.get(code as usize).copied();
                    let cells = (0..packed.len() as u32).map(|cell| packed.get(cell));
                    let cells: Vec<u32> =
                        cells.map(|code| place(code).unwrap_or(MISSING)).collect();
                    let cells = spliced(&cells, splices, |code| code);
                    Codes {
                        rows: Rows::Single(Packed::of(cells.into_iter(), moved.dictionary_len)),
                        parents: moved.parents,
                    }
                }
            };
        }
        self.with_many(splices, moved)
    }

    fn with_many(&self, splices: &[Splice], moved: Option<Moved>) -> Codes {
        let (mut starts, mut codes) = (vec![0], Vec::new());
        let places = moved.as_ref().map(|moved| moved.places.as_slice());
        let place = |code: u32| places.map_or(code, |places| places[code as usize]);
        let kept = |rows: Range<u32>, starts: &mut Vec<u32>, codes: &mut Vec<u32>| {
            for row in rows {
                codes.extend(self.lowest(row).map(place));
                starts.push(codes.len() as u32);
            }
        };
        let mut row = 0;
        for splice in splices {
            kept(row..splice.rows.start, &mut starts, &mut codes);
            for own in &splice.codes {
                codes.extend_from_slice(own);
                starts.push(codes.len() as u32);
            }
            row = splice.rows.end;
        }
        kept(row..self.rows(), &mut starts, &mut codes);
        match moved {
            Some(moved) => Codes::new(starts, codes, moved.dictionary_len, moved.parents),
            None => {
                let width = match &self.rows {
                    Rows::Single(packed) | Rows::Many { codes: packed, .. } => packed.codes_max(),
                };
                Codes::new(starts, codes, width, self.parents.clone())
            }
        }
    }
}

/// Cells with some of them replaced.
fn spliced<T: Copy>(cells: &[T], splices: &[Splice], pack: impl Fn(u32) -> T) -> Vec<T> {
    let mut all = Vec::with_capacity(cells.len() + splices.len());
    let mut kept = 0;
    for splice in splices {
        all.extend_from_slice(&cells[kept..splice.rows.start as usize]);
        let codes = splice.codes.iter();
        all.extend(codes.map(|codes| pack(codes.first().copied().unwrap_or(MISSING))));
        kept = splice.rows.end as usize;
    }
    all.extend_from_slice(&cells[kept..]);
    all
}

impl Packed {
    fn len(&self) -> usize {
        match self {
            Packed::Bytes(codes) => codes.len(),
            Packed::Shorts(codes) => codes.len(),
            Packed::Longs(codes) => codes.len(),
        }
    }

    /// The longest dictionary whose codes are this wide.
    fn codes_max(&self) -> usize {
        match self {
            Packed::Bytes(_) => usize::from(u8::MAX),
            Packed::Shorts(_) => usize::from(u16::MAX),
            Packed::Longs(_) => u32::MAX as usize,
        }
    }

    /// The same with some cells replaced by codes that are no wider.
    fn with(&self, splices: &[Splice]) -> Packed {
        let byte = |code: u32| code.min(u32::from(u8::MAX)) as u8;
        let short = |code: u32| code.min(u32::from(u16::MAX)) as u16;
        match self {
            Packed::Bytes(codes) => Packed::Bytes(spliced(codes, splices, byte)),
            Packed::Shorts(codes) => Packed::Shorts(spliced(codes, splices, short)),
            Packed::Longs(codes) => Packed::Longs(spliced(codes, splices, |code| code)),
        }
    }

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

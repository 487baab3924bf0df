//! Which column is the id, which groups variants, and which plays each role.

use crate::catalog::feed::Row;
use crate::catalog::schema::{Kind, Role};

use super::columns::{Column, Columns};
use super::identity::id_and_group;
use super::names::{self, plain_name, rank};

/// Columns by position, as they were understood.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) id: usize,
    pub(super) group: Option<usize>,
    pub(super) found: Vec<Found>,
}

/// The columns that together give a role its values, first non-empty wins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub(super) role: Role,
    pub(super) kind: Kind,
    pub(super) columns: Vec<usize>,
    /// Found by what it holds, not by its name.
    pub(super) guessed: bool,
}

/// The order matters: a column taken by an earlier role is not there for later ones.
const ORDER: [Role; 15] = [
    Role::Title,
    Role::Description,
    Role::Brand,
    Role::Category,
    Role::Price,
    Role::ListPrice,
    Role::Stock,
    Role::Image,
    Role::Url,
    Role::Color,
    Role::Size,
    Role::Rating,
    Role::Popularity,
    Role::Margin,
    Role::Released,
];

/// Up to this many picture or stock columns stand in for one another.
const ALTERNATIVES_MAX: usize = 3;

impl Roles {
    pub(super) fn of(columns: &Columns, rows: &[Row]) -> Roles {
        let (id, group) = id_and_group(columns, rows);
        let mut roles = Roles {
            id,
            group,
            found: Vec::new(),
        };
        for role in ORDER {
            let found = match role {
                Role::Title => Some(roles.title(columns)),
                Role::Price => roles.price(columns),
                Role::ListPrice => roles.list_price(columns),
                _ => roles
                    .named(columns, role)
                    .or_else(|| roles.by_content(columns, role)),
            };
            roles.found.extend(found);
        }
        roles
    }

    pub(super) fn columns_of(&self, role: Role) -> &[usize] {
        let found = self.found.iter().find(|found| found.role == role);
        found.map_or(&[], |found| found.columns.as_slice())
    }

    /// Whether the column at this position has a part already.
    pub(super) fn is_taken(&self, position: usize) -> bool {
        let in_role = |found: &Found| found.columns.contains(&position) && !found.guessed_title();
        position == self.id || Some(position) == self.group || self.found.iter().any(in_role)
    }

    /// Free columns whose name is a spelling of the role and whose values fit it, the surest first.
    pub(super) fn candidates(&self, columns: &Columns, role: Role) -> Vec<usize> {
        let spellings = names::spellings(role);
        let mut ranked: Vec<(usize, usize)> = columns
            .all
            .iter()
            .enumerate()
            .filter(|(position, column)| {
                !self.is_taken(*position) && fits(role, column, columns.rows)
            })
            .filter_map(|(position, column)| {
                rank(spellings, &plain_name(&column.name)).map(|rank| (rank, position))
            })
            .collect();
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, position)| position).collect()
    }

    fn named(&self, columns: &Columns, role: Role) -> Option<Found> {
        let mut candidates = self.candidates(columns, role);
        let first = *candidates.first()?;
        let kind = kind_for(role, &columns.all[first]);
        let alternatives = match role {
            Role::Image | Role::Stock => ALTERNATIVES_MAX,
            _ => 1,
        };
        candidates.truncate(alternatives);
        Some(Found {
            role,
            kind,
            columns: candidates,
            guessed: false,
        })
    }

    /// Pictures and addresses show themselves by their values.
    fn by_content(&self, columns: &Columns, role: Role) -> Option<Found> {
        let holds = |column: &Column| match role {
            Role::Image => column.is_picture() && column.filled(columns.rows) >= 0.3,
            Role::Url => column.is_address() && !column.is_picture() && column.uniqueness() >= 0.5,
            Role::Description => {
                column.is_words()
                    && column.words_mean() >= 12.0
                    && column.filled(columns.rows) >= 0.3
            }
            _ => false,
        };
        let mut free = columns.all.iter().enumerate();
        let (position, column) =
            free.find(|(position, column)| !self.is_taken(*position) && holds(column))?;
        Some(Found {
            role,
            kind: kind_for(role, column),
            columns: vec![position],
            guessed: true,
        })
    }

    /// A feed always gets a title: the best named column, else the most telling words, else the id.
    fn title(&self, columns: &Columns) -> Found {
        if let Some(found) = self.named(columns, Role::Title) {
            return found;
        }
        let telling = |column: &Column| {
            let wordy = column.is_words()
                && column.letters * 2 > column.length
                && column.words_mean() <= 30.0;
            if wordy {
                column.filled(columns.rows)
                    * column.words_mean().min(8.0)
                    * column.uniqueness().powf(0.25)
            } else {
                0.0
            }
        };
        let mut ranked: Vec<(f64, usize)> = columns
            .all
            .iter()
            .enumerate()
            .filter(|(position, _)| !self.is_taken(*position))
            .map(|(position, column)| (telling(column), position))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        ranked.sort_by(|left, right| right.0.total_cmp(&left.0));
        let mut found: Vec<usize> = ranked
            .iter()
            .map(|(_, position)| *position)
            .take(3)
            .collect();
        if found.is_empty() {
            found.push(self.id);
        }
        Found {
            role: Role::Title,
            kind: Kind::Text,
            columns: found,
            guessed: true,
        }
    }

    /// Where a reduced price stands beside the regular one, the price is the reduced one when there is one.
    fn price(&self, columns: &Columns) -> Option<Found> {
        let mut found = self.named(columns, Role::Price)?;
        let reduced = self.one_of(columns, names::REDUCED_PRICE);
        let regular = self.one_of(columns, names::REGULAR_PRICE);
        if let (Some(reduced), Some(regular)) = (reduced, regular) {
            found.columns = vec![reduced, regular];
        }
        Some(found)
    }

    fn list_price(&self, columns: &Columns) -> Option<Found> {
        match self.columns_of(Role::Price) {
            [_, regular] => Some(Found {
                role: Role::ListPrice,
                kind: Kind::Money,
                columns: vec![*regular],
                guessed: false,
            }),
            _ => self.named(columns, Role::ListPrice),
        }
    }

    /// The free amount column with one of these names.
    fn one_of(&self, columns: &Columns, spellings: &str) -> Option<usize> {
        columns.all.iter().position(|column| {
            names::is_one_of(spellings, &plain_name(&column.name)) && is_amount(column)
        })
    }
}

impl Found {
    /// A title made of columns that keep their own use.
    fn guessed_title(&self) -> bool {
        self.guessed && self.role == Role::Title
    }
}

fn is_amount(column: &Column) -> bool {
    column.values > 0 && column.share(column.amounts) >= 0.8
}

/// Whether what the column holds can be this.
fn fits(role: Role, column: &Column, rows: usize) -> bool {
    let filled = column.filled(rows);
    let numeric = column.share(column.numbers.len()) >= 0.8;
    match role {
        Role::Title => column.is_words() && filled >= 0.5,
        Role::Description => column.is_words() && filled >= 0.1 && column.words_mean() >= 2.0,
        Role::Brand => {
            column.is_words()
                && filled >= 0.1
                && column.words_mean() <= 4.0
                && column.distinct.len() > 1
        }
        Role::Category => {
            let classifies = column.uniqueness() <= 0.5 || rows < 50;
            column.is_words() && filled >= 0.5 && classifies && column.words_mean() <= 20.0
        }
        Role::Price => is_amount(column) && filled >= 0.2,
        Role::ListPrice => is_amount(column),
        Role::Stock => {
            // Stock that is absent is not managed, so a sparse column must say what it is: `quantity` may be per pack.
            let plain = plain_name(&column.name);
            let says_so = ["stock", "inventory", "bestand"]
                .iter()
                .any(|word| plain.contains(word));
            let known = column.share(
                column
                    .stock_words
                    .max(column.numbers.len())
                    .max(column.booleans),
            );
            known >= 0.8 && (says_so || filled >= 0.3)
        }
        Role::Image => column.is_picture() || column.is_address(),
        Role::Url => column.is_address() || column.first.starts_with('/'),
        Role::Color => column.is_words() && filled >= 0.02,
        Role::Size => {
            filled >= 0.02 && !column.is_boolean() && (column.is_words() || filled >= 0.3)
        }
        Role::Rating => {
            numeric
                && column
                    .numbers
                    .iter()
                    .all(|number| (0.0..=100.0).contains(number))
        }
        Role::Popularity => numeric,
        Role::Margin => numeric && column.numbers.iter().all(|number| number.abs() <= 1.0),
        Role::Released => column.is_date() && filled >= 0.2,
        // However few products have one: it is all that some say of what they are.
        Role::Type => {
            let classifies = column.distinct.len() > 1 && column.uniqueness() <= 0.5;
            column.is_words() && column.words_mean() <= 4.0 && classifies
        }
    }
}

pub(super) fn kind_for(role: Role, column: &Column) -> Kind {
    match role {
        Role::Title | Role::Description => Kind::Text,
        Role::Category | Role::Type if column.is_path() => Kind::Path,
        Role::Brand | Role::Category | Role::Color | Role::Size | Role::Type => Kind::Keyword,
        Role::Price | Role::ListPrice => Kind::Money,
        Role::Stock | Role::Rating | Role::Popularity | Role::Margin => Kind::Number,
        Role::Image | Role::Url => Kind::Url,
        Role::Released => Kind::Date,
    }
}

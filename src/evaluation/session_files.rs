//! Sessions and baskets as files have them: clicks in a table, sessions one a line, or `prefix<TAB>next`. Plain or
//! compressed.

use std::io;
use std::path::Path;

use rustc_hash::FxHashMap;

use super::judgements::text_of_file;
use crate::journal::Word;

/// Names of the column that says which session, basket or order a row is of.
const SESSION_COLUMNS: [&str; 9] = [
    "sessionid",
    "session",
    "basketid",
    "basket",
    "invoice",
    "orderid",
    "order",
    "transactionid",
    "shopper",
];

/// Names of the column that says which product.
const ITEM_COLUMNS: [&str; 6] = ["itemid", "item", "productid", "product", "sku", "products"];

/// Names of the column that says when.
const TIME_COLUMNS: [&str; 6] = [
    "time",
    "timestamp",
    "at",
    "date",
    "transactiontimestamp",
    "datetime",
];

/// A row with a negative quantity gives something back.
const QUANTITY_COLUMN: &str = "quantity";

/// Products by the names that files give them.
#[derive(Debug, Default)]
pub struct Items {
    numbers: FxHashMap<String, Word>,
}

/// Somebody met these products, the oldest first, and then another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextItem {
    pub met: Vec<Word>,
    pub next: Word,
}

/// Sessions, the oldest first, each with its products in the order they were met.
pub type SessionLists = Vec<Vec<Word>>;

impl Items {
    fn number(&mut self, name: &str) -> Word {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = self.numbers.len() as Word;
        self.numbers.insert(name.to_owned(), number);
        number
    }

    /// How many products there are.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

/// Reads sessions: a table of clicks whose first line names the columns for session, product and time, a table of
/// session and product, or one session a line, its products between spaces or commas.
pub fn read_session_lists(path: &Path, items: &mut Items) -> io::Result<SessionLists> {
    let text = text_of_file(path)?;
    if let Some(columns) = Columns::of(&text) {
        return clicks(&text, &columns, items);
    }
    let sessions = text.lines().filter(|line| !line.trim().is_empty());
    let sessions: SessionLists = sessions.map(|line| names(line, items)).collect();
    Ok(sessions)
}

/// Reads what is to be foretold: lines of `prefix<TAB>next`, the prefix's products between spaces or commas, or
/// sessions as `read_session_lists` does, of which every product but the first is to be foretold from those before it.
pub fn read_next_items(path: &Path, items: &mut Items) -> io::Result<Vec<NextItem>> {
    let text = text_of_file(path)?;
    if Columns::of(&text).is_none() && text.lines().any(|line| line.contains('\t')) {
        let lines = text.lines().zip(1..);
        let lines = lines.filter(|(line, _)| !line.trim().is_empty());
        let lines = lines.filter(|(line, at)| *at > 1 || !is_heading(line));
        return lines.map(|(line, at)| next_item(line, at, items)).collect();
    }
    let sessions = read_session_lists(path, items)?;
    let of_session = |session: Vec<Word>| -> Vec<NextItem> {
        let places = 1..session.len();
        let at = |at: usize| NextItem {
            met: session[..at].to_vec(),
            next: session[at],
        };
        places.map(at).collect()
    };
    Ok(sessions.into_iter().flat_map(of_session).collect())
}

fn is_heading(line: &str) -> bool {
    let first = line.split('\t').next().unwrap_or_default();
    ["prefix", "session", "items"].contains(&first.trim().to_lowercase().as_str())
}

fn next_item(line: &str, at: usize, items: &mut Items) -> io::Result<NextItem> {
    let bad = || {
        let reason =
            format!("line {at} cannot be read; write `product product …<TAB>next product`");
        io::Error::new(io::ErrorKind::InvalidData, reason)
    };
    let (prefix, next) = line.rsplit_once('\t').ok_or_else(bad)?;
    let (met, next) = (names(prefix, items), names(next, items));
    match (met.is_empty(), next.as_slice()) {
        (false, [next]) => Ok(NextItem { met, next: *next }),
        _ => Err(bad()),
    }
}

fn names(line: &str, items: &mut Items) -> Vec<Word> {
    let is_between = |c: char| c.is_whitespace() || c == ',' || c == ';';
    let ids = line.split(is_between).filter(|id| !id.is_empty());
    ids.map(|id| items.number(id)).collect()
}

/// Where a table has what.
struct Columns {
    separator: u8,
    session: usize,
    item: usize,
    time: Option<usize>,
    quantity: Option<usize>,
}

impl Columns {
    /// The columns that the first line names; `None` when it names none.
    fn of(text: &str) -> Option<Columns> {
        let heading = text.lines().next()?;
        let separator = if heading.contains('\t') { '\t' } else { ',' };
        let plain = |name: &str| -> String {
            let letters = name.chars().filter(|c| c.is_alphanumeric());
            letters.collect::<String>().to_lowercase()
        };
        let heading: Vec<String> = heading.split(separator).map(plain).collect();
        let find = |names: &[&str]| {
            let mut names = names.iter();
            names.find_map(|name| heading.iter().position(|own| own == name))
        };
        Some(Columns {
            separator: separator as u8,
            session: find(&SESSION_COLUMNS)?,
            item: find(&ITEM_COLUMNS)?,
            time: find(&TIME_COLUMNS),
            quantity: find(&[QUANTITY_COLUMN]),
        })
    }
}

/// What somebody clicked, as a table says it.
struct Row {
    session: usize,
    time: f64,
    item: Word,
}

fn clicks(text: &str, columns: &Columns, items: &mut Items) -> io::Result<SessionLists> {
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(columns.separator)
        .flexible(true)
        .from_reader(text.as_bytes());
    let mut sessions: FxHashMap<String, usize> = FxHashMap::default();
    let mut rows = Vec::new();
    for row in reader.records() {
        let row = row.map_err(io::Error::other)?;
        let cell = |at: usize| row.get(at).unwrap_or_default().trim();
        let (session, item) = (cell(columns.session), cell(columns.item));
        let is_given_back = columns
            .quantity
            .is_some_and(|at| cell(at).parse::<f64>().is_ok_and(|pieces| pieces < 0.0));
        if session.is_empty() || item.is_empty() || is_given_back {
            continue;
        }
        let new = sessions.len();
        rows.push(Row {
            session: *sessions.entry(session.to_owned()).or_insert(new),
            time: columns.time.map_or(0.0, |at| seconds(cell(at))),
            item: items.number(item),
        });
    }
    Ok(in_order(rows, sessions.len()))
}

/// Rows by session and time; rows of the same time stay in the order of their file.
fn in_order(mut rows: Vec<Row>, sessions: usize) -> SessionLists {
    rows.sort_by(|one, other| one.time.total_cmp(&other.time));
    let mut lists: Vec<(f64, Vec<Word>)> = vec![(f64::NEG_INFINITY, Vec::new()); sessions];
    for row in rows {
        let (last, list) = &mut lists[row.session];
        *last = row.time.max(*last);
        list.push(row.item);
    }
    lists.sort_by(|one, other| one.0.total_cmp(&other.0));
    lists.into_iter().map(|(_, list)| list).collect()
}

/// Seconds since 1970 of a number or a date; 0 for what is neither.
fn seconds(cell: &str) -> f64 {
    if let Ok(seconds) = cell.parse::<f64>() {
        return seconds;
    }
    if let Ok(at) = cell.parse::<jiff::Timestamp>() {
        return at.as_millisecond() as f64 / 1_000.0;
    }
    let at = cell.parse::<jiff::civil::DateTime>();
    let at = at.map(|at| jiff::tz::TimeZone::UTC.to_timestamp(at));
    at.ok()
        .and_then(Result::ok)
        .map_or(0.0, |at| at.as_millisecond() as f64 / 1_000.0)
}

//! Sheets to judge on: what contenders find for queries out, the grades that people filled in back in.

use std::io;
use std::path::Path;

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rustc_hash::{FxHashMap, FxHashSet};

use super::comparison::text_of;
use super::judged::Contender;
use super::judgements::{Judgements, Queries, text_of_file};
use crate::catalog::schema::Role;
use crate::engine::EngineError;
use crate::problem::Problem;

/// The columns of a sheet, in the order they are written; of these only the query, the product and the grade are read.
const COLUMNS: [&str; 6] = ["query", "product", "title", "brand", "price", "grade"];

/// The best grade: 0 is wrong, 1 belongs to it, 2 is good, 3 is just right.
pub const BEST_GRADE: u32 = 3;

/// What may stand between the cells of a sheet that a spreadsheet has saved.
const SEPARATORS: [u8; 3] = *b"\t;,";

/// The order of a sheet says nothing about ranks.
const SEED: u64 = 1;

/// Products to judge, and how they are judged so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    pub rows: Vec<SheetRow>,
}

/// A product to judge for a query.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SheetRow {
    pub query: String,
    pub product: String,
    pub title: String,
    pub brand: String,
    pub price: String,
    /// As it is written; empty when nobody has judged it.
    pub grade: String,
    /// Where it stands in its file, counted from 1; 0 when it is new.
    pub line: u64,
}

/// What any of the contenders shows first for these queries, each product once, in an order that says nothing.
pub fn pool(
    contenders: &[Contender],
    queries: &[String],
    depth: usize,
    mut progress: impl FnMut(usize),
) -> Result<Sheet, EngineError> {
    let mut random = StdRng::seed_from_u64(SEED);
    let mut sheet = Sheet::default();
    for (done, query) in queries.iter().enumerate() {
        let (mut pooled, mut known) = (Vec::new(), FxHashSet::default());
        for contender in contenders {
            for id in contender.first(query, depth)? {
                if known.insert(id.clone()) {
                    pooled.push(SheetRow::new(contender, query, id));
                }
            }
        }
        pooled.shuffle(&mut random);
        sheet.rows.append(&mut pooled);
        progress(done + 1);
    }
    Ok(sheet)
}

impl SheetRow {
    fn new(contender: &Contender, query: &str, product: String) -> SheetRow {
        let said = |role: Role| text_of(&contender.snapshot, &product, role);
        SheetRow {
            query: query.to_owned(),
            title: said(Role::Title),
            brand: said(Role::Brand),
            price: said(Role::Price),
            grade: String::new(),
            line: 0,
            product,
        }
    }
}

impl Sheet {
    /// Whether a file is a sheet, by its first line.
    pub fn is_one(path: &Path) -> io::Result<bool> {
        let text = text_of_file(path)?;
        let header = text.lines().next().unwrap_or_default();
        Ok(Columns::of(header).is_some_and(|columns| columns.query.is_some()))
    }

    /// Reads a sheet that was written by `pool` and saved by a spreadsheet or an editor; bad lines are problems.
    pub fn read(path: &Path) -> io::Result<(Sheet, Vec<Problem>)> {
        let text = text_of_file(path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Sheet::parse(&name, &text))
    }

    pub(super) fn parse(name: &str, text: &str) -> (Sheet, Vec<Problem>) {
        let header = text.lines().next().unwrap_or_default();
        let columns = Columns::of(header);
        let whole = columns.as_ref().and_then(Columns::whole);
        let Some(([query, product, grade], columns)) = whole.zip(columns) else {
            let problem = Problem::new(name, format!("`{header}` is no header of a sheet"));
            let write = "write the columns query, product and grade, with a tab between them";
            return (Sheet::default(), vec![problem.at(1).suggest(write)]);
        };
        let (mut sheet, mut problems) = (Sheet::default(), Vec::new());
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(columns.separator)
            .flexible(true)
            .from_reader(text.as_bytes());
        for record in reader.records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    problems.push(Problem::new(name, error.to_string()));
                    continue;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |column: usize| record.get(column).unwrap_or_default().trim().to_owned();
            let other = |name: &str| columns.named(name).map_or_else(String::new, cell);
            let row = SheetRow {
                query: cell(query),
                product: cell(product),
                title: other("title"),
                brand: other("brand"),
                price: other("price"),
                grade: cell(grade),
                line,
            };
            if row.query.is_empty() || row.product.is_empty() {
                let problem = Problem::new(name, "names no query or no product").at(line);
                problems.push(problem.suggest("bring both back, or remove the line"));
            } else {
                sheet.rows.push(row);
            }
        }
        (sheet, problems)
    }

    /// The sheet as tab-separated text.
    pub fn written(&self) -> String {
        let mut writer = csv::WriterBuilder::new()
            .delimiter(SEPARATORS[0])
            .from_writer(Vec::new());
        let rows = self.rows.iter().map(SheetRow::cells);
        for cells in [COLUMNS.map(str::to_owned)].into_iter().chain(rows) {
            writer
                .write_record(cells)
                .expect("every row has as many cells, and memory takes them");
        }
        let bytes = writer.into_inner().expect("memory takes what is written");
        String::from_utf8(bytes).expect("cells are texts")
    }

    /// The same with the grades that another sheet has, and with what only that one has, graded.
    pub fn with_grades_of(mut self, other: &Sheet) -> Sheet {
        let key = |row: &SheetRow| (row.query.clone(), row.product.clone());
        let graded = other.rows.iter().filter(|row| !row.grade.is_empty());
        let by_key: FxHashMap<_, &SheetRow> = graded.clone().map(|row| (key(row), row)).collect();
        let mut pooled = FxHashSet::default();
        for row in &mut self.rows {
            if let Some(known) = by_key.get(&key(row)) {
                row.grade.clone_from(&known.grade);
            }
            pooled.insert(key(row));
        }
        self.rows
            .extend(graded.filter(|row| !pooled.contains(&key(row))).cloned());
        self
    }

    pub fn graded(&self) -> usize {
        let rows = self.rows.iter();
        rows.filter(|row| !row.grade.is_empty()).count()
    }

    /// The queries, by their own words as ids, and what was judged; a line without a grade is a problem.
    pub fn judgements(&self, name: &str) -> (Queries, Judgements, Vec<Problem>) {
        let (mut queries, mut problems) = (Queries::new(), Vec::new());
        let mut judgements = Judgements::default();
        let mut graded_at: FxHashMap<(&str, &str), u64> = FxHashMap::default();
        for row in &self.rows {
            let own = judgements.entry(row.query.clone()).or_insert_with(|| {
                queries.push((row.query.clone(), row.query.clone()));
                FxHashMap::default()
            });
            let SheetRow { query, product, .. } = row;
            let problem = |reason: String, suggestion: &str| {
                Problem::new(name, reason).at(row.line).suggest(suggestion)
            };
            let write = "write 0 for wrong to 3 for just right, or remove the line";
            match row.grade.parse::<u32>() {
                _ if row.grade.is_empty() => {
                    let reason = format!("`{query}` and product {product} have no grade");
                    problems.push(problem(reason, write));
                }
                Ok(grade) if grade <= BEST_GRADE => {
                    let earlier = graded_at.insert((query, product), row.line);
                    let before = own.insert(product.clone(), grade);
                    if let Some(line) = earlier.filter(|_| before != Some(grade)) {
                        let reason = format!(
                            "`{query}` and product {product} have another grade on line {line}"
                        );
                        problems.push(problem(reason, "keep one of the lines"));
                    }
                }
                _ => {
                    let reason = format!("`{}` is no grade", row.grade);
                    problems.push(problem(reason, write));
                }
            }
        }
        (queries, judgements, problems)
    }
}

impl SheetRow {
    fn cells(&self) -> [String; COLUMNS.len()] {
        // A tab or a line end inside a cell is none between cells.
        let plain = |text: &String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        [
            &self.query,
            &self.product,
            &self.title,
            &self.brand,
            &self.price,
            &self.grade,
        ]
        .map(plain)
    }
}

/// Where a header has its columns.
struct Columns {
    separator: u8,
    names: Vec<String>,
    query: Option<usize>,
}

impl Columns {
    /// `None` for a line that has none of the separators.
    fn of(header: &str) -> Option<Columns> {
        let header = header.trim_start_matches('\u{feff}');
        let is_in = |separator: &u8| header.as_bytes().contains(separator);
        let separator = SEPARATORS.into_iter().find(is_in)?;
        let names = header.split(char::from(separator));
        let names = names.map(|name| name.trim().trim_matches('"').to_lowercase());
        let mut columns = Columns {
            separator,
            names: names.collect(),
            query: None,
        };
        columns.query = columns.named("query");
        Some(columns)
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| own == name)
    }

    /// Where the query, the product and the grade are.
    fn whole(&self) -> Option<[usize; 3]> {
        let [product, grade] = ["product", "grade"].map(|name| self.named(name));
        Some([self.query?, product?, grade?])
    }
}

#[cfg(test)]
mod tests {
    //! Promises: a sheet that is written is read back the same; what spreadsheets make of it is read; what is not filled
    //! in, or wrongly, is said with its line.

    use super::*;

    fn row(query: &str, product: &str, grade: &str, line: u64) -> SheetRow {
        SheetRow {
            query: query.into(),
            product: product.into(),
            title: "12\" \"red\" lamp".into(),
            grade: grade.into(),
            line,
            ..SheetRow::default()
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let sheet = Sheet {
            rows: vec![row("lamp", "1", "", 2), row("lamp", "2", "3", 3)],
        };
        assert_eq!(Sheet::parse("s.tsv", &sheet.written()), (sheet, Vec::new()));
    }

    #[test]
    fn what_a_spreadsheet_saves_is_read() {
        let text = "Grade;Product;Query\r\n2;7;\"lamp; red\"\r\n";
        let (sheet, problems) = Sheet::parse("s.csv", text);
        assert_eq!(problems, []);
        let (queries, judgements, problems) = sheet.judgements("s.csv");
        assert_eq!(problems, []);
        assert_eq!(queries, [("lamp; red".to_owned(), "lamp; red".to_owned())]);
        assert_eq!(judgements["lamp; red"]["7"], 2);
    }

    #[test]
    fn what_is_not_filled_in_is_said_with_its_line() {
        let text =
            "query\tproduct\tgrade\nlamp\t1\t3\nlamp\t2\t\nlamp\t3\tgood\nlamp\t1\t0\n\t4\t1\n";
        let (sheet, mut problems) = Sheet::parse("s.tsv", text);
        problems.extend(sheet.judgements("s.tsv").2);
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        expect_test::expect![[r#"
            s.tsv:6: names no query or no product (bring both back, or remove the line)
            s.tsv:3: `lamp` and product 2 have no grade (write 0 for wrong to 3 for just right, or remove the line)
            s.tsv:4: `good` is no grade (write 0 for wrong to 3 for just right, or remove the line)
            s.tsv:5: `lamp` and product 1 have another grade on line 2 (keep one of the lines)"#]]
        .assert_eq(&told.join("\n"));
    }

    #[test]
    fn grades_stay_when_more_is_pooled() {
        let graded = Sheet {
            rows: vec![
                row("lamp", "1", "2", 2),
                row("lamp", "9", "0", 3),
                row("lamp", "8", "", 4),
            ],
        };
        let pooled = Sheet {
            rows: vec![row("lamp", "1", "", 0), row("lamp", "2", "", 0)],
        };
        let both = pooled.with_grades_of(&graded);
        let told: Vec<_> = both
            .rows
            .iter()
            .map(|row| (row.product.as_str(), row.grade.as_str()))
            .collect();
        assert_eq!(told, [("1", "2"), ("2", ""), ("9", "0")]);
    }
}

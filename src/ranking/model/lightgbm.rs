//! Models as LightGBM's text files (version v4, and v2 and v3, which say the same): read and written.

use std::fmt::{Display, Write};
use std::str::FromStr;

use super::{Child, FEATURES, Missing, Model, Node, Tree};
use crate::problem::{Problem, nearest};

/// Larger models are refused: they would make every search slow.
const TREES_MAX: usize = 2_000;

/// Of `decision_type`: the bits that say how a question is asked.
const IS_CATEGORICAL: u8 = 1;
const MISSING_GOES_LEFT: u8 = 2;

/// Of models that are not made of plain trees for one ranking score, and cannot be read.
const SINGULAR: [&str; 2] = ["num_class", "num_tree_per_iteration"];

impl Model {
    /// Reads a text file of LightGBM; `name` is what problems call it.
    pub fn parse(name: &str, text: &str) -> Result<Model, Vec<Problem>> {
        let problem = |line: usize, reason: String| Problem::new(name, reason).at(line as u64);
        read(text).map_err(|(line, reason)| {
            let write = "write it with `endcap train`, or LightGBM's `save_model`";
            vec![problem(line, reason).suggest(write)]
        })
    }

    /// The same as a text file of LightGBM, which reads it to the same scores.
    pub fn written(&self) -> String {
        let mut text = format!(
            "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx={}\nobjective=lambdarank\nfeature_names={}\nfeature_infos={}\n",
            FEATURES.len() - 1,
            FEATURES.join(" "),
            // Values of every size are taken.
            FEATURES.map(|_| "[-1e+300:1e+300]").join(" "),
        );
        let trees: Vec<String> = (0..)
            .zip(&self.trees)
            .map(|(number, tree)| tree.written(number))
            .collect();
        let sizes = joined(trees.iter().map(String::len));
        let _ = writeln!(text, "tree_sizes={sizes}\n");
        text.push_str(&trees.concat());
        text.push_str("end of trees\n\nfeature_importances:\n");
        for (feature, count) in self.uses() {
            let _ = writeln!(text, "{feature}={count}");
        }
        text.push_str("\nparameters:\n[boosting: gbdt]\n[objective: lambdarank]\nend of parameters\n\npandas_categorical:null\n");
        text
    }
}

impl Tree {
    fn written(&self, number: usize) -> String {
        let mut text = format!(
            "Tree={number}\nnum_leaves={}\nnum_cat=0\n",
            self.leaves.len()
        );
        if !self.nodes.is_empty() {
            let nodes = || self.nodes.iter();
            let lines = [
                ("split_feature", joined(nodes().map(|node| node.feature))),
                ("split_gain", joined(nodes().map(|_| 0))),
                ("threshold", joined(nodes().map(|node| node.threshold))),
                ("decision_type", joined(nodes().map(decision))),
                ("left_child", joined(nodes().map(|node| child(node.left)))),
                ("right_child", joined(nodes().map(|node| child(node.right)))),
            ];
            for (key, values) in lines {
                let _ = writeln!(text, "{key}={values}");
            }
        }
        let _ = writeln!(text, "leaf_value={}", joined(self.leaves.iter()));
        text.push_str("is_linear=0\nshrinkage=1\n\n\n");
        text
    }
}

fn joined<Value: Display>(values: impl Iterator<Item = Value>) -> String {
    let values: Vec<String> = values.map(|value| value.to_string()).collect();
    values.join(" ")
}

fn decision(node: &Node) -> u8 {
    let missing = match node.missing {
        Missing::Nothing => 0,
        Missing::Zero => 1,
        Missing::NotANumber => 2,
    };
    missing << 2
        | if node.missing_goes_left {
            MISSING_GOES_LEFT
        } else {
            0
        }
}

/// Leaves are negative: −1 is the first.
fn child(child: Child) -> i64 {
    match child {
        Child::Node(number) => i64::from(number),
        Child::Leaf(number) => !i64::from(number),
    }
}

/// What is wrong, and on which line.
type Fault = (usize, String);

/// `key=value` lines that belong together.
struct Section<'t> {
    /// The number of its first line.
    line: usize,
    entries: Vec<(usize, &'t str, &'t str)>,
}

fn read(text: &str) -> Result<Model, Fault> {
    let mut lines = (1..)
        .zip(text.lines())
        .map(|(number, line)| (number, line.trim()));
    match lines.next() {
        Some((_, "tree")) => {}
        _ => {
            return Err((
                1,
                "is no model of LightGBM: it does not begin with `tree`".into(),
            ));
        }
    }
    let mut sections = vec![Section {
        line: 1,
        entries: Vec::new(),
    }];
    let mut is_whole = false;
    for (number, line) in lines {
        if line == "end of trees" {
            is_whole = true;
            break;
        }
        let Some((key, value)) = line.split_once('=') else {
            continue;
        };
        if key == "Tree" {
            sections.push(Section {
                line: number,
                entries: Vec::new(),
            });
        }
        if let Some(section) = sections.last_mut() {
            section.entries.push((number, key, value));
        }
    }
    if !is_whole {
        return Err((
            text.lines().count(),
            "is cut short: `end of trees` is missing".into(),
        ));
    }
    let trees = &sections[1..];
    if trees.len() > TREES_MAX {
        return Err((
            trees[TREES_MAX].line,
            format!("has {} trees, at most {TREES_MAX} are read", trees.len()),
        ));
    }
    let features = features(&sections[0])?;
    let trees = trees.iter().map(|section| tree(section, &features));
    Ok(Model {
        trees: trees.collect::<Result<_, _>>()?,
    })
}

/// Where the model's features are among ours.
fn features(header: &Section<'_>) -> Result<Vec<usize>, Fault> {
    for key in SINGULAR {
        if let Some((line, _, value)) = header.find(key).filter(|(.., value)| *value != "1") {
            return Err((
                line,
                format!("`{key}` is {value}: only models of one score are read"),
            ));
        }
    }
    let (line, _, names) = header.find("feature_names").ok_or((
        header.line,
        "names no features: `feature_names` is missing".to_owned(),
    ))?;
    let place = |name: &str| {
        let known = FEATURES.iter().position(|own| *own == name);
        known.ok_or_else(|| {
            let near = nearest(name, FEATURES);
            let hint = near.map_or_else(|| FEATURES.join(", "), str::to_owned);
            (
                line,
                format!("the feature `{name}` is not known (known: {hint})"),
            )
        })
    };
    names.split_whitespace().map(place).collect()
}

fn tree(section: &Section<'_>, features: &[usize]) -> Result<Tree, Fault> {
    let leaves: Vec<f64> = section.list("leaf_value")?;
    for key in ["num_cat", "is_linear"] {
        if let Some((line, ..)) = section.find(key).filter(|(.., value)| *value != "0") {
            return Err((
                line,
                format!("`{key}` is not 0: only plain trees over numbers are read"),
            ));
        }
    }
    if leaves.is_empty() || leaves.iter().any(|leaf| !leaf.is_finite()) {
        return Err((
            section.line,
            "a tree without leaves, or with one that is no number".into(),
        ));
    }
    let count = leaves.len() - 1;
    if count == 0 {
        return Ok(Tree {
            nodes: Vec::new(),
            leaves,
        });
    }
    let split: Vec<usize> = section.list("split_feature")?;
    let thresholds: Vec<f64> = section.list("threshold")?;
    let decisions: Vec<u8> = section.list("decision_type")?;
    let [left, right] = [
        section.list::<i64>("left_child")?,
        section.list("right_child")?,
    ];
    let lengths = [
        split.len(),
        thresholds.len(),
        decisions.len(),
        left.len(),
        right.len(),
    ];
    if lengths.iter().any(|length| *length != count) {
        let reason = format!(
            "a tree of {} leaves needs {count} of everything else",
            leaves.len()
        );
        return Err((section.line, reason));
    }
    let node = |at: usize| {
        let fault = |reason: String| (section.line, reason);
        let feature = features.get(split[at]);
        let feature = feature.ok_or_else(|| fault(format!("there is no feature {}", split[at])))?;
        if decisions[at] & IS_CATEGORICAL != 0 {
            return Err(fault("only questions about numbers are read".into()));
        }
        let follow = |child: i64| follow(child, at, leaves.len()).map_err(fault);
        Ok(Node {
            feature: *feature,
            threshold: thresholds[at],
            missing: match decisions[at] >> 2 & 3 {
                0 => Missing::Nothing,
                1 => Missing::Zero,
                _ => Missing::NotANumber,
            },
            missing_goes_left: decisions[at] & MISSING_GOES_LEFT != 0,
            left: follow(left[at])?,
            right: follow(right[at])?,
        })
    };
    let nodes = (0..count).map(node).collect::<Result<_, Fault>>()?;
    Ok(Tree { nodes, leaves })
}

/// A question leads to later ones only, so that every way ends.
fn follow(child: i64, from: usize, leaves: usize) -> Result<Child, String> {
    let number = u32::try_from(if child < 0 { !child } else { child }).unwrap_or(u32::MAX);
    let place = number as usize;
    match child {
        0.. if place > from && place + 1 < leaves => Ok(Child::Node(number)),
        ..0 if place < leaves => Ok(Child::Leaf(number)),
        _ => Err(format!(
            "question {from} leads to {child}, which is none after it"
        )),
    }
}

impl<'t> Section<'t> {
    fn find(&self, key: &str) -> Option<(usize, &'t str, &'t str)> {
        self.entries.iter().find(|(_, own, _)| *own == key).copied()
    }

    fn list<Value: FromStr>(&self, key: &str) -> Result<Vec<Value>, Fault> {
        let missing = || (self.line, format!("a tree lacks `{key}`"));
        let (line, _, values) = self.find(key).ok_or_else(missing)?;
        let read = |value: &str| {
            let fault = |_| (line, format!("`{value}` in `{key}` cannot be read"));
            value.parse().map_err(fault)
        };
        values.split_whitespace().map(read).collect()
    }
}

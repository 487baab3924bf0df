//! `endcap keys`: who may do what. A key is shown once, when it is made.

use clap::{Args, Subcommand};

use super::{CliError, Outcome, now};
use crate::api::auth::{Key, KeyError, Keys, NewKey, Role};
use crate::catalog::filter;
use crate::catalog::schema::Schema;
use crate::publishing::ShopPaths;

#[derive(Args)]
pub(super) struct KeysOf {
    #[command(subcommand)]
    command: KeysCommand,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum KeysCommand {
    /// Which keys there are; what they are is not kept.
    List,
    /// Make a key and show it this once.
    Add(Add),
    /// Give a key another text, shown this once; the one before stops working.
    Rotate { id: String },
    /// End a key.
    Revoke { id: String },
}

#[derive(Args)]
struct Add {
    /// What the key is for, such as storefront.
    name: String,
    /// What it may do; may be given several times.
    #[arg(long = "role", value_name = "ROLE", required = true)]
    roles: Vec<Role>,
    /// A filter that holds for everything found with the key, such as `brand:Acorn`.
    #[arg(long)]
    filter: Option<String>,
    /// A page that may use the key, such as `https://shop.example`; may be given several times.
    #[arg(long = "origin", value_name = "ORIGIN")]
    origins: Vec<String>,
    /// Requests a minute.
    #[arg(long, value_name = "REQUESTS")]
    rate_per_minute: Option<u32>,
    /// It works for so many days.
    #[arg(long)]
    days: Option<u32>,
}

impl KeysOf {
    pub(super) fn run(self, paths: &ShopPaths) -> Result<Outcome, CliError> {
        let keys = Keys::open(&paths.data)?;
        let json = self.json;
        match self.command {
            KeysCommand::List => list(&keys.list()?, json),
            KeysCommand::Add(add) => {
                let (key, text) = keys.add(add.checked(paths)?, now())?;
                show(&key, &text, json);
            }
            KeysCommand::Rotate { id } => {
                let (key, text) = keys.rotate(&id)?;
                show(&key, &text, json);
            }
            KeysCommand::Revoke { id } => {
                keys.revoke(&id)?;
                println!("key {id} is revoked");
            }
        }
        Ok(Outcome::Done)
    }
}

impl Add {
    /// The key, whose filter means something in this shop.
    fn checked(self, paths: &ShopPaths) -> Result<NewKey, CliError> {
        if let Some(filter) = &self.filter {
            let schema =
                Schema::load(&paths.shop).map_err(crate::publishing::PublishError::Files)?;
            filter::parse(&schema, filter).map_err(|error| CliError::Usage(error.to_string()))?;
        }
        Ok(NewKey {
            name: self.name,
            roles: self.roles,
            filter: self.filter,
            origins: self.origins,
            rate_per_minute: self.rate_per_minute,
            days: self.days,
        })
    }
}

/// The first keys of a shop: one for its people, one for its pages. Nothing when there are keys already.
pub(super) fn make_first(paths: &ShopPaths) -> Result<(), CliError> {
    let keys = Keys::open(&paths.data)?;
    if !keys.list()?.is_empty() {
        return Ok(());
    }
    println!("keys, shown this once (`endcap keys` makes others):");
    let first = [
        ("admin", vec![Role::Admin]),
        ("storefront", vec![Role::Search, Role::Events]),
    ];
    for (name, roles) in first {
        let new = NewKey {
            name: name.into(),
            roles,
            ..NewKey::default()
        };
        let (key, text) = keys.add(new, now())?;
        println!("  {:12} {text}  ({})", name, roles_of(&key));
    }
    Ok(())
}

fn show(key: &Key, text: &str, json: bool) {
    if json {
        let mut shown = serde_json::to_value(key).unwrap_or_default();
        shown["text"] = text.into();
        println!("{shown}");
        return;
    }
    println!("{text}");
    eprintln!(
        "key {} for {}: {}; it is shown this once",
        key.id,
        key.name,
        roles_of(key)
    );
}

fn list(keys: &[Key], json: bool) {
    if json {
        println!("{}", serde_json::to_value(keys).unwrap_or_default());
        return;
    }
    for key in keys {
        let mut said = vec![roles_of(key)];
        said.extend(key.filter.iter().map(|filter| format!("within {filter}")));
        if !key.origins.is_empty() {
            said.push(format!("on {}", key.origins.join(", ")));
        }
        said.extend(
            key.rate_per_minute
                .map(|rate| format!("{rate} requests a minute")),
        );
        said.extend(key.expires.map(|expires| format!("until {expires}")));
        println!("{}  {:20} {}", key.id, key.name, said.join("; "));
    }
    if keys.is_empty() {
        println!(
            "there are no keys: make one with `endcap keys add storefront --role search --role events`"
        );
    }
}

fn roles_of(key: &Key) -> String {
    let names: Vec<&str> = key.roles.iter().map(|role| role.name()).collect();
    names.join(", ")
}

impl From<KeyError> for CliError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Refused(reason) => CliError::Usage(reason),
            other => CliError::Failed(other.to_string()),
        }
    }
}

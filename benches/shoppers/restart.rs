//! Recording, dying without a word, and opening again, each in a process of its own.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use endcap::shoppers::{AffinitySettings, Shoppers};
use jiff::Timestamp;

use crate::{Size, memory_mb, record};

/// Records, opens after a death, and opens once more after a clean end.
pub(crate) fn run(size: Size) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let path = dir.path().to_string_lossy();
    let (events, shoppers) = (size.events.to_string(), size.shoppers.to_string());
    this(&["--fill", &path, &events, &shoppers])?;
    for file in std::fs::read_dir(dir.path())? {
        let file = file?;
        let (mb, name) = (file.metadata()?.len() >> 20, file.file_name());
        println!("  {mb} MB {}", name.to_string_lossy());
    }
    println!("after it died:");
    this(&["--open", &path])?;
    println!("after a clean end:");
    this(&["--open", &path])
}

/// Records, and dies.
pub(crate) fn fill(dir: &Path, size: Size, now: Timestamp) -> anyhow::Result<()> {
    let _shoppers = record(dir, size, now)?;
    let (now, most) = memory_mb("self");
    println!("resident memory {now} MB, at most {most} MB");
    std::process::abort();
}

/// Opens, and says how long that took.
pub(crate) fn open(dir: &Path) -> anyhow::Result<()> {
    let started = Instant::now();
    let shoppers = Shoppers::open(dir, AffinitySettings::default())?;
    let took = started.elapsed().as_secs_f64();
    let counts = shoppers.counts();
    let (now, most) = memory_mb("self");
    println!(
        "  ready in {took:.2} s, {} names, {} records; resident memory {now} MB, at most {most} MB",
        counts.names, counts.entries
    );
    let started = Instant::now();
    drop(shoppers);
    println!("  closed in {:.2} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// Runs this program to its end, however that comes.
fn this(arguments: &[&str]) -> anyhow::Result<()> {
    let mut this = Command::new(std::env::current_exe()?);
    this.args(arguments).status()?;
    Ok(())
}

//! Events sent to a server over connections that stay open, by a client on the same machine.

use std::fmt::Write as _;
use std::time::Instant;

use anyhow::ensure;

use crate::served::{Connection, Server};
use crate::{BATCH, CALLERS, Size, memory_mb, shop};

pub(crate) fn run(size: Size) -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    shop::write(dir.path())?;
    let mut server = Server::start(dir.path())?;
    let started = Instant::now();
    let sent: usize = std::thread::scope(|scope| {
        let callers = (0..CALLERS).map(|caller| {
            let address = &server.address;
            scope.spawn(move || send(address, caller, size))
        });
        let callers: Vec<_> = callers.collect();
        let sent = callers
            .into_iter()
            .map(|caller| caller.join().expect("a caller that fails says so"));
        sent.sum::<anyhow::Result<usize>>()
    })?;
    let took = started.elapsed().as_secs_f64();
    let (now, most) = memory_mb(&server.child.id().to_string());
    println!(
        "{sent} events of {} shoppers over {CALLERS} connections in {took:.1} s: {:.0} durable events a second",
        size.shoppers,
        sent as f64 / took
    );
    println!("the server's resident memory: {now} MB, at most {most} MB");
    for ended in ["killed", "asked to end"] {
        let started = Instant::now();
        server.end(ended == "killed")?;
        let ending = started.elapsed().as_secs_f64();
        let started = Instant::now();
        server = Server::start(dir.path())?;
        println!(
            "{ended} in {ending:.1} s, ready again in {:.2} s",
            started.elapsed().as_secs_f64()
        );
    }
    server.end(true)
}

/// Sends one caller's part of the events; returns how many were acknowledged.
fn send(address: &str, caller: usize, size: Size) -> anyhow::Result<usize> {
    let mut connection = Connection::open(address)?;
    let mut sent = 0;
    let mut body = String::new();
    for batch in 0..size.events / BATCH / CALLERS {
        let first = (batch * CALLERS + caller) * BATCH;
        write_batch(&mut body, first, size.shoppers)?;
        let answer = connection.ask("POST", "/v1/events", &body)?;
        ensure!(answer.starts_with(r#"{"accepted":100,"#), "{answer}");
        sent += BATCH;
    }
    Ok(sent)
}

fn write_batch(body: &mut String, first: usize, shoppers: usize) -> anyhow::Result<()> {
    body.clear();
    body.push_str(r#"{"events":["#);
    for n in first..first + BATCH {
        let mixed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let (product, shopper) = ((mixed >> 3) % 20_000, (mixed >> 17) % shoppers as u64);
        let comma = if n > first { "," } else { "" };
        write!(
            body,
            r#"{comma}{{"id":"event-{n:012}","type":"view","shopper":"shopper-{shopper}","session":"s{}","products":["p{product}"]}}"#,
            n / 7
        )?;
    }
    body.push_str("]}");
    Ok(())
}

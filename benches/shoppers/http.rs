//! Events sent to a server over connections that stay open, by a client on the same machine.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::{BATCH, CALLERS, Size, memory_mb, shop};

/// A server has this long to come up.
const DEADLINE: Duration = Duration::from_secs(60);

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

struct Server {
    child: Child,
    address: String,
}

impl Server {
    /// Starts a server of this shop and waits until it is ready.
    fn start(shop: &Path) -> anyhow::Result<Server> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let child = Command::new(env!("CARGO_BIN_EXE_endcap"))
            .args(["serve", "--open", "--listen", &address, "--shop"])
            .arg(shop)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let server = Server { child, address };
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            let asked = Connection::open(&server.address)
                .and_then(|mut connection| connection.ask("GET", "/ready", ""));
            if asked.is_ok() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        anyhow::bail!("the server did not come up")
    }

    fn end(&mut self, killed: bool) -> anyhow::Result<()> {
        if killed {
            self.child.kill()?;
        } else {
            let process = self.child.id().to_string();
            Command::new("kill").args(["-INT", &process]).status()?;
        }
        self.child.wait()?;
        Ok(())
    }
}

struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn open(address: &str) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let stream = BufReader::new(stream);
        Ok(Connection { stream })
    }

    /// The body of the answer.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: endcap\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut line, mut length) = (String::new(), 0);
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            let line = line.trim_end();
            ensure!(!line.is_empty() || length > 0, "the server says nothing");
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().context("a length")?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        Ok(String::from_utf8(answer)?)
    }
}

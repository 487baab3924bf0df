//! A server of a shop in a process of its own, and connections to it that stay open.
#![allow(unreachable_pub, reason = "each bench is a crate of its own")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// A server has this long to come up.
const DEADLINE: Duration = Duration::from_secs(60);

pub struct Server {
    pub child: Child,
    pub address: String,
}

impl Server {
    /// Starts a server of this shop and waits until it is ready.
    pub fn start(shop: &Path) -> anyhow::Result<Server> {
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

    pub fn end(&mut self, killed: bool) -> anyhow::Result<()> {
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

pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub fn open(address: &str) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let stream = BufReader::new(stream);
        Ok(Connection { stream })
    }

    /// The body of the answer.
    pub fn ask(&mut self, method: &str, path: &str, body: &str) -> anyhow::Result<String> {
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

//! The built binary as people run it, and a small HTTP client to talk to it.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A process that should come up, or a change that should be seen, gets this long.
const DEADLINE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// What a command came to.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs `endcap` with these arguments to its end.
pub(crate) fn endcap(arguments: &[&str]) -> Ended {
    let output = command(arguments).output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs `endcap` and ends it without any warning after this time, when it has not ended by itself.
pub(crate) fn endcap_killed(arguments: &[&str], after: Duration) {
    let (stdout, stderr) = (Stdio::null(), Stdio::null());
    let mut child = command(arguments)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    let _ = child.kill();
    child.wait().unwrap();
}

/// Runs `endcap` for a reader who has gone before the first word.
pub(crate) fn endcap_to_nobody(arguments: &[&str]) -> Ended {
    let (stdout, stderr) = (Stdio::piped(), Stdio::piped());
    let mut child = command(arguments)
        .stdout(stdout)
        .stderr(stderr)
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::new(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn succeeds(self) -> Ended {
        self.exits(0)
    }

    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Ended {
        let told = format!("{}{}", self.stdout, self.stderr);
        assert_eq!(self.code, Some(code), "{told}");
        assert!(!told.contains("panicked"), "{told}");
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect(&self.stdout)
    }

    /// Standard error without the folder that changes from run to run.
    pub(crate) fn complaint(&self, dir: &Path) -> String {
        self.stderr.replace(dir.to_str().unwrap(), "DIR")
    }
}

/// A serving process; it is killed when dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

/// Serves a shop on a free port and waits until it answers.
pub(crate) fn serve(shop: &Path) -> Server {
    let address = free_address();
    let log = shop.join("serve.log");
    let child = command(&["serve", "--open", "--listen", &address, "--shop"])
        .arg(shop)
        .stdout(Stdio::null())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut server = Server { child, address };
    let came_up = poll(|| {
        if let Some(status) = server.child.try_wait().unwrap() {
            let told = fs::read_to_string(&log).unwrap();
            panic!("the server ended with {status}: {told}");
        }
        server.get("/health").is_ok_and(|(status, _)| status == 200)
    });
    assert!(came_up, "the server did not come up");
    server
}

impl Server {
    pub(crate) fn get(&self, path: &str) -> io::Result<(u16, Value)> {
        ask(&self.address, "GET", path, "")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> io::Result<(u16, Value)> {
        ask(&self.address, "POST", path, body)
    }

    /// Asks until the answer is as it should be.
    #[track_caller]
    pub(crate) fn wait_until(&self, path: &str, holds: impl Fn(&Value) -> bool) {
        let mut last = Value::Null;
        let held = poll(|| match self.get(path) {
            Ok((200, answer)) => {
                last = answer;
                holds(&last)
            }
            _ => false,
        });
        assert!(held, "{path} still says {last}");
    }

    /// Ends it without any warning.
    pub(crate) fn kill(&mut self) {
        // It may have ended by itself, which is as well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// One request on a connection of its own.
pub(crate) fn ask(address: &str, method: &str, path: &str, body: &str) -> io::Result<(u16, Value)> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(DEADLINE))?;
    let length = body.len();
    write!(
        connection,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )?;
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer)?;
    let answer = String::from_utf8(answer).map_err(io::Error::other)?;
    let Some((head, body)) = answer.split_once("\r\n\r\n") else {
        return Err(io::ErrorKind::UnexpectedEof.into());
    };
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    let status = status.ok_or(io::ErrorKind::InvalidData)?;
    Ok((status, serde_json::from_str(body)?))
}

/// Asks again and again until it holds; false when the deadline passed.
fn poll(mut holds: impl FnMut() -> bool) -> bool {
    let started = Instant::now();
    while started.elapsed() < DEADLINE {
        if holds() {
            return true;
        }
        std::thread::sleep(POLL);
    }
    false
}

/// A loopback address with a port that was free a moment ago.
pub(crate) fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_endcap"));
    command.args(arguments).stdin(Stdio::null());
    for variable in [
        "SHOP",
        "DATA_DIR",
        "LISTEN",
        "NAME",
        "BODY_BYTES_MAX",
        "LOG",
    ] {
        command.env_remove(format!("ENDCAP_{variable}"));
    }
    command
}

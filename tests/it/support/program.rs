//! The real binary, run as an operator runs it: its own process, directory, port and signals.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use reqwest::StatusCode;

const BINARY: &str = env!("CARGO_BIN_EXE_mssp-portal");
/// Longer than any start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A directory of the test's own, gone with it.
pub struct Directory(PathBuf);

impl Directory {
    pub fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("mssp-portal-test-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // A Postgres that is just ending may still write; what stays is in the temporary directory.
        for _ in 0..20 {
            if std::fs::remove_dir_all(&self.0).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

pub fn am_root() -> bool {
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

/// How the program is started: a bare environment and what the test adds.
#[derive(Clone)]
pub struct Program {
    before: Vec<String>,
    binary: PathBuf,
    variables: Vec<(String, String)>,
}

impl Program {
    /// On a data directory, any free port, no cloud.
    pub fn on(data: &Path) -> Self {
        Self { before: Vec::new(), binary: PathBuf::from(BINARY), variables: Vec::new() }
            .with("PORTAL_DATA", data.to_str().unwrap())
            .with("PORTAL_LISTEN", "127.0.0.1:0")
            .with("CLOUD", "simulated")
            .with("SIMULATED_CLOUD_URL", "http://127.0.0.1:9")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// As the account `nobody`, whom cargo's directories do not let in: the binary is linked beside the data.
    pub fn by_nobody(mut self, place: &Path) -> Self {
        let binary = place.join("mssp-portal");
        std::fs::hard_link(BINARY, &binary).or_else(|_| std::fs::copy(BINARY, &binary).map(|_| ())).unwrap();
        self.binary = binary;
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
        self.before = nobody.map(str::to_owned).to_vec();
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut words = self.before.iter().map(PathBuf::from).chain([self.binary.clone()]);
        let mut command = Command::new(words.next().unwrap());
        command.args(words).args(arguments).env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin");
        command.envs(self.variables.iter().cloned()).current_dir("/tmp").stdin(Stdio::null());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Said {
        Said::from(self.command(arguments).output().unwrap())
    }

    /// Runs a command that must succeed; returns what it said.
    pub fn done(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert!(said.good, "{arguments:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Starts `serve` and waits until it is ready.
    pub fn serve(&self) -> Running {
        let mut child =
            self.command(&["serve"]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = lines_of(child.stderr.take().unwrap());
        let mut running = Running { child, lines, log: String::new(), base: String::new() };
        let line = running.await_line("ready portal=");
        running.base = format!("http://{}", line.split("listening=").nth(1).unwrap().trim());
        running
    }

    /// `serve` where it must not start: what it said.
    pub fn refused(&self) -> String {
        let said = self.run(&["serve"]);
        assert!(!said.good, "it started and ended well: {}", said.err);
        said.err
    }
}

/// What a command said, and whether it ended well.
#[derive(Debug)]
pub struct Said {
    pub good: bool,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { good: output.status.success(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// A portal that serves.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    log: String,
    pub base: String,
}

impl Running {
    /// Waits for a line of the log that holds this text.
    pub fn await_line(&mut self, text: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.log.push_str(&line);
                    self.log.push('\n');
                    if line.contains(text) {
                        return line;
                    }
                }
                Err(RecvTimeoutError::Timeout) => panic!("no line with {text:?} in time:\n{}", self.log),
                Err(RecvTimeoutError::Disconnected) => panic!("it ended without {text:?}:\n{}", self.log),
            }
        }
    }

    pub async fn get(&self, path: &str) -> (StatusCode, String) {
        // As a proxy in front would pass it on; the port is any free one.
        let (name, own) = (reqwest::header::HOST, "localhost:8080");
        #[expect(clippy::disallowed_methods, reason = "a test's own client speaks to the test's own portal")]
        let answer = reqwest::Client::new()
            .get(format!("{}{path}", self.base))
            .header(name, own)
            .send()
            .await
            .unwrap();
        (answer.status(), answer.text().await.unwrap())
    }

    /// Where the page "sign in" leads whoever types this; nowhere where nobody is known by it.
    pub async fn led_from_sign_in(&self, who: &str) -> Option<String> {
        let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let asked =
            client.post(format!("{}/sign-in", self.base)).header(reqwest::header::HOST, "localhost:8080");
        let answer = asked.form(&[("who", who), ("back", "/")]).send().await.unwrap();
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        assert_eq!(answer.status().as_u16(), if location.is_some() { 303 } else { 422 });
        location
    }

    pub async fn status(&self, path: &str) -> u16 {
        self.get(path).await.0.as_u16()
    }

    /// Waits until a path answers so; the portal finds out about the world by itself.
    pub async fn await_status(&self, path: &str, wanted: u16) {
        let until = Instant::now() + PATIENCE;
        while self.status(path).await != wanted {
            assert!(Instant::now() < until, "{path} does not answer {wanted}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").arg(signal).arg(self.child.id().to_string()).status().unwrap();
        assert!(sent.success());
    }

    /// Asks it to stop, and waits for its end; returns the rest of its log too.
    pub fn stop(mut self, signal: &str) -> (ExitStatus, String) {
        self.signal(signal);
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                let rest: Vec<String> = self.lines.iter().collect();
                return (status, format!("{}{}", self.log, rest.join("\n")));
            }
            assert!(Instant::now() < until, "it does not stop");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that broke off leaves nothing behind; Postgres ends with its portal.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn lines_of(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    told
}

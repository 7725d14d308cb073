//! Who Postgres runs as. It refuses root, so a portal started as root hands it to an ordinary account.

use std::ffi::OsStr;
use std::fs;
use std::fs::File;
use std::os::unix::fs::fchown;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// An account of this machine that Postgres may run as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// How Postgres's programs are started here.
#[derive(Clone, Debug)]
pub struct RunAs {
    /// `None`: as whoever runs the portal.
    pub account: Option<Account>,
    /// Who runs the portal.
    pub uid: u32,
    /// Util-linux's `setpriv` is there: Postgres ends with the portal even when that is killed.
    setpriv: bool,
}

impl RunAs {
    /// # Errors
    /// The portal runs as root and the machine has neither a fitting account nor `setpriv`.
    pub fn here() -> anyhow::Result<Self> {
        let setpriv = ["/usr/bin/setpriv", "/bin/setpriv"].iter().any(|path| Path::new(path).exists());
        let uid = rustix::process::geteuid().as_raw();
        if uid != 0 {
            return Ok(Self { account: None, uid, setpriv });
        }
        if !setpriv {
            bail!(
                "Postgres refuses to run as root and `setpriv` is missing: run `apt-get install util-linux`"
            );
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        Ok(Self { account: Some(account_for_postgres(&passwd)?), uid, setpriv })
    }

    /// Whether somebody's files may be ours: this user's, or those of Postgres's account.
    pub fn is_ours(&self, uid: u32) -> bool {
        uid == self.uid || self.account.as_ref().is_some_and(|account| account.uid == uid)
    }

    /// A command that runs as that account, from `/`, with a bare environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.wrapped(program, false)
    }

    /// The same; the child is asked to stop when the thread that started it ends.
    pub fn command_ending_with_us(&self, program: impl AsRef<OsStr>) -> Command {
        self.wrapped(program, true)
    }

    fn wrapped(&self, program: impl AsRef<OsStr>, ends_with_us: bool) -> Command {
        let mut command = if self.setpriv && (self.account.is_some() || ends_with_us) {
            let mut command = Command::new("setpriv");
            if let Some(account) = &self.account {
                command.arg(format!("--reuid={}", account.uid));
                command.arg(format!("--regid={}", account.gid)).arg("--init-groups");
            }
            if ends_with_us {
                command.args(["--pdeathsig", "INT"]);
            }
            command.arg("--").arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8");
        command.current_dir("/");
        command
    }

    /// Runs a program of the system as that account: what lies in Postgres's own directory is touched by it alone.
    pub fn run(&self, program: &str, arguments: &[&OsStr]) -> anyhow::Result<()> {
        let output = self.command(program).args(arguments).output();
        let output = output.with_context(|| format!("cannot start {program}"))?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Gives an open file or directory to that account.
    pub fn give(&self, file: &File) -> anyhow::Result<()> {
        if let Some(account) = &self.account {
            fchown(file, Some(account.uid), Some(account.gid))
                .with_context(|| format!("cannot give it to {}", account.name))?;
        }
        Ok(())
    }

    /// The first directory on the way to `path` that the account may not enter.
    pub fn barred_at(&self, path: &Path) -> Option<std::path::PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        let barred = way.into_iter().find(|step| {
            let entered = self.command("test").arg("-x").arg(step).status();
            !entered.is_ok_and(|status| status.success())
        });
        barred.map(Path::to_owned)
    }

    /// For messages.
    pub fn name(&self) -> &str {
        self.account.as_ref().map_or("this user", |account| account.name.as_str())
    }
}

/// The account for Postgres alone. Not `nobody`: everything that runs as nobody could read the database.
fn account_for_postgres(passwd: &str) -> anyhow::Result<Account> {
    account(passwd, "postgres").context(
        "Postgres refuses to run as root and this machine has no account `postgres`: make it with `useradd --system \
         --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin postgres`, or run the portal \
         as an ordinary user",
    )
}

/// Reads one account from the text of /etc/passwd.
fn account(passwd: &str, name: &str) -> Option<Account> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let found = fields.next().filter(|found| *found == name)?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account { name: found.to_owned(), uid, gid })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_read_from_passwd() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL,,,:/var/lib/postgresql:/bin/bash\n";
        let found = account(passwd, "postgres");
        assert_eq!(found, Some(Account { name: "postgres".to_owned(), uid: 101, gid: 104 }));
        assert_eq!(account(passwd, "nobody"), None);
    }

    #[test]
    fn postgres_never_runs_as_nobody() {
        let error = account_for_postgres("nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n");
        let error = error.unwrap_err().to_string();
        assert!(error.contains("`useradd --system") && error.contains("nologin postgres`"), "{error}");
    }
}

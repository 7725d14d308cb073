//! What the portal logs, kept so that it can be searched for secrets.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The log of one lane.
#[derive(Clone, Default)]
pub struct Log {
    since: Arc<Mutex<Vec<u8>>>,
    /// Lines of the schedule at hand that speak of our own failures.
    errors: Arc<Mutex<Vec<String>>>,
}

impl Log {
    /// Takes whatever is logged on this thread as long as the guard lives.
    pub fn here(&self) -> tracing::subscriber::DefaultGuard {
        let filter = EnvFilter::new("info,mssp_portal=debug,cloud_sim=off");
        let log =
            tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(self.clone());
        tracing::subscriber::set_default(log.finish())
    }

    /// What was logged since the last time.
    pub fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.since.lock().unwrap_or_else(PoisonError::into_inner));
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let errors =
            text.lines().filter(|line| line.contains("ERROR") || line.contains("WARN")).map(str::to_owned);
        *self.errors.lock().unwrap_or_else(PoisonError::into_inner) = errors.collect();
        text
    }

    /// What the portal could not name, out of what was taken last.
    pub fn errors(&self) -> Vec<String> {
        self.errors.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.since.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

//! What the portal logs, kept so that it can be searched for secrets.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// The log of one lane.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

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
        let bytes = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
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

//! The head of a chain: number and hash of its last event. Kept outside the database it shows later that the chain's
//! end was not cut off and the whole not written anew; so it is told in the log.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use crate::kit::ids::ProviderId;
use crate::kit::scope::Tx;

/// A head as it was once; written `12:9f86d0…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub seq: i64,
    /// In hex, 64 digits.
    pub hash: String,
}

impl Head {
    pub fn new(seq: i64, hash: &[u8]) -> Self {
        Self { seq, hash: hash.iter().map(|byte| format!("{byte:02x}")).collect() }
    }
}

impl fmt::Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.seq, self.hash)
    }
}

impl FromStr for Head {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text} is no head like 12:9f86d0…, a number and 64 digits as the log tells them");
        let (seq, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
        let seq = seq.parse().ok().filter(|seq| *seq > 0).ok_or_else(wrong)?;
        let hash = hash.to_ascii_lowercase();
        if hash.len() != 64 || !hash.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        Ok(Self { seq, hash })
    }
}

/// The heads this process has told.
#[derive(Debug, Default)]
pub struct Told(Mutex<HashMap<ProviderId, Head>>);

impl Told {
    /// Tells the head of this scope's provider in the log, unless it is the one told last.
    pub async fn tell(&self, tx: &mut Tx) -> Result<(), sqlx::Error> {
        let provider = tx.scope().provider();
        let Some(head) = last(tx).await? else { return Ok(()) };
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if told.get(&provider) != Some(&head) {
            tracing::info!(%provider, seq = head.seq, hash = head.hash, "audit head");
            told.insert(provider, head);
        }
        Ok(())
    }
}

/// The head of this scope's provider as it stands.
pub async fn last(tx: &mut Tx) -> Result<Option<Head>, sqlx::Error> {
    let provider = tx.scope().provider();
    let last = sqlx::query!(
        "select seq, hash from audit_event where provider_id = $1 order by seq desc limit 1",
        provider.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(last.map(|last| Head::new(last.seq, &last.hash)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_is_written_and_nothing_else_is() {
        let head = Head::new(12, &[0xab; 32]);
        assert_eq!(head.to_string().parse(), Ok(head.clone()));
        assert_eq!(format!(" {}\n", head.to_string().to_uppercase()).parse(), Ok(head.clone()));
        for wrong in
            ["", "12", "12:", "0:", &format!("0:{}", head.hash), &format!("x:{}", head.hash), "12:abc"]
        {
            assert!(wrong.parse::<Head>().is_err(), "{wrong}");
        }
    }
}

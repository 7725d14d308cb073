//! Where a page begins: a skip token that says nothing to whoever reads it, and serves one query only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use crate::call::Call;

const LONG: usize = 8;

/// A digest of the query without its place, and of some bytes.
fn digest(call: &Call, bytes: &[u8]) -> [u8; 32] {
    let mut sha = Sha256::new();
    sha.update(call.path.as_bytes());
    for (name, value) in call.query.iter().filter(|(name, _)| !is_place(name)) {
        sha.update(format!("\n{name}={value}").as_bytes());
    }
    sha.update([0]);
    sha.update(bytes);
    sha.finalize().into()
}

fn is_place(name: &str) -> bool {
    ["$skiptoken", "$skip"].contains(&name)
}

fn masked(call: &Call, bytes: [u8; LONG]) -> [u8; LONG] {
    let mask = digest(call, b"mask");
    std::array::from_fn(|i| bytes[i] ^ mask[i])
}

fn token(call: &Call, from: u64) -> String {
    let place = from.to_be_bytes();
    let mut token = digest(call, &place)[..16].to_vec();
    token.extend(masked(call, place));
    URL_SAFE_NO_PAD.encode(token)
}

/// The place a token names, when it was made for this query.
pub fn read(call: &Call, text: &str) -> Option<usize> {
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let hidden: [u8; LONG] = bytes.get(16..)?.try_into().ok()?;
    let from = u64::from_be_bytes(masked(call, hidden));
    (token(call, from) == text).then(|| usize::try_from(from).ok())?
}

pub fn next_link(call: &Call, from: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in call.query.iter().filter(|(name, _)| !is_place(name)) {
        query.append_pair(name, value);
    }
    query.append_pair("$skiptoken", &token(call, u64::try_from(from).unwrap_or(0)));
    // A `+` would be a plus in OData.
    format!("{}{}?{}", call.base, call.path, query.finish().replace('+', "%20"))
}

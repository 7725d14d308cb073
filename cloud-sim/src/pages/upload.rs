//! A file sent by a form: the one part of `multipart/form-data` that is wanted, and certificates in their dresses.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::call::Call;

/// The bytes of a named part.
pub fn part(call: &Call, name: &str) -> Option<Vec<u8>> {
    let kind = call.header("content-type")?;
    let boundary = kind.split_once("boundary=")?.1.split(';').next()?.trim().trim_matches('"');
    let mark = format!("--{boundary}");
    let named = format!("name=\"{name}\"");
    split(&call.body, mark.as_bytes()).into_iter().find_map(|piece| {
        let end = find(piece, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&piece[..end]);
        if !head.contains(&named) {
            return None;
        }
        let body = &piece[end + 4..];
        Some(body.strip_suffix(b"\r\n").unwrap_or(body).to_vec())
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|w| w == wanted)
}

fn split<'a>(mut text: &'a [u8], mark: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    while let Some(at) = find(text, mark) {
        pieces.push(&text[..at]);
        text = &text[at + mark.len()..];
    }
    pieces.push(text);
    pieces
}

/// A certificate as DER: from DER, PEM or bare base64.
pub fn certificate(file: &[u8]) -> Option<Vec<u8>> {
    let is_one = |der: &[u8]| x509_parser::parse_x509_certificate(der).is_ok();
    if is_one(file) {
        return Some(file.to_vec());
    }
    let text = std::str::from_utf8(file).ok()?;
    let body: String = text.lines().filter(|l| !l.starts_with("-----")).map(str::trim).collect();
    STANDARD.decode(body).ok().filter(|der| is_one(der))
}

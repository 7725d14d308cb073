//! Writing values into Graph addresses: path segments, string literals, query options.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters is encoded.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// In a query option the signs of OData stay readable; what would end or join options is encoded.
const OPTION: &AsciiSet = &VALUE
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b',')
    .remove(b'/')
    .remove(b':')
    .remove(b'=')
    .remove(b'@');

/// One path segment. `#` of a guest's user principal name becomes `%23` (contract §22).
pub(crate) fn segment(value: impl std::fmt::Display) -> String {
    utf8_percent_encode(&value.to_string(), VALUE).to_string()
}

/// A string literal inside a path, such as `(uniqueName='…')`: quotes doubled, then encoded.
pub(crate) fn path_literal(value: &str) -> String {
    format!("'{}'", segment(value.replace('\'', "''")))
}

/// A string literal inside `$filter`, not yet encoded: `query` does that.
pub(crate) fn literal(value: impl std::fmt::Display) -> String {
    format!("'{}'", value.to_string().replace('\'', "''"))
}

/// `?$filter=…&$select=…` from pairs.
pub(crate) fn query(options: &[(&str, &str)]) -> String {
    let parts: Vec<String> = options
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, OPTION)))
        .collect();
    if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_in_a_name_cannot_end_the_literal() {
        let filter = format!("displayName eq {}", literal("O'Brien & Sons"));
        assert_eq!(query(&[("$filter", &filter)]), "?$filter=displayName%20eq%20'O''Brien%20%26%20Sons'");
    }

    #[test]
    fn a_guest_name_and_a_slash_stay_one_segment() {
        assert_eq!(segment("ann_adatum.com#EXT#@contoso.com"), "ann_adatum.com%23EXT%23%40contoso.com");
        assert_eq!(path_literal("a/b'c"), "'a%2Fb%27%27c'");
    }
}

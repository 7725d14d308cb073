//! Lists: every page, only from where the first one came, and not for ever.

use std::collections::HashSet;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::graph::directory::{Ask, Directory, understood};
use crate::graph::error::GraphError;
use crate::graph::lenient;
use crate::kit::planted::{self, Bug};

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default, deserialize_with = "lenient::or_default")]
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Directory {
    /// All items of a list. `@odata.nextLink` is followed as it came (contract §1), but only to the same origin and
    /// path prefix, never to a page already seen, and within the caps on pages and bytes.
    pub(crate) async fn list<T: DeserializeOwned>(&self, ask: Ask) -> Result<Vec<T>, GraphError> {
        let limits = &self.graph.limits;
        let first = self.address(&ask)?;
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut bytes = 0;
        let mut address = first.clone();
        loop {
            let refused = |why: &str| GraphError::not_understood(ask.call, why);
            if seen.len() >= limits.pages {
                return Err(refused("the list has too many pages"));
            }
            if !seen.insert(address.clone()) {
                return Err(refused("the list leads back to a page already read"));
            }
            let answer = self.send_to(&ask, &address).await?;
            bytes += answer.body.len();
            if bytes > limits.list_bytes {
                return Err(refused("the list is too large"));
            }
            let page: Page<T> = understood(&ask, &answer)?;
            items.extend(page.value);
            let next = page.next.filter(|next| !next.is_empty() && !planted::has(Bug::SecondPageIgnored));
            let Some(next) = next else { return Ok(items) };
            address = next_page(&first, &next)
                .ok_or_else(|| refused("the next page is at another address than the first"))?;
        }
    }
}

/// The address of the next page if it is on the same origin and under the same version and area of the API. Graph may
/// write the rest its own way (`catalogs('id')` for `catalogs/id`), so no more than that is compared.
fn next_page(first: &Url, next: &str) -> Option<Url> {
    let next = Url::parse(next).ok()?;
    if planted::has(Bug::NextLinkAnywhere) {
        return Some(next);
    }
    let same = next.origin() == first.origin()
        && next.username().is_empty()
        && next.password().is_none()
        && area(&next) == area(first);
    same.then_some(next)
}

/// `/v1.0/groups(uniqueName='x')/members` -> `v1.0`, `groups`.
fn area(address: &Url) -> (String, String) {
    let mut parts = address.path().split('/').skip(1);
    let mut part = || parts.next().unwrap_or_default().to_ascii_lowercase();
    let (version, area) = (part(), part());
    (version, area.split(['(', '%']).next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_area_of_the_same_origin_is_followed() {
        let first = Url::parse("https://graph.microsoft.com/v1.0/groups/a/members?$top=5").unwrap();
        let follows = |next: &str| next_page(&first, next).is_some();
        assert!(follows("https://graph.microsoft.com/v1.0/groups/a/members?$skiptoken=x"));
        assert!(follows("https://graph.microsoft.com/v1.0/Groups/a/members?$skiptoken=x"));
        assert!(follows("https://graph.microsoft.com/v1.0/groups('a')/members?$skiptoken=x"));
        assert!(!follows("https://graph.microsoft.com/v1.0/users?$skiptoken=x"));
        assert!(!follows("https://graph.microsoft.com/beta/groups/a/members?$skiptoken=x"));
        assert!(!follows("http://graph.microsoft.com/v1.0/groups/a/members?$skiptoken=x"));
        assert!(!follows("https://graph.microsoft.com.evil.example/v1.0/groups/a/members"));
        assert!(!follows("https://graph.microsoft.com@evil.example/v1.0/groups/a/members"));
        assert!(!follows("https://user@graph.microsoft.com/v1.0/groups/a/members"));
        assert!(!follows("https://graph.microsoft.com/v1.0/groups/a/members/../../../users"));
        assert!(!follows("/v1.0/groups/a/members"));
    }
}

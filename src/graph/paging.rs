//! Lists: every page, only from where the first one came, and not for ever.

use std::collections::HashSet;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::graph::directory::{Ask, Directory, understood};
use crate::graph::error::GraphError;
use crate::graph::http::Answer;
use crate::graph::lenient;
use crate::kit::planted::{self, Bug};

#[derive(Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    /// Null is an empty list; an answer without it is not a list at all.
    #[serde(deserialize_with = "lenient::or_default")]
    value: Vec<T>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Directory {
    /// All items of a list. `@odata.nextLink` is followed as it came (contract §1), but only to the same origin and
    /// path prefix, never to a page already seen, and within the caps on pages and bytes.
    pub(crate) async fn list<T: DeserializeOwned>(&self, ask: Ask) -> Result<Vec<T>, GraphError> {
        self.list_from(ask, None).await
    }

    /// The same where the first page is here already: it came with a batch.
    pub(crate) async fn list_from<T: DeserializeOwned>(
        &self,
        mut ask: Ask,
        mut here: Option<Answer>,
    ) -> Result<Vec<T>, GraphError> {
        let limits = &self.graph.limits;
        let mut first = self.address(&ask)?;
        let mut items = Vec::new();
        let mut seen = HashSet::new();
        let mut bytes = 0;
        let mut address = first.clone();
        // One for the whole list: a list of many slow pages ends too.
        let deadline = self.deadline();
        loop {
            let call = ask.call;
            let refused = |why: &str| GraphError::not_understood(call, why);
            if seen.len() >= limits.pages {
                return Err(refused("the list has too many pages"));
            }
            if !seen.insert(address.clone()) {
                return Err(refused("the list leads back to a page already read"));
            }
            let answer = match here.take() {
                Some(answer) => answer,
                None => match self.send_to(&ask, &address, deadline).await {
                    Ok(answer) => answer,
                    Err(error) => {
                        ask = ask.after(&error).filter(|_| address == first).ok_or(error)?;
                        first = self.address(&ask)?;
                        address = first.clone();
                        self.send_to(&ask, &address, deadline).await?
                    }
                },
            };
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

/// A long list of big objects, page by page. Each page has the time and the caps of a call of its own; their number is
/// capped as that of any list.
pub struct Pages<T> {
    ask: Ask,
    /// How many a full page holds.
    size: usize,
    /// Where the next page is; none once the list has ended.
    next: Option<Url>,
    seen: HashSet<Url>,
    items: usize,
    what: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Pages<T> {
    /// `size`: what the address asks for by `$top`.
    pub(crate) fn of(ask: Ask, size: usize) -> Self {
        Self { ask, size, next: None, seen: HashSet::new(), items: 0, what: PhantomData }
    }

    /// The next page; none after the last one. A full page that names no next one is not taken for the last, as it was
    /// seen in the field: the rest is asked for by `$skip`.
    ///
    /// # Errors
    /// Microsoft refused, did not answer, or leads astray.
    pub async fn next(&mut self, directory: &Directory) -> Result<Option<Vec<T>>, GraphError> {
        let refused = |ask: &Ask, why: &str| GraphError::not_understood(ask.call, why);
        let first = directory.address(&self.ask)?;
        let address = match self.next.take() {
            Some(next) => next,
            None if self.seen.is_empty() => first.clone(),
            None => return Ok(None),
        };
        if self.seen.len() >= directory.graph.limits.pages {
            return Err(refused(&self.ask, "the list has too many pages"));
        }
        if !self.seen.insert(address.clone()) {
            return Err(refused(&self.ask, "the list leads back to a page already read"));
        }
        let answer = directory.send_to(&self.ask, &address, directory.deadline()).await?;
        let page: Page<T> = understood(&self.ask, &answer)?;
        self.items += page.value.len();
        self.next = match page.next.filter(|next| !next.is_empty()) {
            Some(next) => {
                Some(next_page(&first, &next).ok_or_else(|| {
                    refused(&self.ask, "the next page is at another address than the first")
                })?)
            }
            None if page.value.len() >= self.size => {
                let ask = Ask { path: format!("{}&$skip={}", self.ask.path, self.items), ..self.ask.clone() };
                Some(directory.address(&ask)?)
            }
            None => None,
        };
        Ok(Some(page.value))
    }
}

/// The address of the next page if it is on the same origin, under the same version and area of the API, and of the
/// same collection. Graph may write the ids between them its own way (`catalogs('id')` for `catalogs/id`).
fn next_page(first: &Url, next: &str) -> Option<Url> {
    let next = Url::parse(next).ok()?;
    if planted::has(Bug::NextLinkAnywhere) {
        return Some(next);
    }
    let same = next.origin() == first.origin()
        && next.username().is_empty()
        && next.password().is_none()
        && place(&next) == place(first);
    same.then_some(next)
}

/// `/v1.0/groups(uniqueName='x')/members` -> `v1.0`, `groups`, `members`.
fn place(address: &Url) -> [String; 3] {
    let mut parts = address.path().split('/').filter(|part| !part.is_empty());
    let (version, area) = (parts.next(), parts.next());
    let collection = parts.next_back().or(area);
    let word = |part: Option<&str>| {
        let word = part.unwrap_or_default().split(['(', '%']).next().unwrap_or_default();
        word.to_ascii_lowercase()
    };
    [word(version), word(area), word(collection)]
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
        assert!(!follows("https://graph.microsoft.com/v1.0/groups/a/owners?$skiptoken=x"));
        assert!(!follows("https://graph.microsoft.com/v1.0/groups?$skiptoken=x"));
        assert!(!follows("http://169.254.169.254/v1.0/groups/a/members"));
        assert!(!follows("file:///v1.0/groups/a/members"));
        assert!(!follows("https://graph.microsoft.com/beta/groups/a/members?$skiptoken=x"));
        assert!(!follows("http://graph.microsoft.com/v1.0/groups/a/members?$skiptoken=x"));
        assert!(!follows("https://graph.microsoft.com.evil.example/v1.0/groups/a/members"));
        assert!(!follows("https://graph.microsoft.com@evil.example/v1.0/groups/a/members"));
        assert!(!follows("https://user@graph.microsoft.com/v1.0/groups/a/members"));
        assert!(!follows("https://graph.microsoft.com/v1.0/groups/a/members/../../../users"));
        assert!(!follows("/v1.0/groups/a/members"));
    }
}

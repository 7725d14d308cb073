//! What is missing of a provider's set-up, and how pressing the requests are.

use chrono::{DateTime, TimeDelta, Utc};

use crate::kit::counted::Counted;
use crate::providers::AppKind;
use crate::providers::store::{AppRow, Provider};

/// A certificate that ends sooner is told: its exchange takes an administrator of every app a while.
const AHEAD: TimeDelta = TimeDelta::days(30);

/// Pending requests by how pressing they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressing {
    pub all: Counted,
    /// Those whose time is over among them: Microsoft denies them any moment.
    pub last_day: Counted,
    pub soon: Counted,
}

/// Something of the set-up that waits for an administrator. Each has a sentence `today-gap-<key>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub kind: GapKind,
    /// `None`: it is the provider's own details.
    pub app: Option<AppKind>,
    /// When a certificate ends.
    pub ends: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GapKind {
    Analysts,
    Unfinished,
    Unchecked,
    Refused,
    Ended,
    Ending,
}

impl GapKind {
    pub const fn key(self) -> &'static str {
        match self {
            Self::Analysts => "analysts",
            Self::Unfinished => "unfinished",
            Self::Unchecked => "unchecked",
            Self::Refused => "refused",
            Self::Ended => "ended",
            Self::Ending => "ending",
        }
    }
}

/// Every gap of the set-up, app by app.
pub fn gaps(provider: &Provider, apps: &[AppRow], now: DateTime<Utc>) -> Vec<Gap> {
    let mut found = Vec::new();
    if provider.analyst_tenant.is_none() || provider.analyst_domain.is_none() {
        found.push(Gap { kind: GapKind::Analysts, app: None, ends: None });
    }
    for app in AppKind::ALL {
        let row = apps.iter().find(|row| row.app == app.key());
        let mut gap = |kind, ends| found.push(Gap { kind, app: Some(app), ends });
        let Some(row) = row.filter(|row| !row.client_id.is_empty() && row.has_proof) else {
            gap(GapKind::Unfinished, None);
            continue;
        };
        let outcome = row.check_outcome.as_ref();
        let works = outcome.and_then(|outcome| outcome.get("ok")).and_then(serde_json::Value::as_bool);
        match works {
            // Nothing there to try it in: its use shows it.
            None if outcome.is_some_and(|outcome| outcome["cause"] == "no-directory") => {}
            None => gap(GapKind::Unchecked, None),
            Some(false) => gap(GapKind::Refused, None),
            Some(true) => {}
        }
        match row.not_after {
            Some(ends) if ends <= now => gap(GapKind::Ended, Some(ends)),
            Some(ends) if ends <= now + AHEAD => gap(GapKind::Ending, Some(ends)),
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(app: AppKind, ok: Option<bool>, ends_in: Option<i64>, now: DateTime<Utc>) -> AppRow {
        AppRow {
            app: app.key().to_owned(),
            client_id: "c".to_owned(),
            proof: "certificate".to_owned(),
            certificate: None,
            not_after: ends_in.map(|days| now + TimeDelta::days(days)),
            has_proof: true,
            checked_at: None,
            check_outcome: ok.map(|ok| json!({ "ok": ok })),
        }
    }

    #[test]
    fn every_gap_of_the_set_up_is_found() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let provider = Provider {
            slug: "contoso".into(),
            name: "Contoso".into(),
            mail_domains: Vec::new(),
            sign_in_issuer: String::new(),
            sign_in_tenant: None,
            analyst_tenant: None,
            analyst_domain: None,
            analyst_mail_domains: Vec::new(),
            analyst_verified_domains: Vec::new(),
            default_language: "en".into(),
            new_people_see_all: true,
            keep_requests_days: 2557,
            keeps_refresh_tokens: false,
        };
        let apps = [
            row(AppKind::SignIn, Some(true), Some(200), now),
            row(AppKind::Reader, Some(true), Some(12), now),
            row(AppKind::Operator, None, Some(-1), now),
        ];
        let found: Vec<_> =
            gaps(&provider, &apps, now).into_iter().map(|gap| (gap.kind.key(), gap.app)).collect();
        assert_eq!(
            found,
            [
                ("analysts", None),
                ("ending", Some(AppKind::Reader)),
                ("unchecked", Some(AppKind::Operator)),
                ("ended", Some(AppKind::Operator)),
                ("unfinished", Some(AppKind::Approver)),
            ]
        );
    }
}

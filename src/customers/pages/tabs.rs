//! The tabs of one customer's pages. Rooms that add a tab name it here by its address only.

use crate::kit::ids::CustomerId;
use crate::kit::page::Page;
use crate::kit::right::Right;

/// One tab as the layout shows it.
#[derive(Clone, Debug)]
pub struct Tab {
    pub href: String,
    pub label: String,
    pub current: bool,
}

/// The tabs this person may open; `current` is the last part of the address, empty for the overview.
pub fn tabs(page: &Page, customer: CustomerId, current: &str) -> Vec<Tab> {
    let t = page.t;
    let all = [
        ("", t.customers_tab_overview(), Right::ViewCustomers),
        ("onboarding", t.customers_tab_onboarding(), Right::ViewCustomers),
        ("consent", t.customers_tab_consent(), Right::Onboard),
        ("requests", t.customers_tab_requests(), Right::ViewRequests),
        ("people", t.access_people_tab(), Right::ViewCustomers),
        ("alerts", t.alerts_title(), Right::ViewCustomers),
        ("notices", t.notices_tab(), Right::ViewCustomers),
        ("report", t.reports_tab(), Right::ViewRequests),
        ("activity", t.audit_tab_activity(), Right::ViewCustomers),
        ("reading", t.reading_tab(), Right::ViewRequests),
        ("details", t.customers_tab_details(), Right::KeepNotes),
    ];
    all.into_iter()
        .filter(|(_, _, right)| page.scope().may(*right))
        .map(|(part, label, _)| Tab {
            href: if part.is_empty() {
                format!("/customers/{customer}")
            } else {
                format!("/customers/{customer}/{part}")
            },
            label,
            current: part == current,
        })
        .collect()
}

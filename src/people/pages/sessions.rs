//! One's own sessions: when each began and was last used, and an end to all but this one.

use axum::extract::State;
use axum::response::{IntoResponse, Redirect};
use serde::Deserialize;
use serde_json::json;

use crate::app::App;
use crate::kit::audit::Event;
use crate::kit::error::AppResult;
use crate::kit::form::Form;
use crate::kit::page::Page;
use crate::kit::session::Open;
use crate::kit::text::T;

pub struct SessionView {
    pub this: bool,
    pub device: String,
    pub told: String,
}

impl SessionView {
    pub fn new(open: &Open, t: T) -> Self {
        let device = device(&open.user_agent);
        Self {
            this: open.this,
            device: device.map_or_else(
                || t.people_session_device_unknown(),
                |(browser, system)| t.people_session_device().browser(browser).system(system),
            ),
            told: t.people_session_told().begun(t.moment(&open.created_at)).seen(t.moment(&open.seen_at)),
        }
    }
}

/// Browser and system in the words people know, as the browser called itself; the first that fits. A hint for whoever
/// looks for a session that is not his, no proof.
fn device(agent: &str) -> Option<(&'static str, &'static str)> {
    const BROWSERS: &[(&str, &str)] = &[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: &[(&str, &str)] = &[
        ("Windows", "Windows"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let first = |known: &[(&str, &'static str)]| {
        known.iter().find(|(sign, _)| agent.contains(sign)).map(|(_, called)| *called)
    };
    Some((first(BROWSERS)?, first(SYSTEMS)?))
}

#[derive(Deserialize)]
pub struct NothingForm {}

pub async fn end_others(
    State(app): State<App>,
    page: Page,
    Form(NothingForm {}): Form<NothingForm>,
) -> AppResult {
    let mut tx = page.scope().begin(&app.db).await?;
    let ended = page.session.end_others(&mut tx).await?;
    if ended == 0 {
        return Ok(Redirect::to("/me?done=unchanged").into_response());
    }
    tx.commit(&app.clock, Event::new("sign-out.others").after(json!({ "sessions": ended }))).await?;
    Ok(Redirect::to("/me?done=others-ended").into_response())
}

#[cfg(test)]
mod tests {
    use super::device;

    #[test]
    fn a_browser_is_told_in_plain_words() {
        for (agent, told) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
                Some(("Firefox", "Linux")),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
                 Safari/537.36 Edg/126.0.0.0",
                Some(("Edge", "Windows")),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Safari/605.1.15",
                Some(("Safari", "macOS")),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 CriOS/126.0 Mobile/15E148 Safari/604.1",
                Some(("Chrome", "iPhone")),
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile \
                 Safari/537.36",
                Some(("Chrome", "Android")),
            ),
            ("curl/8.0", None),
            ("", None),
        ] {
            assert_eq!(device(agent), told, "{agent}");
        }
    }
}

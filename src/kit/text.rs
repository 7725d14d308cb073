//! Texts in English and Dutch. Every key of the catalogues is a method of `T`, made at build time.

use std::sync::OnceLock;

use chrono::{DateTime, TimeDelta, Utc};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    En,
    Nl,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::En, Self::Nl];

    /// As in `<html lang>` and the database.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Nl => "nl",
        }
    }

    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// The first language of an `Accept-Language` header that we speak.
    pub fn negotiate(header: &str) -> Self {
        let mut wanted: Vec<(i32, Self)> = header
            .split(',')
            .filter_map(|part| {
                let mut part = part.split(';');
                let code = part.next()?.trim().split('-').next()?.to_lowercase();
                let weight = part
                    .find_map(|p| p.trim().strip_prefix("q=")?.parse::<f32>().ok())
                    .filter(|weight| weight.is_finite())
                    .unwrap_or(1.0);
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "a weight between 0 and 1, in thousandths"
                )]
                let weight = (weight.clamp(0.0, 1.0) * 1000.0) as i32;
                Some((-weight, Self::from_code(&code)?))
            })
            .collect();
        wanted.sort_by_key(|(weight, _)| *weight);
        wanted.first().map_or(Self::En, |(_, lang)| *lang)
    }

    pub fn t(self) -> T {
        T(self)
    }
}

/// The texts of one language. Copy it into views; templates call its methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct T(Lang);

type Bundle = FluentBundle<FluentResource>;

fn bundle(lang: Lang) -> &'static Bundle {
    static EN: OnceLock<Bundle> = OnceLock::new();
    static NL: OnceLock<Bundle> = OnceLock::new();
    match lang {
        Lang::En => EN.get_or_init(|| read("en-GB", include_str!(concat!(env!("OUT_DIR"), "/en.ftl")))),
        Lang::Nl => NL.get_or_init(|| read("nl-NL", include_str!(concat!(env!("OUT_DIR"), "/nl.ftl")))),
    }
}

fn read(language: &str, source: &str) -> Bundle {
    let language: Option<LanguageIdentifier> = language.parse().ok();
    let mut bundle = FluentBundle::new_concurrent(language.into_iter().collect());
    // HTML carries the direction; the marks would only end up in copied text.
    bundle.set_use_isolating(false);
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(resource, _)| resource);
    bundle.add_resource_overriding(resource);
    bundle
}

impl T {
    pub fn lang(&self) -> Lang {
        self.0
    }

    /// A text by a computed key.
    pub fn text(&self, key: &str) -> Option<String> {
        self.text_with(key, Vec::new())
    }

    /// A text by a computed key, with arguments.
    pub fn text_with(&self, key: &str, arguments: Vec<(&str, FluentValue<'static>)>) -> Option<String> {
        let bundle = bundle(self.0);
        let pattern = bundle.get_message(key)?.value()?;
        let arguments: FluentArgs = arguments.into_iter().collect();
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        if !errors.is_empty() {
            tracing::warn!(key, ?errors, "text with missing arguments");
        }
        Some(text)
    }

    /// A text by a computed key; the key itself if there is none, so that nothing vanishes.
    pub fn text_or_key(&self, key: &str) -> String {
        self.text(key).unwrap_or_else(|| key.to_owned())
    }

    fn say(&self, key: &str, arguments: Vec<(&str, FluentValue<'static>)>) -> String {
        self.text_with(key, arguments).unwrap_or_else(|| key.to_owned())
    }

    /// `23 Nov 2026`.
    pub fn date(&self, at: &DateTime<Utc>) -> String {
        let month = self.text_or_key(&format!("time-month-{}", at.format("%-m")));
        format!("{} {month} {}", at.format("%-d"), at.format("%Y"))
    }

    /// `23 Nov 2026 14:05 UTC`.
    pub fn moment(&self, at: &DateTime<Utc>) -> String {
        format!("{} {} UTC", self.date(at), at.format("%H:%M"))
    }

    /// For log lines: `14:05:09 UTC` today, `23 Nov 2026 14:05:09 UTC` on another day.
    pub fn log_moment(&self, at: &DateTime<Utc>, now: &DateTime<Utc>) -> String {
        let time = at.format("%H:%M:%S UTC");
        if at.date_naive() == now.date_naive() {
            time.to_string()
        } else {
            format!("{} {time}", self.date(at))
        }
    }

    /// How long: `3 min`, `5 h`, `12 days`; a negative span counts as none.
    pub fn span(&self, span: &TimeDelta) -> String {
        let minutes = span.num_minutes().max(0);
        match minutes {
            0 => self.time_under_a_minute(),
            1..=89 => self.time_minutes(minutes),
            90..=2879 => self.time_hours((minutes + 30) / 60),
            _ => self.time_days((minutes + 720) / 1440),
        }
    }

    /// `3 min ago`.
    pub fn age(&self, at: &DateTime<Utc>, now: &DateTime<Utc>) -> String {
        let span = *now - *at;
        if span < TimeDelta::minutes(1) { self.time_just_now() } else { self.time_ago(self.span(&span)) }
    }

    /// `5 h left`, or that it is over.
    pub fn time_left(&self, until: &DateTime<Utc>, now: &DateTime<Utc>) -> String {
        if until <= now { self.time_over() } else { self.time_remaining(self.span(&(*until - *now))) }
    }
}

include!(concat!(env!("OUT_DIR"), "/text.rs"));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_it_wants_most() {
        assert_eq!(Lang::negotiate("nl-NL,nl;q=0.9,en;q=0.8"), Lang::Nl);
        assert_eq!(Lang::negotiate("de, en;q=0.5, nl;q=0.7"), Lang::Nl);
        assert_eq!(Lang::negotiate(""), Lang::En);
        assert_eq!(Lang::negotiate("x;q=NaN,nl;q=0"), Lang::Nl);
    }

    #[test]
    fn times_are_told_in_both_languages() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let ago = now - TimeDelta::minutes(3);
        assert_eq!(Lang::En.t().age(&ago, &now), "3 min ago");
        assert_eq!(Lang::Nl.t().age(&ago, &now), "3 min geleden");
        assert_eq!(Lang::En.t().time_left(&(now + TimeDelta::days(5)), &now), "5 days left");
        assert_eq!(Lang::Nl.t().time_left(&ago, &now), "tijd is om");
    }

    #[test]
    fn a_line_of_a_journal_says_its_zone_and_on_another_day_its_date() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let t = Lang::En.t();
        assert_eq!(t.log_moment(&(now - TimeDelta::minutes(3)), &now), "11:03:40 UTC");
        assert_eq!(t.log_moment(&(now - TimeDelta::days(2)), &now), "16 Nov 2026 11:06:40 UTC");
    }

    #[test]
    fn a_text_with_several_variables_takes_each_by_its_name() {
        assert_eq!(Lang::En.t().customers_steps().done(3).total(17), "3 of 17");
        assert_eq!(Lang::Nl.t().onboarding_run_steps().done(0).all(17), "0 van 17 stappen uitgevoerd.");
    }
}

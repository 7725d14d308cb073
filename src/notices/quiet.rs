//! Quiet hours and the hour of the digest, in the provider's own time zone. Pure.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, LocalResult, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc,
    Weekday,
};
use chrono_tz::Tz;

/// A time zone by its IANA name, or a fixed offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

impl Zone {
    /// `Europe/Amsterdam`, `+02:00`, `-0330`, `UTC`.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.starts_with(['+', '-']) {
            return text.parse().ok().map(Self::Fixed);
        }
        text.parse().ok().map(Self::Named)
    }

    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Named(zone) => at.with_timezone(&zone).naive_local(),
            Self::Fixed(zone) => at.with_timezone(&zone).naive_local(),
        }
    }

    /// The moment a clock there shows this time. Shown twice: the first. Never shown, when clocks are put forward: the
    /// moment that many minutes later.
    fn moment(self, local: NaiveDateTime) -> DateTime<Utc> {
        self.moment_after(local, DateTime::<Utc>::MIN_UTC)
    }

    /// The same, but shown twice: the second, where the first is not after `now`.
    fn moment_after(self, local: NaiveDateTime, now: DateTime<Utc>) -> DateTime<Utc> {
        let found = |local| match self {
            Self::Named(zone) => after(zone.from_local_datetime(&local), now),
            Self::Fixed(zone) => after(zone.from_local_datetime(&local), now),
        };
        found(local)
            .or_else(|| found(local + TimeDelta::hours(1)))
            .or_else(|| found(local + TimeDelta::hours(2)))
            .unwrap_or_else(|| local.and_utc())
    }
}

fn after<Z: TimeZone>(found: LocalResult<DateTime<Z>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let (first, second) = match found {
        LocalResult::None => return None,
        LocalResult::Single(at) => (at.clone(), at),
        LocalResult::Ambiguous(first, second) => (first, second),
    };
    let (first, second) = (first.with_timezone(&Utc), second.with_timezone(&Utc));
    Some(if first > now { first } else { second })
}

/// Minutes after midnight as `22:00`.
pub fn clock_text(minute: i32) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// `22:00` as minutes after midnight.
pub fn clock_minute(text: &str) -> Option<i32> {
    let (hours, minutes) = text.trim().split_once(':')?;
    let (hours, minutes): (i32, i32) = (hours.parse().ok()?, minutes.get(..2)?.parse().ok()?);
    ((0..24).contains(&hours) && (0..60).contains(&minutes)).then_some(hours * 60 + minutes)
}

fn minute_of(time: NaiveTime) -> i32 {
    let since = time.signed_duration_since(NaiveTime::MIN).num_minutes();
    i32::try_from(since).unwrap_or(0)
}

/// When only urgent things are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quiet {
    pub zone: Zone,
    /// From and until, in minutes after midnight; from 22:00 until 07:00 passes midnight.
    pub hours: Option<(i32, i32)>,
    /// Saturday and Sunday wholly.
    pub weekend: bool,
}

impl Quiet {
    fn is_quiet(&self, local: NaiveDateTime) -> bool {
        let weekend = self.weekend && matches!(local.weekday(), Weekday::Sat | Weekday::Sun);
        let minute = minute_of(local.time());
        weekend
            || self.hours.is_some_and(|(from, until)| {
                if from <= until { (from..until).contains(&minute) } else { minute >= from || minute < until }
            })
    }

    /// When the quiet hours end that it is now; `None`: it is not quiet now.
    pub fn until(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.zone.local(now);
        if !self.is_quiet(local) {
            return None;
        }
        let ends = self.hours.map_or(0, |(_, until)| until);
        let boundaries = (0..8).flat_map(|days| {
            let day = local.date().checked_add_days(Days::new(days)).unwrap_or(local.date());
            let midnight = day.and_time(NaiveTime::MIN);
            [midnight, midnight + TimeDelta::minutes(i64::from(ends))]
        });
        let end = boundaries.into_iter().find(|at| *at > local && !self.is_quiet(*at));
        end.map(|end| self.zone.moment_after(end, now))
    }
}

/// The next moment after `now` at which a clock there shows this minute of the day.
pub fn next_at(zone: Zone, minute: i32, now: DateTime<Utc>) -> DateTime<Utc> {
    let today = zone.local(now).date();
    let at = |days: u64| {
        let day = today.checked_add_days(Days::new(days)).unwrap_or(today);
        zone.moment(day.and_time(NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute)))
    };
    (0..3).map(at).find(|at| *at > now).unwrap_or_else(|| now + TimeDelta::days(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn amsterdam(hours: Option<(i32, i32)>, weekend: bool) -> Quiet {
        Quiet { zone: Zone::parse("Europe/Amsterdam").unwrap(), hours, weekend }
    }

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        assert!(matches!(Zone::parse("Europe/Amsterdam"), Some(Zone::Named(_))));
        assert!(matches!(Zone::parse("UTC"), Some(Zone::Named(_))));
        assert!(matches!(Zone::parse(" +02:00 "), Some(Zone::Fixed(_))));
        for wrong in ["", "Amsterdam", "+25:00", "Mars/Base"] {
            assert_eq!(Zone::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_night_that_passes_midnight_ends_in_the_morning() {
        let night = amsterdam(Some((22 * 60, 7 * 60)), false);
        // Winter: an hour before UTC.
        assert_eq!(night.until(at("2026-11-23T20:59:00Z")), None);
        assert_eq!(night.until(at("2026-11-23T21:00:00Z")), Some(at("2026-11-24T06:00:00Z")));
        assert_eq!(night.until(at("2026-11-24T05:59:59Z")), Some(at("2026-11-24T06:00:00Z")));
        assert_eq!(night.until(at("2026-11-24T06:00:00Z")), None);
        // Summer: two.
        assert_eq!(night.until(at("2026-07-01T20:30:00Z")), Some(at("2026-07-02T05:00:00Z")));
    }

    #[test]
    fn hours_within_a_day_and_whole_weekends() {
        let lunch = amsterdam(Some((12 * 60, 13 * 60)), false);
        assert_eq!(lunch.until(at("2026-11-23T11:30:00Z")), Some(at("2026-11-23T12:00:00Z")));
        assert_eq!(lunch.until(at("2026-11-23T12:00:00Z")), None);
        let both = amsterdam(Some((22 * 60, 7 * 60)), true);
        // Friday night: until Monday morning.
        assert_eq!(both.until(at("2026-11-27T22:00:00Z")), Some(at("2026-11-30T06:00:00Z")));
        let weekend = amsterdam(None, true);
        assert_eq!(weekend.until(at("2026-11-28T12:00:00Z")), Some(at("2026-11-29T23:00:00Z")));
        assert_eq!(weekend.until(at("2026-11-27T12:00:00Z")), None);
        assert_eq!(amsterdam(None, false).until(at("2026-11-28T12:00:00Z")), None);
    }

    #[test]
    fn a_night_that_ends_in_the_hour_shown_twice_never_ends_in_the_past() {
        // 25 October 2026, 03:00 becomes 02:00: half past two comes at 00:30 and at 01:30.
        let night = amsterdam(Some((22 * 60, 2 * 60 + 30)), false);
        assert_eq!(night.until(at("2026-10-25T00:10:00Z")), Some(at("2026-10-25T00:30:00Z")));
        assert_eq!(night.until(at("2026-10-25T00:40:00Z")), None);
        assert_eq!(night.until(at("2026-10-25T01:10:00Z")), Some(at("2026-10-25T01:30:00Z")));
        assert_eq!(night.until(at("2026-10-25T01:30:00Z")), None);
    }

    #[test]
    fn a_fixed_offset_knows_no_summer() {
        let night = Quiet { zone: Zone::parse("+01:00").unwrap(), hours: Some((1320, 420)), weekend: false };
        assert_eq!(night.until(at("2026-07-01T22:00:00Z")), Some(at("2026-07-02T06:00:00Z")));
    }

    #[test]
    fn an_hour_that_is_left_out_or_shown_twice_still_comes_once() {
        let zone = Zone::parse("Europe/Amsterdam").unwrap();
        // 29 March 2026, 02:00 becomes 03:00: half past two is never shown.
        assert_eq!(next_at(zone, 150, at("2026-03-28T23:30:00Z")), at("2026-03-29T01:30:00Z"));
        // 25 October 2026, 03:00 becomes 02:00: half past two is shown twice, and counts once.
        assert_eq!(next_at(zone, 150, at("2026-10-24T23:00:00Z")), at("2026-10-25T00:30:00Z"));
        assert_eq!(next_at(zone, 150, at("2026-10-25T00:30:00Z")), at("2026-10-26T01:30:00Z"));
    }

    #[test]
    fn the_digest_comes_every_day_at_its_hour_there() {
        let zone = Zone::parse("Europe/Amsterdam").unwrap();
        assert_eq!(next_at(zone, 480, at("2026-11-23T06:59:00Z")), at("2026-11-23T07:00:00Z"));
        assert_eq!(next_at(zone, 480, at("2026-11-23T07:00:00Z")), at("2026-11-24T07:00:00Z"));
        assert_eq!(
            (clock_text(480), clock_minute("08:00"), clock_minute("24:00")),
            ("08:00".into(), Some(480), None)
        );
    }
}

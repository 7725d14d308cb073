//! Counts over all customers in view: exact up to a bound, so that a page takes no longer with ten times as many.

use crate::kit::text::T;

/// What is counted at most; beyond it a figure says "1,000+".
const MOST: i64 = 1000;
/// Where a query stops counting: one more, to know that there is more.
pub const STOP: i64 = MOST + 1;

/// A count by a query that stops at [`STOP`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted(i64);

impl Counted {
    #[must_use]
    pub fn of(many: i64) -> Self {
        Self(many.clamp(0, STOP))
    }

    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// The exact count, where it is known.
    pub fn exactly(self) -> Option<i64> {
        (self.0 < STOP).then_some(self.0)
    }

    /// As a figure on a page.
    pub fn figure(self, t: T) -> String {
        self.exactly().map_or_else(|| t.layout_count_more(), |many| many.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kit::text::Lang;

    #[test]
    fn a_count_is_exact_up_to_its_bound_and_says_so_beyond() {
        let (en, nl) = (Lang::En.t(), Lang::Nl.t());
        assert_eq!(Counted::of(1000).figure(en), "1000");
        assert_eq!(Counted::of(1001).figure(en), "1,000+");
        assert_eq!(Counted::of(5000).figure(nl), "1.000+");
        assert_eq!(Counted::of(5000).exactly(), None);
        assert!(Counted::of(0).is_none() && !Counted::of(1).is_none());
    }
}

//! Known mistakes, compiled in for tests alone: each is what a hurried hand might write. The harness of faults must find
//! every one of them.
//!
//! Without the feature `planted-bugs`, which a release cannot have, none of them exists.

macro_rules! bugs {
    ($($(#[$doc:meta])* $variant:ident = $key:literal),* $(,)?) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub enum Bug { $($(#[$doc])* $variant),* }

        impl Bug {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }
        }
    };
}

bugs! {
    /// A catalog is made without looking whether an earlier attempt made it.
    NoLookup = "no-lookup",
    RetryAfterIgnored = "retry-after-ignored",
    /// One token per app, whatever the directory.
    AnothersToken = "anothers-token",
    /// Whatever directory the token endpoint gives a token for is taken.
    AnyTokenTaken = "any-token-taken",
    /// The journal is told of a write only once it was answered.
    CrashForgotten = "crash-forgotten",
    NextLinkAnywhere = "next-link-anywhere",
    SecondPageIgnored = "second-page-ignored",
    /// What cannot be seen right after it was made is made again.
    NotFoundMeansNew = "not-found-means-new",
    AuditLost = "audit-lost",
    /// A write is made although the lease went to somebody else.
    Unfenced = "unfenced",
    /// A create is repeated after a 5xx.
    BlindRepeat = "blind-repeat",
    /// What Microsoft says of a refusal is kept with the token that was sent.
    TokenLogged = "token-logged",
}

#[cfg(feature = "planted-bugs")]
static PLANTED: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(u8::MAX);

/// One bug, or none, for the whole process.
#[cfg(feature = "planted-bugs")]
pub fn plant(bug: Option<Bug>) {
    PLANTED.store(bug.map_or(u8::MAX, |bug| bug as u8), std::sync::atomic::Ordering::SeqCst);
}

#[cfg(feature = "planted-bugs")]
pub fn has(bug: Bug) -> bool {
    PLANTED.load(std::sync::atomic::Ordering::SeqCst) == bug as u8
}

#[cfg(not(feature = "planted-bugs"))]
pub const fn has(_bug: Bug) -> bool {
    false
}

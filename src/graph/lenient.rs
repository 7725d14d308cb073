//! Reading what Microsoft answers without breaking on what is new: null where a list is due, unknown words,
//! other capitals (contract §1).

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "lenient::or_default")]`: null reads as the empty value.
pub(crate) fn or_default<'de, D, T>(source: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(source)?.unwrap_or_default())
}

/// An open set of words: known ones as variants, any other kept as it came.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($variant,)*
            /// A word this version does not know.
            Other(String),
        }

        impl $name {
            /// Capitals do not matter, nor the `#` of a type: Microsoft's own examples mix `AdminAdd` and `adminAdd`,
            /// `#microsoft.graph.user` and `microsoft.graph.user`.
            pub fn of(text: &str) -> Self {
                let bare = text.trim_start_matches('#');
                $(if bare.eq_ignore_ascii_case($text.trim_start_matches('#')) { return Self::$variant; })*
                Self::Other(text.to_owned())
            }

            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Other(text) => text,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, target: S) -> Result<S::Ok, S::Error> {
                target.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
                Ok(Self::of(&<String as serde::Deserialize>::deserialize(source)?))
            }
        }
    };
}
pub(crate) use words;

//! The sign-in page: pick a person, get a code.

use crate::call::Call;

/// A delegated scope without its resource: `https://graph.microsoft.com/User.Read` is `User.Read`.
pub fn bare<'a>(call: &Call, scope: &'a str) -> &'a str {
    for resource in [call.base.as_str(), "https://graph.microsoft.com"] {
        if let Some(rest) = scope.strip_prefix(resource).and_then(|r| r.strip_prefix('/')) {
            return rest;
        }
    }
    scope
}

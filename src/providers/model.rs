//! What a provider is made of.

use serde::{Deserialize, Serialize};

/// The four app registrations of a provider, never shared with another (contract §28).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppKind {
    SignIn,
    Reader,
    Operator,
    Approver,
}

impl AppKind {
    pub const ALL: [Self; 4] = [Self::SignIn, Self::Reader, Self::Operator, Self::Approver];

    pub const fn key(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Reader => "reader",
            Self::Operator => "operator",
            Self::Approver => "approver",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|app| app.key() == key)
    }

    /// A client id of this app as it is kept. Microsoft's are GUIDs; another authority, which `entra` is false for,
    /// names the sign-in app as it likes.
    pub fn client_id(self, typed: &str, entra: bool) -> Option<String> {
        let typed = typed.trim();
        if entra || self != Self::SignIn {
            return typed.parse::<uuid::Uuid>().ok().map(|id| id.to_string());
        }
        let taken = (1..=255).contains(&typed.len()) && typed.chars().all(|c| c.is_ascii_graphic());
        taken.then(|| typed.to_owned())
    }

    /// Microsoft Graph application permissions that a customer's administrator consents to (contract §28).
    pub const fn application_permissions(self) -> &'static [&'static str] {
        match self {
            Self::SignIn | Self::Approver => &[],
            Self::Reader => &[
                "EntitlementManagement.Read.All",
                "GroupMember.Read.All",
                "Organization.Read.All",
                "User.Read.All",
                "AccessReview.Read.All",
                "AuditLog.Read.All",
                "SecurityAlert.Read.All",
                "SecurityIncident.Read.All",
                "RoleManagement.Read.Defender",
                "CrossTenantInformation.ReadBasic.All",
                "Policy.Read.All",
            ],
            Self::Operator => &[
                "EntitlementManagement.ReadWrite.All",
                "Group.ReadWrite.All",
                "RoleManagement.ReadWrite.Defender",
                "Organization.Read.All",
                "User.ReadBasic.All",
            ],
        }
    }

    /// Application permissions without which the portal only loses a check, not a duty.
    pub const fn optional_permissions(self) -> &'static [&'static str] {
        match self {
            Self::Reader => &[
                "Policy.Read.All",
                "CrossTenantInformation.ReadBasic.All",
                "AccessReview.Read.All",
                "AuditLog.Read.All",
                "SecurityAlert.Read.All",
                "SecurityIncident.Read.All",
                "RoleManagement.Read.Defender",
            ],
            Self::Operator => &["RoleManagement.ReadWrite.Defender"],
            Self::SignIn | Self::Approver => &[],
        }
    }

    /// Delegated permissions (contract §28).
    pub const fn delegated_permissions(self) -> &'static [&'static str] {
        match self {
            Self::SignIn => &["openid", "profile"],
            Self::Approver => &["openid", "profile", "User.Read", "EntitlementManagement.ReadWrite.All"],
            Self::Reader | Self::Operator => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_a_guid_except_where_another_authority_names_the_sign_in_app() {
        let guid = "11111111-2222-4333-8444-555555555555";
        for spelled in [guid.to_owned(), guid.to_uppercase(), format!(" {{{guid}}} "), guid.replace('-', "")]
        {
            assert_eq!(AppKind::Reader.client_id(&spelled, false).as_deref(), Some(guid));
            assert_eq!(AppKind::SignIn.client_id(&spelled, true).as_deref(), Some(guid));
        }
        assert_eq!(AppKind::SignIn.client_id(" portal ", false).as_deref(), Some("portal"));
        for (app, typed, entra) in [
            (AppKind::SignIn, "portal", true),
            (AppKind::Reader, "portal", false),
            (AppKind::SignIn, "", false),
            (AppKind::SignIn, "two words", false),
        ] {
            assert_eq!(app.client_id(typed, entra), None, "{typed:?}");
        }
    }
}

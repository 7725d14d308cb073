//! The state a provider wants in each customer's tenant: a versioned document, immutable once used. Its default is
//! Microsoft's documented example, value for value (procedure: grant MSSP access).

use serde::{Deserialize, Serialize};

macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($variant),* }

        impl $name {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn key(self) -> &'static str {
                match self { $(Self::$variant => $key),* }
            }

            pub fn from_key(key: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.key() == key)
            }
        }
    )*};
}

/// The key of the approvers' group and package; tiers have keys of their own.
pub const APPROVERS: &str = "approvers";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Blueprint {
    pub approvers: Package,
    pub tiers: Vec<Tier>,
    pub catalog: Named,
    pub access: Access,
    pub review: Review,
    pub defender: Defender,
}

/// A name in the customer's tenant and what is said about it there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    pub name: String,
    pub description: String,
}

/// A group and the access package that gives its membership.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    pub group: Named,
    pub package: Named,
}

/// A tier of analysts: group, package and Defender role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// Stable through renames: `tier1`.
    pub key: String,
    pub group: Named,
    pub package: Named,
    pub role: Named,
    pub live_response: LiveResponse,
}

choices! {
    /// What a tier may do on a device at a distance. Microsoft's page says "live response" without a degree.
    LiveResponse { None = "none", Basic = "basic", Advanced = "advanced" }
    /// How often access is reviewed.
    Frequency { Annually = "annually", HalfYearly = "half-yearly", Quarterly = "quarterly", Monthly = "monthly" }
    /// Who reviews.
    Reviewers { Approvers = "approvers", Administrator = "administrator", Themselves = "themselves" }
    /// What a review does when nobody answers.
    NoResponse { Keep = "keep", Remove = "remove", Recommendation = "recommendation" }
    /// Who makes the Defender roles: a person in Defender, or the portal through an API that Microsoft calls beta.
    DefenderMode { Manual = "manual", Automatic = "automatic" }
}

impl Frequency {
    pub const fn months(self) -> i64 {
        match self {
            Self::Annually => 12,
            Self::HalfYearly => 6,
            Self::Quarterly => 3,
            Self::Monthly => 1,
        }
    }
}

/// Values of the assignment policies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Access {
    /// Days after which access ends by itself.
    pub days: u32,
    /// Days within which a request must be decided.
    pub decide_days: u32,
    pub hidden: bool,
    /// Analysts may ask for an extension before the end.
    pub extension: bool,
    pub extension_needs_approval: bool,
    pub requestor_justification: bool,
    pub approver_justification: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Review {
    pub every: Frequency,
    /// Days each round is open.
    pub open_days: u32,
    pub reviewers: Reviewers,
    pub no_response: NoResponse,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Defender {
    pub mode: DefenderMode,
}

fn named(name: &str, description: &str) -> Named {
    Named { name: name.to_owned(), description: description.to_owned() }
}

impl Default for Blueprint {
    fn default() -> Self {
        let tier = |number: u8, live_response, may: &str| Tier {
            key: format!("tier{number}"),
            group: named(
                &format!("Tier {number} Analyst"),
                &format!("Analysts of the security provider who {may}."),
            ),
            package: named(
                &format!("Tier {number} Analyst"),
                &format!("Membership of Tier {number} Analyst for analysts of the security provider."),
            ),
            role: named(
                &format!("Tier {number} Analysts"),
                &format!("Security provider's analysts who {may}."),
            ),
            live_response,
        };
        Self {
            approvers: Package {
                group: named(
                    "MSSP Analyst Approvers",
                    "People of the security provider who approve its analysts.",
                ),
                package: named(
                    "MSSP Analyst Approvers",
                    "Membership of MSSP Analyst Approvers for approvers of the security provider.",
                ),
            },
            tiers: vec![
                tier(1, LiveResponse::None, "investigate and respond to alerts"),
                tier(2, LiveResponse::Advanced, "also use live response"),
            ],
            catalog: named("MSSP Accesses", "Access of the security provider's analysts."),
            access: Access {
                days: 365,
                decide_days: 14,
                hidden: true,
                extension: true,
                extension_needs_approval: true,
                requestor_justification: true,
                approver_justification: true,
            },
            review: Review {
                every: Frequency::Annually,
                open_days: 30,
                reviewers: Reviewers::Approvers,
                no_response: NoResponse::Remove,
            },
            defender: Defender { mode: DefenderMode::Manual },
        }
    }
}

/// Why a blueprint cannot be taken; the field as the form names it, and the key of the sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub field: String,
    pub why: &'static str,
}

impl Blueprint {
    /// Keys of all groups and packages, approvers first.
    pub fn keys(&self) -> Vec<&str> {
        std::iter::once(APPROVERS).chain(self.tiers.iter().map(|tier| tier.key.as_str())).collect()
    }

    pub fn group(&self, key: &str) -> Option<&Named> {
        if key == APPROVERS { Some(&self.approvers.group) } else { self.tier(key).map(|tier| &tier.group) }
    }

    pub fn package(&self, key: &str) -> Option<&Named> {
        if key == APPROVERS {
            Some(&self.approvers.package)
        } else {
            self.tier(key).map(|tier| &tier.package)
        }
    }

    pub fn tier(&self, key: &str) -> Option<&Tier> {
        self.tiers.iter().find(|tier| tier.key == key)
    }

    /// Everything that Microsoft would refuse, or that would make two objects of one name.
    pub fn wrongs(&self) -> Vec<Wrong> {
        let mut wrongs = Vec::new();
        let mut wrong = |field: String, why| wrongs.push(Wrong { field, why });
        let mut fields: Vec<(String, &Named)> = vec![
            ("approvers_group".to_owned(), &self.approvers.group),
            ("approvers_package".to_owned(), &self.approvers.package),
            ("catalog".to_owned(), &self.catalog),
        ];
        for tier in &self.tiers {
            fields.push((format!("{}_group", tier.key), &tier.group));
            fields.push((format!("{}_package", tier.key), &tier.package));
            fields.push((format!("{}_role", tier.key), &tier.role));
        }
        for (field, named) in &fields {
            // Graph: a group's display name has at most 256 characters.
            if !(1..=256).contains(&named.name.trim().chars().count()) {
                wrong(field.clone(), "blueprint-wrong-name");
            }
        }
        for part in ["_group", "_package", "_role"] {
            let mut seen: Vec<String> = Vec::new();
            for (field, named) in fields.iter().filter(|(field, _)| field.ends_with(part)) {
                let name = named.name.trim().to_lowercase();
                if seen.contains(&name) {
                    wrong(field.clone(), "blueprint-wrong-twice");
                }
                seen.push(name);
            }
        }
        if !(1..=3660).contains(&self.access.days) {
            wrong("days".to_owned(), "blueprint-wrong-days");
        }
        if !(1..=14).contains(&self.access.decide_days) {
            wrong("decide_days".to_owned(), "blueprint-wrong-decide-days");
        }
        // A round must be over before the next one begins.
        if i64::from(self.review.open_days) > self.review.every.months() * 27 || self.review.open_days == 0 {
            wrong("open_days".to_owned(), "blueprint-wrong-open-days");
        }
        let mut keys = self.keys();
        keys.sort_unstable();
        keys.dedup();
        if self.tiers.is_empty() || self.tiers.len() > 5 || keys.len() != self.tiers.len() + 1 {
            wrong("tiers".to_owned(), "blueprint-wrong-tiers");
        }
        wrongs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microsofts_example_is_taken_as_it_is() {
        let blueprint = Blueprint::default();
        assert_eq!(blueprint.wrongs(), []);
        assert_eq!(blueprint.keys(), ["approvers", "tier1", "tier2"]);
        assert_eq!((blueprint.access.days, blueprint.review.every), (365, Frequency::Annually));
    }

    #[test]
    fn what_microsoft_would_refuse_is_named_by_its_field() {
        let mut blueprint = Blueprint::default();
        blueprint.access.days = 0;
        blueprint.tiers[1].group.name = "tier 1 analyst ".to_owned();
        blueprint.review = Review { every: Frequency::Monthly, open_days: 30, ..blueprint.review };
        let fields: Vec<String> = blueprint.wrongs().into_iter().map(|wrong| wrong.field).collect();
        assert_eq!(fields, ["tier2_group", "days", "open_days"]);
    }
}

//! The hosts of each Microsoft cloud, and the links that lead a person into a customer's directory.
//!
//! Hosts are data (contract §16). `INFERRED` there stays a guess here: one row to mend.

use std::sync::Arc;

use url::Url;

use crate::graph::http;
use crate::graph::ids::{ClientId, PackageId};
use crate::graph::odata;
use crate::kit::ids::EntraTenantId;

/// The addresses of one cloud. Tokens of one cloud mean nothing in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    /// Short stable name: `global`, `us-gov`, `us-gov-dod`, `china`, `simulated`.
    pub name: &'static str,
    pub login: Url,
    pub graph: Url,
    pub my_access: Url,
    /// None where no Defender portal is documented.
    pub defender: Option<Url>,
    pub entra: Url,
    /// `cloud_instance_name` of this cloud's discovery documents.
    pub instance: &'static str,
    /// Certificates (PEM) that alone vouch for these hosts; none: those this machine trusts. A simulation's only.
    pub(crate) authority: Option<Arc<[u8]>>,
}

macro_rules! cloud {
    ($fn_name:ident, $name:literal, $login:literal, $graph:literal, $my_access:literal, $defender:expr, $entra:literal, $instance:literal) => {
        pub fn $fn_name() -> Self {
            let defender: Option<&str> = $defender;
            Self {
                name: $name,
                login: fixed($login),
                graph: fixed($graph),
                my_access: fixed($my_access),
                defender: defender.map(fixed),
                entra: fixed($entra),
                instance: $instance,
                authority: None,
            }
        }
    };
}

/// The table's own addresses; a test parses every row.
fn fixed(address: &str) -> Url {
    Url::parse(address).expect("an address of the table of clouds")
}

impl Cloud {
    cloud!(
        global,
        "global",
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://myaccess.microsoft.com",
        Some("https://security.microsoft.com"),
        "https://entra.microsoft.com",
        "microsoftonline.com"
    );
    cloud!(
        us_gov,
        "us-gov",
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://myaccess.microsoft.us",
        Some("https://security.microsoft.us"),
        "https://entra.microsoft.us",
        "microsoftonline.us"
    );
    cloud!(
        us_gov_dod,
        "us-gov-dod",
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://myaccess.microsoft.us",
        Some("https://security.apps.mil"),
        "https://entra.microsoft.us",
        "microsoftonline.us"
    );
    cloud!(
        china,
        "china",
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://myaccess.microsoft.cn",
        None,
        "https://entra.microsoftonline.cn",
        "partner.microsoftonline.cn"
    );

    /// The simulated cloud: everything under one origin, e.g. `http://127.0.0.1:8090`.
    ///
    /// # Errors
    /// The base is not an http or https address.
    pub fn simulated(base: &str) -> Result<Self, url::ParseError> {
        let base = Url::parse(base)?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(url::ParseError::RelativeUrlWithCannotBeABaseBase);
        }
        Ok(Self {
            name: "simulated",
            login: base.clone(),
            graph: base.clone(),
            my_access: base.join("/myaccess")?,
            defender: Some(base.join("/defender")?),
            entra: base.join("/entra")?,
            instance: "",
            authority: None,
        })
    }

    /// The same hosts, with nobody but these certificates (PEM) to vouch for them; none if there is none among them.
    pub fn vouched_by(self, pem: &[u8]) -> Option<Self> {
        http::certificates(pem)?;
        Some(Self { authority: Some(pem.into()), ..self })
    }

    /// A cloud by its name, for configuration; the simulated one needs its base.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "global" => Some(Self::global()),
            "us-gov" => Some(Self::us_gov()),
            "us-gov-dod" => Some(Self::us_gov_dod()),
            "china" => Some(Self::china()),
            _ => None,
        }
    }

    /// The authority of one directory: `{login}/{tenant}/v2.0`; also the issuer of its tokens.
    pub fn authority(&self, tenant: EntraTenantId) -> String {
        format!("{}/{tenant}/v2.0", base(&self.login))
    }

    /// Where tokens of one directory are asked for; also the audience of a client assertion.
    pub fn token_endpoint(&self, tenant: EntraTenantId) -> String {
        format!("{}/{tenant}/oauth2/v2.0/token", base(&self.login))
    }

    /// `{graph}/.default`, the scope of application tokens and of admin consent.
    pub fn graph_scope(&self) -> String {
        format!("{}/.default", base(&self.graph))
    }

    /// A delegated permission as a person's sign-in asks for it.
    pub fn delegated_scope(&self, permission: &str) -> String {
        format!("{}/{permission}", base(&self.graph))
    }

    /// The durable link by which a person asks for a package (contract §17). The hint is a domain of the customer.
    pub fn package_link(&self, hint: &str, package: &PackageId) -> String {
        format!(
            "{}/@{}#/access-packages/{}",
            base(&self.my_access),
            odata::segment(hint),
            odata::segment(package)
        )
    }

    /// The customer's My Access home, where *Approvals* is in the menu; no deeper address is documented.
    pub fn my_access_link(&self, hint: &str) -> String {
        format!("{}/@{}#/", base(&self.my_access), odata::segment(hint))
    }

    /// The customer's Defender portal by `?tid=` (contract §17).
    pub fn defender_link(&self, tenant: EntraTenantId) -> Option<String> {
        self.defender.as_ref().map(|host| format!("{}/?tid={tenant}", base(host)))
    }

    /// The Entra admin center in the customer's directory.
    pub fn entra_link(&self, tenant: EntraTenantId) -> String {
        format!("{}/{tenant}", base(&self.entra))
    }

    /// The page of one of our apps among the customer's enterprise applications, found by its client id.
    pub fn enterprise_app_link(&self, tenant: EntraTenantId, app: &ClientId) -> String {
        format!(
            "{}/{tenant}/#view/Microsoft_AAD_IAM/StartboardApplicationsMenuBlade/~/AppAppsPreview?appId={}",
            base(&self.entra),
            odata::segment(app)
        )
    }

    /// A group's page in the Entra admin center.
    pub fn group_link(&self, tenant: EntraTenantId, group: crate::kit::ids::ObjectId) -> String {
        format!(
            "{}/{tenant}/#view/Microsoft_AAD_IAM/GroupDetailsMenuBlade/~/Overview/groupId/{group}",
            base(&self.entra)
        )
    }

    /// Where the customer's administrator consents to one of our apps (contract §15). `state` comes back as it went.
    pub fn admin_consent_link(
        &self,
        tenant: EntraTenantId,
        app: &ClientId,
        redirect: &str,
        state: &str,
    ) -> String {
        format!(
            "{}/{tenant}/v2.0/adminconsent?client_id={}&scope={}&redirect_uri={}&state={}",
            base(&self.login),
            odata::segment(app),
            odata::segment(self.graph_scope()),
            odata::segment(redirect),
            odata::segment(state)
        )
    }

    pub(crate) fn is_loopback(&self) -> bool {
        match self.graph.host() {
            Some(url::Host::Ipv4(address)) => address.is_loopback(),
            Some(url::Host::Ipv6(address)) => address.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
    }
}

/// The address without its last slash.
pub(crate) fn base(address: &Url) -> &str {
    address.as_str().trim_end_matches('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant() -> EntraTenantId {
        "84841066-274d-4ec0-a5c1-276be684bdd3".parse().unwrap()
    }

    #[test]
    fn links_are_those_of_the_procedure() {
        let cloud = Cloud::global();
        assert_eq!(
            cloud.package_link("contoso.onmicrosoft.com", &PackageId::new("642181f0")),
            "https://myaccess.microsoft.com/@contoso.onmicrosoft.com#/access-packages/642181f0"
        );
        assert_eq!(
            cloud.defender_link(tenant()).unwrap(),
            "https://security.microsoft.com/?tid=84841066-274d-4ec0-a5c1-276be684bdd3"
        );
        assert_eq!(
            cloud.admin_consent_link(
                tenant(),
                &ClientId::new("c1"),
                "https://portal.example/consent?x=1",
                "s&t"
            ),
            "https://login.microsoftonline.com/84841066-274d-4ec0-a5c1-276be684bdd3/v2.0/adminconsent?client_id=c1\
             &scope=https%3A%2F%2Fgraph.microsoft.com%2F.default\
             &redirect_uri=https%3A%2F%2Fportal.example%2Fconsent%3Fx%3D1&state=s%26t"
        );
    }

    #[test]
    fn a_hint_cannot_leave_the_address() {
        let link = Cloud::global().my_access_link("evil.example/#/x?y");
        assert_eq!(link, "https://myaccess.microsoft.com/@evil.example%2F%23%2Fx%3Fy#/");
    }

    #[test]
    fn every_cloud_of_the_table_parses_and_the_simulated_one_has_one_origin() {
        for name in ["global", "us-gov", "us-gov-dod", "china"] {
            assert_eq!(Cloud::named(name).unwrap().name, name);
        }
        let cloud = Cloud::simulated("http://127.0.0.1:8090").unwrap();
        assert_eq!(cloud.graph_scope(), "http://127.0.0.1:8090/.default");
        assert_eq!(cloud.my_access_link("a.example"), "http://127.0.0.1:8090/myaccess/@a.example#/");
        assert_eq!(
            cloud.defender_link(tenant()).unwrap(),
            "http://127.0.0.1:8090/defender/?tid=84841066-274d-4ec0-a5c1-276be684bdd3"
        );
        assert!(cloud.is_loopback() && !Cloud::global().is_loopback());
        assert!(Cloud::simulated("file:///etc").is_err());
    }
}

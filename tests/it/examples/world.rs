//! A simulated world in which the ids of every documented request exist: a tenant for each example.

use serde_json::{Value, json};

use super::documents::Example;

/// What the tenants of all examples hold in common.
pub struct Tenant<'a> {
    pub kept: &'a mut Value,
    /// The administrator who signs in where an app alone may not.
    pub administrator: String,
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

impl Tenant<'_> {
    fn put(&mut self, list: &str, object: Value) -> &mut Value {
        let all = self.kept[list].as_array_mut().unwrap();
        let at = all.iter().position(|one| text(one, "id") == text(&object, "id"));
        let at = at.unwrap_or_else(|| {
            all.push(object);
            all.len() - 1
        });
        &mut all[at]
    }

    fn some(&self, what: &str) -> String {
        let (of, tenant) = (text(self.kept, "id"), what.as_bytes());
        uuid::Uuid::new_v5(&of.parse().unwrap(), tenant).to_string()
    }

    fn user(&mut self, id: &str) {
        let name = format!("user-{id}@{}", text(&self.kept["domains"][0], "name"));
        self.put(
            "users",
            json!({"id": id, "userPrincipalName": name, "displayName": "Somebody", "mail": name,
            "enabled": true}),
        );
    }

    fn group(&mut self, id: &str) {
        self.put(
            "groups",
            json!({"id": id, "displayName": format!("Group {id}"), "mailNickname": format!("g{id}"),
                "securityEnabled": true, "members": [], "owners": []}),
        );
    }

    fn catalog(&mut self, id: &str) {
        self.put(
            "catalogs",
            json!({"id": id, "displayName": format!("Catalog {id}"), "state": "published",
            "externallyVisible": true}),
        );
    }

    fn package(&mut self, id: &str) -> String {
        let catalog = self.some("catalog");
        self.catalog(&catalog);
        self.put("packages", json!({"id": id, "catalog": catalog, "displayName": format!("Package {id}")}));
        catalog
    }

    /// A policy that lets people of this scope ask for themselves, without approval.
    fn policy(&mut self, id: &str, package: &str, scope: &str) {
        self.package(package);
        let own = scope != "notSpecified";
        let body = json!({"displayName": "Policy", "description": "d", "allowedTargetScope": scope,
            "specificAllowedTargets": [], "expiration": {"type": "noExpiration"},
            "requestorSettings": {"enableTargetsToSelfAddAccess": own, "enableTargetsToSelfUpdateAccess": own,
                "enableTargetsToSelfRemoveAccess": own},
            "requestApprovalSettings": {"isApprovalRequiredForAdd": false, "stages": []}});
        self.put("policies", json!({"id": id, "package": package, "body": body}));
    }

    fn organization(&mut self, id: &str) {
        let source = json!({"@odata.type": "#microsoft.graph.domainIdentitySource", "displayName": id,
            "domainName": format!("{id}.example")});
        self.put(
            "connectedOrganizations",
            json!({"id": id, "displayName": format!("Organization {id}"),
            "state": "configured", "identitySource": source, "domains": []}),
        );
    }

    fn person(&self, user: &str) -> Value {
        json!({"id": self.some(user), "displayName": "Somebody", "mail": "somebody@here.example",
            "principalName": "somebody@here.example", "objectId": user, "home": [text(self.kept, "id"), user]})
    }

    fn assignment(&mut self, id: &str) {
        let (package, policy, user) = (self.some("package"), self.some("policy"), self.some("holder"));
        self.policy(&policy, &package, "notSpecified");
        self.user(&user);
        let target = self.person(&user);
        self.put(
            "assignments",
            json!({"id": id, "package": package, "policy": policy, "state": "delivered",
            "status": "Delivered", "target": target, "starts": "2026-01-01T00:00:00Z"}),
        );
    }

    /// A request of the administrator's own, or one that waits for him to decide.
    fn request(&mut self, id: &str, state: &str, own: bool, stage: Option<&str>) {
        let (package, policy, user) = (self.some("package"), self.some("policy"), self.some("asker"));
        self.policy(&policy, &package, "allDirectoryUsers");
        self.user(&user);
        let administrator = self.administrator.clone();
        let asker = self.person(if own { &administrator } else { &user });
        let approver = json!({"@odata.type": "#microsoft.graph.singleUser", "userId": administrator});
        let settings = json!({"durationBeforeAutomaticDenial": "P14D", "primaryApprovers": [approver],
            "fallbackPrimaryApprovers": [], "escalationApprovers": [], "fallbackEscalationApprovers": []});
        let stage = stage.map_or_else(|| self.some("stage"), str::to_owned);
        let open = state == "pendingApproval";
        let stages = json!([{"id": stage, "settings": settings, "started": "2026-11-20T00:00:00Z"}]);
        self.put("requests", json!({"id": id, "requestType": "userAdd", "state": state, "status": state,
            "package": package, "policy": policy, "requestor": asker, "correlation": self.kept["id"],
            "created": "2026-11-20T00:00:00Z", "completed": if open { Value::Null } else { json!("2026-11-21T00:00:00Z") },
            "answers": [], "stages": if open { stages } else { json!([]) }}));
    }

    fn application(&mut self, id: &str) -> &mut Value {
        let app = self.some("application");
        self.put(
            "servicePrincipals",
            json!({"id": id, "appId": app, "displayName": "App", "enabled": true, "granted": [],
                "ownerTenant": self.kept["id"]}),
        )
    }

    /// Whatever this request speaks of.
    pub fn arrange(&mut self, example: &Example) {
        let pieces = example.pieces();
        let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
        self.of_address(example, &pieces);
        if let Some(body) = &example.asked {
            self.of_body(body, &pieces);
        }
    }

    fn of_address(&mut self, example: &Example, pieces: &[&str]) {
        match pieces {
            ["groups", id, rest @ ..] if *id != "delta" => {
                self.group(id);
                if let [side @ ("members" | "owners"), person, ..] = rest
                    && uuid::Uuid::parse_str(person).is_ok()
                {
                    self.user(person);
                    let group = self.put("groups", json!({"id": id}));
                    group[*side].as_array_mut().unwrap().push(json!(person));
                }
            }
            ["users" | "directoryObjects", id, ..] => self.user(id),
            ["servicePrincipals", id, rest @ ..] => {
                let held: Vec<Value> = rest
                    .get(1)
                    .map(|id| json!({"id": id, "permission": "User.Read.All"}))
                    .into_iter()
                    .collect();
                self.application(id)["granted"] = json!(held);
            }
            ["oauth2PermissionGrants", id] => {
                let app = self.application("ee000000-0000-4000-8000-00000000000a");
                app["delegated"] = json!(["User.Read"]);
                app["delegatedGrant"] = json!(id);
            }
            ["identityGovernance", "entitlementManagement", rest @ ..] => self.of_entitlement(example, rest),
            ["identityGovernance", "accessReviews", "definitions", id, rest @ ..]
                if example.method == "GET" || rest.len() < 2 =>
            {
                self.review(id, rest);
            }
            ["identityGovernance", "accessReviews", "definitions", id, rest @ ..] => self.begun(id, rest),
            ["auditLogs", "directoryAudits", id] => {
                self.put("audits", json!({"id": id, "activityDateTime": "2026-11-20T00:00:00Z"}));
            }
            ["policies", "crossTenantAccessPolicy", "partners", id] => {
                self.kept["partners"].as_array_mut().unwrap().push(json!({"tenantId": id}));
            }
            _ => {}
        }
    }

    fn of_entitlement(&mut self, example: &Example, pieces: &[&str]) {
        match pieces {
            [_, function, ..] if function.ends_with(')') => {}
            ["catalogs", id, ..] => self.catalog(id),
            ["accessPackages", id, ..] => drop(self.package(id)),
            ["assignmentPolicies", id, ..] => {
                let asked = example.asked.as_ref().and_then(|body| body["accessPackage"]["id"].as_str());
                let package = asked.map_or_else(|| self.some("package"), str::to_owned);
                self.policy(id, &package, "allDirectoryUsers");
            }
            ["assignmentRequests", id, "cancel"] => self.request(id, "pendingApproval", true, None),
            ["assignmentRequests", id, "reprocess"] => self.request(id, "deliveryFailed", false, None),
            ["assignmentRequests", id, ..] => self.request(id, "denied", false, None),
            ["accessPackageAssignmentApprovals", id, rest @ ..] => {
                self.request(id, "pendingApproval", false, rest.get(1).copied());
            }
            ["assignments", id, ..] => self.assignment(id),
            ["connectedOrganizations", id, rest @ ..] => {
                self.organization(id);
                if let [side @ ("externalSponsors" | "internalSponsors"), person, ..] = rest
                    && *person != "$ref"
                {
                    self.user(person);
                    self.put("connectedOrganizations", json!({"id": id}))[*side] = json!([person]);
                }
            }
            _ => {}
        }
    }

    fn review(&mut self, id: &str, rest: &[&str]) {
        if id.ends_with(')') {
            return;
        }
        let decisions: Vec<Value> =
            rest.get(3).map(|id| json!({"id": id, "decision": "NotReviewed"})).into_iter().collect();
        let instance = |id: &&str| json!({"id": id, "status": "InProgress", "decisions": decisions, "contactedReviewers": []});
        let instances: Vec<Value> = rest.get(1).map(instance).into_iter().collect();
        self.put(
            "reviews",
            json!({"id": id, "displayName": "Review", "status": "InProgress",
            "instances": instances}),
        );
    }

    /// A review that came of a policy: it can be decided, stopped and applied.
    fn begun(&mut self, id: &str, rest: &[&str]) {
        let (package, policy, assignment) =
            (self.some("package"), self.some("policy"), self.some("assignment"));
        self.assignment(&assignment);
        self.policy(&policy, &package, "notSpecified");
        self.put("policies", json!({"id": policy}))["reviewDefinition"] = json!(id);
        let holder = self.person(&self.some("holder"));
        let people: Vec<Value> = rest
            .get(3)
            .map(
                |id| json!({"id": id, "assignment": assignment, "target": holder, "decision": "NotReviewed"}),
            )
            .into_iter()
            .collect();
        let over = rest.last() == Some(&"applyDecisions");
        let ended = if over { json!("2026-11-21T00:00:00Z") } else { Value::Null };
        let reviewers = [self.administrator.clone()];
        self.put(
            "reviewInstances",
            json!({"id": rest[1], "policy": policy, "starts": "2026-11-20T00:00:00Z",
            "ends": "2099-01-01T00:00:00Z", "mailed": "2026-11-20T00:00:00Z", "applyAt": ended,
            "settings": {}, "reviewers": reviewers, "people": people}),
        );
    }

    fn of_body(&mut self, body: &Value, pieces: &[&str]) {
        self.named_in(body);
        if pieces.last() == Some(&"$ref") && pieces.contains(&"externalSponsors") {
            let all = self.kept["users"].as_array_mut().unwrap().iter_mut();
            let administrator = &self.administrator;
            all.filter(|user| text(user, "id") != administrator).for_each(|user| user["guest"] = json!(true));
        }
        let mail = body
            .pointer("/accessPackageAssignment/target/email")
            .or(body.pointer("/assignment/target/email"));
        if let Some((_, domain)) = mail.and_then(Value::as_str).and_then(|mail| mail.split_once('@')) {
            let id = self.some("organization");
            self.organization(&id);
            self.put("connectedOrganizations", json!({"id": id}))["domains"] = json!([domain]);
        }
        if let Some(catalog) =
            body["appScopeId"].as_str().and_then(|scope| scope.strip_prefix("/AccessPackageCatalog/"))
        {
            self.catalog(catalog);
        }
        let kind = text(body, "requestType").to_ascii_lowercase();
        let assignment = match &body["assignment"] {
            Value::Null => &body["accessPackageAssignment"],
            assignment => assignment,
        };
        if let Some(package) = assignment["accessPackageId"].as_str() {
            let scope = match (kind.starts_with("user"), assignment["target"]["email"].as_str()) {
                (true, _) => "allMemberUsers",
                (false, Some(_)) => "allExternalUsers",
                (false, None) => "notSpecified",
            };
            let policy = assignment["assignmentPolicyId"].as_str();
            let policy = policy.map_or_else(|| self.some("policy"), str::to_owned);
            self.policy(&policy, package, scope);
        } else if let (true, Some(id)) =
            (kind.contains("remove") || kind.contains("update"), assignment["id"].as_str())
        {
            self.assignment(id);
        }
        if let Some(package) = pieces.get(3).filter(|_| pieces.last() == Some(&"resourceRoleScopes")) {
            self.resource(body, package);
        }
    }

    /// A group in the package's catalog, with the ids of its role and scope.
    fn resource(&mut self, body: &Value, package: &str) {
        let catalog = self.package(package);
        let (role, scope) = (&body["role"], &body["scope"]);
        let group = text(scope, "originId");
        let owns = text(role, "originId").starts_with("Owner_");
        let (member, owner) =
            if owns { ("another", text(role, "id")) } else { (text(role, "id"), "another") };
        self.group(group);
        self.put("resources", json!({"id": text(&role["resource"], "id"), "catalog": catalog, "group": group,
            "displayName": "Group", "memberRole": member, "ownerRole": owner, "rootScope": text(scope, "id")}));
    }

    /// Ids by the names of the properties that hold them.
    fn named_in(&mut self, value: &Value) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| self.named_in(item)),
            Value::Object(object) => {
                for (name, inner) in object {
                    let id = inner.as_str().unwrap_or_default();
                    match name.as_str() {
                        "catalog" => self.catalog(text(inner, "id")),
                        "accessPackage" => drop(self.package(text(inner, "id"))),
                        "connectedOrganizationId" => self.organization(id),
                        "groupId" => self.group(id),
                        "userId" | "targetId" | "principalId" => self.user(id),
                        "originId" if text(value, "originSystem") == "AadGroup" && !id.contains('_') => {
                            self.group(id);
                        }
                        "groupIds" => {
                            let ids: Vec<&str> =
                                inner.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                            ids.into_iter().for_each(|id| self.group(id));
                        }
                        "@odata.id" => self.referred(id),
                        name if name.ends_with("@odata.bind") => {
                            let all: Vec<&str> = match inner {
                                Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
                                one => one.as_str().into_iter().collect(),
                            };
                            all.into_iter().for_each(|address| self.referred(address));
                        }
                        _ => {}
                    }
                    self.named_in(inner);
                }
            }
            _ => {}
        }
    }

    fn referred(&mut self, address: &str) {
        let id = address.rsplit('/').next().unwrap_or_default();
        if address.contains("/groups/") {
            self.group(id);
        } else if uuid::Uuid::parse_str(id).is_ok() {
            self.user(id);
        }
    }
}

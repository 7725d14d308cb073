//! What a Graph call acts on: the world, the tenant of its token, the caller.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Value, json};

use super::bearer::Caller;
use super::ghosts;
use crate::answer::{Answer, Outcome};
use crate::call::{Call, bracket_key};
use crate::odata::{self, Expand};
use crate::world::{Switches, Tenant, World};

/// One Graph call under way, with the world in hand.
pub struct Scene<'a> {
    pub world: &'a mut World,
    pub at: usize,
    pub call: &'a Call,
    pub caller: &'a Caller,
}

impl<'a> Scene<'a> {
    /// Opens the tenant of the caller's token.
    pub fn open(world: &'a mut World, call: &'a Call, caller: &'a Caller) -> Result<Self, Answer> {
        let found = world.tenants.iter().position(|t| t.id == caller.tenant);
        let at = found.ok_or_else(|| {
            Answer::error(
                401,
                "InvalidAuthenticationToken",
                "The identity of the calling application could not be established.",
            )
        })?;
        Ok(Self { world, at, call, caller })
    }

    pub fn tenant(&self) -> &Tenant {
        &self.world.tenants[self.at]
    }

    pub fn tenant_mut(&mut self) -> &mut Tenant {
        &mut self.world.tenants[self.at]
    }

    pub fn switches(&self) -> &Switches {
        &self.world.switches
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.call.now
    }

    /// Page size when `$top` is absent.
    pub fn page(&self) -> usize {
        usize::try_from(self.switches().number("page.size")).unwrap_or(100).max(1)
    }

    /// What is expanded; `queries` has judged the names.
    pub fn expands(&self) -> Vec<Expand> {
        odata::expands(self.call.param("$expand"))
    }

    /// A page of a collection.
    pub fn list(&self, items: Vec<Value>) -> Outcome {
        self.list_showing(items, &[])
    }

    /// The same with the properties that are shown without `$select`.
    pub fn list_showing(&self, mut items: Vec<Value>, default: &[&str]) -> Outcome {
        items.extend(ghosts::among(self));
        odata::page(self.call, items, self.page(), default)
    }

    /// The body as an object, or 400.
    pub fn body(&self) -> Result<Value, Answer> {
        match self.call.json() {
            Some(v) if v.is_object() => Ok(v),
            _ => Err(Answer::error(400, "BadRequest", "Unable to read JSON request payload.")),
        }
    }
}

/// An instant as Graph writes it.
pub fn stamp(at: Option<DateTime<Utc>>) -> Value {
    at.map_or(Value::Null, |t| json!(t.to_rfc3339_opts(SecondsFormat::Millis, true)))
}

/// A key in a path: plain, or `('x')`.
pub fn plain_key(piece: &str) -> String {
    match bracket_key(piece) {
        Some((name, value)) if name.is_empty() || name == "id" => value,
        _ => piece.to_owned(),
    }
}

/// The id at the end of an `@odata.id` or `@odata.bind` address.
pub fn bound_id(value: &Value) -> Option<String> {
    let text = value.as_str()?.trim_end_matches('/');
    let last = text.rsplit('/').next()?;
    let id = last.rsplit_once("('").map_or(last, |(_, id)| id.trim_end_matches("')"));
    uuid::Uuid::parse_str(id).ok().map(|u| u.to_string())
}

/// A text property of a body: absent is `None`, another kind is 400.
pub fn text(body: &Value, name: &str) -> Result<Option<String>, Answer> {
    match body.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(s)) => Ok(Some(s.clone())),
        Some(_) => {
            Err(Answer::bad_request(&format!("Invalid value specified for property '{name}' of resource.")))
        }
    }
}

/// Refuses properties a resource does not have.
pub fn only(body: &Value, known: &[&str]) -> Result<(), Answer> {
    let strange = body.as_object().into_iter().flatten().map(|(k, _)| k.as_str());
    match strange.into_iter().find(|k| !known.contains(k) && !k.starts_with('@')) {
        Some(bad) => Err(Answer::bad_request(&format!("Invalid property '{bad}'."))),
        None => Ok(()),
    }
}

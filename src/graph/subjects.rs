//! Who a policy speaks of: Microsoft's `subjectSet` (contract §7).

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value, json};

use crate::graph::ids::ConnectedOrganizationId;
use crate::kit::ids::ObjectId;

/// One set of people. A kind this version does not know is kept whole, so that writing a policy back loses nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum SubjectSet {
    /// Members of a group. Of an empty group: nobody can approve.
    GroupMembers {
        group: ObjectId,
        description: Option<String>,
    },
    SingleUser {
        user: ObjectId,
        description: Option<String>,
    },
    ConnectedOrganizationMembers {
        organization: ConnectedOrganizationId,
        description: Option<String>,
    },
    /// The requestor's manager, counted upwards from 1.
    RequestorManager {
        level: i64,
    },
    Other(Map<String, Value>),
}

const PREFIX: &str = "#microsoft.graph.";

impl SubjectSet {
    fn of(object: Map<String, Value>) -> Self {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let id = |name: &str| text(name).and_then(|text| text.parse::<ObjectId>().ok());
        let description = || text("description").map(str::to_owned);
        let kind = text("@odata.type").unwrap_or_default();
        let kind = kind.trim_start_matches('#').trim_start_matches("microsoft.graph.");
        match kind.to_ascii_lowercase().as_str() {
            "groupmembers" => {
                id("groupId").map(|group| Self::GroupMembers { group, description: description() })
            }
            "singleuser" => id("userId").map(|user| Self::SingleUser { user, description: description() }),
            "connectedorganizationmembers" => {
                text("connectedOrganizationId").map(|organization| Self::ConnectedOrganizationMembers {
                    organization: ConnectedOrganizationId::new(organization),
                    description: description(),
                })
            }
            "requestormanager" => object
                .get("managerLevel")
                .and_then(Value::as_i64)
                .map(|level| Self::RequestorManager { level }),
            _ => None,
        }
        .unwrap_or(Self::Other(object))
    }

    fn value(&self) -> Value {
        let (kind, key, value, description) = match self {
            Self::GroupMembers { group, description } => {
                ("groupMembers", "groupId", json!(group), description)
            }
            Self::SingleUser { user, description } => ("singleUser", "userId", json!(user), description),
            Self::ConnectedOrganizationMembers { organization, description } => {
                ("connectedOrganizationMembers", "connectedOrganizationId", json!(organization), description)
            }
            Self::RequestorManager { level } => ("requestorManager", "managerLevel", json!(level), &None),
            Self::Other(object) => return Value::Object(object.clone()),
        };
        let mut object = Map::new();
        object.insert("@odata.type".into(), format!("{PREFIX}{kind}").into());
        object.insert(key.into(), value);
        if let Some(description) = description {
            object.insert("description".into(), description.as_str().into());
        }
        Value::Object(object)
    }
}

impl Serialize for SubjectSet {
    fn serialize<S: Serializer>(&self, target: S) -> Result<S::Ok, S::Error> {
        self.value().serialize(target)
    }
}

impl<'de> Deserialize<'de> for SubjectSet {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        Map::deserialize(source).map(Self::of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_not_known_is_written_back_as_it_came() {
        let unknown = json!({"@odata.type": "#microsoft.graph.attributeRuleMembers", "membershipRule": "x"});
        let read: SubjectSet = serde_json::from_value(unknown.clone()).unwrap();
        assert!(matches!(read, SubjectSet::Other(_)));
        assert_eq!(serde_json::to_value(read).unwrap(), unknown);
    }

    #[test]
    fn a_known_kind_is_read_whatever_its_capitals() {
        let group = "0282e19d-bf41-435d-92a4-99bab93af305";
        let read: SubjectSet =
            serde_json::from_value(json!({"groupId": group, "@odata.type": "#microsoft.graph.GroupMembers"}))
                .unwrap();
        assert_eq!(read, SubjectSet::GroupMembers { group: group.parse().unwrap(), description: None });
    }
}

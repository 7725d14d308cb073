//! Which permission opens which call. A token without any of them is not what was asked for: the call is not sent,
//! and the error says what is missing.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::graph::Permissions;

/// Call; the permissions our apps ask for that open it; those that open it too if a customer granted more.
const TABLE: &str = include_str!("permissions.tsv");

struct Need {
    asked: &'static str,
    others: &'static str,
}

static NEEDS: LazyLock<HashMap<&'static str, Need>> = LazyLock::new(|| {
    let rows = TABLE.lines().skip(1).filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, Need { asked: cells.next()?, others: cells.next()? }))
    });
    rows.collect()
});

/// `A, B + C`: A is enough, and so are B and C together.
fn ways(cell: &'static str) -> impl Iterator<Item = impl Iterator<Item = &'static str> + Clone> {
    cell.split(", ").filter(|way| !way.is_empty()).map(|way| way.split(" + "))
}

/// What a token lacks for a call: the alternatives among what our apps ask for. None: it may be sent.
pub(crate) fn missing(call: &str, held: &Permissions) -> Option<Vec<Box<str>>> {
    let need = NEEDS.get(call)?;
    let opens = |cell| ways(cell).any(|mut way| way.all(|name| held.has(name)));
    if opens(need.asked) || opens(need.others) {
        return None;
    }
    let lacking = ways(need.asked).map(|way| {
        let names: Vec<&str> = way.filter(|name| !held.has(name)).collect();
        names.join(" + ").into()
    });
    Some(lacking.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(names: &[&str]) -> Permissions {
        Permissions(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn one_way_is_enough_and_a_way_of_two_needs_both() {
        let lacks = |call, names: &[&str]| missing(call, &held(names));
        assert_eq!(lacks("GET EM/catalogs", &["EntitlementManagement.ReadWrite.All"]), None);
        assert_eq!(lacks("GET /groups", &["Directory.Read.All"]), None, "a customer may have granted more");
        let either = ["EntitlementManagement.Read.All", "EntitlementManagement.ReadWrite.All"];
        assert_eq!(lacks("GET EM/catalogs", &["User.Read.All"]).unwrap(), either.map(Box::from));
        let both = lacks("POST EM/resourceRequests", &["EntitlementManagement.ReadWrite.All"]).unwrap();
        assert_eq!(both, [Box::from("Group.ReadWrite.All")]);
        assert_eq!(lacks("GET /nothing/known", &[]), None);
    }
}

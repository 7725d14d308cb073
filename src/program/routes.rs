//! `mssp-portal routes`: every address of the portal and who may use it, for whoever reviews the installation.

use super::say;
use crate::kit::right::{Right, Role, Roles};
use crate::kit::router::RouteInfo;
use crate::router;

pub fn print() {
    for row in router::table() {
        say(line(&row));
    }
}

/// Method, path, and roles or `anyone`; separated by tabs.
fn line(row: &RouteInfo) -> String {
    let may: Vec<&str> =
        Role::ALL.into_iter().filter(|&role| Roles::new([role]).may(row.right)).map(Role::claim).collect();
    let who = if row.right == Right::Anyone { "anyone".to_owned() } else { may.join(" ") };
    format!("{}\t{}\t{who}", row.method, row.path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_says_who_may() {
        let lines: Vec<String> = router::table().iter().map(line).collect();
        assert!(lines.contains(&"GET\t/sign-in\tanyone".to_owned()));
        assert!(lines.contains(&"GET\t/audit\tadmin auditor".to_owned()));
        assert!(lines.iter().all(|line| line.split('\t').all(|part| !part.is_empty())));
    }
}

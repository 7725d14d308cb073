//! What is read of a customer's access: assignments and reviews of our packages, as parts of the customer's turn. Each
//! offers `wanted`, `put`, `read` and `keep`.

pub mod assignments;
pub mod reviews;

/// Text that people elsewhere typed: without what Postgres refuses, and of a sane length.
fn plain(text: Option<&str>) -> String {
    let keep = |c: &char| *c == '\n' || !c.is_control();
    text.unwrap_or_default().chars().filter(keep).take(1000).collect()
}
